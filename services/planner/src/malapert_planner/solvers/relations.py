"""Relations between requests, and repetitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

from malapert_planner.domain.problem import Relation, RelationKind
from malapert_planner.solvers.instance import Chain, Instance
from malapert_planner.solvers.ledger import Linear
from malapert_planner.solvers.limits import choice_chains
from malapert_planner.solvers.placements import Placements
from malapert_planner.solvers.scope import RuleFamily, Scope


@dataclass(frozen=True, slots=True)
class _Extent:
    """Whether a chain is planned, its first start and last end: decisions, or constants where it is fixed."""

    planned: cp_model.LiteralT
    start: Linear
    end: Linear


def add_relations(model: cp_model.CpModel, instance: Instance, scope: Scope, placements: Placements) -> None:
    r"""Add relations and repetitions over free and fixed chains.

    AFTER: start(c) ≥ end(o) + min lag, start(c) ≤ end(o) + max lag, if both are planned. EXCLUDES: z(c) + z(o) ≤ 1.
    REQUIRES: z(c) ≤ z(o), of a choice among n: Σ z(o) ≥ n if z(c). TOGETHER: z(c) = z(o), |start(c) − start(o)| ≤ lag
    if both. Repetitions n, n + 1: z(n + 1) ≤ z(n), and if both are planned
    |start(n + 1) − start(n) − period| ≤ tolerance.
    """
    if RuleFamily.RELATION in scope.dropped:
        return
    extents = {chain.index: _extent(model, chain, placements) for chain in instance.chains}
    periodic = {repetition.request_id for repetition in instance.problem.repetitions}
    for relation in instance.problem.relations:
        own = instance.request_chains.get(relation.request_id, ())
        others = instance.request_chains.get(relation.other_request_id, ())
        choices = choice_chains(instance, relation.other_request_id)
        if relation.kind is RelationKind.REQUIRES and choices:
            for limit, chains in choices:
                wanted = cp_model.LinearExpr.sum([extents[chain.index].planned for chain in chains])
                for chain in own:
                    model.add(wanted >= math.floor(limit.capacity)).only_enforce_if(extents[chain.index].planned)
            continue
        for number, chain in enumerate(own):
            for other in others:
                latest = number == 0 or relation.request_id not in periodic
                _relate(model, relation, extents[chain.index], extents[other.index], latest)
    for repetition in instance.problem.repetitions:
        for before, after in pairwise(instance.request_chains.get(repetition.request_id, ())):
            first, second = extents[before.index], extents[after.index]
            model.add_implication(second.planned, first.planned)
            low, high = repetition.period_s - repetition.tolerance_s, repetition.period_s + repetition.tolerance_s
            model.add(second.start - first.start >= low).only_enforce_if(second.planned)
            model.add(second.start - first.start <= high).only_enforce_if(second.planned)


def _extent(model: cp_model.CpModel, chain: Chain, placements: Placements) -> _Extent:
    fixed = placements.fixed.get(chain.index)
    if fixed is not None:
        return _Extent(model.new_constant(1), fixed.first_start_s, fixed.span[1])
    decision = placements.decisions.get(chain.index)
    if decision is None:
        return _Extent(model.new_constant(0), 0, 0)
    if not decision.blocks:
        return _Extent(decision.planned, 0, 0)
    return _Extent(decision.planned, decision.blocks[0].start(), decision.blocks[-1].end())


def _relate(model: cp_model.CpModel, relation: Relation, own: _Extent, other: _Extent, latest: bool) -> None:
    if relation.kind is RelationKind.EXCLUDES:
        model.add_at_most_one([own.planned, other.planned])
    elif relation.kind is RelationKind.REQUIRES:
        model.add_implication(own.planned, other.planned)
    elif relation.kind is RelationKind.TOGETHER:
        model.add_implication(own.planned, other.planned)
        model.add_implication(other.planned, own.planned)
        model.add(own.start - other.start <= relation.max_lag_s).only_enforce_if(own.planned)
        model.add(other.start - own.start <= relation.max_lag_s).only_enforce_if(own.planned)
    else:
        both = (own.planned, other.planned)
        model.add(own.start - other.end >= relation.min_lag_s).only_enforce_if(both)
        if relation.max_lag_s > 0 and latest:
            model.add(own.start - other.end <= relation.max_lag_s).only_enforce_if(both)
