"""Replan a schedule: mend what is broken in as little time around it as will do, then fit in what is dropped or new."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.domain.schedule.result import SolveResult
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bounds.interval_relaxation import upper_bound
from malapert_planner.solvers.construct.passes import in_rhythm
from malapert_planner.solvers.engine import Cancel, Engine
from malapert_planner.solvers.explain.minimal_conflict import search_wall_s
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.lns.neighbourhoods import cell_width_s
from malapert_planner.solvers.lns.search import OnProgress, Search
from malapert_planner.solvers.parameters import Models, Repair
from malapert_planner.solvers.placeless import solve_placeless
from malapert_planner.solvers.solve import construct, fill, improve, result
from malapert_planner.solvers.state.incumbent import Incumbent


@dataclass(frozen=True, slots=True)
class _Freedom:
    """What may move to mend something, beside what was dropped."""

    contacts: bool = False
    chains: bool = False
    route: bool = False


FREEDOMS = (_Freedom(), _Freedom(contacts=True), _Freedom(True, True), _Freedom(True, True, True))


def replan(
    problem: PlanningProblem,
    kept: Schedule,
    broken: Iterable[Span],
    beyond: Iterable[Span],
    *,
    wanted: frozenset[str] | None = None,
    seed: int = 1,
    work_limit: float = 10.0,
    wall_limit_s: float = 60.0,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
) -> SolveResult:
    """Replan.

    Parameters
    ----------
    problem
        With its baseline; its own form is taken as sound.
    kept
        What of the baseline's schedule can stay, with its drives.
    broken
        Where something that could not stay was, or still is.
    beyond
        Where battery or storage leave their limits without it.
    wanted
        Activities that were not planned before and shall be fitted in beside those that were dropped, such as new
        ones; all, where it is None, and then the whole plan is improved as far as that is worth its changes.
    seed, work_limit, wall_limit_s, on_progress, cancel
        As of :func:`malapert_planner.solvers.solve.solve`.

    Returns
    -------
    SolveResult
        As of a solve. The schedule differs from the baseline only where something was broken, dropped or wanted,
        unless what was broken could not be mended: then all that is not frozen is planned anew.
    """
    if problem.is_placeless:
        return solve_placeless(
            problem,
            only=wanted,
            seed=seed,
            work_limit=work_limit,
            wall_limit_s=wall_limit_s,
            on_progress=on_progress,
            cancel=cancel,
        )
    instance = compile_problem(problem)
    engine = Engine(seed, work_limit, search_wall_s(problem, wall_limit_s), cancel)
    search = Search(instance, engine, on_progress, Incumbent(instance, kept))
    search.bound = upper_bound(instance, engine, Repair.BOUND_SHARE * work_limit)
    search.report("bound")
    mended = all(_mend(search, span) for span in _clusters(broken, problem))
    search.take(search.best)
    if mended and not search.best.keeps_limits():
        mended = all(_mend(search, span) for span in _clusters(beyond, problem))
    assert problem.baseline is not None  # noqa: S101  (what is replanned has one)
    if mended and search.feasible():
        engine.wall_limit_s = wall_limit_s
        before = {placed.activity_id for placed in problem.baseline.schedule.activities}
        only = None if wanted is None else _chains(search, before | wanted)
        fill(search, Repair.FILL_SHARE * work_limit, only=only)
        if wanted is None:
            improve(search, random.Random(seed))
    else:
        search = Search(
            instance, engine, on_progress, in_rhythm(Incumbent(instance, problem.baseline.frozen)), bound=search.bound
        )
        construct(search)
        fill(search, Repair.FILL_SHARE * work_limit)
        if search.feasible():
            engine.wall_limit_s = wall_limit_s
        improve(search, random.Random(seed))
    return result(search, seed, wall_limit_s)


def _chains(search: Search, activity_ids: frozenset[str] | set[str]) -> frozenset[int]:
    instance = search.instance
    chains = (instance.chain_of[i] for i in activity_ids if i in instance.chain_of)
    return frozenset(mode.index for chain in chains for mode in instance.modes[chain.index])


def _clusters(broken: Iterable[Span], problem: PlanningProblem) -> tuple[Span, ...]:
    """Return what is broken near each other as one span."""
    near = Repair.PADS_S[0]
    wide = union((max(0, start - near), min(problem.horizon_s, max(end, start + 1) + near)) for start, end in broken)
    return tuple((start + near, end - near) if end - start > 2 * near else (start, end) for start, end in wide)


def _mend(search: Search, span: Span) -> bool:
    """Decide a span anew: with as little freedom as will do, and with more and more time around it."""
    work = Repair.REPAIR_SHARE * search.engine.work_limit
    for freedom in FREEDOMS:
        for pad_s in Repair.PADS_S:
            if search.engine.exhausted():
                return False
            around = (span[0] - pad_s, span[1] + pad_s)
            if search.repair(_around(search.best, around, freedom), work):
                _polish(search, around, freedom, work)
                return True
    return False


def _polish(search: Search, span: Span, freedom: _Freedom, work: float) -> None:
    """Decide a mended span again while that leaves fewer changes."""
    for _ in range(Repair.POLISHES):
        objective = search.objective
        search.improve(_around(search.best, span, freedom), work, "repair", linear=True)
        if search.objective <= objective:
            return


def _around(incumbent: Incumbent, span: Span, freedom: _Freedom) -> Scope:
    problem = incumbent.instance.problem
    start, end = incumbent.quiet(span)
    width = cell_width_s(problem.resolution_s, end - start, 2 * Models.COARSE_CELLS)
    assert problem.baseline is not None  # noqa: S101
    planned = problem.baseline.schedule.contacts
    before = {placed.activity_id for placed in problem.baseline.schedule.activities}
    dropped = frozenset(
        chain.index
        for chain in incumbent.instance.chains
        if chain.index not in incumbent.satisfied
        and any(a.activity_id in before for mode in incumbent.instance.modes[chain.index] for a in mode.activities)
    )
    return incumbent.scope(
        (start, end),
        width_s=width,
        step_s=width,
        chain_step_s=width,
        free=dropped,
        kept_contacts=() if freedom.contacts else tuple(c for c in incumbent.schedule.contacts if c in planned),
        keep_all=not freedom.chains,
        keep_route=not freedom.route,
    )
