"""What even a full battery cannot do, against sums by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from malapert_planner.domain.explanation.endurance import missing_wh
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.resources import Battery
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_place, make_problem

DARK = make_place(generation=PowerSeries((0,), (0.0,)))
WATCH = make_activity(duration_s=4 * HOUR_S, power_w=100.0)
# Awake, 4 h at 150 W draw 600 Wh; from 1000 Wh down to the floor there are 500 Wh.
BATTERY = Battery(1000.0, 500.0, 1000.0, 0.0, 50.0, 10.0)
PROBLEM = make_problem(places=(DARK,), drives=(), activities=(WATCH,), battery=BATTERY)


def test_in_the_dark_the_sum_by_hand_is_missing() -> None:
    assert missing_wh(PROBLEM, WATCH, DARK, ((0, HORIZON_S),)) == pytest.approx(100.0)


def test_what_is_generated_in_the_best_span_counts() -> None:
    # 30 W from 2 h on; the last 4 h of 6 h gain 120 Wh.
    dawn = make_place(generation=PowerSeries((0, 2 * HOUR_S - 1, 2 * HOUR_S), (0.0, 0.0, 30.0)))
    assert missing_wh(PROBLEM, WATCH, dawn, ((0, HORIZON_S),)) == 0.0
    assert missing_wh(PROBLEM, WATCH, dawn, ((0, 4 * HOUR_S),)) == pytest.approx(40.0, abs=30.0 * 300 / 3600 + 0.01)


def test_it_is_never_planned_bounded_by_nothing_and_explained() -> None:
    result = solve(PROBLEM, work_limit=1.0)
    assert (result.status, result.objective) == (SolveStatus.OPTIMAL, 0.0)
    assert result.bound == pytest.approx(0.0, abs=1e-6)
    (reason,) = explain_unplanned(PROBLEM, result.schedule)
    assert (reason.reason, reason.blocking) == ("BATTERY", ("battery",))
    assert "awake for 4.0 h it draws 600 Wh" in reason.explanation
    assert "100 Wh short" in reason.explanation


def test_a_battery_just_large_enough_is_enough() -> None:
    ample = replace(PROBLEM, battery=replace(BATTERY, floor_wh=400.0))
    assert missing_wh(ample, WATCH, DARK, ((0, HORIZON_S),)) == 0.0
