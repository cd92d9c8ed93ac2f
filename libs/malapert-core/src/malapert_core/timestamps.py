"""Protobuf timestamps, RFC 3339 text and aware UTC datetimes, within the years that spacecraft are planned for."""

import re
from datetime import UTC, datetime, timedelta, timezone

from google.protobuf.timestamp_pb2 import Timestamp

from malapert_core.errors import Fault, InvalidInputError

EARLIEST_TIME = datetime(1500, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(3000, 1, 1, tzinfo=UTC)
"""Times from outside lie between these: all that ephemerides cover, with room for any span before and after."""

_RFC3339 = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[Tt](?P<clock>\d{2}:\d{2}:(?P<second>\d{2}))(?P<fraction>\.\d{1,12})?"
    r"(?P<offset>[Zz]|(?P<sign>[+-])(?P<hours>\d{2}):(?P<minutes>\d{2}))?",
    re.ASCII,
)


def utc_now() -> datetime:
    """Return the present instant as an aware UTC datetime."""
    return datetime.now(UTC)


def require_aware(time: datetime) -> datetime:
    """Return an aware datetime in UTC.

    Raises
    ------
    InvalidInputError
        ``NAIVE_TIME`` where the time has no offset.
    """
    if time.tzinfo is None or time.utcoffset() is None:
        raise InvalidInputError("NAIVE_TIME", f"time {time.isoformat()} has no offset; write it in UTC, ending in Z")
    return time.astimezone(UTC)


def to_timestamp(time: datetime) -> Timestamp:
    """Return the protobuf timestamp of an aware datetime."""
    timestamp = Timestamp()
    timestamp.FromDatetime(require_aware(time))
    return timestamp


def from_timestamp(timestamp: Timestamp) -> datetime:
    """Return the aware UTC datetime of a protobuf timestamp, to the microsecond.

    Raises
    ------
    InvalidInputError
        ``INVALID_TIME`` where it lies outside the years 1 to 9999, or its nanoseconds outside a second.
    """
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        message = f"{timestamp.seconds} s and {timestamp.nanos} ns are no timestamp; years 1 to 9999 are allowed"
        raise InvalidInputError("INVALID_TIME", message, faults=[Fault("time", "INVALID_TIME", message)]) from error


def parse_time(text: str) -> datetime:
    """Return the aware UTC datetime that RFC 3339 text states, to the microsecond.

    Raises
    ------
    InvalidInputError
        ``INVALID_TIME`` where the text is no time or one out of range, ``NAIVE_TIME`` where it has no offset.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise _no_time(text, "write it as 2029-01-15T06:00:00Z")
    if found["second"] == "60":
        raise _no_time(text, "a leap second has no place on this time scale; write the second before or after it")
    try:
        time = datetime.fromisoformat(f"{found['date']}T{found['clock']}{(found['fraction'] or '')[:7]}")
    except ValueError as error:
        raise _no_time(text, str(error)) from None
    if found["offset"] is None:
        return require_aware(time)
    return _in_utc(time, found, text)


def check_range(time: datetime, shown: str = "") -> datetime:
    """Return an aware time as it is.

    Raises
    ------
    InvalidInputError
        ``INVALID_TIME`` where it is before the first or after the last instant that is taken.
    """
    if not EARLIEST_TIME <= time < LATEST_TIME:
        allowed = f"from the year {EARLIEST_TIME.year} to {LATEST_TIME.year - 1}"
        raise _no_time(shown or time.isoformat(), f"times {allowed} are taken")
    return time


def _in_utc(time: datetime, found: re.Match[str], text: str) -> datetime:
    offset = timedelta(0)
    if found["sign"]:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"])) * (
            1 if found["sign"] == "+" else -1
        )
        if int(found["hours"]) > 23 or int(found["minutes"]) > 59:
            raise _no_time(text, "an offset from UTC lies between -23:59 and +23:59")
    # Compared before it is converted: the ends of the calendar cannot be.
    check_range(time.replace(tzinfo=UTC), text)
    return time.replace(tzinfo=timezone(offset)).astimezone(UTC)


def _no_time(text: str, why: str) -> InvalidInputError:
    return InvalidInputError("INVALID_TIME", f"{text[:64]!r} is no time that is taken; {why}")


def format_time(time: datetime) -> str:
    """Return RFC 3339 text in UTC, ending in Z, with microseconds only where there are any."""
    return require_aware(time).isoformat().replace("+00:00", "Z")
