"""Missions and plans as messages."""

from malapert.planner.v1 import event_pb2, mission_pb2, plan_pb2
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.mission import Mission
from malapert_planner.domain.life.plan import Plan, PlanNotice
from malapert_planner.services.request_messages import interval


def mission_message(mission: Mission, *, with_document: bool = True) -> mission_pb2.Mission:
    """Return a mission as its message."""
    return mission_pb2.Mission(
        mission_id=mission.mission_id,
        version=mission.version,
        title=mission.title,
        agency_ids=mission.agency_ids,
        reviewer_agency_ids=mission.reviewer_agency_ids,
        horizon=interval(mission.start_time, mission.end_time),
        document_json=mission.document_json if with_document else b"",
        content_hash=mission.content_hash,
        owner_agency_id=mission.owner_agency_id,
        created_time=to_timestamp(mission.created_time),
    )


def plan_message(plan: Plan, *, with_items: bool = True) -> plan_pb2.Plan:
    """Return a plan as its message: its content with where it stands."""
    message = plan_pb2.Plan.FromString(plan.content.message if with_items else plan.content.headline)
    message.plan_id = plan.plan_id
    message.state = plan_pb2.PlanState.Value(f"PLAN_STATE_{plan.state.name}")
    message.state_reason = plan.state_reason
    message.precursor_plan_id = plan.precursor_plan_id
    message.owner_agency_id = plan.owner_agency_id
    message.version = plan.version
    message.created_time.CopyFrom(to_timestamp(plan.created_time))
    if plan.updated_time is not None:
        message.updated_time.CopyFrom(to_timestamp(plan.updated_time))
    for contact, contact_id in zip(message.contacts, plan.contact_ids, strict=False):
        contact.contact_id = contact_id
    for review in plan.reviews:
        message.reviews.add(
            agency_id=review.agency_id,
            approved=review.approved,
            content_hash=review.content_hash,
            comment=review.comment,
            time=to_timestamp(review.time),
        )
    message.notices.extend(map(notice_message, plan.notices))
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
