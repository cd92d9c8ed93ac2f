"""Builds the service from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.comms_window.v1 import (
    contact_pb2_grpc,
    exchange_pb2_grpc,
    key_pb2_grpc,
    opportunity_pb2_grpc,
    orbiter_pb2_grpc,
    outage_pb2_grpc,
    window_pb2_grpc,
)
from malapert_astro.ephemeris import Ephemeris
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_comms_window.clients.landing_site import HORIZON_SERVICE, LandingSiteClient
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.handlers.events import OutboxAnnouncer
from malapert_comms_window.handlers.exchange_handlers import ExchangeHandlers
from malapert_comms_window.handlers.grpc import ContactHandlers, WindowHandlers
from malapert_comms_window.handlers.opportunity_handlers import OpportunityHandlers
from malapert_comms_window.handlers.orbiter_handlers import KeyHandlers, OrbiterHandlers
from malapert_comms_window.handlers.station_handlers import OutageHandlers, StationHandlers
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.contacts import ContactService
from malapert_comms_window.services.book.keys import KeyService
from malapert_comms_window.services.book.outages import OutageService
from malapert_comms_window.services.book.reservations import ReservationService
from malapert_comms_window.services.book.superseding import SupersedingService
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.exchange import ExchangeService
from malapert_comms_window.services.registry.orbiters import OrbiterService
from malapert_comms_window.services.registry.stations import StationService
from malapert_comms_window.services.windows.opportunities import OpportunityFinder
from malapert_comms_window.services.windows.windows import WindowService
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
async def build(runtime: ServiceRuntime[CommsWindowSettings], clock: Clock = utc_now) -> AsyncIterator[ServiceParts]:
    """Yield the parts of the service.

    Parameters
    ----------
    runtime : ServiceRuntime
    clock : Clock
        Tells the present instant to the contact book.
    """
    settings, database = runtime.settings, runtime.database
    announcer, ephemeris = OutboxAnnouncer(runtime.outbox, clock), Ephemeris()
    window_sets, contact_store, outage_store = WindowSetStore(), ContactStore(), OutageStore()
    station_store = StationStore(load_station_catalogue())
    orbiters = OrbiterService(database, OrbiterStore(), ephemeris, clock)
    landing_site = LandingSiteClient(runtime.open_channel(settings.landing_site_target, [HORIZON_SERVICE]))
    windows = WindowService(database, window_sets, station_store, orbiters, ephemeris, landing_site, announcer, clock)
    alternates = AlternateFinder(database, contact_store, outage_store, window_sets, station_store, clock)
    reservations = ReservationService(
        database,
        contact_store,
        outage_store,
        window_sets,
        station_store,
        alternates,
        announcer,
        clock,
        settings.contact_hold_s,
    )
    superseding = SupersedingService(
        database, contact_store, outage_store, window_sets, station_store, announcer, clock
    )
    contacts = ContactService(database, contact_store, station_store, announcer, clock)
    outages = OutageService(database, outage_store, contact_store, station_store, window_sets, announcer, clock)
    stations = StationService(database, station_store, contact_store, clock)
    keys = KeyService(database, KeyLedgerStore(), clock)
    yield ServiceParts(
        registrations=[
            Registration(
                f"{_PACKAGE}.StationService",
                window_pb2_grpc.add_StationServiceServicer_to_server,
                StationHandlers(stations),
            ),
            Registration(
                f"{_PACKAGE}.OutageService",
                outage_pb2_grpc.add_OutageServiceServicer_to_server,
                OutageHandlers(outages, clock),
            ),
            Registration(
                f"{_PACKAGE}.OrbiterService",
                orbiter_pb2_grpc.add_OrbiterServiceServicer_to_server,
                OrbiterHandlers(orbiters),
            ),
            Registration(
                f"{_PACKAGE}.WindowService",
                window_pb2_grpc.add_WindowServiceServicer_to_server,
                WindowHandlers(windows, runtime.operations),
            ),
            Registration(
                f"{_PACKAGE}.ContactService",
                contact_pb2_grpc.add_ContactServiceServicer_to_server,
                ContactHandlers(reservations, contacts, superseding, alternates, clock),
            ),
            Registration(
                f"{_PACKAGE}.OpportunityService",
                opportunity_pb2_grpc.add_OpportunityServiceServicer_to_server,
                OpportunityHandlers(OpportunityFinder(database, window_sets)),
            ),
            Registration(f"{_PACKAGE}.KeyService", key_pb2_grpc.add_KeyServiceServicer_to_server, KeyHandlers(keys)),
            Registration(
                f"{_PACKAGE}.ExchangeService",
                exchange_pb2_grpc.add_ExchangeServiceServicer_to_server,
                ExchangeHandlers(ExchangeService(database, window_sets, clock)),
            ),
        ]
    )
