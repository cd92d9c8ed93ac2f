"""Reviews, conditions, delegations and sign-off standings as messages."""

import json

from google.protobuf.json_format import MessageToJson
from malapert.planner.v1 import plan_pb2, sign_off_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Delegation, Review, ReviewStanding
from malapert_planner.services.plans.reviews import NewReview
from malapert_planner.services.replanning.conditions import event_of
from malapert_planner.services.sharing.plan_eyes import PlanEyes

_CONSTRAINTS = ("station_outage", "array_power")


def new_review_of(request: plan_pb2.ReviewPlanRequest) -> NewReview:
    """Return a review as it is asked for.

    Raises
    ------
    InvalidInputError
        ``INVALID_REVIEW_PLAN`` where a constraint is neither an outage nor a power of the array.
    """
    faults = [
        Fault(f"conditions[{index}].constraint", "NOT_ALLOWED", f"one of {', '.join(_CONSTRAINTS)} is allowed")
        for index, condition in enumerate(request.conditions)
        if condition.HasField("constraint") and condition.constraint.WhichOneof("event") not in _CONSTRAINTS
    ]
    if faults:
        raise InvalidInputError("INVALID_REVIEW_PLAN", "the review has faults", faults=faults)
    return NewReview(
        plan_id=request.plan_id,
        content_hash=request.content_hash,
        approve=request.approve,
        comment=request.comment,
        conditions=tuple(
            (item.text, MessageToJson(item.constraint) if item.HasField("constraint") else "")
            for item in request.conditions
        ),
        notices_hash=request.notices_hash,
        signature=request.signature,
        for_agency_id=request.for_agency_id,
        agency_keys=keys_of(request.agency_keys_json),
    )


def keys_of(keys_json: bytes) -> object:
    """Return pinned keys as plain JSON, None where there are none."""
    return json.loads(keys_json) if keys_json else None


def add_reviews(
    message: plan_pb2.Plan, plan: Plan, standing: ReviewStanding | None, agency_id: str, eyes: PlanEyes
) -> None:
    """Complete the reviews in a plan's message, and add where the sign-off stands, for a principal of an agency."""
    for review, shown in zip(plan.reviews, message.reviews, strict=True):
        _complete(review, shown)
    if standing is not None:
        message.sign_off.CopyFrom(_standing_message(plan, standing))
    # Of all notices it would tell that there are some which are not shown.
    message.notices_hash = plan.notices_hash if eyes.see_all else ""
    message.agency_notices_hash = plan.agency_notices_hash(agency_id)


def _complete(review: Review, shown: plan_pb2.PlanReview) -> None:
    for condition, message in zip(review.conditions, shown.conditions, strict=True):
        if condition.event_json:
            message.constraint.CopyFrom(event_of(condition.event_json))


def _standing_message(plan: Plan, found: ReviewStanding) -> sign_off_pb2.SignOffStanding:
    terms, standing = plan.sign_off_terms, found.standing
    message = sign_off_pb2.SignOffStanding(
        fulfilled=found.fulfilled,
        approved_agency_ids=standing.approved_agency_ids,
        needed_agency_ids=standing.needed_agency_ids,
        sufficient=[sign_off_pb2.AgencyCombination(agency_ids=way) for way in standing.sufficient],
        not_counted=found.not_counted,
        text=found.text,
        overdue=found.overdue,
        rule=to_message(terms.rule, sign_off_pb2.SignOffRule),
    )
    if terms.deadline_time is not None:
        message.deadline_time.CopyFrom(to_timestamp(terms.deadline_time))
    return message


def delegation_of(request: sign_off_pb2.CreateDelegationRequest, identity: Identity) -> Delegation:
    """Return a delegation as it is asked for by a principal."""
    asked = request.delegation
    since, until = from_timestamp(asked.since), from_timestamp(asked.until)
    return Delegation(
        "",
        request.mission_id,
        identity.agency_id,
        asked.to_agency_id,
        asked.to_principal_id,
        since,
        until,
        asked.reason,
        since,
        "",
    )
