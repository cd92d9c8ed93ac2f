"""Endurance of the battery through an activity, from full charge: a bound that no schedule can exceed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.places import Place, PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span

STEP_S = 600
"""Step between the starts that are tried, seconds; the best start lies at most half of it from one that is tried."""
RELATIVE_ROUNDING = 1e-9
"""Share of the capacity that may be missing by rounding alone: a battery that lasts exactly lasts."""


def missing_wh(problem: PlanningProblem, activity: Activity, place: Place, spans: Iterable[Span]) -> float:
    """Return by how much a full battery is too small for an activity at a place, in Wh; 0 where it suffices.

    Compared are the energy drawn, awake, over the activity and the most that is generated during it, over every start
    in the spans in which it may be under way, on or off any grid: the greatest energy is never underestimated.

    Parameters
    ----------
    spans
        Where the activity may be under way.
    """
    battery = problem.battery
    drawn_wh = (activity.power_w + battery.awake_load_w) * activity.duration_s / 3600
    usable_wh = battery.capacity_wh - battery.floor_wh
    rounding_wh = RELATIVE_ROUNDING * battery.capacity_wh
    if drawn_wh <= usable_wh + rounding_wh:
        return 0.0
    best_wh = max((_most_wh(place.generation, span, activity.duration_s) for span in spans), default=math.inf)
    missing_wh = drawn_wh - usable_wh - best_wh
    return missing_wh if missing_wh > rounding_wh else 0.0


def _most_wh(series: PowerSeries, span: Span, duration_s: int) -> float:
    last_s = span[1] - duration_s
    if last_s < span[0]:
        return 0.0
    starts = np.append(np.arange(span[0], last_s, STEP_S, dtype=np.float64), float(last_s))
    knots = np.unique(np.concatenate([np.asarray(series.offset_s, dtype=np.float64), starts, starts + duration_s]))
    power = np.interp(knots, series.offset_s, series.power_w)
    energy = np.concatenate([[0.0], np.cumsum(np.diff(knots) * (power[1:] + power[:-1]) / 7200)])
    gained: NDArray[np.float64] = np.interp(starts + duration_s, knots, energy) - np.interp(starts, knots, energy)
    # Moving a window by half a step changes its energy by no more than the peak power over that time.
    return float(gained.max()) + max(series.power_w) * (STEP_S / 2) / 3600
