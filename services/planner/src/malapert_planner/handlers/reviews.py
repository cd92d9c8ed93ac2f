"""Serves what follows on reviews."""

from typing import Any

from malapert.planner.v1 import review_pb2, review_pb2_grpc, sign_off_pb2
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message

from malapert_planner.domain.life.reviews import ConditionState
from malapert_planner.handlers.review_messages import delegation_of, keys_of
from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.services.plans.delegations import Delegations
from malapert_planner.services.plans.plans import PlanService
from malapert_planner.services.plans.reviews import NewReview, PlanReviews
from malapert_planner.services.sharing.approvals import approvals_document

_STATES = {
    sign_off_pb2.CONDITION_STATE_MET: ConditionState.MET,
    sign_off_pb2.CONDITION_STATE_WAIVED: ConditionState.WAIVED,
}


class ReviewHandlers(review_pb2_grpc.ReviewServiceServicer):
    """Translates between messages and the services of reviews and delegations."""

    def __init__(self, reviews: PlanReviews, delegations: Delegations, plans: PlanService, shown: ShownPlans) -> None:
        self._reviews = reviews
        self._delegations = delegations
        self._plans = plans
        self._shown = shown

    async def WithdrawReview(  # noqa: N802
        self, request: sign_off_pb2.WithdrawReviewRequest, context: Any
    ) -> review_pb2.WithdrawReviewResponse:
        """Take back the approval of the caller's agency."""
        keys = keys_of(request.agency_keys_json)
        signed = NewReview(request.plan_id, "", approve=False, signature=request.signature, agency_keys=keys)
        plan = await self._reviews.withdraw(request.plan_id, request.comment, require_identity(), signed)
        return review_pb2.WithdrawReviewResponse(plan=await self._shown.message(plan))

    async def SettleCondition(  # noqa: N802
        self, request: sign_off_pb2.SettleConditionRequest, context: Any
    ) -> review_pb2.SettleConditionResponse:
        """Mark a condition of the caller's agency as met or waived."""
        state = _STATES.get(request.state, ConditionState.UNSPECIFIED)
        plan = await self._reviews.settle(
            request.plan_id, request.condition_id, state, request.comment, require_identity()
        )
        return review_pb2.SettleConditionResponse(plan=await self._shown.message(plan))

    async def ExportApprovals(  # noqa: N802
        self, request: sign_off_pb2.ExportApprovalsRequest, context: Any
    ) -> sign_off_pb2.ExportApprovalsResponse:
        """Return a plan's content and approvals with what proves them."""
        plan = await self._plans.get(request.plan_id)
        secret = await self._plans.secret(plan.content.mission_id)
        document = await approvals_document(plan, secret, await self._shown.eyes(plan))
        return sign_off_pb2.ExportApprovalsResponse(approvals_json=document)

    async def CreateDelegation(  # noqa: N802
        self, request: sign_off_pb2.CreateDelegationRequest, context: Any
    ) -> sign_off_pb2.CreateDelegationResponse:
        """Delegate the reviews of the caller's agency."""
        identity = require_identity()
        made = await self._delegations.create(delegation_of(request, identity), identity)
        return sign_off_pb2.CreateDelegationResponse(delegation=to_message(made, sign_off_pb2.Delegation))

    async def ListDelegations(  # noqa: N802
        self, request: sign_off_pb2.ListDelegationsRequest, context: Any
    ) -> sign_off_pb2.ListDelegationsResponse:
        """Return the delegations of a mission."""
        found = await self._delegations.list(request.mission_id, require_identity())
        messages = [to_message(each, sign_off_pb2.Delegation) for each in found]
        return sign_off_pb2.ListDelegationsResponse(delegations=messages)

    async def RevokeDelegation(  # noqa: N802
        self, request: sign_off_pb2.RevokeDelegationRequest, context: Any
    ) -> sign_off_pb2.RevokeDelegationResponse:
        """Take a delegation back."""
        revoked = await self._delegations.revoke(request.mission_id, request.delegation_id, require_identity())
        return sign_off_pb2.RevokeDelegationResponse(delegation=to_message(revoked, sign_off_pb2.Delegation))
