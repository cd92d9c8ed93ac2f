"""Messages that catalogues and requests share, as domain values and back."""

from datetime import datetime
from enum import IntEnum
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_payload.domain.catalogue import Condition, ConditionKind, Confidence, Figure, Interval

E = TypeVar("E", bound=IntEnum)


def known(kind: type[E], number: int) -> E:
    """Return an enumeration's value, its unspecified one where the number is of a later protocol."""
    return kind(number) if number in list(kind) else kind(0)


def interval_of(message: type_pb2.Interval) -> Interval:
    """Return the domain's interval."""
    return Interval(_time_of(message.start_time), _time_of(message.end_time))


def interval_message(interval: Interval) -> type_pb2.Interval:
    """Return the message of an interval."""
    return type_pb2.Interval(start_time=to_timestamp(interval.start_time), end_time=to_timestamp(interval.end_time))


def figure_of(message: type_pb2.Figure) -> Figure:
    """Return the domain's figure."""
    return Figure(message.value, message.unit, message.source, known(Confidence, message.confidence))


def figure_message(figure: Figure | None) -> type_pb2.Figure | None:
    """Return the message of a figure, None where it is not set."""
    if figure is None:
        return None
    return type_pb2.Figure(
        value=figure.value,
        unit=figure.unit,
        source=figure.source,
        confidence=type_pb2.Confidence.ValueType(figure.confidence),
    )


def condition_of(message: request_pb2.Condition) -> Condition:
    """Return the domain's condition."""
    return Condition(known(ConditionKind, message.kind), tuple(message.station_ids))


def condition_message(condition: Condition) -> request_pb2.Condition:
    """Return the message of a condition."""
    return request_pb2.Condition(
        kind=request_pb2.ConditionKind.ValueType(condition.kind), station_ids=condition.station_ids
    )


def _time_of(timestamp: Timestamp) -> datetime:
    try:
        return from_timestamp(timestamp)
    except (ValueError, OverflowError) as error:
        message = f"timestamp of {timestamp.seconds} s is no time; allowed: years 1 to 9999"
        raise InvalidInputError("INVALID_TIME", message) from error
