"""Bookings of a plan's contacts: asked for, taken over from the plan that it supersedes, given back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from malapert.comms_window.v1 import contact_pb2
from malapert_core.errors import ConflictError, Fault
from malapert_core.policy.identity import acting_as
from malapert_core.timestamps import format_time, from_timestamp

from malapert_planner.domain.life.content import PlanContact
from malapert_planner.domain.life.plan import AwaitedContact, Plan
from malapert_planner.services.making.antenna_book import PLANNER
from malapert_planner.services.ports import Clock, CommsWindows
from malapert_planner.services.requests_out.request_messages import interval

_LOST = frozenset(
    {
        contact_pb2.CONTACT_STATE_REJECTED,
        contact_pb2.CONTACT_STATE_CANCELLED,
        contact_pb2.CONTACT_STATE_FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Booked:
    """Bookings of a plan's contacts in their order, empty for one that has begun and was never booked.

    ``awaited`` are those to which owners have yet to consent, ``left`` contacts of the superseded plan that another
    agency booked: only it gives them back.
    """

    contact_ids: tuple[str, ...]
    awaited: tuple[AwaitedContact, ...]
    left: tuple[contact_pb2.Contact, ...] = ()


class PlanBookings:
    """Books the contacts of plans.

    Parameters
    ----------
    comms_windows : CommsWindows
    clock : Clock
    """

    def __init__(self, comms_windows: CommsWindows, clock: Clock) -> None:
        self._comms_windows = comms_windows
        self._clock = clock

    async def book(self, plan: Plan) -> Booked:
        """Book a plan's contacts, or take them over; asked again with the plan's key it tells how they stand.

        Raises
        ------
        ConflictError
            ``CONTACT_CONFLICT`` with everything in the way; ``CONTACTS_REFUSED`` with every contact that its owner
            refused or whose hold ran out. In both cases nothing is held for the plan.
        """
        if plan.supersedes_plan_id:
            answer = await self._comms_windows.supersede_contacts(_superseding(plan))
            booked = _booked(answer.contacts, [] if answer.done else _held(answer.contacts))
            return replace(booked, left=tuple(answer.left))
        asked = self._to_book(plan)
        if not asked:
            return Booked(("",) * len(plan.content.contacts), ())
        contacts = await self._comms_windows.reserve_contacts(_reservation(plan, asked.values()))
        if lost := [contact for contact in contacts if contact.state in _LOST]:
            await self.give_back(plan, "another contact of the plan was refused")
            raise _refusal(lost)
        by_index = dict(zip(asked, contacts, strict=True))
        in_order = [by_index.get(index, contact_pb2.Contact()) for index in range(len(plan.content.contacts))]
        return _booked(in_order, _held(contacts))

    async def give_back(self, plan: Plan, reason: str) -> None:
        """Give back what is booked for a plan and has not begun."""
        contacts = plan.content.contacts
        if not contacts:
            return
        # Bookings of a plan may be of several agencies: each that superseded another one kept what it had.
        with acting_as(PLANNER):
            held = await self._comms_windows.list_plan_contacts(plan.content.mission_id, [plan.plan_id])
            now = self._clock()
            going = [each.contact_id for each in held if from_timestamp(each.interval.start_time) > now]
            if going:
                await self._comms_windows.release_contacts(going, reason)

    def _to_book(self, plan: Plan) -> dict[int, PlanContact]:
        """Return by index the contacts to book: what a replan holds of the past is history."""
        now = self._clock()
        contacts = enumerate(plan.content.contacts)
        if not plan.precursor_plan_id:
            return dict(contacts)
        return {index: contact for index, contact in contacts if contact.start_time > now}


def _booked(contacts: Sequence[contact_pb2.Contact], held: Sequence[contact_pb2.Contact]) -> Booked:
    return Booked(tuple(contact.contact_id for contact in contacts), tuple(map(_awaited, held)))


def _held(contacts: Iterable[contact_pb2.Contact]) -> list[contact_pb2.Contact]:
    return [contact for contact in contacts if contact.state == contact_pb2.CONTACT_STATE_TENTATIVE]


def _awaited(contact: contact_pb2.Contact) -> AwaitedContact:
    until: datetime | None = None
    if contact.HasField("hold_until_time"):
        until = from_timestamp(contact.hold_until_time)
    return AwaitedContact(
        contact_id=contact.contact_id,
        station_id=contact.station_id,
        agency_id=contact.station_agency_id,
        start_time=from_timestamp(contact.interval.start_time),
        end_time=from_timestamp(contact.interval.end_time),
        until_time=until,
    )


def _refusal(lost: Sequence[contact_pb2.Contact]) -> ConflictError:
    faults = [
        Fault(
            f"contacts[{contact.contact_id}]",
            contact_pb2.ContactState.Name(contact.state).removeprefix("CONTACT_STATE_"),
            f"{contact.station_id} from {format_time(from_timestamp(contact.interval.start_time))}: "
            f"{contact.reason or 'the hold ran out'}",
        )
        for contact in lost
    ]
    ids = ",".join(contact.contact_id for contact in lost)
    message = f"{len(lost)} contacts of the plan were refused or ran out; none is held"
    return ConflictError("CONTACTS_REFUSED", message, metadata={"contact_ids": ids}, faults=faults)


def _key(plan: Plan) -> str:
    return plan.pending_key or f"{plan.plan_id}:{plan.content.content_hash}"


def _reservation(plan: Plan, contacts: Iterable[PlanContact]) -> contact_pb2.ReserveContactsRequest:
    return contact_pb2.ReserveContactsRequest(
        idempotency_key=_key(plan),
        mission_id=plan.content.mission_id,
        plan_id=plan.plan_id,
        requests=[_request(plan, contact) for contact in contacts],
        commit=True,
    )


def _superseding(plan: Plan) -> contact_pb2.SupersedeContactsRequest:
    return contact_pb2.SupersedeContactsRequest(
        idempotency_key=_key(plan),
        mission_id=plan.content.mission_id,
        plan_id=plan.plan_id,
        superseded_plan_id=plan.supersedes_plan_id,
        requests=[_request(plan, contact) for contact in plan.content.contacts],
    )


def _request(plan: Plan, contact: PlanContact) -> contact_pb2.ContactRequest:
    return contact_pb2.ContactRequest(
        station_id=contact.station_id,
        asset_id=plan.content.asset_id,
        interval=interval(contact.start_time, contact.end_time),
        window_set_id=plan.content.window_set_id if contact.window_id else "",
        window_id=contact.window_id,
    )
