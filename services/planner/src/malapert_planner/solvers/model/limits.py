"""What is limited over the whole horizon, in integers that keep the rule or, for a bound, never ask for more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.resources import Limit
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.units import loosened, rounded_down, rounded_up, whole_unit
from malapert_planner.solvers.model.placements import Placements


def add_limits(model: cp_model.CpModel, instance: Instance, placements: Placements) -> None:
    """Add Σ amount z ≤ capacity over free and fixed chains."""
    planned = {index: decision.planned for index, decision in placements.decisions.items()}
    _add(model, instance, planned, frozenset(placements.fixed), exact=True)


def add_chain_limits(
    model: cp_model.CpModel, instance: Instance, planned: Mapping[int, cp_model.IntVar], *, exact: bool
) -> None:
    """Add the limits; unless exact, so that no schedule that keeps them is cut off: amounts are rounded down."""
    _add(model, instance, planned, frozenset(), exact=exact)


def chain_amounts(instance: Instance, limit: Limit) -> dict[int, float]:
    """Return how much each chain takes of what is limited."""
    amounts: defaultdict[int, float] = defaultdict(float)
    for use in limit.uses:
        amounts[instance.chain_of[use.activity_id].index] += use.amount
    return dict(amounts)


def choice_chains(instance: Instance, request_id: str) -> tuple[tuple[Limit, tuple[Chain, ...]], ...]:
    """Return the choices among a request's repetitions, each with its chains."""
    limits = instance.choices.get(request_id, ())
    return tuple((limit, tuple(instance.chain_of[use.activity_id] for use in limit.uses)) for limit in limits)


def _add(
    model: cp_model.CpModel,
    instance: Instance,
    planned: Mapping[int, cp_model.IntVar],
    fixed: frozenset[int],
    *,
    exact: bool,
) -> None:
    rounding = rounded_up if exact else rounded_down
    for limit in instance.problem.limits:
        amounts = chain_amounts(instance, limit)
        unit = whole_unit(limit.capacity, amounts.values())
        taken = sum(rounding(amounts[index] / unit) for index in amounts if index in fixed)
        terms = [planned[index] * rounding(amounts[index] / unit) for index in sorted(amounts) if index in planned]
        if terms:
            capacity = limit.capacity if exact else loosened(limit.capacity, limit.capacity)
            model.add(cp_model.LinearExpr.sum(terms) <= max(-1, rounded_down(capacity / unit)) - taken)
