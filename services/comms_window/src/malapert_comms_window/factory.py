"""Builds the service from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.comms_window.v1 import contact_pb2_grpc, window_pb2_grpc
from malapert_astro.ephemeris import Ephemeris
from malapert_core.grpc_server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_comms_window.clients.landing_site import HORIZON_SERVICE, LandingSiteClient
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.handlers.events import OutboxAnnouncer
from malapert_comms_window.handlers.grpc import ContactHandlers, StationHandlers, WindowHandlers
from malapert_comms_window.services.contacts import ContactService
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.windows import WindowService
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_comms_window.storage.window_sets import WindowSetStore

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
    stations = load_station_catalogue()
    announcer = OutboxAnnouncer(runtime.outbox, clock)
    window_sets = WindowSetStore()
    landing_site = runtime.open_channel(settings.landing_site_target, [HORIZON_SERVICE])
    windows = WindowService(
        database, window_sets, stations, Ephemeris(), LandingSiteClient(landing_site), announcer, clock
    )
    contacts = ContactService(
        database, ContactStore(), window_sets, stations, announcer, clock, settings.contact_hold_s
    )
    yield ServiceParts(
        registrations=[
            Registration(
                "malapert.comms_window.v1.StationService",
                window_pb2_grpc.add_StationServiceServicer_to_server,
                StationHandlers(stations),
            ),
            Registration(
                "malapert.comms_window.v1.WindowService",
                window_pb2_grpc.add_WindowServiceServicer_to_server,
                WindowHandlers(windows, runtime.operations),
            ),
            Registration(
                "malapert.comms_window.v1.ContactService",
                contact_pb2_grpc.add_ContactServiceServicer_to_server,
                ContactHandlers(contacts, clock),
            ),
        ]
    )
