"""Energy as the exact integral of a piecewise linear power."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.spans import Span

SECONDS_PER_HOUR = 3600.0
UNBOUNDED_W = 1e9
"""More than any array generates."""


def draining(spans: Iterable[Span], power_w: float, horizon_s: int) -> PowerSeries:
    """Return a bound of the power that is below zero in disjoint spans of seconds, and elsewhere no bound."""
    knots = {0: UNBOUNDED_W, horizon_s: UNBOUNDED_W}
    for start_s, end_s in spans:
        if end_s - start_s > 2:
            knots |= {start_s: UNBOUNDED_W, start_s + 1: -power_w, end_s - 1: -power_w, end_s: UNBOUNDED_W}
    times_s = sorted(knots)
    return PowerSeries(tuple(times_s), tuple(knots[time_s] for time_s in times_s))


@dataclass(frozen=True, slots=True)
class PowerIntegral:
    """Energy up to any instant, in Wh: knots in seconds, power in W there, energy in Wh there."""

    knots_s: NDArray[np.float64]
    power_w: NDArray[np.float64]
    energy_wh: NDArray[np.float64]

    @classmethod
    def of(cls, *series: PowerSeries) -> PowerIntegral:
        """Integrate one series, or the least of several.

        The least of linear pieces is concave between knots, so joining its knots by lines never exceeds it.
        """
        knots, powers = _at_knots(series)
        return cls._through(knots, powers.min(axis=0))

    @classmethod
    def greatest(cls, *series: PowerSeries) -> PowerIntegral:
        """Integrate the greatest of several series.

        It is convex between knots, so joining its knots by lines never falls below it.
        """
        knots, powers = _at_knots(series)
        return cls._through(knots, powers.max(axis=0))

    @classmethod
    def _through(cls, knots: NDArray[np.float64], power: NDArray[np.float64]) -> PowerIntegral:
        steps = np.diff(knots) * (power[1:] + power[:-1]) / 2 / SECONDS_PER_HOUR
        return cls(knots, power, np.concatenate([[0.0], np.cumsum(steps)]))

    def up_to(self, time_s: ArrayLike) -> NDArray[np.float64]:
        """Return the energy in Wh from the first knot to each instant."""
        times = np.asarray(time_s, dtype=np.float64)
        index = np.clip(np.searchsorted(self.knots_s, times, side="right") - 1, 0, len(self.knots_s) - 1)
        at = np.interp(times, self.knots_s, self.power_w)
        partial = (times - self.knots_s[index]) * (self.power_w[index] + at) / 2 / SECONDS_PER_HOUR
        return np.asarray(self.energy_wh[index] + partial)

    def between(self, edges_s: ArrayLike) -> NDArray[np.float64]:
        """Return the energy in Wh of each cell between consecutive edges."""
        return np.diff(self.up_to(edges_s))


def _at_knots(series: tuple[PowerSeries, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return all knots and the power of each series there."""
    knots = np.array(sorted({float(t) for s in series for t in s.offset_s} | {0.0}))
    powers = [np.interp(knots, s.offset_s, s.power_w) if s.offset_s else np.zeros_like(knots) for s in series]
    return knots, np.array(powers)
