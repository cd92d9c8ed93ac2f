"""What activities share at once, in integers that keep the rule or, for a bound, never ask for more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.resources import CumulativeResource
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.units import loosened, rounded_down, rounded_up, whole_unit
from malapert_planner.solvers.model.placements import Placements


def add_cumulative(model: cp_model.CpModel, instance: Instance, scope: Scope, placements: Placements) -> None:
    r"""Let the users of each cumulative resource take no more at once than there is.

    At every t where a use begins, Σ_{i uses r at t} amount b[i] ≤ capacity − what fixed chains take at t: what is
    taken rises nowhere else. Amounts are rounded up.
    """
    for resource in instance.problem.cumulative_resources:
        amounts, capacity = scaled_amounts(resource, exact=True)
        fixed = [
            (placed.span, amounts[placed.activity_id])
            for chain in placements.fixed.values()
            for placed in chain.activities
            if placed.activity_id in amounts and overlap_s(placed.span, scope.span)
        ]
        free = [
            (step.span(option.start_s), amounts[step.activity.activity_id], option.taken)
            for decision in placements.decisions.values()
            for block in decision.blocks
            for step in block.block.steps
            if step.activity.activity_id in amounts
            for option in block.options
        ]
        _add_instants(model, capacity, fixed, free)


def _add_instants(
    model: cp_model.CpModel,
    capacity: int,
    fixed: list[tuple[Span, int]],
    free: list[tuple[Span, int, cp_model.IntVar]],
) -> None:
    starts = sorted({span[0] for span, _ in fixed} | {span[0] for span, _, _ in free})
    waiting = sorted(free, key=lambda use: use[0])
    active: list[tuple[Span, int, cp_model.IntVar]] = []
    position = 0
    for start in starts:
        active = [use for use in active if use[0][1] > start]
        while position < len(waiting) and waiting[position][0][0] == start:
            active.append(waiting[position])
            position += 1
        left = capacity - sum(amount for span, amount in fixed if span[0] <= start < span[1])
        if sum(amount for _, amount, _ in active) > left:
            taken = cp_model.LinearExpr.weighted_sum([var for _, _, var in active], [amount for _, amount, _ in active])
            # What fixed chains already take too much of is not for this model to mend.
            model.add(taken <= max(left, 0))


def add_interval_cumulative(
    model: cp_model.CpModel, instance: Instance, uses: Mapping[str, cp_model.IntervalVar], *, exact: bool
) -> None:
    """Add the cumulative resources over interval variables by activity: none too much, or no schedule cut off."""
    for resource in instance.problem.cumulative_resources:
        amounts, capacity = scaled_amounts(resource, exact=exact)
        names = [name for name in sorted(amounts) if name in uses]
        if names:
            model.add_cumulative([uses[name] for name in names], [amounts[name] for name in names], capacity)


def scaled_amounts(resource: CumulativeResource, *, exact: bool) -> tuple[dict[str, int], int]:
    """Return what each activity takes, and the capacity, in the resource's whole units, rounded to the safe side.

    That is so that the rule is kept or, unless exact, that no schedule is cut off.
    """
    rounding = rounded_up if exact else rounded_down
    amounts: defaultdict[str, float] = defaultdict(float)
    for use in resource.uses:
        amounts[use.activity_id] += use.amount
    unit = whole_unit(resource.capacity, amounts.values())
    scaled = {name: rounding(amount / unit) for name, amount in amounts.items() if amount > 0}
    capacity = resource.capacity if exact else loosened(resource.capacity, resource.capacity)
    return scaled, rounded_down(capacity / unit)
