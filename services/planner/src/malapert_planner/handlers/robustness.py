"""Serves assessments of the robustness of plans."""

from typing import Any

from malapert.planner.v1 import robustness_pb2, robustness_pb2_grpc
from malapert_core.operations.operations import OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of

from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.services.plans.plans import PlanService
from malapert_planner.services.robustness.assessments import ASSESS_ROBUSTNESS, RobustnessAssessments
from malapert_planner.services.robustness.policy_messages import redacted_robustness, require_assessable


class RobustnessHandlers(robustness_pb2_grpc.RobustnessServiceServicer):
    """Translates between messages and the assessments."""

    def __init__(
        self, plans: PlanService, assessments: RobustnessAssessments, operations: OperationRunner, shown: ShownPlans
    ) -> None:
        self._plans = plans
        self._assessments = assessments
        self._operations = operations
        self._shown = shown

    async def AssessRobustness(  # noqa: N802
        self, request: robustness_pb2.AssessRobustnessRequest, context: Any
    ) -> robustness_pb2.AssessRobustnessResponse:
        """Begin to replay a plan under draws."""
        require_assessable(request)
        plan = await self._plans.get(request.plan_id)
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(
            None, ASSESS_ROBUSTNESS, content, require_identity(), plan.content.mission_id
        )
        return robustness_pb2.AssessRobustnessResponse(operation_id=operation_id)

    async def GetRobustness(  # noqa: N802
        self, request: robustness_pb2.GetRobustnessRequest, context: Any
    ) -> robustness_pb2.GetRobustnessResponse:
        """Return an assessment as the caller sees it."""
        eyes = await self._shown.eyes(await self._plans.get(request.plan_id))
        found = await self._assessments.get(request.plan_id, request.robustness_id)
        return robustness_pb2.GetRobustnessResponse(robustness=redacted_robustness(found, eyes))

    async def ListRobustness(  # noqa: N802
        self, request: robustness_pb2.ListRobustnessRequest, context: Any
    ) -> robustness_pb2.ListRobustnessResponse:
        """Return a page of assessments, newest first."""
        size = page_size_of(request.page.page_size)
        eyes = await self._shown.eyes(await self._plans.get(request.plan_id))
        found = await self._assessments.page(request.plan_id, cursor_key(request.page.page_token), size + 1)
        return robustness_pb2.ListRobustnessResponse(
            assessments=[redacted_robustness(each, eyes) for each in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.robustness_id),
        )
