"""Solve a project: a genetic search finds a short schedule, the interval model proves it or improves on it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

import numpy as np
from malapert_core.jobs.stopping import Cancel, is_cancelled, stopping
from malapert_core.vocabulary.conflicts import Conflict
from malapert_core.vocabulary.solve_status import SolveStatus
from ortools.sat.python import cp_model

from malapert_scheduling.projects.conflict import minimal_conflict
from malapert_scheduling.projects.exact import ProjectModel, build_project, solver_of
from malapert_scheduling.projects.genetic import Island, Network, search
from malapert_scheduling.projects.greedy import first_schedule
from malapert_scheduling.projects.problem import Assignment, Project, faults, makespan

MOST_UNITS = 20_000
"""Beyond so many units of time, after division by their common divisor, decoding an order is too slow."""
FIRST_SHARE, PROOF_SHARE = 0.02, 0.35
FIRST_CHECK_SHARE = 0.2
"""Share of the time for the check whether mandatory tasks contradict each other, before optional ones are decided."""
LIGHT_S, RUN_GROWTH = 1.0, 4.0
"""Seconds of the first run, of a single worker with little presolve, and growth of the runs."""
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


@dataclass(frozen=True, slots=True)
class ProjectResult:
    """What came of a solve.

    ``objective`` is the latest end, or the value, of ``assignments``; ``bound`` what no schedule can better.
    ``conflict`` names mandatory tasks that were proven to contradict each other, where the status is INFEASIBLE;
    ``conflict_minimal`` says whether each was proven to be needed for that.
    """

    status: SolveStatus
    assignments: tuple[Assignment, ...]
    objective: int | None
    bound: float
    wall_s: float
    conflict: tuple[str, ...] = ()
    conflict_minimal: bool = False


@dataclass(slots=True)
class _Search:
    project: Project
    seed: int
    wall_limit_s: float
    workers: int
    cancel: Cancel | None
    on_progress: Callable[[int | None, float], None] | None
    began_s: float = field(default_factory=time.monotonic)
    best: tuple[Assignment, ...] | None = None
    bound: float = 0.0

    def wall_s(self) -> float:
        return time.monotonic() - self.began_s

    def left_s(self) -> float:
        return self.wall_limit_s - self.wall_s()

    def stopped(self) -> bool:
        """Return whether the caller asked to stop, or the time is over."""
        asked = is_cancelled(self.cancel)
        return asked or self.wall_s() >= self.wall_limit_s

    def objective(self) -> int | None:
        return None if self.best is None else self.worth(self.best)

    def worth(self, assignments: tuple[Assignment, ...]) -> int:
        """Return the latest end or the value of a schedule."""
        if self.project.shortest:
            return makespan(assignments)
        values = {task.task_id: task.value for task in self.project.tasks}
        return sum(values[a.task_id] for a in assignments)

    def offer(self, assignments: tuple[Assignment, ...]) -> None:
        """Keep a schedule that is better than the best."""
        worth, best = self.worth(assignments), self.objective()
        if best is None or (worth < best if self.project.shortest else worth > best):
            self.best = assignments
            if self.on_progress is not None:
                self.on_progress(worth, self.bound)

    def settled(self) -> bool:
        """Return whether the best schedule meets the bound."""
        objective = self.objective()
        if objective is None:
            return False
        return objective <= self.bound if self.project.shortest else objective >= self.bound


def solve_project(
    project: Project,
    *,
    seed: int = 1,
    wall_limit_s: float = 60.0,
    workers: int = 2,
    cancel: Cancel | None = None,
    on_progress: Callable[[int | None, float], None] | None = None,
) -> ProjectResult:
    """Solve a project.

    Parameters
    ----------
    seed
        Of the search. Where more than one worker or the wall time decides, two runs may differ.
    wall_limit_s
        When to stop.
    cancel
        A callable or event that stops the search; the best schedule so far is returned.
    on_progress
        Called with objective and bound at every better schedule.

    Raises
    ------
    ValueError
        Where the project's form is at fault, with every fault.
    """
    if found := faults(project):
        raise ValueError("; ".join(found))
    state = _Search(project, seed, wall_limit_s, workers, cancel, on_progress)
    islands = _islands(project, seed, workers)
    state.bound = float(_longest_path(project) if project.shortest else sum(task.value for task in project.tasks))
    if islands:
        _evolve(state, islands, FIRST_SHARE * wall_limit_s)
    elif (first := first_schedule(project, seed)) is not None:
        state.offer(first)
    if state.best is None and not all(task.mandatory for task in project.tasks):
        # What optional tasks could add is no use where the mandatory ones contradict each other.
        conflict = minimal_conflict(project, seed, state.left_s, state.stopped, first_share=FIRST_CHECK_SHARE)
        if conflict is not None:
            return _infeasible(state, conflict)
    proven = state.settled()
    status = cp_model.OPTIMAL if proven else _prove(state, PROOF_SHARE if islands else 1.0)
    if islands and status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE):
        _evolve(state, islands, wall_limit_s)
        status = cp_model.OPTIMAL if state.settled() else status
    return _result(state, status)


def _result(state: _Search, status: cp_model.CpSolverStatus) -> ProjectResult:
    if state.best is None:
        if status != cp_model.INFEASIBLE:
            return ProjectResult(SolveStatus.UNKNOWN, (), None, state.bound, state.wall_s())
        conflict = minimal_conflict(state.project, state.seed, state.left_s, state.stopped)
        mandatory = tuple(task.task_id for task in state.project.tasks if task.mandatory)
        return _infeasible(state, conflict or Conflict(mandatory, minimal=False))
    proven = status == cp_model.OPTIMAL or state.settled()
    objective = state.objective()
    if not proven or objective is None:
        return ProjectResult(SolveStatus.FEASIBLE, state.best, objective, state.bound, state.wall_s())
    return ProjectResult(SolveStatus.OPTIMAL, state.best, objective, float(objective), state.wall_s())


def _infeasible(state: _Search, found: Conflict) -> ProjectResult:
    wall_s = state.wall_s()
    return ProjectResult(SolveStatus.INFEASIBLE, (), None, state.bound, wall_s, found.names, found.minimal)


def _prove(state: _Search, share: float) -> cp_model.CpSolverStatus:
    """Prove the best schedule and improve on it by turns, each run four times as long as the one of its kind before.

    A single worker proves that none ends sooner: within a horizon that the best schedule just misses, domains, work and
    reservoirs say far more than within the first one, and many small projects are solved sooner than presolve in all
    its rounds takes. All workers improve: within a horizon that the best schedule just meets they start from it.
    """
    until_s, run_s = state.wall_s() + share * state.left_s(), LIGHT_S
    while True:
        for light in (True, False):
            status = _run(state, min(run_s, until_s - state.wall_s()), light=light)
            if status in (cp_model.OPTIMAL, cp_model.INFEASIBLE):
                return status if state.best is None else cp_model.OPTIMAL
            if state.settled() or state.stopped() or state.wall_s() >= until_s:
                return status
            if light:
                run_s = RUN_GROWTH * run_s if state.project.shortest else math.inf


def _run(state: _Search, wall_s: float, *, light: bool) -> cp_model.CpSolverStatus:
    objective, project = state.objective(), state.project
    if project.shortest and objective is not None:
        project = replace(project, horizon=min(project.horizon, objective - light))
    built = build_project(project)
    if state.best is not None:
        built.hint(state.best)
    if built.latest_end is not None:
        built.model.add(built.latest_end >= int(state.bound))
    solver = solver_of(state.seed, 1 if light else state.workers, wall_s, light=light)
    with stopping(solver.stop_search, state.stopped):
        status = solver.solve(built.model, _Watch(state, built))
    if status in FOUND:
        state.offer(built.assignments(solver))
    _take_bound(state, solver, status)
    return status


def _take_bound(state: _Search, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus) -> None:
    best, proved = state.objective(), solver.best_objective_bound
    if best is None:
        return
    if state.project.shortest and status in (*FOUND, cp_model.UNKNOWN):
        state.bound = max(state.bound, min(proved, float(best)))
    elif status in FOUND:
        state.bound = min(state.bound, proved)


class _Watch(cp_model.CpSolverSolutionCallback):
    def __init__(self, state: _Search, built: ProjectModel) -> None:
        super().__init__()
        self._state, self._built = state, built

    def on_solution_callback(self) -> None:
        if self._state.on_progress is not None:
            self._state.on_progress(round(self.objective_value), self.best_objective_bound)
        state, objective = self._state, round(self.objective_value)
        met = objective <= state.bound if state.project.shortest else objective >= state.bound
        if met or state.stopped():
            self.stop_search()


def _islands(project: Project, seed: int, workers: int) -> list[Island]:
    """Return populations for the genetic search, none where the project is more than orders of tasks decide."""
    if not project.shortest or project.reservoirs:
        return []
    if any(len(task.modes) != 1 or not task.mandatory or task.modes[0].windows for task in project.tasks):
        return []
    if any(link.min_lag or link.max_lag is not None for link in project.precedences):
        return []
    unit = _unit(project)
    durations = [task.modes[0].duration // unit for task in project.tasks]
    if sum(durations) > MOST_UNITS or sum(durations) * unit > project.horizon:
        return []
    index = {task.task_id: i for i, task in enumerate(project.tasks)}
    resources = list(project.capacities)
    demands = [[dict(task.modes[0].demands).get(r, 0) for r in resources] for task in project.tasks]
    if any(amount > project.capacities[r] for row in demands for r, amount in zip(resources, row, strict=True)):
        return []
    network = Network.of(
        durations,
        demands,
        [project.capacities[r] for r in resources],
        [(index[link.before], index[link.after]) for link in project.precedences],
    )
    return [Island(network, seed * 101 + i, sum(durations) + 1) for i in range(workers)]


def _unit(project: Project) -> int:
    return max(1, int(np.gcd.reduce([task.modes[0].duration for task in project.tasks])))


def _evolve(state: _Search, islands: list[Island], until_s: float) -> None:
    unit = _unit(state.project)

    def stop(best: int) -> bool:
        return state.wall_s() >= until_s or state.stopped() or best * unit <= state.bound

    _, starts = search(islands, stop)
    durations = [task.modes[0].duration for task in state.project.tasks]
    state.offer(
        tuple(
            Assignment(task.task_id, 0, (int(start) * unit, int(start) * unit + duration))
            for task, start, duration in zip(state.project.tasks, starts, durations, strict=True)
        )
    )


def _longest_path(project: Project) -> int:
    """Return the length of the longest way through the precedences: no schedule is shorter."""
    least = {task.task_id: min(mode.duration for mode in task.modes) for task in project.tasks if task.mandatory}
    before: dict[str, list[tuple[str, int]]] = {task_id: [] for task_id in least}
    for link in project.precedences:
        if link.before in least and link.after in least:
            before[link.after].append((link.before, link.min_lag))
    ends: dict[str, int] = {}
    for task_id in TopologicalSorter({t: [b for b, _ in links] for t, links in before.items()}).static_order():
        ends[task_id] = max([0, *(ends[b] + lag for b, lag in before[task_id])]) + least[task_id]
    return max(ends.values(), default=0)
