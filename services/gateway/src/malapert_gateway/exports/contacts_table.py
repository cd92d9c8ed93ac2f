"""Contacts as a table (CSV, RFC 4180), a calendar (RFC 5545), and lines in the manner of a DSN weekly schedule."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from icalendar import Calendar, Event

from malapert_gateway.exports.contact_states import FOREIGN_STATES
from malapert_gateway.models.contact import Contact, ContactState
from malapert_gateway.models.wire import rfc3339

_COLUMNS = (
    "contact_id", "station_id", "asset_id", "mission_id", "agency_id", "plan_id", "state", "version",
    "occupied_start_time", "start_time", "end_time", "occupied_end_time", "hold_until_time", "window_set_id",
    "window_id", "reason", "simple_schedule_state", "stellarstation_state", "aws_state",
)  # fmt: skip
_STATUS = {ContactState.TENTATIVE: "TENTATIVE"}
_GONE = (ContactState.CANCELLED, ContactState.REJECTED, ContactState.FAILED)


def contacts_csv(contacts: Sequence[Contact]) -> bytes:
    """Return contacts one a line; times are RFC 3339 in UTC, and of other agencies' contacts most fields are empty."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for contact in contacts:
        tracking, occupied = contact.interval, contact.occupied
        table.writerow(
            [
                contact.contact_id, contact.station_id, contact.asset_id, contact.mission_id, contact.agency_id,
                contact.plan_id, contact.state, contact.version, rfc3339(occupied.start_time),
                rfc3339(tracking.start_time) if tracking else "", rfc3339(tracking.end_time) if tracking else "",
                rfc3339(occupied.end_time), rfc3339(contact.hold_until_time) if contact.hold_until_time else "",
                contact.window_set_id, contact.window_id, contact.reason, *FOREIGN_STATES[contact.state],
            ]
        )  # fmt: skip
    return text.getvalue().encode()


def contacts_calendar(contacts: Sequence[Contact]) -> bytes:
    """Return contacts as a calendar; the same contacts give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Malapert//malapert-gateway//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", "Contacts")
    for index, contact in enumerate(contacts):
        span = contact.interval or contact.occupied
        event = Event()
        event.add("uid", f"contact/{contact.contact_id or index}@malapert")
        event.add("dtstamp", datetime.fromtimestamp(0, UTC))
        event.add("sequence", contact.version)
        event.add("summary", f"{contact.station_id} {contact.mission_id or 'taken'}")
        event.add("location", contact.station_id)
        event.add("dtstart", span.start_time)
        event.add("dtend", span.end_time)
        event.add("status", "CANCELLED" if contact.state in _GONE else _STATUS.get(contact.state, "CONFIRMED"))
        event.add("categories", ["contact"])
        event.add("description", f"{contact.state} for {contact.agency_id or 'another agency'} {contact.asset_id}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def contacts_schedule_text(contacts: Sequence[Contact]) -> bytes:
    """Return contacts as lines of fixed columns, day by day of the year, what no longer holds an antenna left out.

    SETUP, BOT, EOT and END are hours and minutes UTC of the antenna's set-up, begin and end of track, and release; a
    plus sign marks the day after.
    """
    lines = ["YEAR DOY SETUP  BOT    EOT    END    FACILITY             USER         ASSET        STATE"]
    for contact in contacts:
        if contact.state in _GONE:
            continue
        tracking = contact.interval or contact.occupied
        day = tracking.start_time
        times = (contact.occupied.start_time, tracking.start_time, tracking.end_time, contact.occupied.end_time)
        clocks = " ".join(_clock(time, day) for time in times)
        names = f"{contact.station_id:<20} {contact.mission_id or '-':<12} {contact.asset_id or '-':<12}"
        lines.append(f"{day.year:04d} {day:%j} {clocks} {names} {contact.state}")
    return ("\n".join(lines) + "\n").encode()


def _clock(time: datetime, day: datetime) -> str:
    days = (time.date() - day.date()).days
    mark = "+" if days > 0 else "-" if days < 0 else " "
    return f"{time:%H:%M}{mark}".ljust(6)
