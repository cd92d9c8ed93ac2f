"""What follows on reviews of plans: withdrawal, conditions, portable approvals, and delegation of reviews."""

from typing import Any

from fastapi import APIRouter, Response
from malapert.planner.v1 import sign_off_pb2
from malapert_http_models.contracts.planner import (
    Delegation,
    Delegations,
    NewDelegation,
    Plan,
    SettleCondition,
    WithdrawReview,
)

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    CallerIdentity,
    ConditionId,
    DelegationId,
    GatewayParts,
    MissionId,
    PlanId,
    versioned,
)
from malapert_gateway.routes.signatures import agency_keys

router = APIRouter(tags=["plans"], route_class=GuardedRoute)


@router.post("/plans/{plan_id}:withdraw-review", responses={200: ETAG})
async def withdraw_review(
    plan_id: PlanId, body: WithdrawReview, response: Response, gateway: GatewayParts, identity: CallerIdentity
) -> Plan:
    """Take back the approval of the caller's agency, until the plan is released."""
    message = message_of(body, sign_off_pb2.WithdrawReviewRequest, plan_id=plan_id)
    message.agency_keys_json = await agency_keys(gateway, identity.agency_id, message.signature)
    plan = (await gateway.call(gateway.services.reviews.WithdrawReview, message)).plan
    return await versioned(gateway, plan, Plan, response)


@router.post("/plans/{plan_id}/conditions/{condition_id}:settle", responses={200: ETAG})
async def settle_condition(
    plan_id: PlanId, condition_id: ConditionId, body: SettleCondition, response: Response, gateway: GatewayParts
) -> Plan:
    """Mark a condition of the caller's agency as met or waived; an open one stands in the way of the release."""
    message = message_of(body, sign_off_pb2.SettleConditionRequest, plan_id=plan_id, condition_id=condition_id)
    plan = (await gateway.call(gateway.services.reviews.SettleCondition, message)).plan
    return await versioned(gateway, plan, Plan, response)


@router.get("/plans/{plan_id}/approvals", response_model=dict[str, Any])
async def export_approvals(plan_id: PlanId, gateway: GatewayParts) -> Response:
    """Return a plan's content as the caller sees it and its approvals, with what proves them without the platform.

    `malapert plan verify` checks it: the content hash is found anew from what is shown and the hashes of what is not.
    """
    message = sign_off_pb2.ExportApprovalsRequest(plan_id=plan_id)
    answer = await gateway.call(gateway.services.reviews.ExportApprovals, message)
    # Passed on unread: it is as long as the plan, and reading it would hold everybody's calls.
    return Response(answer.approvals_json, media_type="application/json")


@router.post("/missions/{mission_id}/delegations", status_code=201)
async def create_delegation(mission_id: MissionId, body: NewDelegation, gateway: GatewayParts) -> Delegation:
    """Delegate the reviews of the caller's agency to another member of the mission for a time."""
    message = sign_off_pb2.CreateDelegationRequest(
        mission_id=mission_id, delegation=message_of(body, sign_off_pb2.Delegation)
    )
    answer = await gateway.call(gateway.services.reviews.CreateDelegation, message)
    return await gateway.answer(answer.delegation, Delegation, 201)


@router.get("/missions/{mission_id}/delegations")
async def list_delegations(mission_id: MissionId, gateway: GatewayParts) -> Delegations:
    """List the delegations of reviews in a mission, newest first, at most a thousand."""
    message = sign_off_pb2.ListDelegationsRequest(mission_id=mission_id)
    return await gateway.answer(await gateway.call(gateway.services.reviews.ListDelegations, message), Delegations)


@router.post("/missions/{mission_id}/delegations/{delegation_id}:revoke")
async def revoke_delegation(mission_id: MissionId, delegation_id: DelegationId, gateway: GatewayParts) -> Delegation:
    """Take a delegation of the caller's agency back; what was said by it stays."""
    message = sign_off_pb2.RevokeDelegationRequest(mission_id=mission_id, delegation_id=delegation_id)
    answer = await gateway.call(gateway.services.reviews.RevokeDelegation, message)
    return await gateway.answer(answer.delegation, Delegation)
