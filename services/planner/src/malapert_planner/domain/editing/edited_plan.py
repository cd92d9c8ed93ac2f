"""A schedule under a person's edits: what they make of it, and which of them cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from malapert_core.errors import Fault

from malapert_planner.domain.editing.chains import Chains, Repetition, chain_spans, repetition_of
from malapert_planner.domain.editing.edits import (
    AddContact,
    AddDrive,
    AddRepetition,
    DisableRequest,
    Edit,
    EnableRequest,
    LockItems,
    PlaceItem,
    RemoveItems,
    ShiftItems,
    UnlockItems,
)
from malapert_planner.domain.life.replanning import Item, items_of, label_of
from malapert_planner.domain.problem.holds import Disabled, Holds, Lock
from malapert_planner.domain.problem.modes import Chain
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import Lookups, place_at

DRIVE_PREFIX = "drive/"
"""Begin of the names that a plan gives its drives, before their numbers by start."""


@dataclass(frozen=True, slots=True)
class EditableProblem:
    """A problem with the look-ups that edits of its schedules need."""

    problem: PlanningProblem
    lookups: Lookups
    chains: Chains


@dataclass(frozen=True, slots=True)
class EditedSchedule:
    """What edits make of a schedule.

    ``edited`` are the items that they put where they are, ``removed`` the repetitions that they took out,
    ``wanted`` those that they add without a start.
    """

    schedule: Schedule
    holds: Holds
    edited: Schedule
    removed: frozenset[Repetition]
    wanted: tuple[AddRepetition, ...]


class EditedPlan:
    """A schedule under edits.

    Parameters
    ----------
    given : EditableProblem
    schedule : Schedule
    names : mapping of str to str
        Further names of activities, such as those by which who does not see them whole knows them.
    hidden : collection of str
        Activities and requests that whoever edits knows by no other name.
    """

    def __init__(
        self,
        given: EditableProblem,
        schedule: Schedule,
        names: Mapping[str, str] | None = None,
        hidden: Collection[str] = (),
    ) -> None:
        self._problem, self._lookups, self._chains = given.problem, given.lookups, given.chains
        self._before = schedule
        self._items: dict[str, Item] = {label_of(item): item for item in items_of(schedule)}
        self._hidden = hidden
        self._names = {f"{DRIVE_PREFIX}{number}": label_of(drive) for number, drive in enumerate(schedule.drives)}
        self._names |= names or {}
        self._locks = {lock.activity_id: lock for lock in given.problem.holds.locks}
        self._disabled = set(given.problem.holds.disabled)
        self._edited = set[str]()
        self._removed = set[Repetition]()
        self._wanted: list[AddRepetition] = []

    def apply(self, edit: Edit, path: str) -> list[Fault]:
        """Do an edit; return its faults, each with its path."""
        match edit:
            case PlaceItem():
                return self._of_items((edit.item_id,), f"{path}.place.item_id", partial(self._place, edit))
            case ShiftItems():
                moving = partial(self._shift, set(), edit.offset_s)
                return self._of_items(edit.item_ids, f"{path}.shift.item_ids", moving)
            case RemoveItems():
                return self._of_items(edit.item_ids, f"{path}.remove.item_ids", self._remove)
            case LockItems():
                return self._of_items(edit.item_ids, f"{path}.lock.item_ids", self._lock)
            case UnlockItems():
                return self._of_items(edit.item_ids, f"{path}.unlock.item_ids", self._unlock)
            case DisableRequest() | EnableRequest():
                return self._set_disabled(edit, path)
            case AddRepetition():
                return self._add(edit, f"{path}.add")
            case AddDrive():
                return self._add_drive(edit, f"{path}.add_drive")
            case AddContact():
                return self._add_contact(edit, f"{path}.add_contact")

    def result(self) -> EditedSchedule:
        """Return what the edits have made."""
        schedule = self._scheduled(self._items)
        edited = self._scheduled(name for name in self._edited if name in self._items)
        disabled = sorted(self._disabled, key=lambda each: (each.request_id, each.repetition_index))
        return EditedSchedule(
            schedule,
            Holds(tuple(lock for _, lock in sorted(self._locks.items())), tuple(disabled)),
            edited,
            frozenset(self._removed),
            tuple(self._wanted),
        )

    def _scheduled(self, names: Iterable[str]) -> Schedule:
        items = [self._items[name] for name in names]
        every = sorted((i for i in self._items.values() if isinstance(i, PlacedDrive)), key=lambda drive: drive.span)
        activities = (item for item in items if isinstance(item, PlacedActivity))
        contacts = (self._named(item, tuple(every)) for item in items if isinstance(item, PlacedContact))
        return Schedule(
            tuple(sorted(activities, key=lambda placed: (placed.span, placed.activity_id))),
            tuple(drive for drive in every if drive in items),
            tuple(sorted(contacts, key=lambda contact: (contact.span, contact.station_id))),
        )

    def _of_items(self, names: Iterable[str], path: str, do: Callable[[str, str], list[Fault]]) -> list[Fault]:
        """Do something to items by name, or to none of them where one is not in the plan."""
        found = [self._names.get(name, name) for name in names]
        if not found:
            return [Fault(path, "EMPTY", "at least one item is named")]
        missing = [name for name in names if name in self._hidden or self._names.get(name, name) not in self._items]
        if missing:
            return [Fault(path, "UNKNOWN_ITEM", f"the edited plan has no item {name!r}") for name in missing]
        return [fault for name in found for fault in do(name, path)]

    def _place(self, edit: PlaceItem, name: str, path: str) -> list[Fault]:
        item = self._items[name]
        length_s = item.span[1] - item.span[0]
        span = (edit.start_s, edit.start_s + length_s if edit.end_s is None else edit.end_s)
        if isinstance(item, PlacedActivity):
            return self._place_activity(edit, item, span, path)
        if edit.place_id or edit.mode_id:
            return [Fault(path, "NO_ACTIVITY", "a drive or a contact has no place and no mode to choose")]
        self._items[name] = replace(item, span=span)
        self._edited.add(name)
        return []

    def _place_activity(self, edit: PlaceItem, item: PlacedActivity, span: Span, path: str) -> list[Fault]:
        activity = self._lookups.activity_by_id[item.activity_id]
        chain = self._chains.of_activity[item.activity_id]
        if edit.mode_id:
            wanted = self._chains.in_mode(chain, edit.mode_id)
            if wanted is None:
                return [Fault(path.replace("item_id", "mode_id"), "UNKNOWN_MODE", self._modes_text(chain))]
        else:
            # Where no mode lasts so long the validator says how long it takes.
            wanted = self._chains.lasting(activity, span[1] - span[0]) or chain
        index = min(activity.chain_index, len(wanted) - 1)
        if edit.mode_id and edit.end_s is None:
            span = (span[0], span[0] + wanted[index].duration_s)
        if edit.alone and wanted is chain:
            place_id = edit.place_id or self._place_at(span[0])
            self._items[item.activity_id] = replace(item, place_id=place_id, span=span)
            self._edited.add(item.activity_id)
            return []
        spans = chain_spans(wanted, index, span[0], self._gaps_s(chain))
        spans[index] = span
        self._take_out(chain)
        self._put(wanted, spans, edit.place_id)
        for old, new in zip(chain, wanted, strict=False):
            self._names[old.activity_id] = new.activity_id
        return []

    def _shift(self, moved: set[str], offset_s: int, name: str, _path: str) -> list[Fault]:
        """Move an item with its chain, but nothing twice."""
        item = self._items[name]
        names = [name]
        if isinstance(item, PlacedActivity):
            names = [a.activity_id for a in self._chains.of_activity[item.activity_id] if a.activity_id in self._items]
        for each in names:
            if each not in moved:
                moved.add(each)
                self._move(each, offset_s)
        return []

    def _move(self, name: str, offset_s: int) -> None:
        item = self._items[name]
        self._items[name] = replace(item, span=(item.span[0] + offset_s, item.span[1] + offset_s))
        self._edited.add(name)

    def _remove(self, name: str, _path: str) -> list[Fault]:
        item = self._items.get(name)
        if isinstance(item, PlacedActivity):
            chain = self._chains.of_activity[item.activity_id]
            self._take_out(chain)
            self._removed.add(repetition_of(chain))
        else:
            self._items.pop(name, None)
        return []

    def _lock(self, name: str, path: str) -> list[Fault]:
        item = self._items[name]
        if not isinstance(item, PlacedActivity):
            return [Fault(path, "NOT_LOCKABLE", f"{name} is no activity; only activities are locked")]
        chain = self._chains.of_activity[item.activity_id]
        placed = [self._items.get(activity.activity_id) for activity in chain]
        steps = [step for step in placed if isinstance(step, PlacedActivity)]
        if len(steps) < len(chain) or not self._chains.is_on_grid(chain, [step.span for step in steps]):
            step_s = self._problem.resolution_s
            message = f"{name} is locked only where its chain is whole and starts at a multiple of {step_s} s"
            return [Fault(path, "NOT_ON_GRID", message)]
        self._locks |= {step.activity_id: Lock(step.activity_id, step.place_id, step.span) for step in steps}
        return []

    def _unlock(self, name: str, _path: str) -> list[Fault]:
        for activity in self._chains.of_activity.get(name, ()):
            self._locks.pop(activity.activity_id, None)
        return []

    def _set_disabled(self, edit: DisableRequest | EnableRequest, path: str) -> list[Fault]:
        is_out = isinstance(edit, DisableRequest)
        path = f"{path}.{'disable' if is_out else 'enable'}"
        indices = self._repetitions(edit.request_id)
        if not indices:
            return [_unknown_request(path, edit.request_id)]
        if edit.repetition_index is not None:
            if edit.repetition_index not in indices:
                return [self._unknown_repetition(f"{path}.repetition_index", edit.request_id, edit.repetition_index)]
            indices = [edit.repetition_index]
        for index in indices:
            repetition = Disabled(edit.request_id, index)
            if not is_out:
                self._disabled.discard(repetition)
                continue
            self._disabled.add(repetition)
            for chain in self._chains.of_repetition[edit.request_id, index]:
                self._take_out(chain)
        return []

    def _add(self, edit: AddRepetition, path: str) -> list[Fault]:
        indices = self._repetitions(edit.request_id)
        if not indices:
            return [_unknown_request(path, edit.request_id)]
        if edit.repetition_index not in indices:
            return [self._unknown_repetition(f"{path}.repetition_index", edit.request_id, edit.repetition_index)]
        chains = self._chains.of_repetition[edit.request_id, edit.repetition_index]
        planned = [a.activity_id for chain in chains for a in chain if a.activity_id in self._items]
        if planned:
            message = f"repetition {edit.repetition_index} of {edit.request_id} is planned: {', '.join(planned)}"
            return [Fault(path, "ALREADY_PLANNED", message)]
        chain = self._chains.in_mode(chains[0], edit.mode_id) if edit.mode_id else chains[0]
        if chain is None:
            return [Fault(f"{path}.mode_id", "UNKNOWN_MODE", self._modes_text(chains[0]))]
        self._removed.discard(repetition_of(chain))
        if edit.start_s is None:
            self._wanted.append(edit)
        else:
            self._put(chain, chain_spans(chain, 0, edit.start_s, {}), edit.place_id)
        return []

    def _add_drive(self, edit: AddDrive, path: str) -> list[Fault]:
        drive = self._lookups.drive_by_ends.get((edit.from_place_id, edit.to_place_id))
        if drive is None:
            ways = ", ".join(f"{start}->{end}" for start, end in sorted(self._lookups.drive_by_ends)[:20]) or "none"
            return [Fault(path, "UNKNOWN_DRIVE", f"there is no such way; the plan's are {ways}")]
        span = (edit.start_s, edit.start_s + drive.duration_s)
        return self._insert(PlacedDrive(edit.from_place_id, edit.to_place_id, span), path)

    def _add_contact(self, edit: AddContact, path: str) -> list[Fault]:
        stations = sorted({window.station_id for window in self._problem.contact_windows})
        if edit.station_id not in stations:
            message = f"there is no window of {edit.station_id!r}; stations are {', '.join(stations[:20]) or 'none'}"
            return [Fault(f"{path}.station_id", "UNKNOWN_STATION", message)]
        return self._insert(PlacedContact(edit.station_id, "", "", edit.span), path)

    def _insert(self, item: PlacedDrive | PlacedContact, path: str) -> list[Fault]:
        name = label_of(item)
        if any(label_of(other) == name for other in self._items.values()):
            return [Fault(path, "ALREADY_PLANNED", f"the edited plan has {name} already")]
        while name in self._items:
            # An item that was moved away keeps the name that it had.
            name += "+"
        self._items[name] = item
        self._edited.add(name)
        return []

    def _put(self, chain: Chain, spans: list[Span], place_id: str) -> None:
        where = place_id or self._place_at(spans[0][0])
        for activity, span in zip(chain, spans, strict=True):
            self._items[activity.activity_id] = PlacedActivity(activity.activity_id, where, span)
            self._edited.add(activity.activity_id)

    def _take_out(self, chain: Chain) -> None:
        for activity in chain:
            self._items.pop(activity.activity_id, None)

    def _gaps_s(self, chain: Chain) -> dict[int, int]:
        spans = [item.span if (item := self._items.get(a.activity_id)) else None for a in chain]
        pairs = enumerate(pairwise(spans))
        return {index: after[0] - before[1] for index, (before, after) in pairs if before and after}

    def _place_at(self, time_s: int) -> str:
        drives = (item for item in self._items.values() if isinstance(item, PlacedDrive))
        return place_at(self._problem, sorted(drives, key=lambda drive: drive.span), time_s)

    def _named(self, contact: PlacedContact, drives: tuple[PlacedDrive, ...]) -> PlacedContact:
        """Return a contact that names the window of the place where the asset then is."""
        if contact.window_id and drives == self._before.drives and contact in self._before.contacts:
            return contact
        here = place_at(self._problem, drives, contact.span[0])
        windows = self._lookups.windows_at.get((contact.station_id, here), [])
        window = next((each for each in windows if each.span[0] <= contact.span[0] < each.span[1]), None)
        return replace(contact, place_id=here, window_id=window.window_id if window else "")

    def _repetitions(self, request_id: str) -> list[int]:
        return [] if request_id in self._hidden else self._chains.repetitions.get(request_id, [])

    def _unknown_repetition(self, path: str, request_id: str, index: int) -> Fault:
        last = self._chains.repetitions[request_id][-1]
        return Fault(path, "UNKNOWN_REPETITION", f"{request_id} has no repetition {index}; its last is {last}")

    def _modes_text(self, chain: Chain) -> str:
        modes = dict.fromkeys(
            each[0].mode_id.partition("@")[0] for each in self._chains.of_repetition[repetition_of(chain)]
        )
        return f"modes of {chain[0].request_id} are: {', '.join(mode or 'the only one' for mode in modes)}"


def _unknown_request(path: str, request_id: str) -> Fault:
    return Fault(f"{path}.request_id", "UNKNOWN_REQUEST", f"the plan knows no request {request_id!r}")
