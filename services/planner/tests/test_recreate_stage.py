"""Ruin and recreate within a solve: the first valid plan comes early, and a cancelled solve does no further step."""

from __future__ import annotations

import random

import pytest
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.engine import SolveProgress
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.parameters import Pipeline, Recreate
from malapert_planner.solvers.solve import solve
from problem_factory import HOUR_S, make_activity, make_problem

DAY_S = 24 * HOUR_S


def _asking(count: int) -> PlanningProblem:
    """Ten days of one device, asked for by so many activities of four hours, the first of them mandatory."""
    rng = random.Random(count)
    activities = tuple(
        make_activity(
            f"a{n}", duration_s=4 * HOUR_S, value=rng.uniform(1.0, 5.0), resource_ids=("arm",), mandatory=n == 0
        )
        for n in range(count)
    )
    return make_problem(activities=activities, horizon_s=10 * DAY_S)


def test_a_plan_of_the_first_days_is_told_before_the_later_ones_are_decided() -> None:
    told: list[SolveProgress] = []
    solve(_asking(Recreate.MANY_CHAINS), work_limit=0.4, on_progress=told.append)
    objectives = [each.objective for each in told if each.stage == "construct" and each.objective is not None]
    assert len(objectives) >= 3
    assert objectives == sorted(objectives)
    assert objectives[0] < 0.6 * objectives[-1]


@pytest.mark.parametrize("count", [Pipeline.MOST_STRETCHED, Recreate.MANY_CHAINS])
def test_a_cancelled_solve_does_no_further_step(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = RuinRecreate.step

    def counted(search: RuinRecreate) -> bool:
        steps.append(len(steps))
        return step(search)

    monkeypatch.setattr(RuinRecreate, "step", counted)
    problem = _asking(count)
    result = solve(problem, work_limit=100.0, cancel=lambda: len(steps) >= 3)
    assert result.parameters["cancelled"] == "true"
    assert len(steps) == 3
    assert validate(problem, result.schedule).valid
