"""Why mandatory requests cannot all be planned: a minimal set of them."""

from __future__ import annotations

from ortools.sat.python import cp_model

from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bound import relax
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.incumbent import Incumbent
from malapert_planner.solvers.instance import Instance
from malapert_planner.solvers.model import build_model
from malapert_planner.solvers.neighbourhoods import whole

WORK_PER_CHECK = 2.0


def minimal_conflict(instance: Instance, engine: Engine) -> tuple[str, ...] | None:
    """Return a minimal set of mandatory requests that contradict each other, by a deletion filter.

    A request is taken out of the set if the rest still cannot be planned. First the relaxation is asked, whose answer
    needs no grid; where it sees no contradiction, the model of the whole horizon on the finest grid is. Empty means
    that no request is at fault: even without any a limit is broken. None means that no contradiction was shown.
    """
    requests = sorted({chain.request_id for chain in instance.chains if chain.mandatory})
    checks = (_relaxed_contradicts,) if instance.problem.is_placeless else (_relaxed_contradicts, _contradicts)
    for contradicts in checks:
        if contradicts(instance, engine, frozenset()):
            return ()
        if contradicts(instance, engine, frozenset(requests)):
            kept = list(requests)
            for request in requests:
                fewer = frozenset(kept) - {request}
                if contradicts(instance, engine, fewer):
                    kept.remove(request)
            return tuple(kept)
    return None


def _relaxed_contradicts(instance: Instance, engine: Engine, requests: frozenset[str]) -> bool:
    relaxation = relax(instance.problem, requests, exact=instance.problem.is_placeless)
    relaxation.model.clear_objective()  # type: ignore[no-untyped-call]
    for assumption in relaxation.assumptions.values():
        relaxation.model.add(assumption == 1)
    _, status = _check(relaxation.model, engine)
    return status == cp_model.INFEASIBLE


def _contradicts(instance: Instance, engine: Engine, requests: frozenset[str]) -> bool:
    incumbent = Incumbent(instance, Schedule())
    scope = whole(incumbent, requests)
    if scope.cells != incumbent.cells:
        return False  # Wide cells ask for more than the rules do: they prove nothing.
    model = build_model(instance, scope).model
    model.clear_objective()  # type: ignore[no-untyped-call]
    _, status = _check(model, engine)
    return status == cp_model.INFEASIBLE


def _check(model: cp_model.CpModel, engine: Engine) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
    """Run a check with work of its own: the answer is owed even where the search has spent its work."""
    own = Engine(engine.seed, WORK_PER_CHECK, max(1.0, engine.wall_limit_s / 4), engine.cancel)
    return own.run(model, WORK_PER_CHECK)
