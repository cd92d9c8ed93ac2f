"""Contacts as an iCalendar (RFC 5545)."""

from collections.abc import Sequence
from datetime import datetime

from malapert_http_models.contracts.comms_window import Contact, ContactState
from malapert_http_models.wire import rfc3339

from malapert_gateway.exports.calendar_events import CalendarEntry, calendar_of
from malapert_gateway.exports.contact_states import GONE

_STATUS = {ContactState.TENTATIVE: "TENTATIVE"} | dict.fromkeys(GONE, "CANCELLED")
_RANK = {"TENTATIVE": 0, "CONFIRMED": 1, "CANCELLED": 2}


def contacts_calendar(contacts: Sequence[Contact], now: datetime) -> bytes:
    """Return contacts as a calendar.

    A booking is one event, whichever calls it was exported by. Of another agency's booking no more is told than when
    which antenna is taken: that time is one event, whoever has it, stamped with the present instant.

    Parameters
    ----------
    contacts
        The contacts.
    now
        The instant at which their states hold.
    """
    taken: dict[tuple[str, ...], CalendarEntry] = {}
    for contact in contacts:
        entry = _booking(contact, now) if contact.contact_id else _taken_time(contact, now)
        earlier = taken.get(entry.identity)
        # Of a time that was given back and taken again, what holds is told.
        if earlier is None or _RANK[entry.status] < _RANK[earlier.status]:
            taken[entry.identity] = entry
    return calendar_of("Contacts", f"Bookings of antennas as of {rfc3339(now.replace(microsecond=0))}", taken.values())


def _booking(contact: Contact, now: datetime) -> CalendarEntry:
    span = contact.interval or contact.occupied
    status = _STATUS.get(contact.state, "CONFIRMED")
    # A hold that runs out cancels a contact without a new version, and is still kept in it.
    ran_out_time = contact.hold_until_time if status == "CANCELLED" else None
    lines = [
        f"For {contact.agency_id} {contact.asset_id}" if contact.agency_id else "For another agency",
        f"Booking {contact.contact_id}",
        f"Plan {contact.plan_id}" if contact.plan_id else "",
        f"{contact.state}: {contact.reason}" if contact.state in GONE else "",
    ]
    return CalendarEntry(
        identity=("contact", contact.contact_id),
        title=f"{contact.station_id} {contact.mission_id or 'taken'}",
        place=contact.station_id,
        lines=[line for line in lines if line],
        span=(span.start_time, span.end_time),
        status=status,
        categories=["contact"],
        sequence=2 * contact.version + (ran_out_time is not None),
        updated_time=ran_out_time or contact.updated_time or now,
    )


def _taken_time(contact: Contact, now: datetime) -> CalendarEntry:
    occupied, status = contact.occupied, _STATUS.get(contact.state, "CONFIRMED")
    return CalendarEntry(
        identity=("antenna", contact.station_id, rfc3339(occupied.start_time), rfc3339(occupied.end_time)),
        title=f"{contact.station_id} taken",
        place=contact.station_id,
        lines=["For another agency"],
        span=(occupied.start_time, occupied.end_time),
        status=status,
        categories=["contact"],
        sequence=_RANK[status],
        updated_time=now,
    )
