"""Windows, the profiles along them, and sets of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from malapert_comms_window.domain.window_requests import WindowRequest

Floats = NDArray[np.float64]

RATE = "rate_bps"
"""The quantity that is a step function: each value holds until the next sample."""


class WindowKind(StrEnum):
    """In what a window holds."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    CONTACT = "contact"


class Predictability(StrEnum):
    """How sure a window is within the stated error of the skyline."""

    PREDICTED = "predicted"
    POTENTIAL = "potential"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A quantity along a window, its unit in its name: samples at seconds after the window's start, shape (n,)."""

    quantity: str
    offset_s: Floats
    value: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A half-open span of UTC in which a condition holds at a place, for contacts with a station."""

    window_id: str
    kind: WindowKind
    place_id: str
    station_id: str
    start_time: datetime
    end_time: datetime
    predictability: Predictability
    profiles: tuple[Profile, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return (self.end_time - self.start_time).total_seconds()

    def volume_bit(self) -> float:
        """Return what could be sent in the window, bits: 0 where no rate is known."""
        rates = [profile for profile in self.profiles if profile.quantity == RATE]
        if not rates:
            return 0.0
        held_s = np.diff(np.append(rates[0].offset_s, self.duration_s))
        return float(np.sum(rates[0].value * held_s))


@dataclass(frozen=True, slots=True)
class WindowSummary:
    """How much of one kind a set holds at a place, for contacts with a station."""

    kind: WindowKind
    place_id: str
    station_id: str
    count: int
    total_s: float
    longest_s: float
    longest_gap_s: float
    volume_bit: float


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input of a result by content."""

    kind: str
    name: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a set was made from."""

    inputs: tuple[InputRecord, ...]
    parameters: dict[str, str]
    software: str
    created_time: datetime
    synthetic_terrain: bool
    notes: tuple[str, ...]


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
    """Which windows of a set are meant; an empty field means all."""

    kinds: tuple[WindowKind, ...] = ()
    place_ids: tuple[str, ...] = ()
    station_ids: tuple[str, ...] = ()
    without_profiles: bool = False


def summarise(
    windows: Sequence[Window], kind: WindowKind, place_id: str, station_id: str, span: tuple[datetime, datetime]
) -> WindowSummary:
    """Return how much the windows of one kind, place and station hold within a span; they are sorted and disjoint."""
    durations = [window.duration_s for window in windows]
    return WindowSummary(
        kind=kind,
        place_id=place_id,
        station_id=station_id,
        count=len(windows),
        total_s=sum(durations),
        longest_s=max(durations, default=0.0),
        longest_gap_s=max(_gaps_s(windows, span)),
        volume_bit=sum(window.volume_bit() for window in windows),
    )


def _gaps_s(windows: Sequence[Window], span: tuple[datetime, datetime]) -> Iterable[float]:
    edges = [span[0], *(edge for window in windows for edge in (window.start_time, window.end_time)), span[1]]
    return [(after - before).total_seconds() for before, after in list(pairwise(edges))[::2]]
