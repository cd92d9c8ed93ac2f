"""A longer search continues a shorter one: what that found comes first in it, so it ends no worse."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.engine import Engine, SolveProgress
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.search import OnProgress, Search
from malapert_planner.solvers.lns.stage import RecreateStage
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.solve import improve, solve
from malapert_planner.solvers.state.incumbent import Incumbent
from problem_factory import HOUR_S, make_activity, make_place, make_problem, make_window

DAY_S = 24 * HOUR_S


def _problem(seed: int) -> PlanningProblem:
    """Requests for two places and two devices, of which two thirds may fit, one of them mandatory."""
    rng = random.Random(seed)
    activities = tuple(
        make_activity(
            f"a{n}",
            value=rng.uniform(1.0, 5.0),
            duration_s=900 * rng.randint(2, 12),
            resource_ids=(rng.choice(("arm", "camera")),),
            place_ids=(rng.choice(("base", "ridge")),),
            data_bit=1e6,
            mandatory=n == 0,
        )
        for n in range(Recreate.FEWEST_CHAINS + 8)
    )
    windows = tuple(make_window(f"w{place}", place_id=place, span=(0, DAY_S)) for place in ("base", "ridge"))
    problem = make_problem(horizon_s=DAY_S, activities=activities, contact_windows=windows)
    return replace(problem, places=(make_place("base", power_w=150.0), make_place("ridge", power_w=300.0)))


def _found(limit: float, search: Callable[[float, OnProgress], float]) -> list[float]:
    """Objectives of the schedules found one after another, each better than the one before."""
    told: list[float] = []

    def listen(progress: SolveProgress) -> None:
        if progress.objective is not None and (not told or progress.objective > told[-1]):
            told.append(progress.objective)

    assert search(limit, listen) == pytest.approx(told[-1])
    return told


def test_a_longer_limit_continues_a_solve() -> None:
    problem = _problem(0)

    def search(limit: float, listen: OnProgress) -> float:
        result = solve(problem, seed=3, work_limit=limit, on_progress=listen)
        assert validate(problem, result.schedule).valid
        return result.objective

    shorter, longer = (_found(limit, search) for limit in (0.2, 0.6))
    assert longer[: len(shorter)] == shorter


@pytest.mark.parametrize("seed", range(2))
def test_a_longer_limit_continues_improvements(seed: int) -> None:
    problem = _problem(seed)
    instance = compile_problem(problem)
    stages = set[str]()

    def search(limit: float, listen: OnProgress) -> float:
        def told(progress: SolveProgress) -> None:
            stages.add(progress.stage)
            listen(progress)

        run = Search(instance, Engine(1, limit, math.inf), told, Incumbent(instance, Schedule()))
        improve(run, random.Random(seed), RecreateStage(run, seed))
        assert {v.rule_id for v in validate(problem, run.best.schedule).violations} <= {"MANDATORY"}
        return run.objective

    shorter, longer = (_found(limit, search) for limit in (0.9, 1.8))
    assert longer[: len(shorter)] == shorter
    assert "ruin and recreate" in stages
