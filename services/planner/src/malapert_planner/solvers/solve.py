"""Solve a planning problem: construct from left to right, improve by large neighbourhoods, bound by a relaxation."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

from ortools.sat.python import cp_model

from malapert_planner.domain.objective import evaluate
from malapert_planner.domain.problem import PlanningProblem, Span
from malapert_planner.domain.schedule import Schedule, SolveResult, SolveStatus
from malapert_planner.solvers.bound import upper_bound
from malapert_planner.solvers.conflict import minimal_conflict
from malapert_planner.solvers.engine import Cancel, Engine, SolveProgress
from malapert_planner.solvers.excursions import Excursion, excursions, insertion
from malapert_planner.solvers.incumbent import Incumbent
from malapert_planner.solvers.instance import Instance, compile_problem
from malapert_planner.solvers.model import build_model
from malapert_planner.solvers.neighbourhoods import COARSE_CELLS, next_neighbourhood, window
from malapert_planner.solvers.scope import Scope

RELATIVE_GAP = 1e-6
FIRST_SHARE = 0.2
FILL_SHARE = 0.6
"""So much of the work may be spent when filling ends, before construction and after it."""
LEAST_SHARE = 1e-3
"""Filling ends where less than this share of all value waits anywhere."""
LEAST_WORK = 0.1
MANDATORY_VALUE = 1e6
SOLVER = "malapert-cp-sat 1"
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)
"""Statuses that come with a solution."""

OnProgress = Callable[[SolveProgress], None]


@dataclass
class _Search:
    """A solve under way: the best schedule so far and the bound.

    ``settled``: the model of the whole horizon on the finest grid was solved to its optimum; nothing is left to do.
    """

    instance: Instance
    engine: Engine
    on_progress: OnProgress | None
    best: Incumbent
    objective: float = field(init=False)
    bound: float = field(init=False)
    iteration: int = 0
    settled: bool = False

    def __post_init__(self) -> None:
        self.objective = self._worth(self.best)
        self.bound = float("inf")

    def _worth(self, incumbent: Incumbent) -> float:
        return evaluate(self.instance.problem, incumbent.schedule).objective

    def missing(self, incumbent: Incumbent) -> int:
        """Return how many mandatory chains a schedule lacks."""
        return sum(c.mandatory and c.index not in incumbent.chains for c in self.instance.chains)

    def feasible(self) -> bool:
        """Return whether the best schedule keeps every limit and has every mandatory chain."""
        return not self.missing(self.best) and self.best.keeps_limits()

    def report(self, stage: str) -> None:
        """Report progress; an objective only once the schedule is valid."""
        if self.on_progress is None:
            return
        engine, valid = self.engine, self.feasible()
        gap = (self.bound - self.objective) / max(1e-9, abs(self.bound)) if valid else None
        self.on_progress(
            SolveProgress(
                stage=stage,
                iteration=self.iteration,
                objective=self.objective if valid else None,
                bound=self.bound,
                gap=gap,
                work=engine.work,
                work_limit=engine.work_limit,
                wall_s=engine.wall_s(),
            )
        )

    def improve(self, scope: Scope, work: float, stage: str, *, linear: bool = False) -> None:
        """Decide a scope anew and keep what is better."""
        self.iteration += 1
        whole = scope.span == (0, self.instance.problem.horizon_s) and scope.route is None
        model = build_model(self.instance, scope)
        solver, status = self.engine.run(model.model, work, self.iteration, linear=linear)
        if status in FOUND:
            candidate = self.best.replaced(scope, model.schedule(solver))
            self._accept(candidate, stage)
        if status == cp_model.OPTIMAL and whole and scope.cells == self.best.cells:
            self.settled = True

    def _accept(self, candidate: Incumbent, stage: str) -> None:
        objective = self._worth(candidate)
        mended = candidate.keeps_limits() and not self.best.keeps_limits()
        rank = (-self.missing(candidate), objective)
        best = (-self.missing(self.best), self.objective)
        if mended or rank > best or (rank == best and len(candidate.schedule.drives) <= len(self.best.schedule.drives)):
            better = mended or rank > best
            self.best, self.objective = candidate, objective
            if better:
                self.report(stage)

    def finished(self) -> bool:
        """Return whether there is nothing left to do or nothing left to do it with."""
        return self.engine.exhausted() or self.settled or self.proven()

    def proven(self) -> bool:
        """Return whether the best schedule meets the bound."""
        return self.feasible() and self.bound - self.objective <= RELATIVE_GAP * max(1.0, abs(self.objective))


def solve(
    problem: PlanningProblem,
    *,
    seed: int = 1,
    work_limit: float = 60.0,
    wall_limit_s: float = 600.0,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
) -> SolveResult:
    """Solve a planning problem.

    Parameters
    ----------
    problem
        The problem; its own form is taken as sound.
    seed, work_limit
        With the problem they determine the result, byte for byte. ``work_limit`` is CP-SAT's deterministic time.
    wall_limit_s
        A safety net in seconds. Where it cut, ``parameters["wall_cut"]`` is "true" and another run may differ.
    on_progress
        Called in the solving thread at every better schedule.
    cancel
        A callable or event; the search stops within a fraction of a second and the best schedule so far is returned.

    Returns
    -------
    SolveResult
        FEASIBLE or OPTIMAL with a schedule that keeps every rule, INFEASIBLE with the conflict's request ids where a
        contradiction was proven, UNKNOWN where the limits came before either.
    """
    instance = compile_problem(problem)
    engine = Engine(seed, work_limit, wall_limit_s, cancel)
    search = _Search(instance, engine, on_progress, Incumbent(instance, Schedule()))
    search.bound = upper_bound(instance, engine, work_limit / 8)
    search.report("bound")
    _fill(search, FIRST_SHARE, until_feasible=True)
    _construct(search)
    _fill(search, FILL_SHARE)
    _improve(search, random.Random(seed))
    return _result(search, seed, wall_limit_s)


def _fill(search: _Search, share: float, *, until_feasible: bool = False) -> None:
    """Insert unplanned chains place by place, each time where most value waits; what failed there counts for half."""
    engine, tries = search.engine, Counter[tuple[str, int]]()
    values = {c.index: MANDATORY_VALUE if c.mandatory else c.value for c in search.instance.chains}
    least = LEAST_SHARE * sum(c.value for c in search.instance.chains)
    seen: dict[tuple[str, Span], frozenset[int]] = {}
    while not (search.finished() or engine.work >= share * engine.work_limit or (until_feasible and search.feasible())):

        def waiting(excursion: Excursion) -> float:
            if excursion.chains <= seen.get((excursion.place_id, excursion.span), frozenset()):
                return 0.0
            return sum(values[i] * 0.5 ** tries[excursion.place_id, i] for i in sorted(excursion.chains))

        excursion = max(excursions(search.best), key=waiting, default=None)
        if excursion is None or waiting(excursion) <= least:
            break
        work = max(LEAST_WORK, engine.work_limit / 75)
        search.improve(insertion(search.best, excursion), work, "insert")
        tries.update((excursion.place_id, i) for i in excursion.chains)
        key = (excursion.place_id, excursion.span)
        seen[key] = seen.get(key, frozenset()) | excursion.chains
    search.report("construct")


def _construct(search: _Search) -> None:
    """Decide one stretch after another, each overlapping the one before by a fifth."""
    problem = search.instance.problem
    cells = COARSE_CELLS
    length = max(problem.horizon_s // 10, problem.resolution_s * cells)
    start = 0
    while start < problem.horizon_s and not search.finished():
        end = min(problem.horizon_s, start + length)
        budget = search.engine.work_limit / 3 * (end - start) / problem.horizon_s
        search.improve(window(search.best, (start, end), cells), budget, "construct")
        start = end if end == problem.horizon_s else start + length * 4 // 5
    search.report("construct")


def _improve(search: _Search, rng: random.Random) -> None:
    while not search.finished():
        neighbourhood = next_neighbourhood(search.best, rng)
        search.improve(
            neighbourhood.scope,
            max(LEAST_WORK, search.engine.work_limit / 60),
            neighbourhood.kind,
            linear=rng.random() < 0.3,
        )
    search.report("done")


def _result(search: _Search, seed: int, wall_limit_s: float) -> SolveResult:
    engine = search.engine
    parameters = {
        "solver": SOLVER,
        "ortools": version("ortools"),
        "seed": str(seed),
        "work_limit": str(engine.work_limit),
        "wall_limit_s": str(wall_limit_s),
        "wall_cut": str(engine.wall_cut).lower(),
        "cancelled": str(engine.cancelled()).lower(),
    }
    if not search.feasible():
        conflict = minimal_conflict(search.instance, engine)
        failed = SolveStatus.UNKNOWN if conflict is None else SolveStatus.INFEASIBLE
        return SolveResult(failed, Schedule(), 0.0, search.bound, engine.work, parameters, conflict or ())
    status = SolveStatus.OPTIMAL if search.proven() else SolveStatus.FEASIBLE
    bound = max(search.bound, search.objective)
    return SolveResult(status, search.best.schedule, search.objective, bound, engine.work, parameters)
