"""What chains ask for, those together that ask for the same: the classes of a coarse-time relaxation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from malapert_planner.domain.explanation.endurance import missing_wh
from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.solvers.bounds.interval_relaxation import earliest_arrivals
from malapert_planner.solvers.instance.compiled import Chain, Instance, compile_problem

Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """Chains that ask for the same.

    ``spans[place_id][n]`` is where the n-th of the ``steps`` can be under way there, whatever else a schedule holds.
    """

    chains: tuple[Chain, ...]
    steps: tuple[Activity, ...]
    spans: dict[str, tuple[Spans, ...]]


@dataclass(frozen=True, slots=True)
class Demands:
    """All chains of a problem: those of the classes, and those of which a part is frozen, which ask for nothing.

    ``fine`` is the problem with one chain of each class, on a grid of a second.
    """

    classes: tuple[Demand, ...]
    begun: frozenset[int]
    whole: frozenset[int]
    fine: Instance


def demands_of(instance: Instance) -> Demands:
    """Return what the chains of a problem ask for; of those begun, ``whole`` are frozen from end to end."""
    problem = instance.problem
    frozen = {placed.activity_id for placed in problem.baseline.frozen.activities} if problem.baseline else set()
    begun = {c.index for c in instance.chains if any(a.activity_id in frozen for a in c.activities)}
    whole = {index for index in begun if all(a.activity_id in frozen for a in instance.chains[index].activities)}
    shared = _shared_amounts(problem)
    alike: dict[Hashable, list[Chain]] = defaultdict(list)
    for chain in instance.chains:
        if chain.index not in begun:
            alike[_likeness(shared, chain)].append(chain)
    first = [chains[0] for chains in alike.values()]
    steps = tuple(activity for chain in first for activity in chain.activities)
    fine = compile_problem(replace(problem, resolution_s=1, activities=steps))
    if problem.baseline is None:
        arrivals = earliest_arrivals(fine)
    else:
        arrivals = dict.fromkeys(fine.places, problem.baseline.frozen_until_s)
    compiled = {chain.activities[0].activity_id: chain for chain in fine.chains}
    classes = tuple(
        _demand(fine, tuple(chains), compiled[chains[0].activities[0].activity_id], arrivals)
        for chains in alike.values()
    )
    return Demands(classes, frozenset(begun), frozenset(whole), fine)


def _shared_amounts(problem: PlanningProblem) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return what each activity takes of which shared resources."""
    amounts: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for resource in problem.cumulative_resources:
        for use in resource.uses:
            amounts[use.activity_id].append((resource.resource_id, use.amount))
    return {activity_id: tuple(each) for activity_id, each in amounts.items()}


def _likeness(shared: dict[str, tuple[tuple[str, float], ...]], chain: Chain) -> Hashable:
    return tuple(
        (
            step.duration_s,
            step.power_w,
            step.data_bit,
            step.resource_ids,
            step.place_ids,
            step.windows,
            step.place_windows,
            step.conditions,
            step.max_wait_s,
            shared.get(step.activity_id),
        )
        for step in chain.activities
    )


def _demand(fine: Instance, chains: tuple[Chain, ...], like: Chain, arrivals: dict[str, int]) -> Demand:
    spans = {
        place_id: tuple(
            _under_way(starts, arrivals[place_id], step.offset_s, step.activity.duration_s)
            for block, starts in zip(like.blocks, of_blocks, strict=True)
            for step in block.steps
        )
        for place_id, of_blocks in like.starts.items()
        if place_id in arrivals and _lasts(fine, like, place_id)
    }
    return Demand(chains, like.activities, {p: each for p, each in spans.items() if all(each)})


def _under_way(starts: Spans, since_s: int, offset_s: int, duration_s: int) -> Spans:
    return union(
        (max(low, since_s) + offset_s, high + offset_s + duration_s) for low, high in starts if high >= since_s
    )


def _lasts(instance: Instance, chain: Chain, place_id: str) -> bool:
    problem, place, where = instance.problem, instance.places[place_id], instance.where
    return all(missing_wh(problem, step, place, where.of_activity(step, place_id)) <= 0 for step in chain.activities)
