"""Missions and plans as messages."""

from malapert.planner.v1 import event_pb2, mission_pb2, plan_pb2
from malapert_core.rpc.mapping import to_message

from malapert_planner.domain.life.listing import ListedPlan
from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.proposal import MissionProposal
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import redacted_headline, redacted_notices, redacted_plan


def mission_message(mission: Mission | ListedMission, *, is_redacted: bool = False) -> mission_pb2.Mission:
    """Return a mission as its message, with its document unless it is listed."""
    return to_message(mission, mission_pb2.Mission, is_redacted=is_redacted)


def proposal_message(proposal: MissionProposal) -> mission_pb2.MissionProposal:
    """Return a proposed version of a mission as its message."""
    return to_message(proposal, mission_pb2.MissionProposal)


def plan_message(plan: Plan, eyes: PlanEyes) -> plan_pb2.Plan:
    """Return a plan as its message: its content as a principal sees it, with where it stands."""
    message = redacted_plan(plan_pb2.Plan.FromString(plan.content.message), eyes)
    standing = to_message(plan, plan_pb2.Plan)
    notices = redacted_notices(standing.notices, eyes)
    standing.ClearField("notices")
    message.MergeFrom(standing)
    message.notices.extend(notices)
    for contact, contact_id in zip(message.contacts, plan.contact_ids, strict=False):
        contact.contact_id = contact_id
    return message


def withhold_principals(message: plan_pb2.Plan, agency_id: str) -> None:
    """Take out of a plan which person or machine of another agency did what."""
    for act in message.acts:
        if act.agency_id != agency_id:
            act.principal_id = ""
    for review in message.reviews:
        if agency_id not in (review.agency_id, review.delegate_agency_id):
            review.principal_id = ""
    for notice in message.notices:
        for word in notice.acknowledgements:
            if word.agency_id != agency_id:
                word.principal_id = ""


def listed_plan_message(plan: ListedPlan, eyes: PlanEyes) -> plan_pb2.Plan:
    """Return a plan of a listing as its message: its headline as a principal sees it, with where it stands."""
    message = redacted_headline(plan_pb2.Plan.FromString(plan.headline), eyes)
    message.MergeFrom(to_message(plan, plan_pb2.Plan))
    message.ClearField("acts")
    return message


def plan_summary(plan: Plan) -> event_pb2.PlanSummary:
    """Return a plan in short."""
    standing = to_message(plan, event_pb2.PlanSummary)
    standing.MergeFrom(to_message(plan.content, event_pb2.PlanSummary))
    return standing
