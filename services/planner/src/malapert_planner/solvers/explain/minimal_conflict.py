"""Why mandatory requests cannot all be planned: a smallest set of them that contradicts itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from malapert_core.vocabulary.conflicts import RAN_OUT, Conflict, Verdict, filtered
from ortools.sat.python import cp_model

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bounds.interval_relaxation import relax
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.units import counts_exactly
from malapert_planner.solvers.lns.neighbourhoods import whole
from malapert_planner.solvers.model.scope_model import build_model
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.incumbent import Incumbent

Built = TypeVar("Built")
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def search_wall_s(problem: PlanningProblem, wall_limit_s: float) -> float:
    """Return the wall time of a search without a schedule: where some is mandatory, a share is left to say why."""
    return wall_limit_s * (1 - Explanation.WALL_SHARE) if any(a.mandatory for a in problem.activities) else wall_limit_s


def unplannable(instance: Instance, engine: Engine, wall_limit_s: float) -> tuple[SolveStatus, tuple[str, ...], bool]:
    """Return how a search without a schedule ended, a conflict and whether it is minimal, within what is left of time.

    Without a name INFEASIBLE means that no request is at fault: even without any a limit is broken.
    """
    own = Engine(engine.seed, math.inf, wall_limit_s - engine.wall_s(), engine.cancel)
    found = minimal_conflict(instance, own)
    engine.wall_cut |= own.wall_cut
    if found is None:
        return SolveStatus.UNKNOWN, (), False
    return SolveStatus.INFEASIBLE, found.names, found.minimal


def minimal_conflict(instance: Instance, engine: Engine) -> Conflict | None:
    """Return a set of mandatory requests that were proven to contradict each other, by a deletion filter.

    First the relaxation is asked, whose contradictions need no grid; then the model of the whole horizon, which says
    whether what is left can be planned without each of them, or contradicts itself where the relaxation sees nothing.
    None means that no contradiction was proven within the limits of the engine. Each check has so much work of its own,
    for the answer is owed even where a search has spent its work.
    """
    search = _ConflictSearch(instance, engine)
    names = tuple(sorted({chain.request_id for chain in instance.chains if chain.mandatory}))
    checks = [search.relaxed] if instance.problem.is_placeless else [search.relaxed, search.planned]
    for index, check in enumerate(checks):
        verdict = check(frozenset(names))
        if verdict.core is None:
            continue
        if check(frozenset()).core is not None:
            return Conflict((), minimal=True)
        found = filtered([name for name in names if name in verdict.core], check, search.stopped)
        for finer in checks[index + 1 :]:
            found = filtered(found.names, finer, search.stopped)
        return found
    return None


@dataclass(slots=True)
class _ConflictSearch:
    """Checks under the limits of an engine; none begins that could not be built before the wall limit."""

    instance: Instance
    engine: Engine
    longest_build_s: float = 0.0

    def stopped(self) -> bool:
        left_s = self.engine.wall_limit_s - self.engine.wall_s()
        if left_s <= self.longest_build_s:
            self.engine.wall_cut = True
        return self.engine.wall_cut or self.engine.cancelled()

    def relaxed(self, names: frozenset[str]) -> Verdict:
        """Hold names against the relaxation; only without places or rounded amounts is what it admits a schedule."""
        if self.stopped():
            return RAN_OUT
        exact = self.instance.problem.is_placeless and counts_exactly(self.instance.problem)
        relaxation = self._built(lambda: relax(self.instance.problem, names, exact=exact))
        relaxation.model.clear_objective()  # type: ignore[no-untyped-call]
        relaxation.model.add_assumptions(list(relaxation.assumptions.values()))
        solver, status = self._run(relaxation.model)
        if status == cp_model.INFEASIBLE:
            named = {literal.index: name for name, literal in relaxation.assumptions.items()}
            core = {named[i] for i in solver.sufficient_assumptions_for_infeasibility() if i in named}
            return Verdict(core=frozenset(core) or names)
        return Verdict(possible=exact and status in FOUND)

    def planned(self, names: frozenset[str]) -> Verdict:
        """Hold names against the model of the whole horizon, whose solutions are schedules."""
        if self.stopped():
            return RAN_OUT
        incumbent = Incumbent(self.instance, Schedule())
        scope = whole(incumbent, names)
        model = self._built(lambda: build_model(self.instance, scope).model)
        model.clear_objective()  # type: ignore[no-untyped-call]
        _, status = self._run(model)
        # Wide cells ask for more than the rules do: a contradiction there proves nothing.
        if status == cp_model.INFEASIBLE and scope.cells == incumbent.cells:
            return Verdict(core=names)
        return Verdict(possible=status in FOUND)

    def _built(self, build: Callable[[], Built]) -> Built:
        began_s = time.monotonic()
        built = build()
        self.longest_build_s = max(self.longest_build_s, time.monotonic() - began_s)
        return built

    def _run(self, model: cp_model.CpModel) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        left_s = self.engine.wall_limit_s - self.engine.wall_s()
        own = Engine(self.engine.seed, Explanation.WORK_PER_CHECK, left_s, self.engine.cancel)
        solver, status = own.run(model, Explanation.WORK_PER_CHECK)
        self.engine.wall_cut |= own.wall_cut
        return solver, status
