"""A schedule under a person's edits: what they make of it, and which of them cannot be done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from malapert_core.errors import Fault

from malapert_planner.domain.editing.chains import chain_spans, repetition_of
from malapert_planner.domain.editing.edited_items import EditedItems, EditedSchedule
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
from malapert_planner.domain.problem.holds import Disabled, Holds, Lock
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive


class EditedPlan(EditedItems):
    """A schedule under edits; made as `EditedItems`."""

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


def _unknown_request(path: str, request_id: str) -> Fault:
    return Fault(f"{path}.request_id", "UNKNOWN_REQUEST", f"the plan knows no request {request_id!r}")
