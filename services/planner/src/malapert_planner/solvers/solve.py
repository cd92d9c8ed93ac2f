"""Solve a planning problem: construct from left to right, improve by large neighbourhoods, bound by a relaxation."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import replace

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bounds.interval_relaxation import trivial_bound, upper_bound
from malapert_planner.solvers.bounds.refinement import BoundRefinement
from malapert_planner.solvers.construct.passes import in_rhythm
from malapert_planner.solvers.construct.tour import solve_tour
from malapert_planner.solvers.construct.tour_rounding import round_tour
from malapert_planner.solvers.engine import Cancel, Engine
from malapert_planner.solvers.explain.minimal_conflict import search_wall_s, unplannable
from malapert_planner.solvers.instance.compiled import Instance, compile_problem
from malapert_planner.solvers.lns.excursions import Excursion, excursions, insertion
from malapert_planner.solvers.lns.neighbourhoods import next_neighbourhood, unplanned, window
from malapert_planner.solvers.lns.search import OnProgress, Search, parameters_of
from malapert_planner.solvers.lns.stage import RecreateStage
from malapert_planner.solvers.parameters import Models, Pipeline
from malapert_planner.solvers.placeless import solve_placeless
from malapert_planner.solvers.refined_result import refined_progress, refined_result
from malapert_planner.solvers.state.incumbent import Incumbent

BOUND_ROUNDING = 1e-6


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
    if problem.is_placeless:
        return solve_placeless(
            problem,
            seed=seed,
            work_limit=work_limit,
            wall_limit_s=wall_limit_s,
            on_progress=on_progress,
            cancel=cancel,
        )
    instance = compile_problem(problem)
    engine = Engine(seed, work_limit, search_wall_s(problem, wall_limit_s), cancel)
    with BoundRefinement(instance, work_limit) as refinement:
        bare = in_rhythm(Incumbent(instance, Schedule()))
        search = Search(instance, engine, refined_progress(refinement, on_progress), bare)
        recreate = RecreateStage(search, seed)
        if recreate.is_of_many():
            run_recreate(search, recreate, wall_limit_s)
        else:
            run(search, recreate, random.Random(seed), wall_limit_s)
        return refined_result(refinement, result(search, seed, wall_limit_s), engine)


def run_recreate(search: Search, recreate: RecreateStage, wall_limit_s: float) -> None:
    """Search among many chains: construct, then ruin and recreate to the end; models of them take too long to build."""
    search.bound = trivial_bound(search.instance)
    recreate.construct()
    if not search.feasible():
        fill(search, Pipeline.FIRST_WORK, until_feasible=True, only=_mandatory(search))
    if search.feasible():
        search.engine.wall_limit_s = wall_limit_s
    recreate.run()
    search.report("done")


def run(search: Search, recreate: RecreateStage, rng: random.Random, wall_limit_s: float) -> None:
    """Search until there is nothing left to do or to do it with.

    How long a stage lasts follows from the problem and the work done, never from the limit: a longer search continues
    a shorter one.
    """
    instance, engine = search.instance, search.engine
    # Plans come before a better bound: of many requests the relaxation takes long to build.
    search.bound = trivial_bound(instance)
    fill(search, Pipeline.FIRST_WORK, until_feasible=True, only=_mandatory(search))
    first = out_of_rhythm(search)
    take_tour(first)
    first.polish()
    if recreate.applies() and len(instance.chains) >= Pipeline.MOST_STRETCHED:
        into_rhythm(search, first)
        recreate.run(Pipeline.FIRST_RECREATE_WORK)
    else:
        construct(first)
        into_rhythm(search, first)
    search.polish()
    search.bound = min(search.bound, upper_bound(instance, engine, Pipeline.BOUND_WORK))
    search.report("bound")
    if not recreate.applies():
        try_detours(search, Pipeline.FIRST_DETOUR_WORK)
        fill(search, Pipeline.FILL_WORK)
        search.polish()
        try_detours(search, Pipeline.DETOUR_WORK)
    if search.feasible():
        engine.wall_limit_s = wall_limit_s
    improve(search, rng, recreate)


def out_of_rhythm(search: Search) -> Search:
    """Return a search of the same without the rhythm of contacts, itself where there is none.

    Passes would cut the cells of the first models, and hold the asset where it is, before anything is planned there.
    """
    instance = search.instance
    if not instance.rhythm.most_s:
        return search
    loose = replace(instance, problem=replace(instance.problem, max_silence_s=0))
    return Search(loose, search.engine, None, Incumbent(loose, search.best.schedule), search.bound)


def into_rhythm(search: Search, first: Search) -> None:
    """Take over what was found out of rhythm, with the passes that it lacks; without a plan, decide again in rhythm."""
    if first is search:
        return
    search.bound = min(search.bound, first.bound)
    search.accept(Incumbent(search.instance, first.best.schedule), "in rhythm")
    if not search.feasible():
        take_tour(search)
        construct(search)


def take_tour(search: Search) -> None:
    """Bound all schedules by the flow of places, and drive along it where that is better."""
    instance, engine = search.instance, search.engine
    bound, legs = solve_tour(instance, engine, Pipeline.TOUR_WORK)
    search.bound = min(search.bound, bound)
    search.report("bound")
    if engine.exhausted() and search.feasible():
        return
    tour = round_tour(Incumbent(instance, Schedule()), legs)
    if tour is not None:
        along = Search(instance, engine, None, in_rhythm(tour), search.bound)
        fill(along, Pipeline.FIRST_WORK, until_feasible=True, only=_mandatory(search))
        along.polish()
        search.accept(along.best, "tour")


def _mandatory(search: Search) -> frozenset[int]:
    return frozenset(chain.index for chain in search.instance.chains if chain.mandatory)


def fill(search: Search, most_work: float, *, until_feasible: bool = False, only: frozenset[int] | None = None) -> None:
    """Insert unplanned chains place by place, each time where most value waits; what failed there counts for half.

    It ends once ``most_work`` is done in all. ``only`` names the chains to insert; all, where it is None.
    """
    engine, tries = search.engine, Counter[tuple[str, int]]()
    values = _values(search.instance)
    least = Pipeline.LEAST_SHARE * trivial_bound(search.instance)
    seen: dict[tuple[str, Span], frozenset[int]] = {}
    while not (search.finished() or engine.work >= most_work or (until_feasible and search.feasible())):

        def waiting(excursion: Excursion) -> float:
            if excursion.chains <= seen.get((excursion.place_id, excursion.span), frozenset()):
                return 0.0
            return sum(values[i] * 0.5 ** tries[excursion.place_id, i] for i in sorted(excursion.chains))

        excursion = max(excursions(search.best, only), key=waiting, default=None)
        if excursion is None or waiting(excursion) <= least:
            break
        worth = {i: values[i] * 0.5 ** tries[excursion.place_id, i] for i in excursion.chains}
        excursion = replace(
            excursion, chains=frozenset(sorted(worth, key=lambda i: (-worth[i], i))[: Pipeline.MOST_INSERTED])
        )
        work = _step_work(search)
        before = search.best
        search.improve(insertion(search.best, excursion), work, "insert")
        if search.best is not before and only is None:
            search.insert()
        tries.update((excursion.place_id, i) for i in excursion.chains)
        key = (excursion.place_id, excursion.span)
        seen[key] = seen.get(key, frozenset()) | excursion.chains
    search.report("construct")


def _values(instance: Instance) -> dict[int, float]:
    """Return what chains count for when it is decided where to go: of modes the best most, the others less and less."""
    values = {}
    for modes in instance.modes:
        for rank, chain in enumerate(sorted(modes, key=lambda c: (-c.value, c.longest_s, c.index))):
            values[chain.index] = (
                Pipeline.MANDATORY_VALUE if chain.mandatory else chain.value
            ) * Pipeline.MODE_SHARE**rank
    return values


def _step_work(search: Search) -> float:
    """Return the work of a step: the more is done, the longer it is, within limits."""
    return max(Pipeline.LEAST_WORK, min(Pipeline.MOST_WORK, search.engine.work * Pipeline.STEP_SHARE))


def construct(search: Search) -> None:
    """Decide one stretch after another, each overlapping the one before by a fifth."""
    problem = search.instance.problem
    cells = Models.COARSE_CELLS
    length = max(problem.horizon_s // 10, problem.resolution_s * cells)
    start = search.instance.open_from_s
    while start < problem.horizon_s and not search.finished():
        end = min(problem.horizon_s, start + length)
        search.improve(window(search.best, (start, end), cells), Pipeline.STRETCH_WORK, "construct")
        search.insert()
        start = end if end == problem.horizon_s else start + length * 4 // 5
    search.report("construct")


def try_detours(search: Search, most_work: float) -> None:
    """Try a detour for each unplanned chain that is worth it, the most valuable first, until ``most_work`` is done."""
    least = Pipeline.LEAST_SHARE * trivial_bound(search.instance)
    for chain in sorted(unplanned(search.best), key=lambda c: (not c.mandatory, -c.value, c.index)):
        if search.finished() or search.engine.work >= most_work:
            break
        if chain.index not in search.best.satisfied and (chain.mandatory or chain.value > least):
            search.take_detour(chain, _step_work(search))
    search.report("detours")


def improve(search: Search, rng: random.Random, recreate: RecreateStage | None = None) -> None:
    """Decide neighbourhoods anew until there is nothing left to do or to do it with, by turns by ruin and recreate."""
    recreates = recreate is not None and recreate.applies()
    for step in itertools.count(1):
        if search.finished():
            break
        before, missing = search.best, unplanned(search.best)
        # Visits of ruin and recreate do what detours do, many times as fast.
        if missing and not recreates and rng.random() < Pipeline.DETOURS:
            chain = rng.choices(missing, [max(1e-3, c.value) for c in missing])[0]
            search.take_detour(chain, _step_work(search))
        else:
            neighbourhood = next_neighbourhood(search.best, rng)
            search.improve(neighbourhood.scope, _step_work(search), neighbourhood.kind, linear=rng.random() < 0.3)
        if step % Pipeline.POLISH_EVERY == 0:
            search.polish()
        elif search.best is not before:
            search.insert()
        if recreate is not None and recreates:
            recreate.run(Pipeline.RECREATE_WORK)
    search.report("done")


def result(search: Search, seed: int, wall_limit_s: float) -> SolveResult:
    """Return what came of a search; where it is no plan, whether a contradiction is why."""
    engine = search.engine
    if not search.feasible():
        failed, conflict, minimal = unplannable(search.instance, engine, wall_limit_s)
        parameters = parameters_of(engine, seed, wall_limit_s)
        return SolveResult(failed, Schedule(), 0.0, search.bound, engine.work, parameters, conflict, minimal)
    parameters = parameters_of(engine, seed, wall_limit_s)
    status = SolveStatus.OPTIMAL if search.proven() else SolveStatus.FEASIBLE
    if search.objective > search.bound + BOUND_ROUNDING * max(1.0, abs(search.bound)):
        raise ArithmeticError(f"the objective {search.objective} is above its bound {search.bound}: that is a defect")
    bound = max(search.bound, search.objective)
    return SolveResult(status, search.best.schedule, search.objective, bound, engine.work, parameters)
