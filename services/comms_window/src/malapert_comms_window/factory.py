"""Builds the service from its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.comms_window.v1 import (
    agreement_pb2_grpc,
    contact_pb2_grpc,
    exchange_pb2_grpc,
    key_pb2_grpc,
    opportunity_pb2_grpc,
    orbiter_pb2_grpc,
    outage_pb2_grpc,
    window_pb2_grpc,
)
from malapert_astro.ephemeris import Ephemeris
from malapert_core.background import background
from malapert_core.fairness.quota import StorageQuota
from malapert_core.policy.charters import Charters
from malapert_core.policy.sight_guard import SightGuard
from malapert_core.reading_processes import ReadingProcesses
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_comms_window.clients.landing_site import HORIZON_SERVICE, LandingSiteClient
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.handlers.agreement_handlers import AgreementHandlers
from malapert_comms_window.handlers.contact_handlers import ContactHandlers
from malapert_comms_window.handlers.events import OutboxAnnouncer
from malapert_comms_window.handlers.exchange_handlers import ExchangeHandlers
from malapert_comms_window.handlers.opportunity_handlers import OpportunityHandlers
from malapert_comms_window.handlers.orbiter_handlers import KeyHandlers, OrbiterHandlers
from malapert_comms_window.handlers.station_handlers import OutageHandlers, StationHandlers
from malapert_comms_window.handlers.window_handlers import WindowHandlers
from malapert_comms_window.services.access import KINDS, Access
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.book_reading import BookReader
from malapert_comms_window.services.book.contacts import ContactService
from malapert_comms_window.services.book.decisions import Decider, Terms
from malapert_comms_window.services.book.expiry import HoldExpiry
from malapert_comms_window.services.book.holds import HoldLimits
from malapert_comms_window.services.book.keeper import ContactKeeper
from malapert_comms_window.services.book.keys import KeyService
from malapert_comms_window.services.book.outages import OutageService
from malapert_comms_window.services.book.quotas import QuotaService
from malapert_comms_window.services.book.reservations import ReservationService
from malapert_comms_window.services.book.superseding import SupersedingService
from malapert_comms_window.services.book.writing import BookWriter
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.agreements import AgreementService
from malapert_comms_window.services.registry.exchange import ExchangeService
from malapert_comms_window.services.registry.orbit_reading import OrbitReader
from malapert_comms_window.services.registry.orbiters import OrbiterService
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.services.registry.stations import StationService
from malapert_comms_window.services.windows.kernels import load_kernels
from malapert_comms_window.services.windows.opportunities import OpportunityFinder
from malapert_comms_window.services.windows.windows import WindowService
from malapert_comms_window.storage.agreements import AgreementStore
from malapert_comms_window.storage.contact_changes import ContactChangeStore
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.keys import KeyLedgerStore
from malapert_comms_window.storage.orbiters import OrbiterStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore

_PACKAGE = "malapert.comms_window.v1"
MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(
    runtime: ServiceRuntime[CommsWindowSettings], clock: Clock = utc_now, charters: Charters | None = None
) -> AsyncIterator[ServiceParts]:
    """Yield the parts of the service.

    Parameters
    ----------
    runtime : ServiceRuntime
    clock : Clock
        Tells the present instant to the contact book.
    charters : Charters, optional
        Charters of missions; the planner's where none are given.
    """
    settings, database = runtime.settings, runtime.database
    charters = charters or runtime.open_charters()
    owners, ephemeris = StationOwners(settings.station_custodians), Ephemeris()
    announcer = OutboxAnnouncer(runtime.outbox, owners, clock)
    window_sets, contact_store, outage_store = WindowSetStore(), ContactStore(), OutageStore()
    catalogue = load_station_catalogue()
    await asyncio.to_thread(load_kernels, ephemeris, catalogue)
    station_store, agreement_store = StationStore(catalogue), AgreementStore()
    quota = StorageQuota(settings.stored_bytes_of_agency)
    readers = [f"malapert_comms_window.services.registry.{name}" for name in ("exchange", "orbit_reading")]
    reading = ReadingProcesses(readers, niceness=settings.reading_niceness)
    reader_of_orbits = OrbitReader(ephemeris, reading)
    access = Access(database, window_sets, charters)
    orbiters = OrbiterService(database, OrbiterStore(), reader_of_orbits, clock, quota, access, runtime.audit)
    landing_site = LandingSiteClient(runtime.open_channel(settings.landing_site_target, [HORIZON_SERVICE]))
    windows = WindowService(
        database, window_sets, station_store, orbiters, ephemeris, landing_site, announcer, runtime.audit, clock
    )
    keeper = ContactKeeper(contact_store, ContactChangeStore(), announcer, runtime.audit, clock)
    alternates = AlternateFinder(database, contact_store, outage_store, window_sets, station_store, clock)
    reader = BookReader(
        contact_store, outage_store, window_sets, station_store, agreement_store, _limits(settings), clock
    )
    decider = Decider(Terms(settings.contact_hold_s, settings.consent_hold_s, settings.withdrawal_notice_s))
    writer = BookWriter(keeper, alternates)
    reservations = ReservationService(database, reader, writer, decider, charters, owners, alternates, clock)
    superseding = SupersedingService(
        database, contact_store, station_store, reader, decider, writer, keeper, charters, owners, clock
    )
    contacts = ContactService(database, contact_store, station_store, keeper, reader, decider, owners, clock)
    outages = OutageService(
        database,
        outage_store,
        contact_store,
        station_store,
        window_sets,
        keeper,
        owners,
        announcer,
        runtime.audit,
        clock,
    )
    agreements = AgreementService(
        database, agreement_store, contact_store, station_store, owners, announcer, runtime.audit, clock
    )
    quotas = QuotaService(database, contact_store, agreement_store, station_store, owners, _limits(settings), clock)
    stations = StationService(database, station_store, contact_store, owners, runtime.audit, clock)
    expiry = HoldExpiry(database, contact_store, keeper, clock)
    keys = KeyService(database, KeyLedgerStore(), runtime.audit, clock)
    parts = ServiceParts(
        registrations=[
            Registration(
                f"{_PACKAGE}.StationService",
                window_pb2_grpc.add_StationServiceServicer_to_server,
                StationHandlers(stations),
            ),
            Registration(
                f"{_PACKAGE}.OutageService",
                outage_pb2_grpc.add_OutageServiceServicer_to_server,
                OutageHandlers(outages, owners, clock),
            ),
            Registration(
                f"{_PACKAGE}.OrbiterService",
                orbiter_pb2_grpc.add_OrbiterServiceServicer_to_server,
                OrbiterHandlers(orbiters),
            ),
            Registration(
                f"{_PACKAGE}.WindowService",
                window_pb2_grpc.add_WindowServiceServicer_to_server,
                SightGuard(WindowHandlers(windows, runtime.operations), KINDS, access.require),
            ),
            Registration(
                f"{_PACKAGE}.ContactService",
                contact_pb2_grpc.add_ContactServiceServicer_to_server,
                ContactHandlers(reservations, contacts, superseding, alternates, owners, access, clock),
            ),
            Registration(
                f"{_PACKAGE}.AgreementService",
                agreement_pb2_grpc.add_AgreementServiceServicer_to_server,
                AgreementHandlers(agreements, quotas),
            ),
            Registration(
                f"{_PACKAGE}.OpportunityService",
                opportunity_pb2_grpc.add_OpportunityServiceServicer_to_server,
                SightGuard(OpportunityHandlers(OpportunityFinder(database, window_sets)), KINDS, access.require),
            ),
            Registration(f"{_PACKAGE}.KeyService", key_pb2_grpc.add_KeyServiceServicer_to_server, KeyHandlers(keys)),
            Registration(
                f"{_PACKAGE}.ExchangeService",
                exchange_pb2_grpc.add_ExchangeServiceServicer_to_server,
                SightGuard(
                    ExchangeHandlers(ExchangeService(database, window_sets, clock, reading)), KINDS, access.require
                ),
            ),
        ],
        charters=charters,
        limits=[orbiters.limit_uses, quotas.limit_uses],
    )
    async with reading, background(expiry.run(settings.hold_check_s)):
        yield parts


def _limits(settings: CommsWindowSettings) -> HoldLimits:
    return HoldLimits(
        settings.most_holds, settings.most_hold_hours, settings.most_station_holds, settings.most_station_hold_hours
    )
