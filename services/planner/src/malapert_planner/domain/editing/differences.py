"""The edits that make one schedule of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from malapert_planner.domain.editing.chains import Chains, chain_spans, repetition_of
from malapert_planner.domain.editing.edits import (
    AddContact,
    AddDrive,
    AddRepetition,
    Edit,
    PlaceItem,
    RemoveItems,
)
from malapert_planner.domain.life.changes import pairs_between
from malapert_planner.domain.life.replanning import label_of
from malapert_planner.domain.problem.modes import Chain
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule


def edits_to(problem: PlanningProblem, chains: Chains, before: Schedule, after: Schedule) -> tuple[Edit, ...]:
    """Return edits by which a schedule becomes another one; what leaves goes first, then drives, contacts, chains."""
    removed, driven, tracked = list[str](), list[Edit](), list[Edit]()
    for old, new in pairs_between(problem, before, after):
        if isinstance(old or new, PlacedActivity) or old == new:
            continue
        if new is None and old is not None:
            removed.append(label_of(old))
        elif old is not None and new is not None and old.span != new.span:
            edits = driven if isinstance(new, PlacedDrive) else tracked
            edits.append(PlaceItem(label_of(old), *new.span))
        elif old is None and isinstance(new, PlacedDrive):
            driven.append(AddDrive(new.from_place_id, new.to_place_id, new.span[0]))
        elif old is None and isinstance(new, PlacedContact):
            tracked.append(AddContact(new.station_id, new.span))
    then, now = ({placed.activity_id: placed for placed in each.activities} for each in (before, after))
    touched = dict.fromkeys(name for name in (*then, *now) if then.get(name) != now.get(name))
    changed = {id(chain): chain for name in touched for chain in (chains.of_activity[name],)}
    removed += [chain[0].activity_id for chain in changed.values() if chain[0].activity_id not in now]
    placed = [edit for chain in changed.values() for edit in _placing(chain, then, now)]
    return (*([RemoveItems(tuple(removed))] if removed else ()), *driven, *tracked, *placed)


def _placing(chain: Chain, then: Mapping[str, PlacedActivity], now: Mapping[str, PlacedActivity]) -> Iterator[Edit]:
    """Yield edits that put a chain where it is now: as a whole, then the steps whose waits are others."""
    first = now.get(chain[0].activity_id)
    if first is None:
        return
    gaps_s: dict[int, int] = {}
    if chain[0].activity_id in then:
        spans = [then[activity.activity_id].span for activity in chain if activity.activity_id in then]
        gaps_s = {index: spans[index + 1][0] - spans[index][1] for index in range(len(spans) - 1)}
        yield PlaceItem(first.activity_id, first.span[0], place_id=first.place_id)
    else:
        request_id, index = repetition_of(chain)
        yield AddRepetition(request_id, index, first.span[0], first.place_id, chain[0].mode_id)
    expected = chain_spans(chain, 0, first.span[0], gaps_s)
    for activity, span in zip(chain, expected, strict=True):
        placed = now[activity.activity_id]
        if placed.span != span:
            yield PlaceItem(activity.activity_id, placed.span[0], place_id=placed.place_id, alone=True)
