"""Builds the payload service from its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.payload.v1 import (
    catalogue_pb2_grpc,
    demand_pb2_grpc,
    execution_pb2_grpc,
    request_pb2_grpc,
    science_pb2_grpc,
)
from malapert_core.reading_processes import ReadingProcesses
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.units import load_units

from malapert_payload.clients.planner import FEASIBILITY_SERVICE, PlannerClient
from malapert_payload.config import PayloadSettings
from malapert_payload.handlers.catalogues import CatalogueServicer
from malapert_payload.handlers.demand import DemandServicer
from malapert_payload.handlers.events import PayloadAnnouncer, PlanEventHandler
from malapert_payload.handlers.executions import ExecutionServicer
from malapert_payload.handlers.ratings import ScienceServicer
from malapert_payload.handlers.requests import RequestServicer
from malapert_payload.services.access import MissionAccess
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.catalogues import CatalogueService
from malapert_payload.services.executions import ExecutionService
from malapert_payload.services.expansions import ExpansionService
from malapert_payload.services.holds import DemandHolds
from malapert_payload.services.items import ItemService
from malapert_payload.services.plan_outcomes import PlanOutcomes
from malapert_payload.services.ports import Stores
from malapert_payload.services.ratings import RatingService
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import RequestService
from malapert_payload.services.submissions import SubmissionService
from malapert_payload.services.triage import TriageService
from malapert_payload.services.use_permissions import UsePermissionService
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.demand import DemandStore
from malapert_payload.storage.executions import ExecutionStore
from malapert_payload.storage.items import ItemStore
from malapert_payload.storage.plans import EndedPlanStore
from malapert_payload.storage.requests import RequestStore

MIGRATIONS = Path(__file__).parent / "migrations"
_READERS = ("malapert_payload.handlers.catalogues", "malapert_payload.handlers.requests")


@asynccontextmanager
async def build(runtime: ServiceRuntime[PayloadSettings]) -> AsyncIterator[ServiceParts]:
    """Yield what the payload service serves and listens to."""
    database, announcer = runtime.database, PayloadAnnouncer(runtime.outbox)
    await asyncio.to_thread(load_units)
    stores = Stores(CatalogueStore(), ItemStore(), RequestStore(), ExecutionStore(), EndedPlanStore(), DemandStore())
    reader = CatalogueReader(stores.catalogues, stores.items)
    record = RequestRecord(stores.requests, announcer, runtime.audit)
    charters = runtime.open_charters()
    access, holds = MissionAccess(charters, utc_now), DemandHolds(stores)
    parts = (database, stores, reader, record, access)
    uses = UsePermissionService(database, stores, reader, announcer, access, runtime.audit, record)
    reading = ReadingProcesses(_READERS, niceness=runtime.settings.reading_niceness)
    catalogues = CatalogueServicer(
        CatalogueService(*parts, reading),
        ItemService(database, stores, reader, announcer, record, access, runtime.audit),
        reading,
    )
    requests = RequestServicer(
        RequestService(*parts, holds),
        SubmissionService(*parts, uses, holds, reading),
        ExpansionService(database, stores, reader, access, holds, reading),
        reading,
    )
    triage = TriageService(
        database, stores, reader, record, announcer, access, holds, _feasibility(runtime), runtime.audit
    )
    parts_of_service = ServiceParts(
        registrations=[
            Registration(
                "malapert.payload.v1.CatalogueService",
                catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server,
                catalogues,
            ),
            Registration(
                "malapert.payload.v1.RequestService",
                request_pb2_grpc.add_RequestServiceServicer_to_server,
                requests,
            ),
            Registration(
                "malapert.payload.v1.DemandService",
                demand_pb2_grpc.add_DemandServiceServicer_to_server,
                DemandServicer(triage, uses),
            ),
            Registration(
                "malapert.payload.v1.ExecutionService",
                execution_pb2_grpc.add_ExecutionServiceServicer_to_server,
                ExecutionServicer(ExecutionService(*parts)),
            ),
            Registration(
                "malapert.payload.v1.ScienceService",
                science_pb2_grpc.add_ScienceServiceServicer_to_server,
                ScienceServicer(RatingService(database, stores, reader, access, reading)),
            ),
        ],
        charters=charters,
        subscriptions=[PlanEventHandler(PlanOutcomes(stores, reader, record, utc_now)).subscription()],
    )
    async with reading:
        yield parts_of_service


def _feasibility(runtime: ServiceRuntime[PayloadSettings]) -> PlannerClient:
    channel = runtime.open_channel(
        runtime.settings.planner_target, [FEASIBILITY_SERVICE], idempotent_methods=["CheckFeasibility"]
    )
    return PlannerClient(channel)
