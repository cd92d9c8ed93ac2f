"""Intervals and longitudes as messages hold them."""

from datetime import datetime

from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import from_timestamp
from malapert_core.vocabulary.interval import Interval


def western_deg(longitude_deg: float) -> float:
    """Return a longitude with those from 180 to 360 degrees turned to the west."""
    return longitude_deg - 360.0 if 180.0 < longitude_deg <= 360.0 else longitude_deg


def interval_message(start_time: datetime, end_time: datetime) -> type_pb2.Interval:
    """Return the message of a half-open interval."""
    return to_message(Interval(start_time, end_time), type_pb2.Interval)


def interval_of(message: type_pb2.Interval) -> tuple[datetime, datetime]:
    """Return start and end of an interval; an unset one is empty, at 1970."""
    return from_timestamp(message.start_time), from_timestamp(message.end_time)
