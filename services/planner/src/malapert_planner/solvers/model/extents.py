"""How requests stand to each other in a model: constraints between whether and when their repetitions are planned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.model.ledger import Linear
from malapert_planner.solvers.model.limits import choice_chains


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
    TOGETHER: any of each if any of the other, and |first start(c) − first start(o)| ≤ lag.
    Repetitions n, n + 1: n if n + 1, and |first start(n + 1) − first start(n) − period| ≤ tolerance if both are.
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
        if relation.kind is RelationKind.TOGETHER:
            _need_any(model, own, others)
            _start_within(model, own, others, (-relation.max_lag_s, relation.max_lag_s))
            _need_any(model, others, own)
            continue
        for extent, other in product(own, others):
            _relate(model, relation, extent, other)
        if relation.kind is RelationKind.AFTER and relation.max_lag_s > 0:
            _follow_soon(model, relation.max_lag_s, list(product(own, others)))
    for repetition in instance.problem.repetitions:
        low, high = repetition.period_s - repetition.tolerance_s, repetition.period_s + repetition.tolerance_s
        for first, second in pairwise(_by_index(instance, repetition.request_id, repetitions)):
            _need_any(model, second, first)
            _start_within(model, second, first, (low, high))


def _relate(model: cp_model.CpModel, relation: Relation, own: Extent, other: Extent) -> None:
    both = (own.planned, other.planned)
    if relation.kind is RelationKind.EXCLUDES:
        model.add_at_most_one(both)
    elif relation.kind is RelationKind.REQUIRES:
        model.add_implication(own.planned, other.planned)
    else:
        model.add(own.start - other.end >= relation.min_lag_s).only_enforce_if(both)


def _by_index(
    instance: Instance, request_id: str, repetitions: Mapping[str, Sequence[Extent]]
) -> Iterator[list[Extent]]:
    """Yield what is planned of each repetition of a request: one extent, or several where it has chains of its own."""
    group = zip(instance.repetitions.get(request_id, ()), repetitions.get(request_id, ()), strict=False)
    for _, same in groupby(group, key=lambda pair: pair[0][0].repetition_index):
        yield [extent for _, extent in same]


def _need_any(model: cp_model.CpModel, some: Sequence[Extent], others: Sequence[Extent]) -> None:
    """Let some be planned only where any of some others is."""
    for extent in some:
        model.add_bool_or([extent.planned.negated(), *(other.planned for other in others)])


def _start_within(model: cp_model.CpModel, later: Sequence[Extent], sooner: Sequence[Extent], apart_s: Span) -> None:
    """Keep the first start of some between bounds after the first start of others, where any of each is planned."""
    _start_by(model, later, sooner, apart_s[1])
    _start_by(model, sooner, later, -apart_s[0])


def _start_by(model: cp_model.CpModel, some: Sequence[Extent], others: Sequence[Extent], after_s: int) -> None:
    """Let one of some start at most so long after the first of others starts, which is: after each of them."""
    if len(some) == 1:
        for other in others:
            model.add(some[0].start - other.start <= after_s).only_enforce_if(some[0].planned, other.planned)
        return
    leads = []
    for extent in some:
        lead = model.new_bool_var("")
        model.add_implication(lead, extent.planned)
        for other in others:
            model.add(extent.start - other.start <= after_s).only_enforce_if(lead, other.planned)
        leads.append(lead)
    for extent, other in product(some, others):
        model.add_bool_or([extent.planned.negated(), other.planned.negated(), *leads])


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
