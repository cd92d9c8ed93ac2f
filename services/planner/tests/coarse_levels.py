"""The coarse-time bound of a problem at several levels, and what holds between them and any valid plan."""

from __future__ import annotations

import math

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.bounds.cells import edges_between
from malapert_planner.solvers.bounds.demands import demands_of
from malapert_planner.solvers.bounds.linear_solver import dual_values
from malapert_planner.solvers.bounds.relaxation import coarse_program
from malapert_planner.solvers.bounds.safe_bound import safe_bound
from malapert_planner.solvers.instance.compiled import compile_problem
from ortools.util.python.solve_interrupter import SolveInterrupter
from problem_factory import HOUR_S

ROUNDING = 1e-9
DAY_S = 24 * HOUR_S
LEVELS = ((DAY_S, False), (6 * HOUR_S, False), (DAY_S, True), (6 * HOUR_S, True), (2 * HOUR_S, True))
"""Each refines those before it that have cells as wide, or no flow of places."""


def level_bounds(problem: PlanningProblem) -> list[float]:
    """The bound of each of the levels."""
    instance = compile_problem(problem)
    demands, found = demands_of(instance), []
    since_s = problem.baseline.frozen_until_s if problem.baseline else 0
    for width_s, with_flow in LEVELS:
        edges_s = edges_between(since_s, problem.horizon_s, width_s)
        program = coarse_program(instance, demands, edges_s, with_flow=with_flow)
        assert program is not None
        dual = dual_values(program, 5.0, SolveInterrupter())
        found.append(math.inf if dual is None else safe_bound(program, dual))
    return found


def check_bounds(problem: PlanningProblem, schedule: Schedule) -> None:
    """A valid plan is above none of the bounds, and a finer relaxation proves no less than a coarser one."""
    assert validate(problem, schedule).violations == ()
    worth, found = evaluate(problem, schedule).objective, level_bounds(problem)
    assert worth <= min(found) + ROUNDING * max(1.0, abs(worth))
    day, quarter, day_flow, quarter_flow, finest = found
    for finer, coarser in (
        (quarter, day),
        (day_flow, day),
        (quarter_flow, quarter),
        (quarter_flow, day_flow),
        (finest, quarter_flow),
    ):
        assert finer <= coarser + 1e-5 * max(1.0, abs(coarser)) or math.isinf(finer)
