"""Derivation of a replanning problem from a plan and its changes: frozen items, items that can stay, items forced
out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import contact_label, drive_label
from malapert_planner.domain.validation.report import Violation
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate

_LEVELS = frozenset({Rule.BATTERY_FLOOR, Rule.BATTERY_END, Rule.START_CHARGE, Rule.STORAGE_CAPACITY, Rule.STORAGE_END})
_SHARED_RESOURCE_RULES = frozenset(
    {Rule.RESOURCE_OVERLAP, Rule.RESOURCE_CAPACITY, Rule.RESERVOIR_EMPTY, Rule.RESERVOIR_FULL, Rule.LIMIT}
)
"""Rules on shared resources: it is enough to remove one of the items that break them, the least valuable."""
Item = PlacedActivity | PlacedDrive | PlacedContact


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Consequences of a changed problem for a plan.

    ``problem`` replans with the frozen part that can stay; ``kept`` is the schedule without the activities and contacts
    that cannot; ``broken`` is where those, and drives that cannot stay, were; ``beyond`` where battery or storage leave
    their limits; ``forced`` says by item why it cannot stay.
    """

    problem: PlanningProblem
    kept: Schedule
    broken: tuple[Span, ...]
    beyond: tuple[Span, ...]
    forced: dict[str, str]


def disturbance(problem: PlanningProblem, baseline: Baseline) -> Disturbance:
    """Hold a plan against a changed problem.

    Parameters
    ----------
    problem
        The problem as it is now, without a baseline. It still has every activity that has begun.
    baseline
        The plan as far as it was run; its ``frozen`` is found here.

    Raises
    ------
    InvalidInputError
        ``MALFORMED_PROBLEM`` with all faults.
    """
    known = _known(problem, baseline.schedule, baseline.now_s)
    frozen = _starting_before(known, baseline.frozen_until_s)
    asked = replace(problem, baseline=replace(baseline, frozen=frozen))
    begun = {label_of(item) for item in items_of(frozen) if item.span[0] < baseline.now_s}
    forced = _gone(baseline.schedule, known)
    blame = _Blame(problem, known, begun, {label_of(item) for item in items_of(frozen)})
    kept, violations = known, validate(asked, known).violations
    while more := blame.of(violations, forced.keys()):
        forced |= more
        kept = replace(_without(known, forced.keys() - begun), drives=known.drives)
        # What goes may take others with it: the rest of its chain, or what required it.
        violations = validate(asked, kept).violations
    broken = [item.span for item in items_of(baseline.schedule) if label_of(item) in forced]
    return Disturbance(
        problem=replace(problem, baseline=replace(baseline, frozen=_without(frozen, forced.keys() - begun))),
        kept=kept,
        broken=tuple(span for span in broken if span[1] > baseline.now_s),
        beyond=tuple(violation.span for violation in violations if violation.rule_id in _LEVELS),
        forced=forced,
    )


def _gone(before: Schedule, known: Schedule) -> dict[str, str]:
    """Return what the problem no longer knows, or only in part."""
    spans, forced = {label_of(item): item.span for item in items_of(known)}, {}
    for item in items_of(before):
        label = label_of(item)
        if label not in spans:
            forced[label] = "it is no longer asked for, or no such way is open"
        elif spans[label] != item.span:
            forced[label] = f"its station is lost from {spans[label][1]} s on"
    return forced


class _Blame:
    """Finds which items of a schedule must go for a violation: never what has begun, what is frozen only if alone."""

    def __init__(self, problem: PlanningProblem, schedule: Schedule, begun: set[str], held: set[str]) -> None:
        self._begun, self._held = begun, held
        self._items = {label_of(item): item for item in items_of(schedule)}
        self._value = {activity.activity_id: activity.value for activity in problem.activities}
        self._members: dict[str, set[str]] = {label: {label} for label in self._items}
        for activity in problem.activities:
            for name in (activity.chain_id, activity.request_id):
                self._members.setdefault(name, set()).add(activity.activity_id)
        for reservoir in problem.reservoirs:
            self._members[reservoir.resource_id] = {use.activity_id for use in reservoir.uses}

    def of(self, violations: Iterable[Violation], gone: Iterable[str]) -> dict[str, str]:
        """Return what must go because of violations, with the reason; not again what has gone."""
        settled, forced = set(gone), dict[str, str]()
        # An outage or a booking of others takes windows away: it is the reason, not that there is no window.
        for violation in sorted(violations, key=lambda each: each.rule_id == Rule.STATION_CLOSED):
            if violation.rule_id in _LEVELS:
                continue
            members = {label for name in violation.object_ids for label in self._members.get(name, ())}
            named = sorted(label for label in members & self._items.keys() if label not in self._begun)
            if violation.rule_id in _SHARED_RESOURCE_RULES and forced.keys() & set(named):
                continue  # One at a time: what goes already may be enough.
            named = [label for label in named if label not in settled]
            loose = [label for label in named if label not in self._held] or named
            if violation.rule_id in _SHARED_RESOURCE_RULES:
                loose = sorted(loose, key=lambda label: (self._value.get(label, 0.0), label))[:1]
            forced |= dict.fromkeys(loose, f"{violation.rule_id}: {violation.message}")
        return forced


def items_of(schedule: Schedule) -> Iterable[Item]:
    """Yield activities, drives and contacts."""
    yield from schedule.activities
    yield from schedule.drives
    yield from schedule.contacts


def label_of(item: Item) -> str:
    """Return the name of an item in reports."""
    if isinstance(item, PlacedActivity):
        return item.activity_id
    return drive_label(item) if isinstance(item, PlacedDrive) else contact_label(item)


def _known(problem: PlanningProblem, schedule: Schedule, now_s: int) -> Schedule:
    """Return what the problem still knows; a contact under way ends where its station is lost."""
    activity_ids = {activity.activity_id for activity in problem.activities}
    connections = {(drive.from_place_id, drive.to_place_id) for drive in problem.drives if not drive.closed_because}
    return Schedule(
        tuple(placed for placed in schedule.activities if placed.activity_id in activity_ids),
        tuple(drive for drive in schedule.drives if (drive.from_place_id, drive.to_place_id) in connections),
        tuple(_cut_short(problem, contact, now_s) for contact in schedule.contacts),
    )


def _cut_short(problem: PlanningProblem, contact: PlacedContact, now_s: int) -> PlacedContact:
    start_s, end_s = contact.span
    if not start_s < now_s < end_s:
        return contact
    tracked = union(window.span for window in problem.contact_windows if window.station_id == contact.station_id)
    lost_s = next((high for low, high in tracked if low <= now_s < high), now_s)
    return replace(contact, span=(start_s, min(end_s, lost_s)))


def _starting_before(schedule: Schedule, time_s: int) -> Schedule:
    return Schedule(
        tuple(item for item in schedule.activities if item.span[0] < time_s),
        tuple(item for item in schedule.drives if item.span[0] < time_s),
        tuple(item for item in schedule.contacts if item.span[0] < time_s),
    )


def _without(schedule: Schedule, labels: Iterable[str]) -> Schedule:
    gone = set(labels)
    return Schedule(
        tuple(item for item in schedule.activities if label_of(item) not in gone),
        tuple(item for item in schedule.drives if label_of(item) not in gone),
        tuple(item for item in schedule.contacts if label_of(item) not in gone),
    )
