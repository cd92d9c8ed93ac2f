"""The one event search: a sign condition on a bounded function of time, and the algebra of its intervals.

Intervals are float64 arrays of shape (k, 2), half-open [start, end), sorted and disjoint.
"""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHORTEST_S = 0.01
"""Shortest window or gap, seconds, that the search finds for certain; shorter ones may be missed."""
_FIRST_PARTS = 8


class Bounded(Protocol):
    """A function of time in seconds that knows bounds of itself over intervals; the condition holds where it is ≥ 0."""

    def __call__(self, times_s: Floats, /) -> Floats:
        """Return the value at times of shape (n,)."""

    def bounds(self, middle_s: Floats, half_s: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Return bounds below and above its values within `half_s` of times, and whether it crosses zero once at most.

        Each is of shape (n,). Bounds need not be near, but must come as near as wanted with shorter intervals. That it
        may cross more often is always allowed. Intervals do not reach beyond `cuts`.
        """

    def cuts(self, start_s: float, end_s: float) -> Floats:
        """Return the ends of a span and the times in it beyond which a bound does not reach, rising."""


def find_windows(
    function: Bounded, start_s: float, end_s: float, tolerance_s: float = 0.1, within: Floats | None = None
) -> Floats:
    """Return the intervals in which a function is not negative, shape (k, 2).

    Parameters
    ----------
    function
        The function and its bounds.
    start_s, end_s
        The span to search, in the function's time.
    tolerance_s
        Largest distance of an edge from the true crossing.
    within
        Intervals of the span outside of which nothing is sought; all of it without them.

    Raises
    ------
    ValueError
        If the span is empty, the tolerance is not positive, or the function gives no number.

    Notes
    -----
    Branch and bound (Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, chapter 8): an interval over
    which the bounds have one sign, or which has one crossing at most, is settled; any other is halved, until it is
    shorter than `SHORTEST_S`. So no window or gap of that length is missed, however narrow what makes it.
    """
    if not end_s > start_s:
        raise ValueError(f"the span ends at {end_s}, not after its start {start_s}")
    if not tolerance_s > 0.0:
        raise ValueError(f"a tolerance is positive, not {tolerance_s}")
    low, high, first, last = _settled(function, start_s, end_s, within)
    order = np.argsort(low, kind="stable")
    low, high, first, last = low[order], high[order], first[order], last[order]
    # A crossing is inside an interval, or between two that are settled: at a vertical edge.
    turns = np.flatnonzero((first >= 0.0) != (last >= 0.0))
    inner = _crossings(function, low[turns], high[turns], first[turns], last[turns], tolerance_s)
    between = np.flatnonzero((last[:-1] >= 0.0) != (first[1:] >= 0.0))
    edges = np.sort(np.concatenate((inner, high[between])))
    if first[0] >= 0.0:
        edges = np.concatenate(([start_s], edges))
    if last[-1] >= 0.0:
        edges = np.concatenate((edges, [end_s]))
    return normalise(edges.reshape(-1, 2))


def normalise(intervals: ArrayLike) -> Floats:
    """Return intervals sorted, merged where they touch or overlap, and without empty ones."""
    rows = np.asarray(intervals, dtype=np.float64).reshape(-1, 2)
    rows = rows[rows[:, 1] > rows[:, 0]]
    if not len(rows):
        return rows
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    reach = np.maximum.accumulate(rows[:, 1])
    first = np.concatenate(([True], rows[1:, 0] > reach[:-1]))
    last = np.concatenate((first[1:], [True]))
    return np.column_stack((rows[first, 0], reach[last]))


def union(a: Floats, b: Floats) -> Floats:
    """Return the times in either set."""
    return normalise(np.concatenate((a, b)))


def intersect(a: Floats, b: Floats) -> Floats:
    """Return the times in both sets."""
    points = np.unique(np.concatenate((a.ravel(), b.ravel())))
    if len(points) < 2:
        return np.empty((0, 2))
    starts, ends = points[:-1], points[1:]
    both = contains(a, starts) & contains(b, starts)
    return normalise(np.column_stack((starts[both], ends[both])))


def complement(a: Floats, start_s: float, end_s: float) -> Floats:
    """Return the times of a span that are not in the set."""
    inside = intersect(a, np.array([[start_s, end_s]]))
    return normalise(np.concatenate(([start_s], inside.ravel(), [end_s])).reshape(-1, 2))


def difference(a: Floats, b: Floats) -> Floats:
    """Return the times of the first set that are not in the second."""
    if not len(a):
        return a
    return intersect(a, complement(b, float(a[0, 0]), float(a[-1, 1])))


def contains(a: Floats, times_s: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each time is in the set; starts belong to it, ends do not."""
    # Edges passed so far: odd inside an interval.
    return np.asarray(np.searchsorted(a.ravel(), times_s, side="right") % 2 == 1)


def total_duration_s(a: Floats) -> float:
    """Return the summed length of the intervals, seconds."""
    return float(np.sum(a[:, 1] - a[:, 0]))


def _settled(
    function: Bounded, start_s: float, end_s: float, within: Floats | None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut the span into intervals: their ends, and numbers of the sign that the function has at both ends of each."""
    cuts = function.cuts(start_s, end_s)
    shares = np.arange(_FIRST_PARTS) / _FIRST_PARTS
    inner = (cuts[:-1, np.newaxis] + np.diff(cuts)[:, np.newaxis] * shares).ravel()
    parts = []
    if within is None:
        low, high = inner, np.append(inner[1:], end_s)
    else:
        ends = np.unique(np.concatenate((inner, within.ravel(), [end_s])))
        inside = contains(within, 0.5 * (ends[:-1] + ends[1:]))
        low, high = ends[:-1][inside], ends[1:][inside]
        outside = complement(within, start_s, end_s)
        never = np.full(len(outside), -1.0)
        parts.append((outside[:, 0], outside[:, 1], never, never))
    while len(low):
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        least, greatest, once = function.bounds(middle, half)
        unknown = np.isnan(least) | np.isnan(greatest)
        if unknown.any():
            raise ValueError(f"the function gives no number at {float(middle[unknown][0])}")
        is_open = (least < 0.0) & (greatest >= 0.0)
        sign = np.where(least >= 0.0, 1.0, -1.0)
        shut = ~is_open
        parts.append((low[shut], high[shut], sign[shut], sign[shut]))
        small = is_open & (once | (half <= 0.5 * SHORTEST_S))
        if small.any():
            at_ends = _evaluate(function, low[small]), _evaluate(function, high[small])
            parts.append((low[small], high[small], *at_ends))
        split = is_open & ~small
        low = np.column_stack((low[split], middle[split])).ravel()
        high = np.column_stack((middle[split], high[split])).ravel()
    found = [np.concatenate(each) for each in zip(*parts, strict=True)]
    return found[0], found[1], found[2], found[3]


def _evaluate(function: Bounded, times_s: Floats) -> Floats:
    values = np.asarray(function(times_s), dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError(f"the function gives no number at {float(times_s[np.isnan(values)][0])}")
    return values


def _crossings(
    function: Bounded, low: Floats, high: Floats, value_low: Floats, value_high: Floats, tolerance_s: float
) -> Floats:
    """Return the crossing in each bracket, refining all of them at once.

    Interpolate, truncate, project (Oliveira and Takahashi, ACM TOMS 47(1), 2020): superlinear on smooth functions, and
    at most one evaluation more than bisection on any.
    """
    edges = np.empty_like(low)
    left = np.arange(len(low))
    width = high - low
    halvings = np.maximum(np.ceil(np.log2(width / (2.0 * tolerance_s))), 0.0)
    truncation = 0.2 / width
    step = 0
    while len(left):
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        done = (half <= tolerance_s) | (step > halvings + 1)
        if done.any():
            edges[left[done]] = middle[done]
            left = left[~done]
            low, high, value_low, value_high, middle, half, halvings, truncation = (
                each[~done] for each in (low, high, value_low, value_high, middle, half, halvings, truncation)
            )
        radius = np.maximum(tolerance_s * 2.0 ** (halvings + 1 - step) - half, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            falsi = (high * value_low - low * value_high) / (value_low - value_high)
        falsi = np.where(np.isfinite(falsi), falsi, middle)
        towards = np.sign(middle - falsi)
        # By the tolerance at least: a guess on the crossing itself would leave the far end where it is.
        shift = np.minimum(np.maximum(truncation * (2.0 * half) ** 2, tolerance_s), np.abs(middle - falsi))
        guess = falsi + towards * shift
        guess = np.where(np.abs(guess - middle) <= radius, guess, middle - towards * radius)
        value_guess = _evaluate(function, guess)
        same = (value_guess >= 0.0) == (value_low >= 0.0)
        low, value_low = np.where(same, guess, low), np.where(same, value_guess, value_low)
        high, value_high = np.where(same, high, guess), np.where(same, value_high, value_guess)
        step += 1
    return edges
