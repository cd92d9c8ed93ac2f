"""The events that the planner sends."""

from collections.abc import Sequence
from datetime import datetime

from malapert.planner.v1 import event_pb2, plan_pb2, sign_off_pb2, thread_pb2
from malapert_core.events.outbox import EventOutbox
from malapert_core.policy.audience import Visibility
from malapert_core.rpc.mapping import to_message
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.listing import NoticedPlan
from malapert_planner.domain.life.notices import PlanNotice
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Review
from malapert_planner.domain.life.states import PlanState
from malapert_planner.domain.life.threads import Thread, ThreadAction
from malapert_planner.handlers.messages import plan_summary

_EVENTS = {
    PlanState.DRAFT: event_pb2.PlanProposed,
    PlanState.SUBMITTED: event_pb2.PlanSubmitted,
    PlanState.RELEASED: event_pb2.PlanReleased,
    PlanState.TERMINATED: event_pb2.PlanTerminated,
    PlanState.SUPERSEDED: event_pb2.PlanSuperseded,
    PlanState.ARCHIVED: event_pb2.PlanArchived,
}


class PlanAnnouncer:
    """Announces plans through the outbox: one event for each state that a plan reaches."""

    def __init__(self, outbox: EventOutbox) -> None:
        self._outbox = outbox

    def announce(self, session: AsyncSession, plan: Plan) -> None:
        """Announce, with the session's transaction, the state that a plan has reached."""
        message = _EVENTS[plan.state](plan=plan_summary(plan))
        if isinstance(message, event_pb2.PlanSuperseded):
            message.superseded_by_plan_id = plan.superseded_by_plan_id
        self._outbox.add(session, message, entity_id=plan.plan_id, agency_id=plan.owner_agency_id)

    def announce_notice(
        self, session: AsyncSession, plan: NoticedPlan, notice: PlanNotice, audience: Sequence[str] | None = None
    ) -> None:
        """Announce, with the session's transaction, a notice on a plan: to some agencies, or to who sees the plan."""
        summary = to_message(plan, event_pb2.PlanSummary)
        message = event_pb2.PlanOutdated(plan=summary, notice=to_message(notice, plan_pb2.PlanNotice))
        if audience is None:
            self._outbox.add(session, message, entity_id=plan.plan_id, agency_id=plan.owner_agency_id)
            return
        self._outbox.add(
            session,
            message,
            entity_id=plan.plan_id,
            agency_id=notice.agency_id,
            party_agency_ids=audience,
            visibility=Visibility.OWNER,
        )

    def announce_review(self, session: AsyncSession, plan: Plan, review: Review, now: datetime) -> None:
        """Announce, with the session's transaction, what an agency says of a plan."""
        message = event_pb2.PlanReviewed(
            plan=plan_summary(plan),
            agency_id=review.agency_id,
            decision=sign_off_pb2.Decision.Value(f"DECISION_{review.decision.name}"),
            fulfilled=plan.review_standing(now).fulfilled,
        )
        self._outbox.add(session, message, entity_id=plan.plan_id, agency_id=plan.owner_agency_id)

    def announce_thread(
        self,
        session: AsyncSession,
        thread: Thread,
        action: ThreadAction,
        agency_id: str,
        mentioned_agency_ids: Sequence[str],
        seeing_agency_ids: Sequence[str],
    ) -> None:
        """Announce, with the session's transaction, to who sees a thread what an agency did to it."""
        message = event_pb2.PlanCommented(
            mission_id=thread.mission_id,
            plan_id=thread.plan_id,
            thread_id=thread.thread_id,
            action=thread_pb2.ThreadAction.Value(f"THREAD_ACTION_{action.name}"),
            agency_id=agency_id,
            mentioned_agency_ids=mentioned_agency_ids,
        )
        self._outbox.add(
            session,
            message,
            entity_id=thread.plan_id,
            agency_id=agency_id,
            party_agency_ids=seeing_agency_ids,
            visibility=Visibility.OWNER,
        )
