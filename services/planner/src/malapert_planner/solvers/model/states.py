"""What may go on together: who makes a disturbance that another needs quiet of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.placements import Placements

Uses = list[tuple[Span, cp_model.IntVar | None]]
"""Spans of activities, with the variable by which each is taken; None where it is fixed."""


@dataclass(frozen=True)
class Disturbances:
    """Makers and those that need quiet, by disturbance; only of those that have both."""

    makers: Mapping[str, frozenset[str]]
    needing: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, problem: PlanningProblem) -> Disturbances:
        """Return those of a problem."""
        makers, needing = _named(problem.activities, "makes"), _named(problem.activities, "needs_quiet")
        both = sorted(makers.keys() & needing.keys())
        return cls({name: makers[name] for name in both}, {name: needing[name] for name in both})

    @property
    def touched(self) -> frozenset[str]:
        """Activities that disturb, or are disturbed by, some other."""
        return frozenset().union(*self.makers.values(), *self.needing.values())


def disturbing(one: Activity, other: Activity) -> frozenset[str]:
    """Return the disturbances that one of two activities makes and the other needs quiet of."""
    if one.activity_id == other.activity_id:
        return frozenset()
    return frozenset(one.makes) & frozenset(other.needs_quiet) | frozenset(other.makes) & frozenset(one.needs_quiet)


def clash(one: Activity, other: Activity) -> bool:
    """Return whether two activities cannot be under way at once."""
    return bool(disturbing(one, other))


def is_quiet(instance: Instance, own: Iterable[PlacedActivity], others: Iterable[PlacedActivity]) -> bool:
    """Return whether no placed activity of some clashes with another one that overlaps it."""
    activities, around = instance.activities, list(others)
    for mine in own:
        activity = activities[mine.activity_id]
        if not activity.makes and not activity.needs_quiet:
            continue
        if any(overlap_s(mine.span, each.span) and clash(activity, activities[each.activity_id]) for each in around):
            return False
    return True


def add_states(model: cp_model.CpModel, instance: Instance, scope: Scope, placements: Placements) -> None:
    r"""Let nothing make a disturbance beside what needs quiet of it.

    At every t where a maker or one that needs quiet begins, either Σ makers at t = 0 or Σ needing at t = 0: two
    overlap first where the later of them begins.
    """
    disturbances = Disturbances.of(instance.problem)
    for name, makers in disturbances.makers.items():
        loud, quiet = _uses(scope, placements, makers), _uses(scope, placements, disturbances.needing[name])
        for start_s in sorted({span[0] for span, _ in (*loud, *quiet)}):
            _part(model, _at(loud, start_s), _at(quiet, start_s))


def add_interval_states(
    model: cp_model.CpModel, problem: PlanningProblem, intervals: Mapping[str, cp_model.IntervalVar]
) -> None:
    """Keep apart, over interval variables by activity, each maker from each that needs quiet."""
    disturbances = Disturbances.of(problem)
    pairs = {
        tuple(sorted((maker, needing)))
        for name, makers in disturbances.makers.items()
        for maker in makers & intervals.keys()
        for needing in disturbances.needing[name] & intervals.keys()
        if maker != needing
    }
    for pair in sorted(pairs):
        model.add_no_overlap([intervals[name] for name in pair])


def _named(activities: Iterable[Activity], field: str) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for activity in activities:
        for name in getattr(activity, field):
            found[name].add(activity.activity_id)
    return {name: frozenset(ids) for name, ids in found.items()}


def _uses(scope: Scope, placements: Placements, names: frozenset[str]) -> Uses:
    fixed: Uses = [
        (placed.span, None)
        for chain in placements.fixed.values()
        for placed in chain.activities
        if placed.activity_id in names and overlap_s(placed.span, scope.span)
    ]
    free: Uses = [
        (step.span(option.start_s), option.taken)
        for decision in placements.decisions.values()
        for block in decision.blocks
        for step in block.block.steps
        if step.activity.activity_id in names
        for option in block.options
    ]
    return fixed + free


def _at(uses: Uses, time_s: int) -> list[cp_model.IntVar | None]:
    return [taken for span, taken in uses if span[0] <= time_s < span[1]]


def _part(model: cp_model.CpModel, loud: list[cp_model.IntVar | None], quiet: list[cp_model.IntVar | None]) -> None:
    """Let either side be empty; what is fixed on both is not for this model to mend."""
    free = [[taken for taken in side if taken is not None] for side in (loud, quiet)]
    fixed = [any(taken is None for taken in side) for side in (loud, quiet)]
    if not loud or not quiet or all(fixed):
        return
    for is_there, others in zip(fixed, reversed(free), strict=True):
        if is_there:
            model.add(cp_model.LinearExpr.sum(others) == 0)
    if not any(fixed):
        is_loud = model.new_bool_var("")
        model.add(cp_model.LinearExpr.sum(free[0]) <= len(free[0]) * is_loud)
        model.add(cp_model.LinearExpr.sum(free[1]) <= len(free[1]) * (1 - is_loud))
