"""Proposed edits as the domain knows them, and back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from malapert.planner.v1 import edit_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import from_timestamp, to_timestamp

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
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.services.making.plan_items import span_interval

MOST_EDITS, MOST_ITEMS = 200, 5000
"""Numbers of edits, and of items named in them, that are taken at once."""


def edits_of(
    problem: PlanningProblem, messages: Sequence[edit_pb2.PlanEdit]
) -> tuple[list[tuple[str, Edit]], list[Fault]]:
    """Return edits of a schedule of a problem, each with its path, and the faults of those that are none.

    Raises
    ------
    InvalidInputError
        ``INVALID_EDITS`` where there are none, or more than are taken.
    """
    refuse([Fault("edits", "EMPTY", "at least one edit is proposed")] if not messages else too_many(messages))
    times = _Times(problem)
    read = [(f"edits[{index}]", _edit(times, each, f"edits[{index}]")) for index, each in enumerate(messages)]
    return [(path, edit) for path, edit in read if edit is not None], times.faults


def too_many(messages: Sequence[edit_pb2.PlanEdit]) -> list[Fault]:
    """Return a fault where there are more edits, or more items named in them, than are taken at once."""
    named = sum(len(part.item_ids) for each in messages for part in (each.shift, each.remove, each.lock, each.unlock))
    if len(messages) <= MOST_EDITS and named <= MOST_ITEMS:
        return []
    message = f"{len(messages)} edits of {named} items; at most {MOST_EDITS} of {MOST_ITEMS} are taken at once"
    return [Fault("edits", "TOO_MANY", message)]


def refuse(faults: list[Fault]) -> None:
    """Raise ``INVALID_EDITS`` where there are faults."""
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise InvalidInputError("INVALID_EDITS", f"the edits have {count}", faults=faults)


def kind_of(message: edit_pb2.PlanEdit) -> str | None:
    """Return the name of the edit that a message is; None where it is none."""
    return message.WhichOneof("edit")


class _Times:
    """Reads times of a horizon, and collects the faults of those that are none of its seconds."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._problem = problem
        self.faults: list[Fault] = []

    def second(self, message: Any, field: str, path: str) -> int:
        """Return the whole second after the start of the horizon that a field states."""
        if not message.HasField(field):
            self.faults.append(Fault(f"{path}.{field}", "MISSING", "a time is needed"))
            return 0
        offset_s = (from_timestamp(getattr(message, field)) - self._problem.start_time) / timedelta(seconds=1)
        return self._whole(offset_s, f"{path}.{field}", 0, self._problem.horizon_s)

    def second_if_set(self, message: Any, field: str, path: str) -> int | None:
        """Return the same, None where the field is not set."""
        return self.second(message, field, path) if message.HasField(field) else None

    def offset(self, offset_s: float, path: str) -> int:
        """Return a whole number of seconds."""
        return self._whole(offset_s, path, -self._problem.horizon_s, self._problem.horizon_s)

    def _whole(self, seconds: float, path: str, least: int, most: int) -> int:
        if not least <= seconds <= most:
            start = self._problem.start_time.isoformat().replace("+00:00", "Z")
            message = f"it must lie within the plan's horizon of {self._problem.horizon_s} s from {start}"
            self.faults.append(Fault(path, "OUTSIDE_HORIZON", message))
            return 0
        if seconds != round(seconds):
            self.faults.append(Fault(path, "NOT_WHOLE", "it must be a whole number of seconds after the start"))
        return round(seconds)


def _edit(times: _Times, message: edit_pb2.PlanEdit, path: str) -> Edit | None:
    kind = kind_of(message)
    if kind is None:
        kinds = ", ".join(field.name for field in edit_pb2.PlanEdit.DESCRIPTOR.fields)
        times.faults.append(Fault(path, "EMPTY", f"an edit is one of: {kinds}"))
        return None
    return _READERS[kind](times, getattr(message, kind), f"{path}.{kind}")


def _place(times: _Times, message: edit_pb2.PlaceItem, path: str) -> Edit:
    start_s = times.second(message, "start_time", path)
    end_s = times.second_if_set(message, "end_time", path)
    if end_s is not None and end_s <= start_s:
        times.faults.append(Fault(f"{path}.end_time", "EMPTY_SPAN", "the end is after the start"))
    return PlaceItem(message.item_id, start_s, end_s, message.place_id, message.mode_id, message.alone)


def _add(times: _Times, message: edit_pb2.AddRepetition, path: str) -> Edit:
    start_s = times.second_if_set(message, "start_time", path)
    return AddRepetition(message.request_id, message.repetition_index, start_s, message.place_id, message.mode_id)


def _add_drive(times: _Times, message: edit_pb2.AddDrive, path: str) -> Edit:
    return AddDrive(message.from_place_id, message.to_place_id, times.second(message, "start_time", path))


def _add_contact(times: _Times, message: edit_pb2.AddContact, path: str) -> Edit:
    where = f"{path}.interval"
    span = (times.second(message.interval, "start_time", where), times.second(message.interval, "end_time", where))
    if span[0] >= span[1]:
        times.faults.append(Fault(where, "EMPTY_SPAN", "the end is after the start"))
    return AddContact(message.station_id, span)


def _index(message: edit_pb2.EditedRequest) -> int | None:
    return message.repetition_index if message.HasField("repetition_index") else None


_READERS: dict[str, Callable[[_Times, Any, str], Edit]] = {
    "place": _place,
    "shift": lambda times, m, path: ShiftItems(tuple(m.item_ids), times.offset(m.offset_s, f"{path}.offset_s")),
    "remove": lambda _times, message, _path: RemoveItems(tuple(message.item_ids)),
    "lock": lambda _times, message, _path: LockItems(tuple(message.item_ids)),
    "unlock": lambda _times, message, _path: UnlockItems(tuple(message.item_ids)),
    "disable": lambda _times, message, _path: DisableRequest(message.request_id, _index(message)),
    "enable": lambda _times, message, _path: EnableRequest(message.request_id, _index(message)),
    "add": _add,
    "add_drive": _add_drive,
    "add_contact": _add_contact,
}


def edit_message(problem: PlanningProblem, edit: Edit, names: Mapping[str, str]) -> edit_pb2.PlanEdit:
    """Return an edit that a mend makes as its message; ``names`` are those of items that do not go by their own."""

    def time(second: int) -> Timestamp:
        return to_timestamp(problem.start_time + timedelta(seconds=second))

    match edit:
        case PlaceItem():
            place = edit_pb2.PlaceItem(
                item_id=names.get(edit.item_id, edit.item_id), start_time=time(edit.start_s), alone=edit.alone
            )
            place.place_id, place.mode_id = edit.place_id, edit.mode_id
            if edit.end_s is not None:
                place.end_time.CopyFrom(time(edit.end_s))
            return edit_pb2.PlanEdit(place=place)
        case RemoveItems():
            item_ids = [names.get(name, name) for name in edit.item_ids]
            return edit_pb2.PlanEdit(remove=edit_pb2.RemoveItems(item_ids=item_ids))
        case AddRepetition():
            added = to_message(edit, edit_pb2.AddRepetition)
            if edit.start_s is not None:
                added.start_time.CopyFrom(time(edit.start_s))
            return edit_pb2.PlanEdit(add=added)
        case AddDrive():
            drive = to_message(edit, edit_pb2.AddDrive, start_time=time(edit.start_s))
            return edit_pb2.PlanEdit(add_drive=drive)
        case AddContact():
            contact = to_message(edit, edit_pb2.AddContact, interval=span_interval(problem, edit.span))
            return edit_pb2.PlanEdit(add_contact=contact)
    raise ValueError(f"a mend makes no {type(edit).__name__}")
