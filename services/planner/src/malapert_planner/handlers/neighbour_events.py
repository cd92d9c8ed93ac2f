"""The events of payload and comms-window that the planner follows, for the notices on its plans."""

from collections.abc import Callable

from malapert.comms_window.v1 import contact_pb2, outage_pb2
from malapert.comms_window.v1 import event_pb2 as comms_event_pb2
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.payload.v1 import request_pb2
from malapert_core.events.event import Event
from malapert_core.events.inbox import Subscription
from malapert_core.events.registry import subject_of
from malapert_core.timestamps import from_timestamp
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.notices import NoticeKind
from malapert_planner.services.plans.notices import (
    MOVED,
    ContactUpdate,
    ItemUpdate,
    OutageUpdate,
    PlanNotices,
    RequestUpdate,
)

_STATE_PREFIX, _HOLD_PREFIX = "REQUEST_STATE_", "HOLD_KIND_"
_LOST = {
    subject_of(comms_event_pb2.ContactReleased): comms_event_pb2.ContactReleased,
    subject_of(comms_event_pb2.ContactRejected): comms_event_pb2.ContactRejected,
    subject_of(comms_event_pb2.ContactReported): comms_event_pb2.ContactReported,
}
_MOVED, _COMMITTED = subject_of(comms_event_pb2.ContactMoved), subject_of(comms_event_pb2.ContactCommitted)
_ADDED, _REMOVED = subject_of(comms_event_pb2.OutageAdded), subject_of(comms_event_pb2.OutageRemoved)


class RequestEventHandler:
    """Follows requests, instruments and activity types.

    Parameters
    ----------
    notices : PlanNotices
    """

    def __init__(self, notices: PlanNotices) -> None:
        self._notices = notices

    def subscriptions(self) -> list[Subscription]:
        """Return what to listen to."""
        items = (payload_event_pb2.InstrumentPublished, payload_event_pb2.ActivityTypePublished)
        return [
            Subscription("planner-requests", (subject_of(payload_event_pb2.RequestChanged),), self.handle_request),
            Subscription("planner-catalogue", tuple(map(subject_of, items)), self.handle_item),
        ]

    async def handle_request(self, event: Event, session: AsyncSession) -> None:
        """Give a change of a request its effect on plans."""
        message = event.parse(payload_event_pb2.RequestChanged)
        request, change = message.request, message.request.history[-1]
        update = RequestUpdate(
            mission_id=request.mission_id,
            request_id=request.request_id,
            request_version=request.version,
            state=request_pb2.RequestState.Name(request.state).removeprefix(_STATE_PREFIX),
            revised=message.revised,
            held_by=request_pb2.HoldKind.Name(message.held_by).removeprefix(_HOLD_PREFIX) if message.held_by else "",
            owner_agency_id=request.agency_id,
            agency_id=change.agency_id,
            reason=change.reason,
            time=from_timestamp(change.time),
        )
        await self._notices.request_changed(session, update)

    async def handle_item(self, event: Event, session: AsyncSession) -> None:
        """Give a new version of an instrument or activity type its effect on plans."""
        by = (event.agency_id, event.time)
        if event.subject == subject_of(payload_event_pb2.InstrumentPublished):
            published = event.parse(payload_event_pb2.InstrumentPublished)
            instrument = published.instrument
            subject = (NoticeKind.INSTRUMENT, instrument.instrument_id, instrument.version)
            update = ItemUpdate(published.mission_id, *subject, *by)
        else:
            typed = event.parse(payload_event_pb2.ActivityTypePublished)
            kind = typed.activity_type
            update = ItemUpdate(typed.mission_id, NoticeKind.ACTIVITY_TYPE, kind.activity_type_id, kind.version, *by)
        await self._notices.item_published(session, update)


class ContactEventHandler:
    """Follows bookings and outages.

    Parameters
    ----------
    notices : PlanNotices
    wake : callable
        Called for a booking of a plan: a release may wait for it.
    """

    def __init__(self, notices: PlanNotices, wake: Callable[[], None]) -> None:
        self._notices = notices
        self._wake = wake

    def subscriptions(self) -> list[Subscription]:
        """Return what to listen to."""
        return [
            Subscription("planner-contacts", (*_LOST, _MOVED, _COMMITTED), self.handle_contact),
            Subscription("planner-outages", (_ADDED, _REMOVED), self.handle_outage),
        ]

    async def handle_contact(self, event: Event, session: AsyncSession) -> None:
        """Give a change of a booking its effect on plans."""
        if event.subject == _MOVED:
            moved = event.parse(comms_event_pb2.ContactMoved)
            update = _contact_update(event, moved.from_contact, MOVED, f"moved to {moved.to_contact.station_id}")
            await self._notices.booking_changed(session, update)
        elif event.subject == _COMMITTED:
            contact = event.parse(comms_event_pb2.ContactCommitted).contact
            reason = f"{contact.station_id} was booked by another mission"
            await self._notices.antenna_taken(session, _contact_update(event, contact, "", reason))
            if contact.plan_id:
                self._wake()
        else:
            contact = event.parse(_LOST[event.subject]).contact
            change = contact_pb2.ContactState.Name(contact.state).removeprefix("CONTACT_STATE_")
            if contact.state != contact_pb2.CONTACT_STATE_COMPLETED:
                await self._notices.booking_changed(session, _contact_update(event, contact, change, contact.reason))
                if contact.plan_id:
                    self._wake()

    async def handle_outage(self, event: Event, session: AsyncSession) -> None:
        """Give an outage its effect on plans."""
        if event.subject == _ADDED:
            update = _outage_update(event, event.parse(comms_event_pb2.OutageAdded).outage, "ADDED")
        else:
            update = _outage_update(event, event.parse(comms_event_pb2.OutageRemoved).outage, "REMOVED")
        await self._notices.outage_changed(session, update)


def _contact_update(event: Event, contact: contact_pb2.Contact, change: str, reason: str) -> ContactUpdate:
    return ContactUpdate(
        contact_id=contact.contact_id,
        contact_version=contact.version,
        plan_id=contact.plan_id,
        mission_id=contact.mission_id,
        station_id=contact.station_id,
        occupied=(from_timestamp(contact.occupied.start_time), from_timestamp(contact.occupied.end_time)),
        change=change,
        agency_id=event.agency_id,
        reason=reason,
        time=event.time,
    )


def _outage_update(event: Event, outage: outage_pb2.Outage, change: str) -> OutageUpdate:
    kind = outage_pb2.OutageKind.Name(outage.kind).removeprefix("OUTAGE_KIND_").lower()
    return OutageUpdate(
        outage_id=outage.outage_id,
        station_id=outage.station_id,
        span=(from_timestamp(outage.interval.start_time), from_timestamp(outage.interval.end_time)),
        change=change,
        agency_id=outage.agency_id,
        reason=f"{outage.station_id}: {kind}" + (f", {outage.reason}" if outage.reason else ""),
        time=event.time,
    )
