"""Amounts without a common decimal unit: a schedule that the validator accepts is above no bound and no proof."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import CumulativeResource, Limit, LimitUse, Reservoir, ReservoirUse
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.instance.units import exact_unit
from malapert_planner.solvers.solve import solve
from problem_factory import HOUR_S, make_activity, make_problem

KINDS = ("limit", "cumulative", "reservoir")
ALL = Schedule(tuple(PlacedActivity(f"a{n}", "base", (0, HOUR_S)) for n in range(3)))


def three(kind: str, amount: float, capacity: float, *, mandatory: bool = False) -> PlanningProblem:
    """Three activities in the same hour that together take just what there is."""
    activities = tuple(make_activity(f"a{n}", windows=((0, HOUR_S),), mandatory=mandatory) for n in range(3))
    problem = make_problem(drives=(), activities=activities, metadata={"placeless": "true"})
    uses = tuple(LimitUse(each.activity_id, amount) for each in activities)
    if kind == "limit":
        return replace(problem, limits=(Limit("film", "Film", capacity, "1", uses),))
    if kind == "cumulative":
        return replace(problem, cumulative_resources=(CumulativeResource("crew", "Crew", capacity, "1", uses),))
    taken = tuple(ReservoirUse(each.activity_id, amount, 0.0) for each in activities)
    return replace(problem, reservoirs=(Reservoir("tank", "Tank", capacity, capacity, "kg", taken),))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("amount", "capacity"), [(1 / 3, 1.0), (2 / 7, 6 / 7), (0.1, 0.3)])
def test_fractions_are_counted_exactly(kind: str, amount: float, capacity: float) -> None:
    problem = three(kind, amount, capacity)
    assert validate(problem, ALL).violations == ()
    result = solve(problem, work_limit=1.0)
    assert (result.status, result.objective) == (SolveStatus.OPTIMAL, 30.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mandatory", [False, True])
def test_what_rounding_cuts_off_is_not_proven_away(kind: str, *, mandatory: bool) -> None:
    problem = three(kind, math.pi / 3, math.pi, mandatory=mandatory)
    assert validate(problem, ALL).violations == ()
    result = solve(problem, work_limit=1.0)
    assert result.bound >= 30.0
    assert result.status is (SolveStatus.UNKNOWN if mandatory else SolveStatus.FEASIBLE)


def test_a_unit_is_exact_or_none() -> None:
    assert exact_unit(1.0, (1 / 3, 0.25)) == 1 / 12
    assert exact_unit(6.0, (0.1, 2.0)) == 0.1
    assert exact_unit(math.pi, (1.0,)) is None
    assert exact_unit(1e12, (1.0,)) is None
    assert exact_unit(1.0, [1 / n for n in range(2, 1000)]) is None
