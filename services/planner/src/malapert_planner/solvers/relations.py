"""Relations between requests, and repetitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

from malapert_planner.domain.problem import Relation, RelationKind
from malapert_planner.solvers.instance import Chain, Instance
from malapert_planner.solvers.ledger import Hints, Linear
from malapert_planner.solvers.limits import choice_chains
from malapert_planner.solvers.placements import Placements
from malapert_planner.solvers.scope import RuleFamily, Scope


@dataclass(frozen=True, slots=True)
class _Extent:
    """Whether a chain is planned, its first start and last end, 0 where it is not; constants where it is fixed."""

    planned: cp_model.IntVar
    start: Linear
    end: Linear
    hinted: bool


def add_relations(
    model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, placements: Placements
) -> None:
    r"""Add relations and repetitions over free and fixed chains.

    With Z the sum of z over the modes of a repetition: AFTER: start(c) ≥ end(o) + min lag, start(c) ≤ end(o) + max lag,
    if both are planned. EXCLUDES: z(c) + z(o) ≤ 1. REQUIRES: z(c) ≤ Z(o), of a choice among n: Σ z(o) ≥ n if z(c).
    TOGETHER: Z(c) = Z(o), |start(c) − start(o)| ≤ lag if both are planned. Repetitions n, n + 1: Z(n + 1) ≤ Z(n), and
    |start(n + 1) − start(n) − period| ≤ tolerance if both are planned.
    """
    if RuleFamily.RELATION in scope.dropped:
        return
    extents = {chain.index: _extent(model, hints, chain, placements) for chain in instance.chains}
    repetitions = {
        request_id: [_any_mode(model, hints, [extents[chain.index] for chain in modes]) for modes in group]
        for request_id, group in instance.repetitions.items()
    }
    periodic = {repetition.request_id for repetition in instance.problem.repetitions}
    for relation in instance.problem.relations:
        own, others = repetitions.get(relation.request_id, []), repetitions.get(relation.other_request_id, [])
        choices = choice_chains(instance, relation.other_request_id)
        if relation.kind is RelationKind.REQUIRES and choices:
            for limit, chains in choices:
                wanted = cp_model.LinearExpr.sum([extents[chain.index].planned for chain in chains])
                for extent in own:
                    model.add(wanted >= math.floor(limit.capacity)).only_enforce_if(extent.planned)
            continue
        for number, extent in enumerate(own):
            for other in others:
                _relate(model, relation, extent, other, number == 0 or relation.request_id not in periodic)
    for repetition in instance.problem.repetitions:
        low, high = repetition.period_s - repetition.tolerance_s, repetition.period_s + repetition.tolerance_s
        for first, second in pairwise(repetitions.get(repetition.request_id, [])):
            model.add_implication(second.planned, first.planned)
            model.add(second.start - first.start >= low).only_enforce_if(second.planned)
            model.add(second.start - first.start <= high).only_enforce_if(second.planned)


def _any_mode(model: cp_model.CpModel, hints: Hints, modes: list[_Extent]) -> _Extent:
    """Return the extent of a repetition: of what is not planned all is 0, so that the modes add up."""
    if len(modes) == 1:
        return modes[0]
    planned = model.new_bool_var("")
    model.add(cp_model.LinearExpr.sum([mode.planned for mode in modes]) == planned)
    hinted = any(mode.hinted for mode in modes)
    hints.add(planned, hinted)
    starts, ends = [mode.start for mode in modes], [mode.end for mode in modes]
    return _Extent(planned, cp_model.LinearExpr.sum(starts), cp_model.LinearExpr.sum(ends), hinted)


def _extent(model: cp_model.CpModel, hints: Hints, chain: Chain, placements: Placements) -> _Extent:
    fixed = placements.fixed.get(chain.index)
    if fixed is not None:
        return _Extent(model.new_constant(1), fixed.first_start_s, fixed.span[1], hinted=True)
    decision = placements.decisions.get(chain.index)
    if decision is None:
        return _Extent(model.new_constant(0), 0, 0, hinted=False)
    hinted = bool(hints.value_of.get(decision.planned.index))
    if not decision.blocks:
        return _Extent(decision.planned, 0, 0, hinted)
    return _Extent(decision.planned, decision.blocks[0].start(), decision.blocks[-1].end(), hinted)


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
