"""The events that the planner sends, and those of payload that it follows."""

from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import event_pb2, plan_pb2
from malapert_core.events.event import Event
from malapert_core.events.inbox import Subscription
from malapert_core.events.outbox import EventOutbox
from malapert_core.events.registry import subject_of
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import from_timestamp
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.plan import Plan, PlanNotice, PlanState
from malapert_planner.handlers.messages import plan_summary
from malapert_planner.services.replanning.demand_changes import DemandChanges, RequestUpdate

_STATE_PREFIX = "REQUEST_STATE_"

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

    def announce_notice(self, session: AsyncSession, plan: Plan, notice: PlanNotice) -> None:
        """Announce, with the session's transaction, that a request in a plan was withdrawn or changed."""
        message = event_pb2.PlanOutdated(plan=plan_summary(plan), notice=to_message(notice, plan_pb2.PlanNotice))
        self._outbox.add(session, message, entity_id=plan.plan_id, agency_id=plan.owner_agency_id)


class RequestEventHandler:
    """Follows changed requests.

    Parameters
    ----------
    changes : DemandChanges
    """

    def __init__(self, changes: DemandChanges) -> None:
        self._changes = changes

    def subscription(self) -> Subscription:
        """Return what to listen to."""
        return Subscription("planner-requests", (subject_of(payload_event_pb2.RequestChanged),), self.handle)

    async def handle(self, event: Event, session: AsyncSession) -> None:
        """Give a change of a request its effect on plans."""
        message = event.parse(payload_event_pb2.RequestChanged)
        request, change = message.request, message.request.history[-1]
        update = RequestUpdate(
            mission_id=request.mission_id,
            request_id=request.request_id,
            request_version=request.version,
            state=request_pb2.RequestState.Name(request.state).removeprefix(_STATE_PREFIX),
            revised=message.revised,
            agency_id=change.agency_id,
            reason=change.reason,
            time=from_timestamp(change.time),
        )
        await self._changes.changed(session, update)
