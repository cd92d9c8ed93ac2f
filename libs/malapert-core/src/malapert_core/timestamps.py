"""Protobuf timestamps, RFC 3339 text and aware UTC datetimes."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from malapert_core.errors import InvalidInputError


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
    """Return the aware UTC datetime of a protobuf timestamp, to the microsecond."""
    return timestamp.ToDatetime(tzinfo=UTC)


def parse_time(text: str) -> datetime:
    """Return the aware UTC datetime that RFC 3339 text states.

    Raises
    ------
    InvalidInputError
        ``INVALID_TIME`` where the text is no time, ``NAIVE_TIME`` where it has no offset.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time; write it as 2029-01-15T06:00:00Z"
        raise InvalidInputError("INVALID_TIME", message) from None
    return require_aware(time)


def format_time(time: datetime) -> str:
    """Return RFC 3339 text in UTC, ending in Z, with microseconds only where there are any."""
    return require_aware(time).isoformat().replace("+00:00", "Z")
