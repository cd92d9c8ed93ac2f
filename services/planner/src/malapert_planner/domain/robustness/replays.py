"""Replays of one schedule: it is carried out under a draw, and held against every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace

from malapert_planner.domain.problem.activities import RelationKind
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.robustness import carrying_out, conditions
from malapert_planner.domain.robustness.carrying_out import Opening, Task
from malapert_planner.domain.robustness.draws import Draw, Drawn, Draws
from malapert_planner.domain.robustness.policy import MarginPolicy
from malapert_planner.domain.robustness.predicted import without_margins
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import Case, Lookups, contact_label, drive_label
from malapert_planner.domain.validation.report import Violation
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.rules_frozen import current
from malapert_planner.domain.validation.rules_way import needed
from malapert_planner.domain.validation.validate import check_case

_OF_PLANS = frozenset(
    rule.value
    for rule in (
        Rule.SPAN,
        Rule.KNOWN_OBJECT,
        Rule.ONCE,
        Rule.DURATION,
        Rule.CONTACT_START,
        Rule.FROZEN,
        Rule.LOCKED,
        Rule.DISABLED,
    )
)
"""Rules of what a plan says and how it was made, not of how it goes."""
_BY_LIGHT = frozenset(
    {
        ConditionKind.ILLUMINATION,
        ConditionKind.DARKNESS,
        ConditionKind.NO_ILLUMINATION,
        ConditionKind.NO_DARKNESS,
    }
)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a schedule broke in a draw, by time, with items by their planned names; the least charge above the floor."""

    violations: tuple[Violation, ...]
    charge_left_wh: float


class Replays:
    """Replays of a schedule under the draws of a policy."""

    def __init__(self, problem: PlanningProblem, schedule: Schedule, policy: MarginPolicy, seed: int) -> None:
        # A step that is over early is not left before its time: what follows in its chain has its contact then.
        self._least_s = {each.activity_id: each.duration_s for each in problem.activities if each.margin_s}
        self._problem = problem = _as_it_goes(without_margins(problem), schedule)
        self._lookups = Lookups(problem)
        case = Case(problem, schedule, self._lookups)
        self._tasks, self._contacts = carrying_out.tasks_of(case), case.contacts
        self._activities = [task for task in self._tasks if task.activity is not None]
        self._drives = [
            self._lookups.drive_by_ends[task.placed.from_place_id, task.placed.to_place_id]
            for task in self._tasks
            if isinstance(task.placed, PlacedDrive)
        ]
        passed = dict.fromkeys(passage.point_id for drive in self._drives for passage in drive.passages)
        self._points = [self._lookups.point_by_id[name] for name in passed if name in self._lookups.point_by_id]
        self._windows = _windows_used(self._lookups, case)
        classes = [policy.duration_of(task.activity) for task in self._activities if task.activity is not None]
        edges = len(problem.places) + len(self._points)
        self._draws = Draws(
            policy,
            seed,
            Drawn(len(self._drives), tuple(classes), len(self._windows), len(self._contacts), edges),
        )
        self.planned = {_label(task.placed): task.placed.span[0] for task in self._tasks} | {
            contact_label(contact): contact.span[0] for contact in self._contacts
        }

    def replay(self, number: int) -> Replay:
        """Return what the schedule breaks in a draw by its number, from 0."""
        draw = self._draws.draw(number)
        lookups = self._lookups_in(draw)
        drives = [conditions.driven(drive, factor) for drive, factor in zip(self._drives, draw.drives, strict=True)]
        spans = self._carried_out(draw, lookups, drives)
        case = self._case(draw, lookups, drives, spans)
        checked = check_case(case)
        names = {
            drive_label(replace(task.placed, span=span)): drive_label(task.placed)
            for task, span in zip(self._tasks, spans, strict=True)
            if isinstance(task.placed, PlacedDrive)
        }
        broken = [
            replace(violation, object_ids=tuple(names.get(name, name) for name in violation.object_ids))
            for violation in current(case, checked.findings.violations)
            if violation.rule_id not in _OF_PLANS
        ]
        broken.sort(key=lambda violation: (violation.span[0], violation.rule_id, violation.object_ids))
        since = checked.battery.time_s >= self._problem.now_s
        lowest_wh = float(checked.battery.charge_wh[since].min())
        return Replay(tuple(broken), lowest_wh - self._problem.battery.floor_wh)

    def _lookups_in(self, draw: Draw) -> Lookups:
        lookups, horizon_s = copy(self._lookups), self._problem.horizon_s
        lookups.place_by_id = conditions.places_in(draw, self._problem.places, horizon_s)
        lookups.point_by_id = self._lookups.point_by_id | conditions.points_in(draw, self._points, horizon_s)
        lookups.generation = {name: (time_s, made * draw.array) for name, (time_s, made) in lookups.generation.items()}
        lookups.way_generation = {
            ends: (time_s, made * draw.array) for ends, (time_s, made) in lookups.way_generation.items()
        }
        lookups.windows_at = defaultdict(list)
        for window in conditions.windows_in(draw, self._windows):
            lookups.windows_at[window.station_id, window.place_id].append(window)
        return lookups

    def _carried_out(self, draw: Draw, lookups: Lookups, drives: list[Drive]) -> list[Span]:
        of_drives, of_activities = iter(drives), iter(draw.activities)
        durations_s = [
            next(of_drives).duration_s
            if task.activity is None
            else max(
                carrying_out.duration_s(task.activity.duration_s, next(of_activities)),
                self._least_s.get(task.activity.activity_id, 1),
            )
            for task in self._tasks
        ]
        late_s = max(map(abs, draw.light_edge_s), default=0)
        opening = self._opening(lookups, drives, late_s)
        return carrying_out.carried_out(self._tasks, durations_s, opening, self._problem.now_s)

    def _opening(self, lookups: Lookups, drives: list[Drive], late_s: int) -> Opening:
        driven = {
            id(task): drive
            for task, drive in zip((task for task in self._tasks if task.activity is None), drives, strict=True)
        }

        def opening(task: Task, start_s: int) -> int:
            if not late_s:
                return start_s
            drive = driven.get(id(task))
            needs = self._needs_of(task, lookups) if drive is None else _needs_on_way(self._problem, drive, lookups)
            for from_s, windows in needs:
                start_s = carrying_out.opens_s(windows, start_s + from_s, 2 * late_s) - from_s
            return start_s

        return opening

    def _needs_of(self, task: Task, lookups: Lookups) -> Iterator[tuple[int, tuple[Span, ...]]]:
        if isinstance(task.placed, PlacedActivity) and task.activity is not None:
            for condition in task.activity.conditions:
                if condition.kind in _BY_LIGHT:
                    yield 0, lookups.place_by_id[task.placed.place_id].spans_of(condition)

    def _case(self, draw: Draw, lookups: Lookups, drives: list[Drive], spans: list[Span]) -> Case:
        placed = [_placed(task.placed, span) for task, span in zip(self._tasks, spans, strict=True)]
        contacts = tuple(each for each, failed in zip(self._contacts, draw.failed, strict=True) if not failed)
        schedule = Schedule(
            tuple(each for each in placed if isinstance(each, PlacedActivity)),
            tuple(each for each in placed if isinstance(each, PlacedDrive)),
            contacts,
        )
        case = Case(conditions.problem_in(draw, self._problem), schedule, lookups)
        # One way may be driven at several paces.
        case.drives = tuple(sorted(zip(drives, schedule.drives, strict=True), key=lambda driven: driven[1].span))
        return case


def _needs_on_way(problem: PlanningProblem, drive: Drive, lookups: Lookups) -> Iterator[tuple[int, tuple[Span, ...]]]:
    """Yield how long after its start a drive needs light, and when light is there, at its ends and along its way."""
    rule, light = problem.drive_rule, ConditionKind.ILLUMINATION
    if not any(condition.kind is light for condition in rule.conditions):
        return
    for place_id in (drive.from_place_id, drive.to_place_id):
        if place_id not in rule.dark_place_ids:
            yield 0, lookups.place_by_id[place_id].windows.get(light, ())
    if light in needed(drive, rule):
        for passage in drive.passages:
            point = lookups.point_by_id.get(passage.point_id)
            yield passage.from_s, tuple(point.windows.get(light, ())) if point is not None else ()


def _windows_used(lookups: Lookups, case: Case) -> list[ContactWindow]:
    """Return the contact windows that meet a contact with their station, by station, place and start."""
    held: dict[str, list[Span]] = defaultdict(list)
    for contact in case.contacts:
        held[contact.station_id].append(contact.span)
    return [
        _with_rates_during(window, held[station_id])
        for (station_id, _), windows in lookups.windows_at.items()
        for window in windows
        if any(window.span[0] < end_s and start_s < window.span[1] for start_s, end_s in held[station_id])
    ]


def _with_rates_during(window: ContactWindow, spans: list[Span]) -> ContactWindow:
    """Return a window with those of its rates alone that hold at some time of some spans."""
    rate = window.rate
    ends = (*rate.offset_s[1:], window.span[1])
    kept = [
        number
        for number, (start_s, end_s) in enumerate(zip(rate.offset_s, ends, strict=True))
        if any(start_s < until_s and from_s < end_s for from_s, until_s in spans)
    ] or [0]
    offsets, rates = (tuple(values[number] for number in kept) for values in (rate.offset_s, rate.rate_bps))
    return replace(window, rate=RateSeries(offsets, rates))  # type: ignore[arg-type]


def _as_it_goes(problem: PlanningProblem, schedule: Schedule) -> PlanningProblem:
    """Return a problem without what no draw can change: what is not planned, and what is planned or not beside it."""
    planned = {placed.activity_id for placed in schedule.activities}
    activities = tuple(activity for activity in problem.activities if activity.activity_id in planned)
    timed = (RelationKind.AFTER, RelationKind.TOGETHER)
    relations = tuple(relation for relation in problem.relations if relation.kind in timed)
    return replace(problem, activities=activities, relations=relations, limits=())


def _placed(planned: PlacedActivity | PlacedDrive, span: Span) -> PlacedActivity | PlacedDrive:
    """Return an item at another time."""
    if isinstance(planned, PlacedActivity):
        return PlacedActivity(planned.activity_id, planned.place_id, span)
    return PlacedDrive(planned.from_place_id, planned.to_place_id, span)


def _label(placed: PlacedActivity | PlacedDrive) -> str:
    return drive_label(placed) if isinstance(placed, PlacedDrive) else placed.activity_id
