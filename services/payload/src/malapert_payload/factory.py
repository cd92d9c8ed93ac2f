"""Builds the payload service from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.payload.v1 import (
    catalogue_pb2_grpc,
    execution_pb2_grpc,
    request_pb2_grpc,
    science_pb2_grpc,
)
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_payload.config import PayloadSettings
from malapert_payload.handlers.catalogues import CatalogueServicer
from malapert_payload.handlers.events import PayloadAnnouncer, PlanEventHandler
from malapert_payload.handlers.executions import ExecutionServicer
from malapert_payload.handlers.ratings import ScienceServicer
from malapert_payload.handlers.requests import RequestServicer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.catalogues import CatalogueService
from malapert_payload.services.executions import ExecutionService
from malapert_payload.services.items import ItemService
from malapert_payload.services.plan_outcomes import PlanOutcomes
from malapert_payload.services.ports import Stores
from malapert_payload.services.ratings import RatingService
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import RequestService
from malapert_payload.services.submissions import SubmissionService
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.executions import ExecutionStore
from malapert_payload.storage.items import ItemStore
from malapert_payload.storage.plans import EndedPlanStore
from malapert_payload.storage.requests import RequestStore

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(runtime: ServiceRuntime[PayloadSettings]) -> AsyncIterator[ServiceParts]:
    """Yield what the payload service serves and listens to."""
    database, announcer = runtime.database, PayloadAnnouncer(runtime.outbox)
    stores = Stores(CatalogueStore(), ItemStore(), RequestStore(), ExecutionStore(), EndedPlanStore())
    reader = CatalogueReader(stores.catalogues, stores.items)
    record = RequestRecord(stores.requests, announcer)
    parts = (database, stores, reader, record, utc_now)
    catalogues = CatalogueServicer(CatalogueService(*parts), ItemService(database, stores, reader, announcer, utc_now))
    yield ServiceParts(
        registrations=[
            Registration(
                "malapert.payload.v1.CatalogueService",
                catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server,
                catalogues,
            ),
            Registration(
                "malapert.payload.v1.RequestService",
                request_pb2_grpc.add_RequestServiceServicer_to_server,
                RequestServicer(RequestService(*parts), SubmissionService(*parts)),
            ),
            Registration(
                "malapert.payload.v1.ExecutionService",
                execution_pb2_grpc.add_ExecutionServiceServicer_to_server,
                ExecutionServicer(ExecutionService(*parts)),
            ),
            Registration(
                "malapert.payload.v1.ScienceService",
                science_pb2_grpc.add_ScienceServiceServicer_to_server,
                ScienceServicer(RatingService(database, stores, reader)),
            ),
        ],
        subscriptions=[PlanEventHandler(PlanOutcomes(stores, reader, record, utc_now)).subscription()],
    )
