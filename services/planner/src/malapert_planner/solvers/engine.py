"""Runs of CP-SAT under limits of work and wall time that can be cancelled at any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from malapert_core.jobs.stopping import Cancel as Cancel
from malapert_core.jobs.stopping import is_cancelled, stopping
from ortools.sat.python import cp_model

from malapert_planner.solvers.parameters import Models


@dataclass(frozen=True, slots=True)
class SolveProgress:
    """Where a solve stands; objective and gap (relative to the bound) are None before the first valid schedule."""

    stage: str
    iteration: int
    objective: float | None
    bound: float
    gap: float | None
    work: float
    work_limit: float
    wall_s: float


@dataclass(slots=True)
class Engine:
    """Runs models one after another until work, wall time or patience end.

    ``work`` is CP-SAT's deterministic time and a charge for building: the only limit in a reproducible solve. The wall
    limit is a safety net;
    ``wall_cut`` says whether it ever cut a run, ``was_cut`` whether any limit cut the last one, before its own work was
    done.
    """

    seed: int
    work_limit: float
    wall_limit_s: float
    cancel: Cancel | None = None
    work: float = 0.0
    wall_cut: bool = False
    was_cut: bool = False
    began_s: float = field(default_factory=time.monotonic)

    def cancelled(self) -> bool:
        """Return whether the caller asked to stop."""
        return is_cancelled(self.cancel)

    def wall_s(self) -> float:
        """Return the wall time spent."""
        return time.monotonic() - self.began_s

    def exhausted(self) -> bool:
        """Return whether nothing more may be run."""
        if self.wall_s() >= self.wall_limit_s:
            self.wall_cut = True
        return self.wall_cut or self.work >= self.work_limit or self.cancelled()

    def run(
        self,
        model: cp_model.CpModel,
        work: float,
        seed_offset: int = 0,
        linear: bool = False,
        gap: float = 0.0,
        first: bool = False,
        on_solution: Callable[[float, float], None] | None = None,
    ) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        """Solve a model within ``work`` and what is left of the limits.

        ``linear`` adds the linear relaxation; within ``gap`` of its bound a solution is taken as optimal; ``first``
        stops at any solution.
        Presolve is kept light: on these models its later rounds cost more than the search that they save.
        """
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.linearization_level = 2 if linear else 0
        parameters.cp_model_probing_level = 0
        parameters.symmetry_level = 0
        parameters.find_big_linear_overlap = False
        parameters.max_presolve_iterations = 1
        parameters.random_seed = (self.seed * 7919 + seed_offset) % 2**31
        parameters.relative_gap_limit = gap
        parameters.stop_after_first_solution = first
        left = self.work_limit - self.work
        parameters.max_deterministic_time = max(1e-3, min(work, left))
        parameters.max_time_in_seconds = max(0.1, self.wall_limit_s - self.wall_s())
        callback = _Callback(on_solution) if on_solution else None
        if self.cancel is None:
            status = solver.solve(model, callback)
        else:
            with stopping(solver.stop_search, self.cancelled):
                status = solver.solve(model, callback)
        self.work += solver.deterministic_time + Models.WORK_PER_ROW * (
            len(model.proto.variables) + len(model.proto.constraints)
        )
        is_settled = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
        self.was_cut = not is_settled and (left < work or self.wall_s() >= self.wall_limit_s or self.cancelled())
        if not is_settled and self.wall_s() >= self.wall_limit_s:
            self.wall_cut = True
        return solver, status


class _Callback(cp_model.CpSolverSolutionCallback):
    def __init__(self, on_solution: Callable[[float, float], None]) -> None:
        super().__init__()
        self._on_solution = on_solution

    def on_solution_callback(self) -> None:
        self._on_solution(self.objective_value, self.best_objective_bound)
