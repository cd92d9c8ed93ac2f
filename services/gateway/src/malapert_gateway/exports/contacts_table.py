"""Contacts as a table (CSV, RFC 4180), and as lines in the manner of a DSN weekly schedule."""

from collections.abc import Sequence
from datetime import UTC, datetime

from malapert_http_models.contracts.comms_window import Contact
from malapert_http_models.wire import rfc3339

from malapert_gateway.exports.contact_states import FOREIGN_STATES, GONE
from malapert_gateway.exports.csv_table import Value, csv_table
from malapert_gateway.exports.day_of_year import decimals_of, year_and_day
from malapert_gateway.exports.fixed_columns import fixed_columns

_COLUMNS = (
    "contact_id", "station_id", "asset_id", "mission_id", "agency_id", "plan_id", "state", "version",
    "occupied_start_time", "start_time", "end_time", "occupied_end_time", "hold_until_time", "window_set_id",
    "window_id", "reason", "simple_schedule_state", "stellarstation_state", "aws_state", "updated_time",
    "cause", "station_agency_id", "priority", "agreement_id",
)  # fmt: skip
_LINE = ("YEAR", "DOY", "SETUP", "BOT", "EOT", "END", "FACILITY", "USER", "ASSET", "STATE")
_LEAST_WIDTHS = (4, 3, 6, 6, 6, 6, 20, 12, 12)


def contacts_csv(contacts: Sequence[Contact]) -> bytes:
    """Return contacts one a line; times are RFC 3339 in UTC, and of other agencies' contacts most fields are empty."""
    return csv_table(_COLUMNS, map(_row, contacts))


def _row(contact: Contact) -> list[Value]:
    tracking, occupied = contact.interval, contact.occupied
    return [
        contact.contact_id, contact.station_id, contact.asset_id, contact.mission_id, contact.agency_id,
        contact.plan_id, contact.state, contact.version, rfc3339(occupied.start_time),
        rfc3339(tracking.start_time) if tracking else None, rfc3339(tracking.end_time) if tracking else None,
        rfc3339(occupied.end_time), rfc3339(contact.hold_until_time) if contact.hold_until_time else None,
        contact.window_set_id, contact.window_id, contact.reason, *FOREIGN_STATES[contact.state],
        rfc3339(contact.updated_time) if contact.updated_time else None,
        contact.cause if contact.contact_id else None, contact.station_agency_id,
        contact.priority if contact.contact_id else None, contact.agreement_id,
    ]  # fmt: skip


def contacts_schedule_text(contacts: Sequence[Contact]) -> bytes:
    """Return contacts as lines of fixed columns, day by day of the year, what no longer holds an antenna left out.

    SETUP, BOT, EOT and END are hours and minutes UTC of the antenna's set-up, begin and end of track, and release,
    with seconds where there are any; a plus sign marks the day after, a minus sign the day before, and a number how
    many days where there are more. Columns are as wide as what is in them, and a blank in a name is an underscore.
    """
    rows = [_schedule_row(contact) for contact in contacts if contact.state not in GONE]
    return ("\n".join(fixed_columns(_LINE, rows, _LEAST_WIDTHS)) + "\n").encode()


def _schedule_row(contact: Contact) -> list[str]:
    tracking = contact.interval or contact.occupied
    day = tracking.start_time.astimezone(UTC)
    times = (contact.occupied.start_time, tracking.start_time, tracking.end_time, contact.occupied.end_time)
    clocks = [_clock(time.astimezone(UTC), day) for time in times]
    names = (contact.station_id, contact.mission_id, contact.asset_id, contact.state)
    return [*year_and_day(day), *clocks, *names]


def _clock(time: datetime, day: datetime) -> str:
    days = (time.date() - day.date()).days
    mark = ("+" if days > 0 else "-") + (str(abs(days)) if abs(days) > 1 else "") if days else ""
    seconds = f":{time:%S}{decimals_of(time)}" if time.second or time.microsecond else ""
    return f"{time:%H:%M}{seconds}{mark}"
