"""Spans in which a station could be booked, with their data rate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class RateSeries:
    """Data rate of a contact window: a step function, each value holds until the next sample or the window's end."""

    offset_s: tuple[int, ...]
    rate_bps: tuple[float, ...]


class ClosureKind(StrEnum):
    """Why a station is closed."""

    OUTAGE = "outage"
    BOOKING = "booking"


@dataclass(frozen=True, slots=True)
class ClosedSpan:
    """A span in which a station takes no contact: it is out, or taken by somebody else.

    No contact, with its set-up before and teardown after, overlaps it. ``subject_id`` names the outage or booking,
    empty where it is not told whose it is; ``title`` says it to a person.
    """

    station_id: str
    span: Span
    kind: ClosureKind
    subject_id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class AntennaQuota:
    """Antenna time that the mission's agency can still book on stations of some owners within a span.

    It counts the time that contacts take of these antennas, set-up before and teardown after included, as far as it
    lies in the span, which may reach beyond the horizon. ``left_s`` is what was left when the book of contacts was
    read; ``title`` says to a person whose it is and for when.
    """

    quota_id: str
    owner_agency_ids: tuple[str, ...]
    station_ids: tuple[str, ...]
    span: Span
    left_s: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class ContactWindow:
    """A span in which a station could be booked from a place, cut to what earlier bookings leave free.

    It is cut to where the link closes, too: where its rate is not below ``least_rate_bps``, at which contacts are held.
    A chosen contact is any part of it of at least ``min_length_s``. The antenna is also taken ``setup_s`` before and
    ``teardown_s`` after; two chosen contacts on one station keep these apart. ``offset_s`` of ``rate`` counts from
    the problem's start. ``cost_per_hour`` is the station's price as the mission prefers it.
    """

    window_id: str
    station_id: str
    place_id: str
    span: Span
    rate: RateSeries
    setup_s: int
    teardown_s: int
    min_length_s: int
    cost_per_hour: float
    least_rate_bps: float = 0.0
