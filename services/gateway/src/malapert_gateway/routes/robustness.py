"""Robustness of plans: replays under draws of a margin policy, begun, followed and read."""

from fastapi import APIRouter, Response
from malapert.planner.v1 import robustness_pb2
from malapert_http_models.contracts.operation import Operation
from malapert_http_models.contracts.planner import AssessRobustness, Robustness, RobustnessPage

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.operations import started
from malapert_gateway.routes.parameters import LOCATION, GatewayParts, Page, PlanId, RobustnessId
from malapert_gateway.services.clients import ServiceName

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


@router.post("/{plan_id}:assess-robustness", status_code=202, responses={202: LOCATION})
async def assess_robustness(
    plan_id: PlanId, body: AssessRobustness, response: Response, gateway: GatewayParts
) -> Operation:
    """Start replaying a plan under seeded draws of a margin policy; the operation's `result_id` is the assessment."""
    message = message_of(body, robustness_pb2.AssessRobustnessRequest, plan_id=plan_id)
    answer = await gateway.call(gateway.services.robustness.AssessRobustness, message)
    return await started(gateway, ServiceName.PLANNER, answer.operation_id, response)


@router.get("/{plan_id}/robustness")
async def list_robustness(plan_id: PlanId, gateway: GatewayParts, page: Page) -> RobustnessPage:
    """List the assessments of a plan, newest first, without the items that broke."""
    message = robustness_pb2.ListRobustnessRequest(plan_id=plan_id, page=page)
    return await gateway.answer(await gateway.call(gateway.services.robustness.ListRobustness, message), RobustnessPage)


@router.get("/{plan_id}/robustness/{robustness_id}")
async def get_robustness(plan_id: PlanId, robustness_id: RobustnessId, gateway: GatewayParts) -> Robustness:
    """Return the share of draws in which a plan keeps every rule, where it breaks first, and its weakest items."""
    message = robustness_pb2.GetRobustnessRequest(plan_id=plan_id, robustness_id=robustness_id)
    answer = await gateway.call(gateway.services.robustness.GetRobustness, message)
    return await gateway.answer(answer.robustness, Robustness)
