"""Windows, the profiles along them, and sets of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

import numpy as np
from malapert_core.vocabulary.provenance import Provenance
from numpy.typing import NDArray

from malapert_comms_window.domain.links import RATE
from malapert_comms_window.domain.window_requests import WindowRequest

Floats = NDArray[np.float64]

KEY_RATE = "expected_key_rate_bps"
"""Name of the profile of the key rate: secret bits a second, weighted by the probability of a clear sky."""


class WindowKind(StrEnum):
    """Kind of the condition that holds in a window."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    CONTACT = "contact"
    CONJUNCTION = "conjunction"
    RELAY_CONTACT = "relay_contact"
    ORBITER_CONTACT = "orbiter_contact"
    RELAY_END_TO_END = "relay_end_to_end"
    STORE_AND_FORWARD = "store_and_forward"
    ORBITER_ECLIPSE = "orbiter_eclipse"
    ORBITER_OCCULTATION = "orbiter_occultation"
    OPTICAL_LINK = "optical_link"
    KEY_LINK = "key_link"
    SUN_SHARE = "sun_share"


class Predictability(StrEnum):
    """Certainty of a window or an edge within the stated errors of skyline, orbit, Earth orientation and clock."""

    PREDICTED = "predicted"
    POTENTIAL = "potential"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A quantity along a window, its unit in its name: samples at seconds after the window's start, shape (n,)."""

    quantity: str
    offset_s: Floats
    value: Floats


SPAN_EDGE = "span"
"""Limiting condition of an edge that is only the end of the searched span."""
DATA_EDGE = "orbit_data"
"""Limiting condition of an edge that is only the end of an orbiter's ephemeris."""


class EdgeCause(StrEnum):
    """Cause of a window's edge."""

    CONDITION = "condition"
    SPAN = "span"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of a window: the condition that limits it and its uncertainty, one standard deviation, seconds."""

    limited_by: str
    error_s: float
    predictability: Predictability

    @property
    def cause(self) -> EdgeCause:
        """Cause of the edge: a condition, the end of the search, or the end of the data."""
        return {SPAN_EDGE: EdgeCause.SPAN, DATA_EDGE: EdgeCause.DATA}.get(self.limited_by, EdgeCause.CONDITION)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A half-open span of UTC in which a condition holds at a place, with a station, an orbiter, or both.

    What does not apply is empty: an orbiter's eclipse has neither place nor station.
    """

    window_id: str
    kind: WindowKind
    place_id: str
    station_id: str
    start_time: datetime
    end_time: datetime
    predictability: Predictability
    profiles: tuple[Profile, ...] = ()
    orbiter_id: str = ""
    start_edge: Edge | None = None
    end_edge: Edge | None = None

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return (self.end_time - self.start_time).total_seconds()

    def volume_bit(self) -> float:
        """Return what could be sent in the window, or the secret bits to be expected; 0 where no rate is known."""
        keys = [profile for profile in self.profiles if profile.quantity == KEY_RATE]
        if keys:
            return float(np.trapezoid(keys[0].value, keys[0].offset_s))
        rates = [profile for profile in self.profiles if profile.quantity == RATE]
        if not rates:
            return 0.0
        held_s = np.diff(np.append(rates[0].offset_s, self.duration_s))
        return float(np.sum(rates[0].value * held_s))


@dataclass(frozen=True, slots=True)
class WindowSummary:
    """Number and total duration of one kind's windows in a set at a place, for contacts with a station."""

    kind: WindowKind
    place_id: str
    station_id: str
    count: int
    total_s: float
    longest_s: float
    longest_gap_s: float
    volume_bit: float
    orbiter_id: str = ""


@dataclass(frozen=True, slots=True)
class WindowSet:
    """A computed set of windows, without the windows themselves."""

    window_set_id: str
    owner_agency_id: str
    request: WindowRequest
    summaries: tuple[WindowSummary, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class WindowFilter:
    """Filter of the windows of a set; an empty field means all."""

    kinds: tuple[WindowKind, ...] = ()
    place_ids: tuple[str, ...] = ()
    station_ids: tuple[str, ...] = ()
    without_profiles: bool = False
    orbiter_ids: tuple[str, ...] = ()
    predictabilities: frozenset[Predictability] = frozenset()


def summarise(
    windows: Sequence[Window],
    kind: WindowKind,
    ends: tuple[str, str, str],
    span: tuple[datetime, datetime],
) -> WindowSummary:
    """Return how much the windows of one kind hold within a span; they are sorted and disjoint.

    `ends` are the place, the station and the orbiter that they are of; empty where one does not apply.
    """
    durations = [window.duration_s for window in windows]
    place_id, station_id, orbiter_id = ends
    return WindowSummary(
        kind=kind,
        place_id=place_id,
        station_id=station_id,
        count=len(windows),
        total_s=sum(durations),
        longest_s=max(durations, default=0.0),
        longest_gap_s=max(_gaps_s(windows, span)),
        volume_bit=sum(window.volume_bit() for window in windows),
        orbiter_id=orbiter_id,
    )


def _gaps_s(windows: Sequence[Window], span: tuple[datetime, datetime]) -> Iterable[float]:
    edges = [span[0], *(edge for window in windows for edge in (window.start_time, window.end_time)), span[1]]
    return [(after - before).total_seconds() for before, after in list(pairwise(edges))[::2]]
