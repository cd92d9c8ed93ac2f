"""iCalendar objects (RFC 5545) of what begins and ends: each event with its own identifier, stamps and sequence number.

A calendar has no METHOD: it is a snapshot, not part of an exchange (RFC 5545 3.7.2), so DTSTAMP is when the event was
last revised (3.8.7.2), and what no longer holds stays in it with the status CANCELLED, so that a calendar that took it
earlier takes it back (RFC 5546 2.1.4: the higher SEQUENCE, then the later DTSTAMP counts).
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event
from malapert_core.documents.plain_text import one_line, printable

# Made once, so that the identifiers of this platform's events are no other's (RFC 9562 5.5).
_NAMESPACE = uuid.UUID("5d0b3c52-8f0e-5c39-9a51-0f6b1c3a7e21")


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One event.

    Parameters
    ----------
    identity
        What makes it this event and no other, over all calendars: the parts of its UID.
    title, place
        One line each; no place where it is empty.
    lines
        Its description.
    span
        Start and end; iCalendar has whole seconds, so those that it touches are taken.
    status
        TENTATIVE, CONFIRMED or CANCELLED.
    sequence
        Rises with every change.
    updated_time
        When it was last changed.
    created_time
        When it was made, where that is known.
    """

    identity: tuple[str, ...]
    title: str
    place: str
    lines: Sequence[str]
    span: tuple[datetime, datetime]
    status: str
    categories: Sequence[str]
    sequence: int
    updated_time: datetime
    created_time: datetime | None = None


def calendar_of(name: str, description: str, entries: Iterable[CalendarEntry]) -> bytes:
    """Return a calendar; the same entries give the same bytes.

    Parameters
    ----------
    name, description
        What the calendar is, one line each.
    entries
        Its events.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Malapert//malapert-gateway//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", one_line(name))
    calendar.add("x-wr-calname", one_line(name))
    calendar.add("description", one_line(description))
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def event_uid(identity: Sequence[str]) -> str:
    """Return the identifier of an event: a UUID, as RFC 7986 5.3 asks, the same whenever its parts are."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(identity)))


def _event(entry: CalendarEntry) -> Event:
    start, end = _whole_seconds(*entry.span)
    event = Event()
    event.add("uid", event_uid(entry.identity))
    event.add("dtstamp", _stamp(entry.updated_time))
    event.add("last-modified", _stamp(entry.updated_time))
    if entry.created_time is not None:
        event.add("created", _stamp(entry.created_time))
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    event.add("summary", one_line(entry.title))
    if one_line(entry.place):
        event.add("location", one_line(entry.place))
    event.add("dtstart", start)
    # An end must lie after the start; an event without one ends where it begins (RFC 5545 3.6.1).
    if start < end:
        event.add("dtend", end)
    event.add("categories", [one_line(category) for category in entry.categories])
    event.add("description", "\n".join(printable(line) for line in entry.lines))
    return event


def _whole_seconds(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    last = end.astimezone(UTC).replace(microsecond=0)
    if end.microsecond and last < datetime.max.replace(microsecond=0, tzinfo=UTC):
        last += timedelta(seconds=1)
    return start.astimezone(UTC).replace(microsecond=0), last


def _stamp(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=0)
