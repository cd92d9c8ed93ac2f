"""Relations between requests, and repetitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, product

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

    With Z the sum of z over the modes of a repetition: AFTER: start(c) ≥ end(o) + min lag, start(c) ≤ end(o) + max lag,
    if both are planned. EXCLUDES: z(c) + z(o) ≤ 1. REQUIRES: z(c) ≤ Z(o), of a choice among n: Σ z(o) ≥ n if z(c).
    TOGETHER: Z(c) = Z(o), |start(c) − start(o)| ≤ lag if both are planned. Repetitions n, n + 1: Z(n + 1) ≤ Z(n), and
    |start(n + 1) − start(n) − period| ≤ tolerance if both are planned.
    """
    if RuleFamily.RELATION in scope.dropped:
        return
    extents = {chain.index: _extent(model, chain, placements) for chain in instance.chains}
    periodic = {repetition.request_id for repetition in instance.problem.repetitions}
    for relation in instance.problem.relations:
        own = instance.repetitions.get(relation.request_id, ())
        others = instance.repetitions.get(relation.other_request_id, ())
        choices = choice_chains(instance, relation.other_request_id)
        if relation.kind is RelationKind.REQUIRES and choices:
            for limit, chains in choices:
                wanted = cp_model.LinearExpr.sum([extents[chain.index].planned for chain in chains])
                for chain in (mode for modes in own for mode in modes):
                    model.add(wanted >= math.floor(limit.capacity)).only_enforce_if(extents[chain.index].planned)
            continue
        for number, modes in enumerate(own):
            for other in others:
                latest = number == 0 or relation.request_id not in periodic
                _relate(model, relation, _extents(extents, modes), _extents(extents, other), latest)
    for repetition in instance.problem.repetitions:
        low, high = repetition.period_s - repetition.tolerance_s, repetition.period_s + repetition.tolerance_s
        for before, after in pairwise(instance.repetitions.get(repetition.request_id, ())):
            earlier, later = _extents(extents, before), _extents(extents, after)
            model.add(_sum(later) <= _sum(earlier))
            for first, second in product(earlier, later):
                both = (first.planned, second.planned)
                model.add(second.start - first.start >= low).only_enforce_if(both)
                model.add(second.start - first.start <= high).only_enforce_if(both)


def _extents(extents: dict[int, _Extent], modes: tuple[Chain, ...]) -> list[_Extent]:
    return [extents[chain.index] for chain in modes]


def _sum(modes: list[_Extent]) -> cp_model.LinearExpr:
    """Return whether a repetition is planned."""
    return cp_model.LinearExpr.sum([mode.planned for mode in modes])


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


def _relate(
    model: cp_model.CpModel, relation: Relation, own: list[_Extent], other: list[_Extent], latest: bool
) -> None:
    if relation.kind is RelationKind.REQUIRES:
        model.add(_sum(own) <= _sum(other))
        return
    if relation.kind is RelationKind.EXCLUDES:
        model.add(_sum(own) + _sum(other) <= 1)
        return
    if relation.kind is RelationKind.TOGETHER:
        model.add(_sum(own) == _sum(other))
    for mine, theirs in product(own, other):
        both = (mine.planned, theirs.planned)
        if relation.kind is RelationKind.TOGETHER:
            model.add(mine.start - theirs.start <= relation.max_lag_s).only_enforce_if(both)
            model.add(theirs.start - mine.start <= relation.max_lag_s).only_enforce_if(both)
        else:
            model.add(mine.start - theirs.end >= relation.min_lag_s).only_enforce_if(both)
            if relation.max_lag_s > 0 and latest:
                model.add(mine.start - theirs.end <= relation.max_lag_s).only_enforce_if(both)
