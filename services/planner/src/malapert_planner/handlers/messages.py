"""Missions and plans as messages."""

from malapert.planner.v1 import event_pb2, mission_pb2, plan_pb2
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.domain.life.plan import ListedPlan, Plan, PlanNotice
from malapert_planner.services.request_messages import interval


def mission_message(mission: Mission | ListedMission) -> mission_pb2.Mission:
    """Return a mission as its message, with its document unless it is listed."""
    return mission_pb2.Mission(
        mission_id=mission.mission_id,
        version=mission.version,
        title=mission.title,
        agency_ids=mission.agency_ids,
        reviewer_agency_ids=mission.reviewer_agency_ids,
        horizon=interval(mission.start_time, mission.end_time),
        document_json=mission.document_json if isinstance(mission, Mission) else b"",
        content_hash=mission.content_hash,
        owner_agency_id=mission.owner_agency_id,
        created_time=to_timestamp(mission.created_time),
    )


def plan_message(plan: Plan) -> plan_pb2.Plan:
    """Return a plan as its message: its content with where it stands."""
    message = _standing(plan_pb2.Plan.FromString(plan.content.message), plan)
    for contact, contact_id in zip(message.contacts, plan.contact_ids, strict=False):
        contact.contact_id = contact_id
    message.notices.extend(map(notice_message, plan.notices))
    return message


def listed_plan_message(plan: ListedPlan) -> plan_pb2.Plan:
    """Return a plan of a listing as its message: its headline with where it stands."""
    return _standing(plan_pb2.Plan.FromString(plan.headline), plan)


def _standing(message: plan_pb2.Plan, plan: Plan | ListedPlan) -> plan_pb2.Plan:
    message.plan_id = plan.plan_id
    message.state = plan_pb2.PlanState.Value(f"PLAN_STATE_{plan.state.name}")
    message.state_reason = plan.state_reason
    message.precursor_plan_id = plan.precursor_plan_id
    message.owner_agency_id = plan.owner_agency_id
    message.version = plan.version
    message.created_time.CopyFrom(to_timestamp(plan.created_time))
    if plan.updated_time is not None:
        message.updated_time.CopyFrom(to_timestamp(plan.updated_time))
    for review in plan.reviews:
        message.reviews.add(
            agency_id=review.agency_id,
            approved=review.approved,
            content_hash=review.content_hash,
            comment=review.comment,
            time=to_timestamp(review.time),
        )
    return message


def notice_message(notice: PlanNotice) -> plan_pb2.PlanNotice:
    """Return a notice as its message."""
    return plan_pb2.PlanNotice(
        request_id=notice.request_id,
        change=notice.change,
        reason=notice.reason,
        agency_id=notice.agency_id,
        time=to_timestamp(notice.time),
    )


def plan_summary(plan: Plan) -> event_pb2.PlanSummary:
    """Return a plan in short."""
    return event_pb2.PlanSummary(
        plan_id=plan.plan_id,
        mission_id=plan.content.mission_id,
        mission_version=plan.content.mission_version,
        state=plan_pb2.PlanState.Value(f"PLAN_STATE_{plan.state.name}"),
        content_hash=plan.content.content_hash,
        planned_requests=plan.content.planned_requests,
        state_reason=plan.state_reason,
    )
