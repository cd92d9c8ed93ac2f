"""The gateway's parts in one place, and the way every call to a service goes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import grpc
from fastapi import Response
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert_core.background import end_tasks
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_http_models.wire import WireModel

from malapert_gateway.bodies import written_answer
from malapert_gateway.config import GatewaySettings
from malapert_gateway.conversion import to_model
from malapert_gateway.services.admission import Admission
from malapert_gateway.services.agency_service import AgencyService
from malapert_gateway.services.audit_directory import AuditDirectory
from malapert_gateway.services.call_shares import CallShares
from malapert_gateway.services.clients import ServiceClients
from malapert_gateway.services.event_feed import EventFeed
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.limit_directory import LimitDirectory
from malapert_gateway.services.log_ins import LogIns
from malapert_gateway.services.open_streams import OpenStreams
from malapert_gateway.services.operation_directory import OperationDirectory
from malapert_gateway.services.readiness import Readiness
from malapert_gateway.services.session_service import Credentials, SessionService
from malapert_gateway.storage.answer_store import AnswerStore

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
ModelT = TypeVar("ModelT", bound=WireModel)


@dataclass
class Gateway:
    """Parts that routes work with. `stopping` is set once the process is asked to stop: streams end then."""

    settings: GatewaySettings
    services: ServiceClients
    admission: Admission
    keys: KeyService
    sessions: SessionService
    log_ins: LogIns
    agencies: AgencyService
    answers: AnswerStore
    operations: OperationDirectory
    audit: AuditDirectory
    limits: LimitDirectory
    feed: EventFeed
    readiness: Readiness
    calls: CallShares
    streams: OpenStreams
    reading: ReadingProcesses
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream_ended(self, identity: Identity, credentials: Credentials) -> None:
        """Return once a stream of a caller is to end: the process stops, or its key or session works no longer."""
        ends: list[asyncio.Task[Any]] = [
            asyncio.create_task(self.stopping.wait()),
            asyncio.create_task(self.keys.until_ended(identity.key_id)),
        ]
        if credentials.are_of_session:
            ends.append(asyncio.create_task(self.sessions.until_ended(credentials.cookie)))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_tasks(ends)

    async def call(self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT) -> ResponseT:
        """Call a service within the deadline; raises the MalapertError that it answers."""
        return await method(request, timeout=self.settings.call_deadline_s)

    async def answer(
        self, message: Any, model: type[ModelT], status: int = 200, headers: dict[str, str] | None = None
    ) -> ModelT:
        """Return a service's message as a model; a large one is written apart, and is the finished answer."""
        if message.ByteSize() <= QUICK_BYTES:
            return to_model(message, model)
        content = await self.reading.run(
            require_identity().agency_id,
            written_answer,
            model.__module__,
            model.__name__,
            message.DESCRIPTOR.full_name,
            message.SerializeToString(),
        )
        # FastAPI sends a response as it is; only the route's signature speaks of the model.
        return cast("ModelT", Response(content, status, headers, "application/json"))

    async def upload(
        self, method: grpc.aio.StreamUnaryMultiCallable[RequestT, ResponseT], requests: AsyncIterator[RequestT]
    ) -> ResponseT:
        """Stream requests to a service within the deadline of uploads."""
        return await method(requests, timeout=self.settings.upload_deadline_s)

    async def mission(self, mission_id: str, version: int = 0) -> mission_pb2.Mission:
        """Return a mission; version 0 is the newest."""
        request = mission_pb2.GetMissionRequest(mission_id=mission_id, version=version)
        return (await self.call(self.services.missions.GetMission, request)).mission

    async def plan(self, plan_id: str) -> plan_pb2.Plan:
        """Return a plan."""
        return (await self.call(self.services.plans.GetPlan, plan_pb2.GetPlanRequest(plan_id=plan_id))).plan

    async def plan_owners(self, plan_id: str) -> set[str]:
        """Return the agencies to whom a plan belongs: that which had it made and that which owns its mission."""
        plan = await self.plan(plan_id)
        mission = await self.mission(plan.mission_id, plan.mission_version)
        return {plan.owner_agency_id, mission.owner_agency_id}
