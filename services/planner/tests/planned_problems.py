"""What every plan of a problem must be, by the validator and by the referee of the tests."""

from __future__ import annotations

from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.solve import solve
from schedule_oracle import is_valid


def assert_planned_validly(problem: PlanningProblem, seed: int, work_limit: float = 0.5) -> None:
    """Solve a problem; a schedule, if there is one, keeps every rule to both, and its bound is none too low."""
    assert check_problem(problem) == ()
    result = solve(problem, seed=seed, work_limit=work_limit)
    if result.status not in (SolveStatus.INFEASIBLE, SolveStatus.UNKNOWN):
        assert validate(problem, result.schedule).violations == ()
        assert is_valid(problem, result.schedule)
        assert result.bound >= result.objective
