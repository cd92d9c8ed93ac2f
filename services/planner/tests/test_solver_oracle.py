"""The solver's optimum on tiny problems against exhaustive search with the independent validator as judge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from coarse_levels import level_bounds
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import Validator, validate
from malapert_planner.solvers.solve import solve
from oracle_problems import GRID_S, PROBLEMS


def _routes(problem: PlanningProblem) -> Iterator[tuple[PlacedDrive, ...]]:
    """No drive, or one from the start at any grid instant."""
    yield ()
    for drive in problem.drives:
        for start in range(0, problem.horizon_s - drive.duration_s + 1, GRID_S):
            yield (PlacedDrive(drive.from_place_id, drive.to_place_id, (start, start + drive.duration_s)),)


def _contacts(problem: PlanningProblem) -> Iterator[tuple[PlacedContact, ...]]:
    """No contact, or one in any window between any two grid instants."""
    yield ()
    for window in problem.contact_windows:
        for start in range(window.span[0], window.span[1], GRID_S):
            for end in range(start + GRID_S, window.span[1] + 1, GRID_S):
                yield (PlacedContact(window.station_id, window.place_id, window.window_id, (start, end)),)


def _placements(problem: PlanningProblem, route: tuple[PlacedDrive, ...]) -> Iterator[tuple[PlacedActivity, ...]]:
    def options(duration_s: int) -> list[tuple[str, tuple[int, int]] | None]:
        placed: list[tuple[str, tuple[int, int]] | None] = [None]
        for start in range(0, problem.horizon_s - duration_s + 1, GRID_S):
            at = route[0].to_place_id if route and start >= route[0].span[1] else problem.start_place_id
            placed.append((at, (start, start + duration_s)))
        return placed

    for choice in product(*(options(a.duration_s) for a in problem.activities)):
        chosen = zip(problem.activities, choice, strict=True)
        yield tuple(PlacedActivity(a.activity_id, *where) for a, where in chosen if where is not None)


def exhaustive_optimum(problem: PlanningProblem) -> float:
    """The best objective over every schedule with at most one drive and one contact, all on the grid."""
    best, validator = float("-inf"), Validator(problem)
    for route in _routes(problem):
        contacts = list(_contacts(problem))
        for activities in _placements(problem, route):
            for contact in contacts:
                schedule = Schedule(tuple(sorted(activities, key=lambda a: (a.span, a.activity_id))), route, contact)
                objective = evaluate(problem, schedule).objective
                if objective > best and validator.report(schedule, with_profiles=False).valid:
                    best = objective
    return best


@pytest.mark.parametrize("name", PROBLEMS)
def test_reaches_the_exhaustive_optimum(name: str) -> None:
    problem = PROBLEMS[name]
    result = solve(problem, seed=1, work_limit=2.0)
    assert validate(problem, result.schedule).violations == ()
    optimum = exhaustive_optimum(problem)
    assert result.objective == pytest.approx(optimum, abs=1e-6)
    assert result.bound >= result.objective
    assert min(level_bounds(problem)) >= optimum - 1e-9
    assert result.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE)
