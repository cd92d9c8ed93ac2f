"""Modes of a request: alternative chains, of which at most one is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable

from malapert_planner.domain.problem.activities import Activity

Chain = tuple[Activity, ...]
"""The activities of a chain in order."""


def mode_key(activity: Activity) -> Hashable:
    """Return what the activities of all modes of one repetition share, or of one chain where it has no other mode."""
    if activity.mode_id:
        return activity.request_id, activity.repetition_index
    return activity.chain_id or activity.activity_id


def repetition_key(request_id: str, repetition_index: int) -> str:
    """Return the name of a repetition of a request."""
    return f"{request_id}/{repetition_index}"


def alternatives(activities: Iterable[Activity]) -> tuple[tuple[Chain, ...], ...]:
    """Return the chains of some activities, those together that are modes of one repetition, in their order."""
    groups: dict[Hashable, dict[str, list[Activity]]] = defaultdict(lambda: defaultdict(list))
    for activity in activities:
        groups[mode_key(activity)][activity.chain_id or activity.activity_id].append(activity)
    return tuple(
        tuple(tuple(sorted(steps, key=lambda step: step.chain_index)) for steps in chains.values())
        for chains in groups.values()
    )


def chain_value(chain: Chain) -> float:
    """Return what a chain is worth."""
    return sum(activity.value for activity in chain)


def planned_whole(modes: tuple[Chain, ...], planned_ids: Collection[str]) -> bool:
    """Return whether a chain is planned from its first to its last step, in any of its modes."""
    return any(all(activity.activity_id in planned_ids for activity in chain) for chain in modes)
