"""Which part of the schedule to decide anew: spans of time, or chains along the route as it is."""

from __future__ import annotations

import random
from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.construct.mode_swaps import densest
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.parameters import Models
from malapert_planner.solvers.state.incumbent import Incumbent


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A scope with the name of its kind."""

    kind: str
    scope: Scope


def cells_at_most(instance: Instance) -> int:
    """Return how many cells a neighbourhood may have: each brings about one decision per chain and place."""
    return max(
        Models.COARSE_CELLS, min(120, Models.MOST_DECISIONS // (len(instance.chains) + 3 * len(instance.places)))
    )


def cell_width_s(resolution_s: int, span_s: int, most_cells: int) -> int:
    """Return the least width, a multiple of the resolution out of a ladder, that cuts a span into few enough cells."""
    for factor in Models.CELL_STEPS:
        if span_s <= factor * resolution_s * most_cells:
            return factor * resolution_s
    return -(-span_s // (resolution_s * most_cells)) * resolution_s


def unplanned(incumbent: Incumbent) -> list[Chain]:
    """Return the chains that could be planned and are not, in no mode."""
    return [c for c in incumbent.instance.chains if c.index not in incumbent.satisfied and c.starts]


def whole(incumbent: Incumbent, requests: frozenset[str]) -> Scope:
    """Return the scope over everything in which some requests are forced and no others are free."""
    problem = incumbent.instance.problem
    free = frozenset(c.index for c in incumbent.instance.chains if c.request_id in requests)
    width = cell_width_s(problem.resolution_s, problem.horizon_s, cells_at_most(incumbent.instance))
    return incumbent.scope(
        (0, problem.horizon_s), width_s=width, step_s=width, chain_step_s=width, free=free, forced=free
    )


def window(incumbent: Incumbent, span: Span, most_cells: int, rng: random.Random | None = None) -> Scope:
    """Return the scope that decides a span of time anew, with all chains in it and unplanned ones, drawn by ``rng``."""
    start, end = incumbent.quiet(span)
    width = cell_width_s(incumbent.instance.problem.resolution_s, end - start, most_cells)
    waiting = [chain for chain in unplanned(incumbent) if _may_start(chain, (start, end))]
    if rng is not None and len(waiting) > Models.MOST_FREE:
        waiting = rng.sample(waiting, Models.MOST_FREE)
    # The most valuable for their time come first: with more, building the model takes longer than solving it.
    waiting = densest(incumbent.instance, waiting, Models.MOST_FREE)
    free = frozenset(chain.index for chain in waiting)
    return incumbent.scope((start, end), width_s=width, step_s=width, chain_step_s=width, free=free)


def along_route(incumbent: Incumbent, free: frozenset[int], most_cells: int) -> Scope:
    """Return the scope over the whole horizon in which the drives stay and some chains are placed anew."""
    horizon = incumbent.instance.problem.horizon_s
    width = cell_width_s(incumbent.instance.problem.resolution_s, horizon, most_cells)
    return incumbent.scope(
        (0, horizon), width_s=width, step_s=width, chain_step_s=width, free=free, keep_route=True, keep_all=True
    )


def related(instance: Instance, chains: frozenset[int]) -> frozenset[int]:
    """Return the chains of requests that relations tie to some chains, and of the same requests."""
    requests = {instance.chains[index].request_id for index in chains}
    tied = set(requests)
    for relation in instance.problem.relations:
        if relation.request_id in requests or relation.other_request_id in requests:
            tied |= {relation.request_id, relation.other_request_id}
    return frozenset(chain.index for chain in instance.chains if chain.request_id in tied)


def _may_start(chain: Chain, span: Span) -> bool:
    return any(low < span[1] and high >= span[0] for spans in chain.starts.values() for low, high in spans[0])


def next_neighbourhood(incumbent: Incumbent, rng: random.Random) -> Neighbourhood:
    """Draw a neighbourhood, mostly around where an unplanned chain could start."""
    problem, most_cells = incumbent.instance.problem, cells_at_most(incumbent.instance)
    missing = unplanned(incumbent)
    if missing and rng.random() < 0.15:
        planned = sorted(incumbent.chains)
        released = frozenset(rng.sample(planned, len(planned) // 4)) | {chain.index for chain in missing}
        # What excludes an unplanned chain, or must wait for it, may lie anywhere.
        released |= related(incumbent.instance, frozenset({rng.choice(missing).index}))
        return Neighbourhood("route", along_route(incumbent, released, 6 * most_cells))
    length = round(problem.horizon_s * rng.choice((0.06, 0.1, 0.15, 0.22)))
    length = max(length, problem.resolution_s * most_cells // 2)
    centre = rng.randrange(problem.horizon_s)
    if missing and rng.random() < 0.75:
        chain = rng.choice(missing)
        spans = chain.starts[rng.choice(sorted(chain.starts))][0]
        centre = rng.randint(*rng.choice(spans))
    length = min(length, problem.horizon_s)
    start = max(0, min(centre - rng.randrange(length), problem.horizon_s - length))
    cells = rng.choice((Models.COARSE_CELLS, most_cells // 2, most_cells))
    return Neighbourhood("window", window(incumbent, (start, min(start + length, problem.horizon_s)), cells, rng))
