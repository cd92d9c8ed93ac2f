"""Solve a problem without places: one interval model of all of it; its solutions are plans.

Its bound is one of all plans where no amount is rounded in it; else that of a model whose amounts are rounded down is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.solvers.bounds.interval_relaxation import Relaxation, relax, trivial_bound, upper_bound
from malapert_planner.solvers.engine import Cancel, Engine, SolveProgress
from malapert_planner.solvers.explain.minimal_conflict import search_wall_s, unplannable
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.score import score
from malapert_planner.solvers.instance.units import counts_exactly
from malapert_planner.solvers.lns.search import FOUND, RELATIVE_GAP, OnProgress, parameters_of
from malapert_planner.solvers.model.objective import starts_before
from malapert_planner.solvers.parameters import Models


def solve_placeless(
    problem: PlanningProblem,
    *,
    only: frozenset[str] | None = None,
    seed: int,
    work_limit: float,
    wall_limit_s: float,
    on_progress: OnProgress | None,
    cancel: Cancel | None,
) -> SolveResult:
    """Solve a problem without places, or replan it where it has a baseline.

    Parameters
    ----------
    only
        Activities that may be planned; all, where it is None.
    seed, work_limit, wall_limit_s, on_progress, cancel
        As of :func:`malapert_planner.solvers.solve.solve`.
    """
    engine = Engine(seed, work_limit, search_wall_s(problem, wall_limit_s), cancel)
    relaxation = relax(problem, exact=True)
    for assumption in relaxation.assumptions.values():
        relaxation.model.add(assumption == 1)
    if problem.baseline is not None:
        _keep(relaxation, problem.baseline, only)
    told = _teller(relaxation, engine, on_progress)
    solver, status = engine.run(relaxation.model, Models.LINEAR_SHARE * work_limit, linear=True, on_solution=told)
    exact = counts_exactly(problem)
    bound = _bound(relaxation, solver, status) if exact else _rounded_bound(relaxation, engine)
    best = _schedule(relaxation, solver) if status in FOUND else None
    if best is not None:
        engine.wall_limit_s = wall_limit_s
    if status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE) and not engine.exhausted():
        if best is not None:
            _hint(relaxation, solver)
        solver, status = engine.run(relaxation.model, work_limit, 1, on_solution=told)
        if exact:
            bound = min(bound, _bound(relaxation, solver, status))
        best = _schedule(relaxation, solver) if status in FOUND else best
    if best is None:
        failed, conflict, minimal = unplannable(relaxation.instance, engine, wall_limit_s)
        parameters = parameters_of(engine, seed, wall_limit_s)
        return SolveResult(failed, Schedule(), 0.0, bound, engine.work, parameters, conflict, minimal)
    parameters = parameters_of(engine, seed, wall_limit_s)
    objective = score(problem, best)
    proven = (exact and status == cp_model.OPTIMAL) or bound - objective <= RELATIVE_GAP * max(1.0, abs(objective))
    found = SolveStatus.OPTIMAL if proven else SolveStatus.FEASIBLE
    return SolveResult(found, best, objective, max(bound, objective), engine.work, parameters)


def _bound(relaxation: Relaxation, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus) -> float:
    trivial = trivial_bound(relaxation.instance)
    if status not in (*FOUND, cp_model.UNKNOWN) or not math.isfinite(solver.best_objective_bound):
        return trivial
    slack = len(relaxation.chains) + 2
    proved = (solver.best_objective_bound + slack) / relaxation.units.value_scale
    return min(trivial, proved) if status in FOUND or proved > 0 else trivial


def _rounded_bound(relaxation: Relaxation, engine: Engine) -> float:
    """Return a bound on plans that the model cuts off because amounts are rounded up in it."""
    if engine.exhausted():
        return trivial_bound(relaxation.instance)
    return upper_bound(relaxation.instance, engine, Models.ROUNDED_SHARE * engine.work_limit)


def _teller(
    relaxation: Relaxation, engine: Engine, on_progress: OnProgress | None
) -> Callable[[float, float], None] | None:
    if on_progress is None:
        return None
    scale = relaxation.units.value_scale

    def told(objective: float, bound: float) -> None:
        gap = (bound - objective) / max(1e-9, abs(bound))
        on_progress(
            SolveProgress(
                "solve", 0, objective / scale, bound / scale, gap, engine.work, engine.work_limit, engine.wall_s()
            )
        )

    return told


def _schedule(relaxation: Relaxation, solver: cp_model.CpSolver) -> Schedule:
    place_id = relaxation.instance.problem.start_place_id
    placed = [
        PlacedActivity(step.activity.activity_id, place_id, step.span(solver.value(start)))
        for relaxed in relaxation.chains.values()
        if solver.boolean_value(relaxed.planned)
        for block, start in zip(relaxed.chain.blocks, relaxed.starts, strict=True)
        for step in block.steps
    ]
    return Schedule(activities=tuple(sorted(placed, key=lambda item: (item.span, item.activity_id))))


def _hint(relaxation: Relaxation, solver: cp_model.CpSolver) -> None:
    for relaxed in relaxation.chains.values():
        relaxation.model.add_hint(relaxed.planned, solver.boolean_value(relaxed.planned))
        for start in relaxed.starts:
            relaxation.model.add_hint(start, solver.value(start))


def _keep(relaxation: Relaxation, baseline: Baseline, only: frozenset[str] | None) -> None:
    """Keep what is not frozen after its end, leave out what may not be planned, and let changes cost."""
    model, units = relaxation.model, relaxation.units
    starts = starts_before(relaxation.instance, baseline)
    frozen = {placed.activity_id for placed in baseline.frozen.activities}
    terms = []
    for index, relaxed in relaxation.chains.items():
        ids = [activity.activity_id for activity in relaxed.chain.activities]
        if frozen.issuperset(ids):
            continue
        first = relaxed.starts[0]
        if not frozen.intersection(ids):
            model.add(first >= baseline.frozen_until_s).only_enforce_if(relaxed.planned)
        if index not in starts:
            if only is not None and not only.intersection(ids):
                model.add(relaxed.planned == 0)
            continue
        (start_s, mode), horizon_s = starts[index], relaxation.instance.problem.horizon_s
        apart, moved = model.new_int_var(0, horizon_s, ""), model.new_bool_var("")
        model.add_abs_equality(apart, first - start_s)
        model.add(apart == 0).only_enforce_if(relaxed.planned, moved.negated())
        if mode != index:
            model.add_implication(relaxed.planned, moved)
        cost = model.new_int_var(0, 2**50, "")
        per_hour = units.points(baseline.moved_weight)
        model.add(round(SECONDS_PER_HOUR) * cost >= per_hour * apart).only_enforce_if(relaxed.planned)
        terms += [relaxed.planned * units.points(baseline.dropped_weight), -1 * cost, moved * -per_hour]
    relaxation.add_worth(terms)
