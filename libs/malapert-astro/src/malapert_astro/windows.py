"""The one event search: a sign condition on a continuous function of time, and the algebra of its intervals.

Intervals are float64 arrays of shape (k, 2), half-open [start, end), sorted and disjoint.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Value = Callable[[Floats], Floats]
"""A vectorised continuous function of Unix seconds UTC; the condition holds where it is ≥ 0."""

_REACH = 3.0
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def find_windows(value: Value, start_s: float, end_s: float, step_s: float, tolerance_s: float = 0.1) -> Floats:
    """Return the intervals in which a continuous function is not negative, shape (k, 2).

    Parameters
    ----------
    value
        The function; it is called with arrays of times of shape (n,) and returns shape (n,).
    start_s, end_s
        The span to search, in the function's time (seconds).
    step_s
        Step of the coarse pass: short enough that the function has at most one extremum within two steps. An extremum
        that touches the other sign between two samples is sought, so a window may be shorter than the step.
    tolerance_s
        Largest distance of an edge from the true crossing.

    Raises
    ------
    ValueError
        If the span is empty, the step or the tolerance is not positive, or the function gives no number.
    """
    if not end_s > start_s:
        raise ValueError(f"the span ends at {end_s}, not after its start {start_s}")
    if not (step_s > 0.0 and tolerance_s > 0.0):
        raise ValueError(f"step and tolerance are positive, not {step_s} and {tolerance_s}")
    steps = max(int(np.ceil((end_s - start_s) / step_s)), 2)
    times = np.linspace(start_s, end_s, steps + 1)
    values = _evaluate(value, times)
    times, values = _with_hidden_extrema(value, times, values, tolerance_s)
    holds = values >= 0.0
    before = np.flatnonzero(holds[1:] != holds[:-1])
    after = before + 1
    edges = _crossings(value, times[before], times[after], values[before], values[after], tolerance_s)
    if holds[0]:
        edges = np.concatenate(([start_s], edges))
    if holds[-1]:
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


def _evaluate(value: Value, times: Floats) -> Floats:
    values = np.asarray(value(times), dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError(f"the function gives no number at {float(times[np.isnan(values)][0])}")
    return values


def _with_hidden_extrema(value: Value, times: Floats, values: Floats, tolerance_s: float) -> tuple[Floats, Floats]:
    """Add extrema between samples of one sign that reach the other sign."""
    index = np.arange(len(times))
    before, after = np.maximum(index - 1, 0), np.minimum(index + 1, len(times) - 1)
    left, right = values[before], values[after]
    same = (left >= 0.0) & (values >= 0.0) & (right >= 0.0) & (values <= left) & (values <= right)
    same |= (left < 0.0) & (values < 0.0) & (right < 0.0) & (values >= left) & (values >= right)
    # Not sought where the function would have to change by thrice what it changes between samples.
    reach = _REACH * np.maximum(np.abs(values - left), np.abs(values - right))
    at = np.flatnonzero(same & (np.abs(values) <= reach))
    if not len(at):
        return times, values
    sign = np.where(values[at] >= 0.0, -1.0, 1.0)
    peak_times = _golden_maximum(lambda t: sign * _evaluate(value, t), times[before[at]], times[after[at]], tolerance_s)
    peak_values = _evaluate(value, peak_times)
    crossing = (peak_values >= 0.0) != (values[at] >= 0.0)
    all_times = np.concatenate((times, peak_times[crossing]))
    order = np.argsort(all_times, kind="stable")
    return all_times[order], np.concatenate((values, peak_values[crossing]))[order]


def _golden_maximum(value: Value, low: Floats, high: Floats, tolerance_s: float) -> Floats:
    """Return the place of a maximum of a unimodal function in each bracket, or one where it is not negative.

    Golden sections of all brackets at once.
    """
    count = int(np.ceil(np.log(tolerance_s / float(np.max(high - low))) / np.log(_GOLDEN)))
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    inner_value, outer_value = value(inner), value(outer)
    for _ in range(max(count, 1)):
        if np.all(np.maximum(inner_value, outer_value) >= 0.0):
            break
        left = inner_value >= outer_value
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        fresh = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        fresh_value = value(fresh)
        inner, outer = np.where(left, fresh, outer), np.where(left, inner, fresh)
        inner_value, outer_value = np.where(left, fresh_value, outer_value), np.where(left, inner_value, fresh_value)
    return np.asarray(np.where(inner_value >= outer_value, inner, outer))


def _crossings(
    value: Value, low: Floats, high: Floats, value_low: Floats, value_high: Floats, tolerance_s: float
) -> Floats:
    """Return the crossing in each bracket, refining all of them at once.

    Interpolate, truncate, project (Oliveira and Takahashi, ACM TOMS 47(1), 2020): superlinear on smooth functions, and
    at most one evaluation more than bisection on any.
    """
    if not len(low):
        return low
    width = float(np.max(high - low))
    halvings = max(int(np.ceil(np.log2(width / (2.0 * tolerance_s)))), 0)
    truncation = 0.2 / width
    for step in range(halvings + 2):
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        if np.max(half) <= tolerance_s:
            break
        radius = np.maximum(tolerance_s * 2.0 ** (halvings + 1 - step) - half, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            falsi = (high * value_low - low * value_high) / (value_low - value_high)
        falsi = np.where(np.isfinite(falsi), falsi, middle)
        towards = np.sign(middle - falsi)
        shift = np.minimum(truncation * (2.0 * half) ** 2, np.abs(middle - falsi))
        guess = falsi + towards * shift
        guess = np.where(np.abs(guess - middle) <= radius, guess, middle - towards * radius)
        value_guess = _evaluate(value, guess)
        same = (value_guess >= 0.0) == (value_low >= 0.0)
        low, value_low = np.where(same, guess, low), np.where(same, value_guess, value_low)
        high, value_high = np.where(same, high, guess), np.where(same, value_high, value_guess)
    return np.asarray(0.5 * (low + high))
