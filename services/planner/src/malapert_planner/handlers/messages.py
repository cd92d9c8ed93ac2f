"""Missions and plans as messages."""

from malapert.planner.v1 import event_pb2, mission_pb2, plan_pb2
from malapert_core.rpc.mapping import to_message

from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.domain.life.plan import ListedPlan, Plan


def mission_message(mission: Mission | ListedMission) -> mission_pb2.Mission:
    """Return a mission as its message, with its document unless it is listed."""
    return to_message(mission, mission_pb2.Mission)


def plan_message(plan: Plan) -> plan_pb2.Plan:
    """Return a plan as its message: its content with where it stands."""
    message = plan_pb2.Plan.FromString(plan.content.message)
    message.MergeFrom(to_message(plan, plan_pb2.Plan))
    for contact, contact_id in zip(message.contacts, plan.contact_ids, strict=False):
        contact.contact_id = contact_id
    return message


def listed_plan_message(plan: ListedPlan) -> plan_pb2.Plan:
    """Return a plan of a listing as its message: its headline with where it stands."""
    message = plan_pb2.Plan.FromString(plan.headline)
    message.MergeFrom(to_message(plan, plan_pb2.Plan))
    return message


def plan_summary(plan: Plan) -> event_pb2.PlanSummary:
    """Return a plan in short."""
    standing = to_message(plan, event_pb2.PlanSummary)
    standing.MergeFrom(to_message(plan.content, event_pb2.PlanSummary))
    return standing
