"""Calls the planner in tests, as agencies."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.planner.v1 import mission_pb2, mission_pb2_grpc, plan_pb2, plan_pb2_grpc
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_planner.config import PlannerSettings
from malapert_planner.factory import MIGRATIONS, build
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import load_mission

SERVICES = ("malapert.planner.v1.MissionService", "malapert.planner.v1.PlanService")
REVIEWERS = ("JAXA", "ISRO", "NASA", "ESA")


@dataclass
class PlannerClient:
    """The planner as an agency sees it."""

    missions: Any
    plans: Any
    operations: Any
    channel: grpc.aio.Channel

    @classmethod
    def over(cls, channel: grpc.aio.Channel) -> "PlannerClient":
        return cls(
            mission_pb2_grpc.MissionServiceStub(channel),
            plan_pb2_grpc.PlanServiceStub(channel),
            operation_pb2_grpc.OperationServiceStub(channel),
            channel,
        )

    async def create(self, document: bytes | None = None, **rest: Any) -> mission_pb2.Mission:
        document = document or json.dumps(load_mission("lupex-week")).encode()
        request = mission_pb2.CreateMissionRequest(document_json=document, **rest)
        return (await self.missions.CreateMission(request)).mission

    async def generate(self, **request: Any) -> operation_pb2.Operation:
        """Make a plan and return its ended operation."""
        asked = plan_pb2.GeneratePlanRequest(**{"mission_id": "lupex-week", **request})
        begun = await self.plans.GeneratePlan(asked)
        return await self.ended(begun.operation_id)

    async def ended(self, operation_id: str) -> operation_pb2.Operation:
        operation = operation_pb2.Operation()
        watched = self.operations.WatchOperation(operation_pb2.WatchOperationRequest(operation_id=operation_id))
        async for answer in watched:
            operation = answer.operation
        return operation

    async def get(self, plan_id: str) -> plan_pb2.Plan:
        return (await self.plans.GetPlan(plan_pb2.GetPlanRequest(plan_id=plan_id))).plan


def run_planner(
    launcher: ServiceLauncher, neighbours_target: str, **settings: Any
) -> AbstractAsyncContextManager[RunningService[PlannerSettings]]:
    targets = dict.fromkeys(("landing_site_target", "comms_window_target", "payload_target"), neighbours_target)
    return launcher.run(PlannerSettings, build, MIGRATIONS, **targets, **settings)


@asynccontextmanager
async def client_of(target: str, agency_id: str = "JAXA", role: Role = Role.PLANNER) -> AsyncIterator[PlannerClient]:
    async with open_test_channel(target, identity_of(agency_id, role), SERVICES, service_name="planner") as channel:
        yield PlannerClient.over(channel)


async def approve(target: str, plan: plan_pb2.Plan, agency_ids: tuple[str, ...] = REVIEWERS) -> None:
    """Approve a plan's content as agencies."""
    for agency_id in agency_ids:
        async with client_of(target, agency_id, Role.APPROVER) as client:
            request = plan_pb2.ReviewPlanRequest(plan_id=plan.plan_id, content_hash=plan.content_hash, approve=True)
            await client.plans.ReviewPlan(request)


async def submitted_plan(client: PlannerClient) -> plan_pb2.Plan:
    """Make a plan of the small mission and put it under review."""
    await client.create()
    operation = await client.generate()
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    return (await client.plans.SubmitPlan(plan_pb2.SubmitPlanRequest(plan_id=operation.result_id))).plan
