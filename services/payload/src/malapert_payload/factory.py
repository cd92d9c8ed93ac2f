"""Builds the payload service from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.payload.v1 import catalogue_pb2_grpc, request_pb2_grpc
from malapert_core.grpc_server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now

from malapert_payload.config import PayloadSettings
from malapert_payload.handlers.events import PlanEventHandler, RequestAnnouncer
from malapert_payload.handlers.grpc import CatalogueServicer, RequestServicer
from malapert_payload.services.catalogues import CatalogueService
from malapert_payload.services.plan_outcomes import PlanOutcomes
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import RequestService
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.plans import EndedPlanStore
from malapert_payload.storage.requests import RequestStore

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(runtime: ServiceRuntime[PayloadSettings]) -> AsyncIterator[ServiceParts]:
    """Yield what the payload service serves and listens to."""
    database, catalogues, requests = runtime.database, CatalogueStore(), RequestStore()
    record = RequestRecord(requests, RequestAnnouncer(runtime.outbox))
    outcomes = PlanOutcomes(catalogues, requests, EndedPlanStore(), record, utc_now)
    yield ServiceParts(
        registrations=[
            Registration(
                "malapert.payload.v1.CatalogueService",
                catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server,
                CatalogueServicer(CatalogueService(database, catalogues, requests, record, utc_now)),
            ),
            Registration(
                "malapert.payload.v1.RequestService",
                request_pb2_grpc.add_RequestServiceServicer_to_server,
                RequestServicer(RequestService(database, catalogues, requests, record, utc_now)),
            ),
        ],
        subscriptions=[PlanEventHandler(outcomes).subscription()],
    )
