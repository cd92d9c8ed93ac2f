"""The events that the planner sends."""

from malapert.planner.v1 import event_pb2
from malapert_core.outbox import EventOutbox
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.plan import Plan, PlanState
from malapert_planner.handlers.messages import plan_summary

_EVENTS = {
    PlanState.DRAFT: ("malapert.planner.v1.plan.proposed", event_pb2.PlanProposed),
    PlanState.SUBMITTED: ("malapert.planner.v1.plan.submitted", event_pb2.PlanSubmitted),
    PlanState.RELEASED: ("malapert.planner.v1.plan.released", event_pb2.PlanReleased),
    PlanState.TERMINATED: ("malapert.planner.v1.plan.terminated", event_pb2.PlanTerminated),
}


class PlanAnnouncer:
    """Announces plans through the outbox: one event for each state that a plan reaches."""

    def __init__(self, outbox: EventOutbox) -> None:
        self._outbox = outbox

    def announce(self, session: AsyncSession, plan: Plan) -> None:
        """Announce, with the session's transaction, the state that a plan has reached."""
        subject, event = _EVENTS[plan.state]
        message = event(plan=plan_summary(plan))
        self._outbox.add(session, subject, message, entity_id=plan.plan_id, agency_id=plan.owner_agency_id)
