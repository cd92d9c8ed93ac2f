"""Differences between a schedule and the one that it replans: items moved, added or dropped, each with its cause."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from malapert_planner.domain.life.replanning import Item, items_of, label_of
from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule

MAX_NAMED_ITEMS = 5
"""Largest number of conflicting items that a reason names, to keep it readable."""
Pair = tuple[Item | None, Item | None]
"""An item before and after."""


class ChangeKind(StrEnum):
    """Kind of an item's change; one that is done in another mode, or at another time or place, is moved."""

    MOVED = "MOVED"
    ADDED = "ADDED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Change:
    """An item that is not as it was.

    ``reason`` is EDITED where a person made it so, FORCED where it broke a rule as it stood, MADE_ROOM where changed
    items now take its time or resources, FOLLOWS where the rest of its chain changed, FITTED where it was not planned
    before, BETTER otherwise.
    ``because`` names the items in the way. ``label`` is its name in the plan before, of what was added in that after.
    """

    kind: ChangeKind
    label: str
    before: Item | None
    after: Item | None
    reason: str
    explanation: str
    because: tuple[str, ...] = ()


def changes(
    problem: PlanningProblem, before: Schedule, after: Schedule, forced: dict[str, str] | None = None
) -> tuple[Change, ...]:
    """Return every change between two schedules by time, with its reason.

    Parameters
    ----------
    forced
        What could not stay as it was, and why, by label.
    """
    changed = sorted((pair for pair in pairs_between(problem, before, after) if not _same(*pair)), key=_order)
    return tuple(_change(problem, pair, changed, forced or {}) for pair in changed)


def edits_between(problem: PlanningProblem, before: Schedule, after: Schedule) -> tuple[Change, ...]:
    """Return every change between two schedules by time, all of them made by a person."""
    changed = sorted((pair for pair in pairs_between(problem, before, after) if not _same(*pair)), key=_order)
    return tuple(
        Change(_kind(pair), label_of(_one(pair)), *pair, "EDITED", "a person edited the plan so") for pair in changed
    )


def pairs_between(problem: PlanningProblem, before: Schedule, after: Schedule) -> Iterator[Pair]:
    """Yield every item of two schedules with what it became."""
    names = {activity.activity_id: _step_name(activity) for activity in problem.activities}
    yield from _pairs(before, after, names)


def _kind(pair: Pair) -> ChangeKind:
    before, after = pair
    return ChangeKind.ADDED if before is None else ChangeKind.DROPPED if after is None else ChangeKind.MOVED


def _order(pair: Pair) -> tuple[Span, str]:
    item = _one(pair)
    return item.span, label_of(item)


def _one(pair: Pair) -> Item:
    item = pair[0] if pair[0] is not None else pair[1]
    assert item is not None  # noqa: S101  (no pair is empty)
    return item


def _same(before: Item | None, after: Item | None) -> bool:
    """Return whether an item stays; which window a contact names is no change."""
    if isinstance(before, PlacedContact) and isinstance(after, PlacedContact):
        return before.span == after.span
    return before == after


def _step_name(activity: Activity) -> Hashable:
    """Return what a step shares with those that are it in other modes."""
    return (mode_key(activity), activity.chain_index) if activity.mode_id else activity.activity_id


def _pairs(before: Schedule, after: Schedule, names: Mapping[str, Hashable]) -> Iterator[Pair]:
    """Yield what was with what it became: an activity by its name; a drive by its ends; a contact by its station."""
    groups: dict[Hashable, tuple[list[Item], list[Item]]] = {}
    for side, schedule in enumerate((before, after)):
        for item in items_of(schedule):
            groups.setdefault(_key(item, names), ([], []))[side].append(item)
    for earlier, later in groups.values():
        rest = list(later)
        left = []
        for item in earlier:
            match = next((other for other in rest if other.span == item.span), None)
            if match is None:
                left.append(item)
            else:
                rest.remove(match)
                yield item, match
        for item in left:
            near = [other for other in rest if not isinstance(item, PlacedContact) or overlap_s(item.span, other.span)]
            match = min(near, key=lambda other: (abs(other.span[0] - item.span[0]), other.span), default=None)
            if match is not None:
                rest.remove(match)
            yield item, match
        yield from ((None, item) for item in rest)


def _key(item: Item, names: Mapping[str, Hashable]) -> Hashable:
    if isinstance(item, PlacedActivity):
        return names.get(item.activity_id, item.activity_id)
    if isinstance(item, PlacedDrive):
        return item.from_place_id, item.to_place_id
    return "contact", item.station_id


def _change(problem: PlanningProblem, pair: Pair, changed: Sequence[Pair], forced: dict[str, str]) -> Change:
    before, after = pair
    kind, label = _kind(pair), label_of(_one(pair))
    if before is None:
        return Change(kind, label, before, after, "FITTED", "it is in the plan now and was not before")
    if label in forced:
        return Change(kind, label, before, after, "FORCED", forced[label])
    others = [other for other in changed if other is not pair]
    if blocking := _blocking_items(problem, before, others):
        text = f"{', '.join(blocking)} now need its time or resources"
        return Change(kind, label, before, after, "MADE_ROOM", text, blocking)
    chain = _chain(problem, before)
    mates = tuple(label_of(_one(other)) for other in others if chain and _chain(problem, _one(other)) == chain)[
        :MAX_NAMED_ITEMS
    ]
    if mates:
        return Change(kind, label, before, after, "FOLLOWS", f"it belongs together with {', '.join(mates)}", mates)
    return Change(kind, label, before, after, "BETTER", "nothing forced it: the plan as a whole is worth more so")


def _blocking_items(problem: PlanningProblem, item: Item, others: Sequence[Pair]) -> tuple[str, ...]:
    """Return the changed items that, as they are now, need something that an item took before."""
    return tuple(
        label_of(after)
        for _, after in others
        if after is not None and overlap_s(item.span, after.span) and _takes(problem, item) & _takes(problem, after)
    )[:MAX_NAMED_ITEMS]


def _takes(problem: PlanningProblem, item: Item) -> set[str]:
    if isinstance(item, PlacedContact):
        return {"the radio"}
    if isinstance(item, PlacedDrive):
        return {"where the asset is", *problem.drive_rule.resource_ids}
    activity = next((a for a in problem.activities if a.activity_id == item.activity_id), None)
    shared = {r.resource_id for r in problem.cumulative_resources for u in r.uses if u.activity_id == item.activity_id}
    return {"where the asset is", *shared, *(activity.resource_ids if activity else ())}


def _chain(problem: PlanningProblem, item: Item) -> str:
    if not isinstance(item, PlacedActivity):
        return ""
    return next((a.chain_id for a in problem.activities if a.activity_id == item.activity_id), "")
