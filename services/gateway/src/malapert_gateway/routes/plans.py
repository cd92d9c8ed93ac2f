"""Plans: made by long work, reviewed by agencies, released or ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_http_models.contracts.operation import Operation
from malapert_http_models.contracts.planner import (
    AcknowledgeNotices,
    GeneratePlanRequest,
    Plan,
    PlanComparison,
    PlanPage,
    PlanPending,
    PlanState,
    ReplanPlan,
    RequestInPlan,
    RequestInPlanPage,
    RequestInPlanState,
    ReviewPlan,
    SolveStatus,
    TerminatePlan,
    ValidationReport,
    WhyNot,
)

from malapert_gateway import policy
from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.examples import PLAN
from malapert_gateway.exports.mps_plan_reading import mission_of, read_mps_plan
from malapert_gateway.routes.guarded import DocumentRoute, GuardedRoute
from malapert_gateway.routes.operations import started
from malapert_gateway.routes.parameters import (
    ETAG,
    LOCATION,
    CallerIdentity,
    ExpectedVersion,
    GatewayParts,
    Page,
    PlanId,
    RequestId,
    only,
    only_these,
    versioned,
)
from malapert_gateway.routes.signatures import agency_keys
from malapert_gateway.services.clients import ServiceName

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)
import_router = APIRouter(prefix="/plans", tags=["plans"], route_class=DocumentRoute)


@router.post("", status_code=202, responses={202: LOCATION})
async def generate_plan(body: GeneratePlanRequest, response: Response, gateway: GatewayParts) -> Operation:
    """Start making a plan; the operation's `result_id` is a plan in state DRAFT that the validator has passed."""
    message = message_of(body, plan_pb2.GeneratePlanRequest)
    answer = await gateway.call(gateway.services.plans.GeneratePlan, message)
    return await started(gateway, ServiceName.PLANNER, answer.operation_id, response)


@router.get("")
async def list_plans(
    gateway: GatewayParts,
    page: Page,
    mission_id: Annotated[str, only("mission", "lupex")] = "",
    states: Annotated[list[PlanState] | None, only_these("plans that stand so")] = None,
    statuses: Annotated[list[SolveStatus] | None, only_these("plans whose search ended so")] = None,
    pending_steps: Annotated[
        list[PlanPending] | None, only_these("plans of which these steps are begun and not over")
    ] = None,
    only_noticed: Annotated[
        bool, Query(description="True leaves out plans without open notices that are seen.")
    ] = False,
) -> PlanPage:
    """List plans, newest first, without items, notices and what they were made from; archived ones only by state."""
    message = plan_pb2.ListPlansRequest(
        mission_id=mission_id,
        states=enum_numbers(plan_pb2.PlanState.DESCRIPTOR, states),
        statuses=enum_numbers(plan_pb2.SolveStatus.DESCRIPTOR, statuses),
        pending_steps=enum_numbers(plan_pb2.PlanPending.DESCRIPTOR, pending_steps),
        only_noticed=only_noticed,
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.plans.ListPlans, message), PlanPage)


@router.get("/{plan_id}", responses={200: ETAG})
async def get_plan(plan_id: PlanId, response: Response, gateway: GatewayParts) -> Plan:
    """Return one plan with everything in it."""
    return await versioned(gateway, await gateway.plan(plan_id), Plan, response)


@router.post("/{plan_id}:submit", responses={200: ETAG})
async def submit_plan(
    plan_id: PlanId,
    response: Response,
    gateway: GatewayParts,
    identity: CallerIdentity,
    version: ExpectedVersion,
) -> Plan:
    """Put a draft under review by the mission's reviewing agencies."""
    policy.require_agency("submit_plan", identity, await gateway.plan_owners(plan_id))
    message = plan_pb2.SubmitPlanRequest(plan_id=plan_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.SubmitPlan, message)).plan, Plan, response
    )


@router.post("/{plan_id}:review", responses={200: ETAG})
async def review_plan(
    plan_id: PlanId, body: ReviewPlan, response: Response, gateway: GatewayParts, identity: CallerIdentity
) -> Plan:
    """Approve, also with conditions, or reject the exact content of a plan for the caller's agency.

    It stands in the place of what the agency said before; a rejection ends the plan.
    """
    message = message_of(body, plan_pb2.ReviewPlanRequest, plan_id=plan_id)
    agency_id = message.for_agency_id or identity.agency_id
    message.agency_keys_json = await agency_keys(gateway, agency_id, message.signature)
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.ReviewPlan, message)).plan, Plan, response
    )


@router.post("/{plan_id}:release", responses={200: ETAG})
async def release_plan(
    plan_id: PlanId,
    response: Response,
    gateway: GatewayParts,
    identity: CallerIdentity,
    version: ExpectedVersion,
) -> Plan:
    """Commit the contacts of an approved plan and release it, or refuse it whole with the conflict named."""
    policy.require_agency("release_plan", identity, await gateway.plan_owners(plan_id))
    message = plan_pb2.ReleasePlanRequest(plan_id=plan_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.ReleasePlan, message)).plan, Plan, response
    )


@router.post("/{plan_id}:terminate", responses={200: ETAG})
async def terminate_plan(
    plan_id: PlanId, body: TerminatePlan, response: Response, gateway: GatewayParts, identity: CallerIdentity
) -> Plan:
    """End a plan and say why."""
    policy.require_agency("terminate_plan", identity, await gateway.plan_owners(plan_id))
    message = message_of(body, plan_pb2.TerminatePlanRequest, plan_id=plan_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.TerminatePlan, message)).plan, Plan, response
    )


@router.post("/{plan_id}:restore", responses={200: ETAG})
async def restore_plan(plan_id: PlanId, response: Response, gateway: GatewayParts, version: ExpectedVersion) -> Plan:
    """Take a plan out of the archive: it is a draft again."""
    message = plan_pb2.RestorePlanRequest(plan_id=plan_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.RestorePlan, message)).plan, Plan, response
    )


@router.post("/{plan_id}:acknowledge", responses={200: ETAG})
async def acknowledge_notices(
    plan_id: PlanId, body: AcknowledgeNotices, response: Response, gateway: GatewayParts
) -> Plan:
    """Record that the caller's agency knows of notices on a plan: they are open no more."""
    message = message_of(body, plan_pb2.AcknowledgeNoticesRequest, plan_id=plan_id)
    answer = await gateway.call(gateway.services.plans.AcknowledgeNotices, message)
    return await versioned(gateway, answer.plan, Plan, response)


@router.get("/{plan_id}/requests")
async def list_requests_in_plan(
    plan_id: PlanId,
    gateway: GatewayParts,
    page: Page,
    states: Annotated[list[RequestInPlanState] | None, only_these("requests that stand so in the plan")] = None,
) -> RequestInPlanPage:
    """Say what became in a plan of every request of the caller's agency, by identifier."""
    message = plan_pb2.ListRequestsInPlanRequest(
        plan_id=plan_id, page=page, states=enum_numbers(plan_pb2.RequestInPlanState.DESCRIPTOR, states)
    )
    return await gateway.answer(
        await gateway.call(gateway.services.plans.ListRequestsInPlan, message), RequestInPlanPage
    )


@router.get("/{plan_id}/requests/{request_id}")
async def get_request_in_plan(plan_id: PlanId, request_id: RequestId, gateway: GatewayParts) -> RequestInPlan:
    """Say what became of a request in a plan: its slots or why it has none, and when its data are on the ground."""
    message = plan_pb2.GetRequestInPlanRequest(plan_id=plan_id, request_id=request_id)
    return await gateway.answer(
        (await gateway.call(gateway.services.plans.GetRequestInPlan, message)).request, RequestInPlan
    )


@router.post("/{plan_id}:replan", status_code=202, responses={202: LOCATION})
async def replan_plan(plan_id: PlanId, body: ReplanPlan, response: Response, gateway: GatewayParts) -> Operation:
    """Start making a plan from another one and what has happened since, or what if.

    What is frozen stays and little else moves; the operation's `result_id` is a DRAFT whose `changes` say what moved,
    was added or dropped, and why.
    """
    message = message_of(body, replan_pb2.ReplanPlanRequest, plan_id=plan_id)
    answer = await gateway.call(gateway.services.plans.ReplanPlan, message)
    return await started(gateway, ServiceName.PLANNER, answer.operation_id, response)


@import_router.post("/{plan_id}:import", status_code=201, responses={201: ETAG})
async def import_plan(
    plan_id: PlanId,
    body: Annotated[dict[str, Any], Body(description="A plan in the shape of CCSDS 529.1.", examples=[PLAN])],
    response: Response,
    gateway: GatewayParts,
) -> Plan:
    """Take a schedule that was made elsewhere for the problem of a plan, or every rule that it breaks."""
    message = plan_pb2.ImportPlanRequest(plan_id=plan_id, items=read_mps_plan(body), mission_id=mission_of(body))
    return await versioned(
        gateway, (await gateway.call(gateway.services.plans.ImportPlan, message)).plan, Plan, response, 201
    )


@router.get("/{plan_id}/comparison")
async def compare_plans(
    plan_id: PlanId,
    gateway: GatewayParts,
    other_plan_id: Annotated[str, only("plan", "plan-5d21")],
) -> PlanComparison:
    """Hold two plans of a mission side by side: worth, resources, and what is not in the other as in this one."""
    message = replan_pb2.ComparePlansRequest(plan_id=plan_id, other_plan_id=other_plan_id)
    return await gateway.answer(await gateway.call(gateway.services.plans.ComparePlans, message), PlanComparison)


@router.get("/{plan_id}/unplanned/{request_id}")
async def explain_unplanned(
    plan_id: PlanId,
    request_id: RequestId,
    gateway: GatewayParts,
    repetition_index: Annotated[int, Query(ge=0, le=100_000, description="The repetition, from 0.", examples=[0])] = 0,
) -> WhyNot:
    """Say why a repetition is not in a plan, and which smallest changes would admit it, each found by solving again."""
    message = plan_pb2.ExplainUnplannedRequest(
        plan_id=plan_id, request_id=request_id, repetition_index=repetition_index
    )
    return await gateway.answer(await gateway.call(gateway.services.plans.ExplainUnplanned, message), WhyNot)


@router.post("/{plan_id}:validate")
async def validate_plan(plan_id: PlanId, gateway: GatewayParts) -> ValidationReport:
    """Check a stored plan again by the independent validator; nothing is changed."""
    message = plan_pb2.ValidatePlanRequest(plan_id=plan_id)
    answer = await gateway.call(gateway.services.plans.ValidatePlan, message)
    return await gateway.answer(answer.validation, ValidationReport)
