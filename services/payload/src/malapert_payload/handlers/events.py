"""Events: those that this service announces, and those of the planner that it follows."""

from collections.abc import Collection
from dataclasses import replace

from google.protobuf.message import Message
from malapert.payload.v1 import catalogue_pb2, demand_pb2, event_pb2, request_pb2
from malapert.planner.v1 import event_pb2 as planner_event_pb2
from malapert_core.events.event import Event
from malapert_core.events.inbox import Subscription
from malapert_core.events.outbox import EventOutbox
from malapert_core.events.registry import subject_of
from malapert_core.policy.audience import Visibility as EventVisibility
from malapert_core.policy.identity import PLATFORM_AGENCY_ID
from malapert_core.rpc.mapping import to_message
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import item_id
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import Item
from malapert_payload.domain.demand.budget import DemandBudget
from malapert_payload.domain.demand.use_permission import UsePermission
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind, Visibility
from malapert_payload.domain.requests.visibility import with_principals_of
from malapert_payload.handlers.request_messages import request_message
from malapert_payload.services.access import AUDIENCES
from malapert_payload.services.plan_outcomes import PlanOutcomes, PlanTransition

_HOLDS = {kind: request_pb2.HoldKind.Value(f"HOLD_KIND_{kind.name}") for kind in HoldKind}
PLAN_RELEASED = subject_of(planner_event_pb2.PlanReleased)
PLAN_TERMINATED = subject_of(planner_event_pb2.PlanTerminated)
PLAN_SUPERSEDED = subject_of(planner_event_pb2.PlanSuperseded)


class PayloadAnnouncer:
    """Leaves an event in the outbox for each change of a request, and for each published version.

    Parameters
    ----------
    outbox : EventOutbox
    """

    def __init__(self, outbox: EventOutbox) -> None:
        self._outbox = outbox

    def announce(
        self,
        session: AsyncSession,
        request: ActivityRequest,
        known_version: int,
        *,
        revised: bool = False,
        held_by: HoldKind = HoldKind.UNSPECIFIED,
        hidden_ids: frozenset[str] = frozenset(),
    ) -> None:
        """Announce each change after a version: the first as submitted, the others as changed."""
        is_own = request.visibility == Visibility.OWNER
        told = with_principals_of(request, request.agency_id) if is_own else _for_all(request, hidden_ids)
        for version in range(known_version + 1, request.version + 1):
            message = request_message(told.as_of(version))
            first = version == 1
            changed = event_pb2.RequestChanged(request=message, revised=revised, held_by=_HOLDS[held_by])
            self._outbox.add(
                session,
                event_pb2.RequestSubmitted(request=message) if first else changed,
                entity_id=f"{request.mission_id}/{request.request_id}",
                agency_id=request.agency_id,
                visibility=AUDIENCES[request.visibility],
            )

    def announce_item(self, session: AsyncSession, mission_id: str, item: Item, agency_id: str) -> None:
        """Announce a new version of an instrument or activity type to the mission's agencies."""
        event: Message
        if isinstance(item, Instrument):
            message = to_message(item, catalogue_pb2.Instrument)
            event = event_pb2.InstrumentPublished(mission_id=mission_id, instrument=message)
        else:
            kind = to_message(item, catalogue_pb2.ActivityType)
            event = event_pb2.ActivityTypePublished(mission_id=mission_id, activity_type=kind)
        self._outbox.add(
            session,
            event,
            entity_id=f"{mission_id}/{item_id(item)}",
            agency_id=agency_id,
            visibility=EventVisibility.MISSION,
        )

    def announce_permission(self, session: AsyncSession, permission: UsePermission) -> None:
        """Announce a changed leave to the agency that uses and to the one that owns, each without the other's names."""
        told = {
            permission.agency_id: replace(permission, decided_by=""),
            permission.owner_agency_id: replace(permission, asked_by=""),
        }
        for agency_id, shown in told.items():
            message = to_message(shown, demand_pb2.UsePermission)
            self._outbox.add(
                session,
                event_pb2.UsePermissionChanged(permission=message),
                entity_id=f"{permission.mission_id}/{permission.permission_id}",
                agency_id=agency_id,
                visibility=EventVisibility.OWNER,
            )

    def announce_budget(self, session: AsyncSession, budget: DemandBudget) -> None:
        """Announce a budget to the agency that it is of."""
        self._outbox.add(
            session,
            event_pb2.DemandBudgetChanged(budget=to_message(budget, demand_pb2.DemandBudget)),
            entity_id=f"{budget.mission_id}/{budget.agency_id}",
            agency_id=budget.agency_id,
            visibility=EventVisibility.OWNER,
        )


def _for_all(request: ActivityRequest, hidden_ids: Collection[str]) -> ActivityRequest:
    """Return a request as every agency of the mission may read it."""
    relations = tuple(relation for relation in request.relations if relation.request_id not in hidden_ids)
    return with_principals_of(replace(request, relations=relations), "")


class PlanEventHandler:
    """Follows plans that are released, superseded and terminated.

    Parameters
    ----------
    outcomes : PlanOutcomes
    """

    def __init__(self, outcomes: PlanOutcomes) -> None:
        self._outcomes = outcomes

    def subscription(self) -> Subscription:
        """Return what to listen to, as one consumer, so that a plan's end comes after its release."""
        return Subscription("payload-plans", (PLAN_RELEASED, PLAN_TERMINATED, PLAN_SUPERSEDED), self.handle)

    async def handle(self, event: Event, session: AsyncSession) -> None:
        """Give an event of a plan its effect on the plan's requests."""
        if event.subject == PLAN_RELEASED:
            await self._outcomes.released(session, _transition(event, event.parse(planner_event_pb2.PlanReleased).plan))
        elif event.subject == PLAN_SUPERSEDED:
            # The plan that took over is announced before: what it holds is its own by now, the rest is freed.
            await self._outcomes.terminated(
                session, _transition(event, event.parse(planner_event_pb2.PlanSuperseded).plan)
            )
        else:
            await self._outcomes.terminated(
                session, _transition(event, event.parse(planner_event_pb2.PlanTerminated).plan)
            )


def _transition(event: Event, plan: planner_event_pb2.PlanSummary) -> PlanTransition:
    return PlanTransition(
        plan_id=plan.plan_id,
        mission_id=plan.mission_id,
        slots=dict(plan.planned_requests),
        reason=plan.state_reason,
        agency_id=event.agency_id or PLATFORM_AGENCY_ID,
    )
