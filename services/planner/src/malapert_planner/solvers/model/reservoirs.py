"""Reservoirs in integers that keep the rule or, for a bound, never ask for more.

A level that may not fall below nothing and one that may not rise above the brim are the same rule: room is what is
left to the brim, produced amounts take of it and consumed ones give it back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.resources import Reservoir
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.units import loosened, rounded_down, rounded_up, whole_unit
from malapert_planner.solvers.model.ledger import LinearSum
from malapert_planner.solvers.model.placements import Placements


@dataclass(frozen=True, slots=True)
class _Stock:
    """Something that is never below zero: what there is at first, and what each activity takes and gives."""

    first: float
    taken: dict[str, float]
    given: dict[str, float]


@dataclass(slots=True)
class _Change:
    constant: int = 0
    terms: LinearSum = field(default_factory=LinearSum)
    is_free: bool = False


def add_reservoirs(model: cp_model.CpModel, instance: Instance, placements: Placements) -> None:
    r"""Keep every reservoir between nothing and its capacity.

    With t_0 < t_1 < … the instants at which a use of the stock may begin or end,

        L[k] = L[k−1] + Σ_{ends at t_k} given b[i] − Σ_{begins at t_k} taken b[i] ≥ 0,

    fixed chains anywhere in the horizon counted in. Taken amounts are rounded up, given ones down.
    """
    for reservoir in instance.problem.reservoirs:
        unit = _unit(reservoir)
        for stock in _stocks(reservoir):
            taken = {name: rounded_up(amount / unit) for name, amount in stock.taken.items()}
            given = {name: rounded_down(amount / unit) for name, amount in stock.given.items()}
            changes = _changes(placements, taken, given)
            _add_levels(model, rounded_down(stock.first / unit), changes, sum(given.values()))


def add_relaxed_reservoirs(model: cp_model.CpModel, instance: Instance, planned: Mapping[int, cp_model.IntVar]) -> None:
    """Ask that each stock is not below zero at the end; amounts are rounded so that no schedule is cut off."""
    for reservoir in instance.problem.reservoirs:
        unit = _unit(reservoir)
        for stock in _stocks(reservoir):
            net: dict[int, float] = defaultdict(float)
            for sign, amounts in ((-1.0, stock.taken), (1.0, stock.given)):
                for name, amount in amounts.items():
                    net[instance.chain_of[name].index] += sign * amount
            terms = [planned[index] * rounded_up(net[index] / unit) for index in sorted(net) if index in planned]
            if terms:
                first = rounded_down(loosened(stock.first, reservoir.capacity) / unit)
                model.add(cp_model.LinearExpr.sum(terms) + first >= 0)


def add_interval_reservoirs(
    model: cp_model.CpModel,
    instance: Instance,
    spans: Mapping[str, tuple[cp_model.LinearExprT, cp_model.LinearExprT, cp_model.IntVar]],
) -> None:
    """Keep every reservoir between nothing and its capacity, over start, end and presence by activity."""
    for reservoir in instance.problem.reservoirs:
        unit = _unit(reservoir)
        for stock in _stocks(reservoir):
            events: list[tuple[cp_model.LinearExprT, int, cp_model.LiteralT]] = [
                (0, rounded_down(stock.first / unit), True)
            ]
            for name, (start, end, planned) in spans.items():
                if taken := rounded_up(stock.taken.get(name, 0.0) / unit):
                    events.append((start, -taken, planned))
                if given := rounded_down(stock.given.get(name, 0.0) / unit):
                    events.append((end, given, planned))
            most = sum(change for _, change, _ in events if change > 0)
            times, changes, present = zip(*events, strict=True)
            model.add_reservoir_constraint_with_active(times, changes, present, 0, most)


def _stocks(reservoir: Reservoir) -> tuple[_Stock, _Stock]:
    consumed = {use.activity_id: use.consumed for use in reservoir.uses}
    produced = {use.activity_id: use.produced for use in reservoir.uses}
    return _Stock(reservoir.start, consumed, produced), _Stock(reservoir.capacity - reservoir.start, produced, consumed)


def _unit(reservoir: Reservoir) -> float:
    amounts = [amount for use in reservoir.uses for amount in (use.consumed, use.produced)]
    return whole_unit(reservoir.capacity, [reservoir.start, *amounts])


def _changes(placements: Placements, taken: dict[str, int], given: dict[str, int]) -> dict[int, _Change]:
    changes: dict[int, _Change] = defaultdict(_Change)
    for chain in placements.fixed.values():
        for placed in chain.activities:
            for time_s, amount in _ends(placed.activity_id, placed.span, taken, given):
                changes[time_s].constant += amount
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for step in block.block.steps:
                for option in block.options:
                    for time_s, amount in _ends(step.activity.activity_id, step.span(option.start_s), taken, given):
                        changes[time_s].terms.add(option.taken, amount)
                        changes[time_s].is_free = True
    return changes


def _ends(name: str, span: Span, taken: dict[str, int], given: dict[str, int]) -> Iterator[tuple[int, int]]:
    if taken.get(name):
        yield span[0], -taken[name]
    if given.get(name):
        yield span[1], given[name]


def _add_levels(model: cp_model.CpModel, first: int, changes: dict[int, _Change], most_given: int) -> None:
    level: cp_model.IntVar | None = None
    constant = first
    for time_s in sorted(changes):
        change = changes[time_s]
        constant += change.constant
        before = constant if level is None else level + constant
        if change.is_free:
            level = model.new_int_var(0, first + most_given, "")
            model.add(level == before + change.terms.expression())
            constant = 0
        elif change.constant < 0 and level is not None:
            model.add(before >= 0)
