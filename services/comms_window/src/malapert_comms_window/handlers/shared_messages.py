"""Messages that stations, windows and contacts share."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_comms_window.domain.figures import Confidence, Figure


def confidence_message(confidence: Confidence) -> type_pb2.Confidence.ValueType:
    """Return the enumeration's value of a confidence."""
    return type_pb2.Confidence.Value(f"CONFIDENCE_{confidence.name}")


def confidence_of(value: type_pb2.Confidence.ValueType) -> Confidence:
    """Return the domain's confidence; an unset or unknown one is an assumption."""
    return next((each for each in Confidence if confidence_message(each) == value), Confidence.ASSUMPTION)


def figure_message(figure: Figure) -> type_pb2.Figure:
    """Return the message of a figure."""
    return type_pb2.Figure(
        value=figure.value,
        unit=figure.unit,
        source=figure.source,
        confidence=confidence_message(figure.confidence),
    )


def western_deg(longitude_deg: float) -> float:
    """Return a longitude with those from 180 to 360 degrees turned to the west."""
    return longitude_deg - 360.0 if 180.0 < longitude_deg <= 360.0 else longitude_deg


def interval_message(start_time: datetime, end_time: datetime) -> type_pb2.Interval:
    """Return the message of a half-open interval."""
    return type_pb2.Interval(start_time=to_timestamp(start_time), end_time=to_timestamp(end_time))


def interval_of(message: type_pb2.Interval) -> tuple[datetime, datetime]:
    """Return start and end of an interval; an unset one is empty, at 1970."""
    return time_of(message.start_time), time_of(message.end_time)


def time_of(timestamp: Timestamp) -> datetime:
    """Return the instant of a timestamp; an unset one is 1970.

    Raises
    ------
    InvalidInputError
        ``INVALID_TIME`` where it is out of range.
    """
    try:
        return from_timestamp(timestamp).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"timestamp of {timestamp.seconds} s is no time; allowed: years 1 to 9999"
        raise InvalidInputError("INVALID_TIME", message) from error
