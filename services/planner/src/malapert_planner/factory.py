"""Builds the planner from its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from malapert.planner.v1.mission_pb2_grpc import add_MissionServiceServicer_to_server
from malapert.planner.v1.plan_pb2_grpc import add_PlanServiceServicer_to_server
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_datetime
from malapert_core.grpc_server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_planner.clients import comms_window, landing_site, payload
from malapert_planner.config import PlannerSettings
from malapert_planner.handlers.events import PlanAnnouncer, RequestEventHandler
from malapert_planner.handlers.missions import MissionHandlers
from malapert_planner.handlers.plans import PlanHandlers
from malapert_planner.mission_document.checks import Span
from malapert_planner.services.demand_changes import DemandChanges
from malapert_planner.services.generation import GENERATE_PLAN, Neighbours, PlanGeneration, PlanMaking, Stores
from malapert_planner.services.missions import MissionService
from malapert_planner.services.plan_import import PlanImport
from malapert_planner.services.plans import PlanService
from malapert_planner.services.release import PlanRelease, finish_pending
from malapert_planner.services.replanning import REPLAN_PLAN, PlanReplanning
from malapert_planner.services.worker_process import WorkerProcesses
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.plans import PlanStore

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(runtime: ServiceRuntime[PlannerSettings]) -> AsyncIterator[ServiceParts]:
    """Build the planner: its stores, the services that it asks, its use cases and what it serves."""
    stores = Stores(runtime.database, MissionStore(), PlanStore())
    neighbours = _neighbours(runtime)
    workers = WorkerProcesses(runtime.settings.solver_processes)
    announcer = PlanAnnouncer(runtime.outbox)
    missions = MissionService(
        runtime.database, stores.missions, neighbours.payloads, neighbours.comms_windows, _ephemeris_span(), utc_now
    )
    plans = PlanService(runtime.database, stores.plans, workers, announcer, utc_now)
    release = PlanRelease(runtime.database, stores.plans, neighbours.comms_windows, announcer)
    making = PlanMaking(
        stores,
        neighbours,
        workers,
        announcer,
        defects=runtime.settings.data_dir / "defects",
        wall_limit_s=runtime.settings.solver_wall_limit_s,
        clock=utc_now,
    )
    runtime.operations.register(GENERATE_PLAN, PlanGeneration(making).run)
    runtime.operations.register(REPLAN_PLAN, PlanReplanning(making).run)
    finishing = asyncio.create_task(finish_pending(release))
    try:
        yield ServiceParts(
            registrations=[
                Registration(
                    "malapert.planner.v1.MissionService",
                    add_MissionServiceServicer_to_server,
                    MissionHandlers(missions),
                ),
                Registration(
                    "malapert.planner.v1.PlanService",
                    add_PlanServiceServicer_to_server,
                    PlanHandlers(missions, plans, release, PlanImport(making), runtime.operations),
                ),
            ],
            subscriptions=[RequestEventHandler(DemandChanges(stores.plans, announcer)).subscription()],
        )
    finally:
        finishing.cancel()
        with suppress(asyncio.CancelledError):
            await finishing
        workers.close()


def _neighbours(runtime: ServiceRuntime[PlannerSettings]) -> Neighbours:
    settings = runtime.settings
    targets = (
        (landing_site, settings.landing_site_target),
        (comms_window, settings.comms_window_target),
        (payload, settings.payload_target),
    )
    channels = [
        runtime.open_channel(target, client.SERVICES, idempotent_methods=client.IDEMPOTENT_METHODS)
        for client, target in targets
    ]
    return Neighbours(
        landing_site.LandingSiteClient(channels[0]),
        comms_window.CommsWindowClient(channels[1]),
        payload.PayloadClient(channels[2]),
    )


def _ephemeris_span() -> Span:
    start_s, end_s = Ephemeris().span_utc_s
    return utc_datetime(start_s), utc_datetime(end_s)
