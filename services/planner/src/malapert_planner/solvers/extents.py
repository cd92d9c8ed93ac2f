"""How requests stand to each other in a model: constraints between whether and when their repetitions are planned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance import Instance
from malapert_planner.solvers.ledger import Linear
from malapert_planner.solvers.limits import choice_chains


@dataclass(frozen=True, slots=True)
class Extent:
    """A chain, or a repetition in any of its modes: whether it is planned, its first start and its last end.

    ``hinted`` tells whether the incumbent has it.
    """

    planned: cp_model.IntVar
    start: Linear
    end: Linear
    hinted: bool = False


def relate(
    model: cp_model.CpModel,
    instance: Instance,
    planned: Mapping[int, cp_model.IntVar],
    repetitions: Mapping[str, Sequence[Extent]],
) -> None:
    r"""Add relations and repetitions; ``planned`` is of each chain, ``repetitions`` hold those of a request in order.

    With Z whether a repetition is planned: AFTER: start(c) ≥ end(o) + min lag if both are planned, and where any of
    each is start(c) ≤ end(o) + max lag for one pair: so it is for the first c and the last o.
    EXCLUDES: Z(c) + Z(o) ≤ 1. REQUIRES: Z(c) ≤ Z(o), of a choice among n: Σ z(o) ≥ n if Z(c).
    TOGETHER: Z(c) = Z(o), |start(c) − start(o)| ≤ lag if both are planned.
    Repetitions n, n + 1: Z(n + 1) ≤ Z(n), and |start(n + 1) − start(n) − period| ≤ tolerance if both are planned.
    """
    for relation in instance.problem.relations:
        own, others = repetitions.get(relation.request_id, ()), repetitions.get(relation.other_request_id, ())
        choices = choice_chains(instance, relation.other_request_id)
        if relation.kind is RelationKind.REQUIRES and choices:
            for limit, chains in choices:
                wanted = cp_model.LinearExpr.sum([planned[chain.index] for chain in chains])
                for extent in own:
                    model.add(wanted >= math.floor(limit.capacity)).only_enforce_if(extent.planned)
            continue
        for extent, other in product(own, others):
            _relate(model, relation, extent, other)
        if relation.kind is RelationKind.AFTER and relation.max_lag_s > 0:
            _follow_soon(model, relation.max_lag_s, list(product(own, others)))
    for repetition in instance.problem.repetitions:
        low, high = repetition.period_s - repetition.tolerance_s, repetition.period_s + repetition.tolerance_s
        for first, second in pairwise(repetitions.get(repetition.request_id, ())):
            model.add_implication(second.planned, first.planned)
            _keep_between(model, second.start - first.start, (low, high), second.planned)


def _relate(model: cp_model.CpModel, relation: Relation, own: Extent, other: Extent) -> None:
    both = (own.planned, other.planned)
    if relation.kind is RelationKind.EXCLUDES:
        model.add_at_most_one(both)
    elif relation.kind is RelationKind.REQUIRES:
        model.add_implication(own.planned, other.planned)
    elif relation.kind is RelationKind.TOGETHER:
        model.add_implication(own.planned, other.planned)
        model.add_implication(other.planned, own.planned)
        _keep_between(model, own.start - other.start, (-relation.max_lag_s, relation.max_lag_s), own.planned)
    else:
        model.add(own.start - other.end >= relation.min_lag_s).only_enforce_if(both)


def _keep_between(model: cp_model.CpModel, value: Linear, bounds: Span, planned: cp_model.IntVar) -> None:
    # Not add_linear_constraint: of two fixed chains the value is a number.
    model.add(value >= bounds[0]).only_enforce_if(planned)
    model.add(value <= bounds[1]).only_enforce_if(planned)


def _follow_soon(model: cp_model.CpModel, max_lag_s: int, pairs: Sequence[tuple[Extent, Extent]]) -> None:
    """Let one pair of a request and another be near enough, where any of each is planned."""
    if len(pairs) == 1:
        own, other = pairs[0]
        model.add(own.start - other.end <= max_lag_s).only_enforce_if(own.planned, other.planned)
        return
    near = []
    for own, other in pairs:
        soon = model.new_bool_var("")
        model.add_implication(soon, own.planned)
        model.add_implication(soon, other.planned)
        model.add(own.start - other.end <= max_lag_s).only_enforce_if(soon)
        near.append(soon)
    for own, other in pairs:
        model.add_bool_or([own.planned.negated(), other.planned.negated(), *near])
