"""What would admit a repetition that is not planned: smallest changes, each found by solving again with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, islice

from malapert_core.errors import NotFoundError

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.result import Admission, Unplanned, WhyNot
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bounds.interval_relaxation import earliest_arrivals
from malapert_planner.solvers.engine import Cancel, Engine
from malapert_planner.solvers.explain.proofs import proof_of_none
from malapert_planner.solvers.explain.relaxations import RELAXATIONS, Found, Ladder
from malapert_planner.solvers.explain.trials import Trial, chances
from malapert_planner.solvers.explain.unplanned import (
    FAMILIES,
    blocked_reason,
    displaced,
    easiest_open,
    families_of,
    in_mode,
)
from malapert_planner.solvers.instance.compiled import Chain, compile_problem, with_changes
from malapert_planner.solvers.instance.score import score
from malapert_planner.solvers.lns.detours import openings
from malapert_planner.solvers.lns.excursions import insertion
from malapert_planner.solvers.lns.search import FOUND
from malapert_planner.solvers.model.scope_model import RuleFamily, build_model
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.incumbent import Incumbent


def explain_one(
    problem: PlanningProblem,
    schedule: Schedule,
    request_id: str,
    repetition_index: int,
    *,
    seed: int = 1,
    work_limit: float = 2.0,
    wall_limit_s: float = 20.0,
    cancel: Cancel | None = None,
) -> WhyNot:
    """Explain why a repetition is not in a schedule, and find what would admit it.

    Raises
    ------
    NotFoundError
        Where the problem has no such repetition, or the schedule holds it.
    """
    instance = compile_problem(problem)
    incumbent = Incumbent(instance, schedule)
    groups = (modes for modes in instance.repetitions.get(request_id, ()) if modes[0].index not in incumbent.satisfied)
    modes = next((modes for modes in groups if modes[0].repetition_index == repetition_index), None)
    if modes is None:
        raise NotFoundError("unplanned repetition", f"{request_id}/{repetition_index}")
    engine = Engine(seed, work_limit, wall_limit_s, cancel)
    planned = frozenset(placed.activity_id for placed in schedule.activities)
    chain, known = easiest_open(incumbent, modes, planned, earliest_arrivals(instance))
    why = _why_not(incumbent, engine, chain, known)
    return replace(why, unplanned=in_mode(why.unplanned, chain, modes))


def _why_not(incumbent: Incumbent, engine: Engine, chain: Chain, known: Unplanned | None) -> WhyNot:
    """Explain why a chain is not in a schedule, and find what would admit it."""
    instance = incumbent.instance
    if known is not None and known.reason == "REPETITION":
        # Nothing admits it before the repetition that it follows is planned.
        return WhyNot(known, (RuleFamily.RELATION.value,), (), ())
    trial = Trial(incumbent, chain)
    if trial.forced_in(engine) is not None:
        # It would fit as things are: the search ended too early.
        return WhyNot(known or blocked_reason(incumbent, chain, ()), (), (), ())
    spans = _open_spans(trial, engine)
    families = families_of(instance, chain)
    found: Found = dict.fromkeys(FAMILIES)
    if spans:
        found |= {family: trial.forced_in(engine, {family}, spans) for family in families}
    unplanned = known or blocked_reason(incumbent, chain, found.items())
    rules = tuple(family.value for family, with_it in found.items() if with_it is not None)
    rules = rules or (_together(trial, engine, spans, families) if spans else ("itinerary",))
    admissions: list[Admission] = []
    for family, candidates in RELAXATIONS:
        with_it = found[family] if family else None
        near = tuple(s for s in spans if overlap_s(s, with_it.chains[chain.index].span)) if with_it else ()
        ladders = candidates(incumbent, chain, found)
        enough = (_least(incumbent, engine, chain, ladder, near) for ladder in ladders if not engine.exhausted())
        admissions.extend(islice((admission for admission in enough if admission), 1))
    detour = None if spans else _detour(incumbent, engine, chain)
    if detour is not None:
        admissions.append(detour)
    requests = _without_requests(incumbent, engine, chain, found[RuleFamily.RESOURCE])
    if requests:
        text = f"without {', '.join(requests)} there would be room"
        admissions.append(Admission("WITHOUT_REQUESTS", ",".join(requests), float(len(requests)), "1", text))
    alone = any(with_it is not None for with_it in found.values())
    proof = "" if admissions or alone else proof_of_none(incumbent, engine, chain, families)
    return WhyNot(unplanned, rules, requests, tuple(admissions), proof)


def admits(
    incumbent: Incumbent, problem: PlanningProblem, chain: Chain, engine: Engine, spans: tuple[Span, ...] = ()
) -> bool:
    """Return whether a chain fits into a schedule of a changed problem, all else as it is.

    It is tried in some spans; without any where it has a chance.
    """
    instance = with_changes(incumbent.instance, problem, chain)
    changed = Incumbent(instance, incumbent.schedule)
    return Trial(changed, instance.chains[chain.index]).forced_in(engine, spans=spans) is not None


def _least(
    incumbent: Incumbent, engine: Engine, chain: Chain, ladder: Ladder, near: tuple[Span, ...]
) -> Admission | None:
    """Return the first of some growing changes that admits a chain; where the last does not, none does."""
    if not ladder or not admits(incumbent, ladder[-1][1], chain, engine, near):
        return None
    for admission, changed in ladder[:-1]:
        if engine.exhausted():
            break
        if admits(incumbent, changed, chain, engine, near):
            return admission
    return ladder[-1][0]


def _open_spans(trial: Trial, engine: Engine) -> tuple[Span, ...]:
    """Return the chances in which a chain fits once no family of rules is asked for: elsewhere none matters."""
    spans = chances(trial.incumbent, trial.chain)
    return tuple(span for span in spans if trial.forced_in(engine, FAMILIES, (span,)) is not None)


def _together(trial: Trial, engine: Engine, spans: tuple[Span, ...], among: tuple[RuleFamily, ...]) -> tuple[str, ...]:
    """Return a smallest set of families that together are in the way, where none alone is."""
    for size in (2, 3):
        for families in combinations(among, size):
            if engine.exhausted():
                return ()
            if trial.forced_in(engine, families, spans) is not None:
                return tuple(family.value for family in families)
    return ()


def _detour(incumbent: Incumbent, engine: Engine, chain: Chain) -> Admission | None:
    """Return the first detour found by which a chain fits, with what it displaces and costs."""
    instance, problem = incumbent.instance, incumbent.instance.problem
    for opening in openings(incumbent, chain):
        if engine.exhausted():
            return None
        scope = replace(insertion(opening.schedule, opening.visit), forced=frozenset({chain.index}))
        model = build_model(instance, scope)
        solver, status = engine.run(model.model, Explanation.WORK_PER_DETOUR)
        if status not in FOUND:
            continue
        found = opening.schedule.replaced(scope, model.schedule(solver))
        if not found.keeps_limits():
            continue
        lost = sorted({instance.chains[i].request_id for i in incumbent.chains.keys() - found.chains.keys()})
        loss = score(problem, incumbent.schedule) - score(problem, found.schedule)
        place = instance.places[opening.visit.place_id]
        without = f" without {', '.join(lost)}" if lost else ""
        worth = f"{abs(loss):.2f} {'less' if loss >= 0 else 'more: the search ended before it was found'}"
        text = f"by a drive to {place.title} and back it would fit{without}; the plan would be worth {worth}"
        return Admission("DETOUR", place.place_id, loss, "1", text)
    return None


def _without_requests(incumbent: Incumbent, engine: Engine, chain: Chain, sharing: Incumbent | None) -> tuple[str, ...]:
    """Return a smallest set of planned requests without which a chain fits, by a deletion filter.

    ``sharing`` is the schedule with the chain where it shares resources with others, if there is one: those others, and
    those that it has a relation to, are asked first, since they are few.
    """
    instance, near = incumbent.instance, chances(incumbent, chain)
    around = [c for c in incumbent.chains.values() if any(overlap_s(c.span, span) for span in near)]
    others = sorted({instance.chains[c.chain_index].request_id for c in around} - {chain.request_id})

    def fits(gone: list[str], spans: tuple[Span, ...]) -> Incumbent | None:
        names = {a.activity_id for c in instance.chains if c.request_id in gone for a in c.activities}
        left = tuple(placed for placed in incumbent.schedule.activities if placed.activity_id not in names)
        lighter = Incumbent(instance, replace(incumbent.schedule, activities=left))
        return Trial(lighter, chain).forced_in(engine, spans=spans)

    shared = displaced(sharing, chain) if sharing else set()
    relations = (r for r in instance.problem.relations if chain.request_id in (r.request_id, r.other_request_id))
    related = {name for relation in relations for name in (relation.request_id, relation.other_request_id)}
    for names in ([name for name in others if name in which] for which in (shared, related, set(others))):
        found = fits(names, near) if names and not engine.exhausted() else None
        if found is not None:
            break
    else:
        return ()
    # Where it fits without all of them it is tried without fewer.
    here = tuple(span for span in near if overlap_s(span, found.chains[chain.index].span))
    return tuple(_smallest(names, lambda fewer: fits(fewer, here) is not None, engine))


def _smallest(names: list[str], fits: Callable[[list[str]], bool], engine: Engine) -> list[str]:
    """Halve, then drop one by one, while what is left still fits."""
    kept, size = names, max(1, len(names) // 2)
    while size >= 1:
        start = 0
        while start < len(kept):
            if engine.exhausted():
                return kept
            fewer = kept[:start] + kept[start + size :]
            if fewer and fits(fewer):
                kept = fewer
            else:
                start += size
        size = size // 2
    return kept
