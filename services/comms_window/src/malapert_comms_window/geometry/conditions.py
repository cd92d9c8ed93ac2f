"""Windows in which conditions hold together, and how sure each of their edges is.

A condition is a function of time, positive where it holds, in units of one measure (degrees, mostly), with
one standard deviation of its error. An edge belongs to the condition that is nearest to zero there; it is wrong by that
error over the condition's rate, and by the clock's. Where an error of one standard deviation would leave nothing of a
window, or nothing of the gap beside an edge, the window or the edge is POTENTIAL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from malapert_astro.times import tdb_from_utc
from malapert_astro.windows import Bounded, complement, find_windows, intersect
from numpy.typing import NDArray

from malapert_comms_window.domain.windows import DATA_EDGE, SPAN_EDGE, Edge, Predictability

Floats = NDArray[np.float64]

EDGE_TOLERANCE_S = 0.0005
_RATE_STEP_S = 1.0
_INSIDE = (np.arange(15) + 1.0) / 16.0


@dataclass(frozen=True)
class SearchSpan:
    """The span to search, Unix seconds UTC, the step of the profiles and one sigma of the clock's error, seconds.

    `covered_tdb_s` are the parts of it, TDB seconds past J2000, in which an orbiter has states; none means all of it.
    """

    start_s: float
    end_s: float
    profile_step_s: float
    clock_error_s: float = 0.0
    covered_tdb_s: tuple[tuple[float, float], ...] = ()

    @property
    def tdb_s(self) -> tuple[float, float]:
        """The span in TDB seconds past J2000."""
        start_s, end_s = tdb_from_utc([self.start_s, self.end_s])
        return float(start_s), float(end_s)

    @property
    def parts_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """Searched parts of the span, TDB seconds past J2000, in order."""
        return self.covered_tdb_s or (self.tdb_s,)


@dataclass(frozen=True)
class Condition:
    """Something that holds where a function of TDB seconds past J2000 is not negative.

    Parameters
    ----------
    name
        What it is, such as ``site_skyline``.
    clearance
        The function, with bounds of itself.
    error
        One standard deviation of the function's error, in its unit.
    time_error_s
        One standard deviation of an error that moves the function in time.
    """

    name: str
    clearance: Bounded
    error: float = 0.0
    time_error_s: float = 0.0


@dataclass(frozen=True)
class Found:
    """One window: TDB seconds past J2000, its edges and whether it is there at all."""

    start_tdb_s: float
    end_tdb_s: float
    start_edge: Edge
    end_edge: Edge
    predictability: Predictability


def search(conditions: Sequence[Condition], span: SearchSpan, tolerance_s: float = EDGE_TOLERANCE_S) -> list[Found]:
    """Return the windows in which all conditions hold, in order."""
    windows: list[Found] = []
    for part in span.parts_tdb_s:
        found = np.array([part])
        for each in conditions:
            found = find_windows(each.clearance, *part, tolerance_s, within=found)
        windows += _described(conditions, found, span, part)
    return windows


def described(conditions: Sequence[Condition], intervals: Floats, span: SearchSpan) -> list[Found]:
    """Return intervals of TDB, in which the conditions hold together, with what their edges are worth."""
    windows: list[Found] = []
    for part in span.parts_tdb_s:
        windows += _described(conditions, intersect(intervals, np.array([part])), span, part)
    return windows


def _described(
    conditions: Sequence[Condition], intervals: Floats, span: SearchSpan, part: tuple[float, float]
) -> list[Found]:
    if not len(intervals):
        return []
    start_s, end_s = part
    limits, errors_s = _limits(conditions, intervals.ravel(), span, part)
    sure = _sigmas(conditions, intervals, min) > 1.0
    gaps = complement(intervals, start_s, end_s)
    gap_sure = (_sigmas(conditions, gaps, max) > 1.0).tolist() if len(gaps) else []
    before = dict(zip(gaps[:, 1].tolist(), gap_sure, strict=True))
    after = dict(zip(gaps[:, 0].tolist(), gap_sure, strict=True))

    def edge_of(at: int, edge_s: float, *, gap_is_sure: bool | None) -> Edge:
        if edge_s in part:
            return _outer_edge(edge_s, span)
        return Edge(limits[at], float(errors_s[at]), _LEVELS[bool(gap_is_sure and sure[at // 2])])

    return [
        Found(
            start,
            end,
            edge_of(2 * index, start, gap_is_sure=before.get(start)),
            edge_of(2 * index + 1, end, gap_is_sure=after.get(end)),
            _LEVELS[bool(sure[index])],
        )
        for index, (start, end) in enumerate(intervals.tolist())
    ]


def _outer_edge(edge_s: float, span: SearchSpan) -> Edge:
    """Return the edge at an end of what was searched: of the span, or of an orbiter's data, where it may go on."""
    if min(abs(edge_s - edge) for edge in span.tdb_s) <= EDGE_TOLERANCE_S:
        return Edge(SPAN_EDGE, 0.0, Predictability.PREDICTED)
    return Edge(DATA_EDGE, 0.0, Predictability.POTENTIAL)


_LEVELS = {True: Predictability.PREDICTED, False: Predictability.POTENTIAL}


def intervals_of(found: Sequence[Found]) -> Floats:
    """Return starts and ends, TDB seconds past J2000, shape (k, 2)."""
    return np.array([[each.start_tdb_s, each.end_tdb_s] for each in found]).reshape(-1, 2)


def _limits(
    conditions: Sequence[Condition], edges_s: Floats, span: SearchSpan, part: tuple[float, float]
) -> tuple[list[str], Floats]:
    """Return the condition that each edge belongs to, and one sigma of the edge, seconds."""
    start_s, end_s = part
    early, late = np.maximum(edges_s - _RATE_STEP_S, start_s), np.minimum(edges_s + _RATE_STEP_S, end_s)
    values = np.stack([np.stack([each.clearance(at) for at in (early, edges_s, late)]) for each in conditions])
    rates = np.abs(values[:, 2] - values[:, 0]) / (late - early)
    # Nearest in time to zero: functions of different units compare so.
    with np.errstate(divide="ignore", invalid="ignore"):
        away_s = np.where(rates > 0.0, np.abs(values[:, 1]) / rates, np.inf)
    nearest = np.argmin(away_s, axis=0)
    error = np.array([each.error for each in conditions])[nearest]
    moved_s = np.array([each.time_error_s for each in conditions])[nearest]
    rate = rates[nearest, np.arange(edges_s.size)]
    with np.errstate(divide="ignore", invalid="ignore"):
        turned_s = np.where(error > 0.0, error / rate, 0.0)
    turned_s = np.minimum(turned_s, end_s - start_s)
    return [conditions[index].name for index in nearest], np.sqrt(turned_s**2 + moved_s**2 + span.clock_error_s**2)


def _sigmas(conditions: Sequence[Condition], intervals: Floats, together: Callable[..., float]) -> Floats:
    """Return by how many sigmas each interval exists: the most at any of its inner instants.

    In a window (`together` is min) every condition must hold by as much, in a gap (max) one must fail.
    """
    times = intervals[:, :1] + (intervals[:, 1:] - intervals[:, :1]) * _INSIDE
    sign = 1.0 if together is min else -1.0
    combined = np.minimum if together is min else np.maximum
    sigmas = None
    if together is min:
        # What has no error holds inside a window for certain.
        conditions = [each for each in conditions if each.error > 0.0]
        sigmas = np.full(times.shape, np.inf)
    for each in conditions:
        value = sign * each.clearance(times.ravel()).reshape(times.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = value / each.error if each.error > 0.0 else np.where(value > 0.0, np.inf, -np.inf)
        sigmas = scaled if sigmas is None else combined(sigmas, scaled)
    return np.asarray(np.max(np.asarray(sigmas), axis=1))
