"""Edits that a person makes to a plan; times are whole seconds after the start of the horizon.

Items are named as the plan that is edited names them, whatever earlier edits did to them, and those that an edit added
as it added them.
"""

from __future__ import annotations

from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class PlaceItem:
    """An item put at a time: an activity with its chain unless it is moved ``alone``, a drive or a contact.

    Without an end it keeps its length; of an activity the mode is taken that lasts so long. Without a place an activity
    is where the asset then is.
    """

    item_id: str
    start_s: int
    end_s: int | None = None
    place_id: str = ""
    mode_id: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ShiftItems:
    """Items moved by one offset, each activity with its chain."""

    item_ids: tuple[str, ...]
    offset_s: int


@dataclass(frozen=True, slots=True)
class RemoveItems:
    """Items taken out, each activity with its chain."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockItems:
    """Activities held where they are, each with its chain."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnlockItems:
    """Activities held no longer, each with its chain."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisableRequest:
    """A repetition of a request, or all where none is named, taken out and to be left out."""

    request_id: str
    repetition_index: int | None = None


@dataclass(frozen=True, slots=True)
class EnableRequest:
    """A repetition of a request, or all where none is named, that may be planned again."""

    request_id: str
    repetition_index: int | None = None


@dataclass(frozen=True, slots=True)
class AddRepetition:
    """A repetition of a request that is not planned, its steps without a wait; without a start the mend finds one."""

    request_id: str
    repetition_index: int = 0
    start_s: int | None = None
    place_id: str = ""
    mode_id: str = ""


@dataclass(frozen=True, slots=True)
class AddDrive:
    """A drive added, as long as its route takes."""

    from_place_id: str
    to_place_id: str
    start_s: int


@dataclass(frozen=True, slots=True)
class AddContact:
    """A contact added."""

    station_id: str
    span: Span


Edit = (
    PlaceItem
    | ShiftItems
    | RemoveItems
    | LockItems
    | UnlockItems
    | DisableRequest
    | EnableRequest
    | AddRepetition
    | AddDrive
    | AddContact
)
