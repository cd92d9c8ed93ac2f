"""The search's own objective and reservoir levels, held against the validator's, of which they share nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from malapert_planner.domain.problem.problem import Baseline, Objective
from malapert_planner.domain.problem.resources import Reservoir, ReservoirUse
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.simulation.reservoirs import reservoir_levels
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.solvers.instance.score import score
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.reservoir_range import reservoir_range
from problem_factory import random_problem, random_schedule

WEIGHTS = Objective(contact_cost_weight=0.7, fairness_weight=11.0, latency_weight_per_gb_d=3.0)


@pytest.mark.parametrize("seed", range(16))
def test_both_objectives_agree_on_solved_and_on_half_emptied_schedules(seed: int) -> None:
    problem = replace(random_problem(seed), objective=WEIGHTS)
    found = solve(problem, seed=seed, work_limit=0.05).schedule
    emptied = replace(found, activities=found.activities[::2], contacts=found.contacts[1:])
    for schedule in (Schedule(), found, emptied):
        assert score(problem, schedule) == pytest.approx(evaluate(problem, schedule).objective, abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_both_objectives_agree_on_replans(seed: int) -> None:
    problem = replace(random_problem(seed), objective=WEIGHTS)
    before = solve(problem, seed=seed, work_limit=0.05).schedule
    baseline = Baseline(before, Schedule(), problem.horizon_s // 3, problem.horizon_s // 3, 0.4, 2.5)
    again = replace(problem, baseline=baseline)
    for schedule in (before, solve(problem, seed=seed + 1, work_limit=0.05).schedule):
        assert score(again, schedule) == pytest.approx(evaluate(again, schedule).objective, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_reservoirs_range_is_that_of_its_levels(seed: int) -> None:
    problem = random_problem(seed)
    placed = random_schedule(problem, seed).activities
    uses = tuple(
        ReservoirUse(activity.activity_id, consumed=1.5 * (number % 3), produced=0.5 * (number % 4))
        for number, activity in enumerate(problem.activities)
    )
    reservoir = Reservoir("water", "Water", 9.0, 4.0, "kg", uses)
    levels = reservoir_levels(reservoir, placed)
    lowest, highest = reservoir_range(reservoir, placed)
    assert lowest == pytest.approx(min(level.least for level in levels), abs=1e-12)
    assert highest == pytest.approx(max(level.most for level in levels), abs=1e-12)


def test_an_untouched_reservoir_stays_as_it_is() -> None:
    reservoir = Reservoir("water", "Water", 9.0, 4.0, "kg", ())
    assert reservoir_range(reservoir, (PlacedActivity("a", "base", (0, 60)),)) == (4.0, 4.0)
