"""The items of a schedule under a person's edits, by the names that the person knows them by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from malapert_core.errors import Fault

from malapert_planner.domain.editing.chains import Chains, Repetition, repetition_of
from malapert_planner.domain.editing.edits import AddRepetition
from malapert_planner.domain.life.replanning import Item, items_of, label_of
from malapert_planner.domain.problem.holds import Holds
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


class EditedItems:
    """The items of a schedule, as edits find and leave them.

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

    def _of_items(self, names: Iterable[str], path: str, do: Callable[[str, str], list[Fault]]) -> list[Fault]:
        """Do something to items by name, or to none of them where one is not in the plan."""
        found = [self._names.get(name, name) for name in names]
        if not found:
            return [Fault(path, "EMPTY", "at least one item is named")]
        missing = [name for name in names if name in self._hidden or self._names.get(name, name) not in self._items]
        if missing:
            return [Fault(path, "UNKNOWN_ITEM", f"the edited plan has no item {name!r}") for name in missing]
        return [fault for name in found for fault in do(name, path)]

    def _scheduled(self, names: Iterable[str]) -> Schedule:
        items = [self._items[name] for name in names]
        every = sorted((i for i in self._items.values() if isinstance(i, PlacedDrive)), key=lambda drive: drive.span)
        activities = (item for item in items if isinstance(item, PlacedActivity))
        contacts = (self._named(item, tuple(every)) for item in items if isinstance(item, PlacedContact))
        return Schedule.ordered(activities, (drive for drive in every if drive in items), contacts)

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
