"""A detour: out to another place for an unplanned chain and back, within a stay, whatever it displaces there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from malapert_planner.domain.problem.activities import RelationKind
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.construct.greedy_insertion import chain_starts, chain_steps
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.lns.excursions import Excursion
from malapert_planner.solvers.parameters import Models
from malapert_planner.solvers.state.incumbent import Incumbent


@dataclass(frozen=True, slots=True)
class _Detour:
    """When it leaves and is back, when it starts back, and what chains are in its way."""

    place_id: str
    out_s: int
    away_end_s: int
    back_s: int
    displaced: frozenset[int]
    loss: float


@dataclass(frozen=True)
class Opening:
    """A schedule without what was in a chain's way elsewhere, and the visit that may take the chain in."""

    schedule: Incumbent
    visit: Excursion


def openings(incumbent: Incumbent, chain: Chain) -> list[Opening]:
    """Return where a chain could be visited by a detour, those first that displace the least value.

    Chains that would come in the wrong order lie anywhere; they leave the schedule and may come back within the visit.
    """
    found = [each for place_id in chain.starts for each in _possible(incumbent, chain, place_id)]
    ordered, apart = sorted(found, key=lambda d: (d.loss, d.back_s - d.out_s, d.out_s, d.place_id)), list[_Detour]()
    for each in ordered:
        if all(
            each.place_id != other.place_id or abs(each.out_s - other.out_s) > Models.DETOUR_MARGIN_S for other in apart
        ):
            apart.append(each)
    return [_opening(incumbent, chain, each) for each in apart[: Models.DETOUR_OPENINGS]]


def _opening(incumbent: Incumbent, chain: Chain, detour: _Detour) -> Opening:
    horizon_s = incumbent.instance.problem.horizon_s
    span = (max(0, detour.out_s - Models.DETOUR_MARGIN_S), min(horizon_s, detour.away_end_s + Models.DETOUR_MARGIN_S))
    elsewhere = {i for i in detour.displaced if not (span[0] <= incumbent.chains[i].span[0] < span[1])}
    gone = {a.activity_id for i in elsewhere for a in incumbent.instance.chains[i].activities}
    activities = tuple(a for a in incumbent.schedule.activities if a.activity_id not in gone)
    schedule = replace(incumbent, schedule=replace(incumbent.schedule, activities=activities))
    span = schedule.quiet(span)
    return Opening(schedule, Excursion(detour.place_id, span, detour.displaced | {chain.index}, chain.value))


def _possible(incumbent: Incumbent, chain: Chain, place_id: str) -> Iterator[_Detour]:
    instance = incumbent.instance
    ways = {(d.from_place_id, d.to_place_id): n for n, d in enumerate(instance.drives)}
    allowed = chain_starts(chain, place_id)
    steps = chain_steps(chain)
    took_s = max(step.offset_s + step.activity.duration_s for step in steps)
    for home_id, stay in incumbent.stays:
        out, back = ways.get((home_id, place_id)), ways.get((place_id, home_id))
        begin_s = max(stay[0], instance.open_from_s)
        if home_id == place_id or out is None or back is None or stay[1] <= begin_s:
            continue
        out_took_s, back_took_s = instance.drives[out].duration_s, instance.drives[back].duration_s
        for out_s in _departures(instance.drive_starts[out], (begin_s, stay[1])):
            start_s = _first(allowed, out_s + out_took_s)
            back_s = None if start_s is None else _first(instance.drive_starts[back], start_s + took_s)
            if start_s is None or back_s is None or back_s + back_took_s > stay[1]:
                continue
            away = (out_s, back_s + back_took_s)
            span = (start_s, start_s + took_s)
            displaced = _with_dependants(
                incumbent,
                {i for i, fixed in incumbent.chains.items() if overlap_s(fixed.span, away)}
                | _out_of_order(incumbent, chain, span),
            )
            if chain.index in displaced or any(_must_stay(incumbent, i) for i in displaced):
                continue
            loss = sum(instance.chains[i].value for i in displaced)
            yield _Detour(place_id, out_s, away[1], back_s, displaced, loss)


def _must_stay(incumbent: Incumbent, index: int) -> bool:
    instance = incumbent.instance
    return instance.chains[index].mandatory or incumbent.chains[index].span[0] < instance.open_from_s


def _out_of_order(incumbent: Incumbent, chain: Chain, span: Span) -> set[int]:
    """Return the planned chains that would have to come before or after a chain and do not."""
    instance, found = incumbent.instance, set[int]()
    for relation in instance.problem.relations:
        if relation.kind is not RelationKind.AFTER:
            continue
        for index, fixed in incumbent.chains.items():
            request_id = instance.chains[index].request_id
            if (request_id, chain.request_id) == (relation.request_id, relation.other_request_id):
                lag_s = fixed.span[0] - span[1]
            elif (chain.request_id, request_id) == (relation.request_id, relation.other_request_id):
                lag_s = span[0] - fixed.span[1]
            else:
                continue
            if lag_s < relation.min_lag_s or (relation.max_lag_s and lag_s > relation.max_lag_s):
                found.add(index)
    return found


def _with_dependants(incumbent: Incumbent, chains: set[int]) -> frozenset[int]:
    """Return planned chains with those that cannot stay without them."""
    instance, problem = incumbent.instance, incumbent.instance.problem
    while True:
        requests = {instance.chains[i].request_id for i in chains}
        leaving = {
            relation.request_id
            for relation in problem.relations
            if relation.kind in (RelationKind.REQUIRES, RelationKind.TOGETHER) and relation.other_request_id in requests
        }
        leaving |= {
            relation.other_request_id
            for relation in problem.relations
            if relation.kind is RelationKind.TOGETHER and relation.request_id in requests
        }
        periodic = {repetition.request_id for repetition in problem.repetitions} & requests
        first = {r: min(c.repetition_index for c in instance.request_chains[r] if c.index in chains) for r in periodic}
        more = {
            i
            for i in incumbent.chains
            if (chain := instance.chains[i]).request_id in leaving
            or chain.repetition_index > first.get(chain.request_id, chain.repetition_index)
        }
        if more <= chains:
            return frozenset(chains)
        chains |= more


def _departures(spans: tuple[Span, ...], within: Span) -> Iterator[int]:
    """Yield starts spread over a span."""
    width_s = max(1, (within[1] - within[0]) // Models.DETOUR_DEPARTURES)
    for at in range(within[0], within[1], width_s):
        first = _first(spans, at)
        if first is not None and first < at + width_s:
            yield first


def _first(spans: tuple[Span, ...] | list[Span], since_s: int) -> int | None:
    """Return the first instant within closed spans that is not before another."""
    return min((max(low, since_s) for low, high in spans if high >= since_s), default=None)
