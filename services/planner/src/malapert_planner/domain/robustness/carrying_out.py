"""A schedule carried out: what starts when, where things take longer than planned and light comes late.

Nothing starts before it was planned to, but a step that follows in its chain: it goes on as soon after the one before
as was planned. What was planned to be over before it and binds it is waited for: the drive that brings the asset, what
is done at the place it leaves, the users of its resources, what it may not disturb or be disturbed by, and what its
request is to follow. Light that comes late is waited for as long as that is what light is late by. Contacts are booked,
and stay.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from malapert_planner.domain.problem.activities import Activity, RelationKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedDrive
from malapert_planner.domain.simulation.timeline import Case


@dataclass(frozen=True, slots=True)
class Task:
    """An activity or drive of the plan with what it waits for: tasks by position, and a time after the end of each.

    ``earliest_s`` is when it was planned to start; 0 for a step that follows in its chain.
    """

    placed: PlacedActivity | PlacedDrive
    activity: Activity | None
    earliest_s: int
    waits_for: tuple[tuple[int, int], ...]


Opening = Callable[[Task, int], int]
"""When, from a time on, what a task needs is there: the time itself where it is, or will not soon be."""


def tasks_of(case: Case) -> tuple[Task, ...]:
    """Return the activities and drives of a plan by their planned start, with what each waits for."""
    items: list[tuple[PlacedActivity | PlacedDrive, Activity | None]] = [
        *((placed, activity) for activity, placed in case.activities),
        *((placed, None) for _, placed in case.drives),
    ]
    items.sort(key=lambda item: (item[0].span, item[1] is not None))
    lags = _least_lags(case.problem)
    resources = [_resources(case.problem, activity) for _, activity in items]
    tasks: list[Task] = []
    ancestors: list[int] = []
    for number, (placed, activity) in enumerate(items):
        waits, waited_for = list[tuple[int, int]](), 0
        for before in reversed(range(number)):
            other, earlier = items[before]
            if other.span[1] > placed.span[0] or not _binds(
                earlier, activity, resources[before], resources[number], lags
            ):
                continue
            lag_s = _lag_s(earlier, activity, lags)
            # What something waits for that is waited for is over by then.
            if lag_s or not waited_for >> before & 1:
                waits.append((before, lag_s))
                waited_for |= ancestors[before] | 1 << before
        ancestors.append(waited_for)
        step = next((before for before in range(number - 1, -1, -1) if _precedes(items[before][1], activity)), None)
        if step is not None:
            waits.append((step, max(placed.span[0] - items[step][0].span[1], 0)))
        tasks.append(Task(placed, activity, placed.span[0] if step is None else 0, tuple(waits)))
    return tuple(tasks)


def carried_out(tasks: Sequence[Task], durations_s: Sequence[int], opening: Opening, now_s: int) -> list[Span]:
    """Return when each task takes place; history took place as it is stated."""
    spans: list[Span] = []
    for task, duration_s in zip(tasks, durations_s, strict=True):
        if task.placed.span[0] < now_s:
            spans.append(task.placed.span)
            continue
        start_s = task.earliest_s
        for before, lag_s in task.waits_for:
            start_s = max(start_s, spans[before][1] + lag_s)
        start_s = opening(task, start_s)
        spans.append((start_s, start_s + duration_s))
    return spans


def duration_s(planned_s: float, factor: float) -> int:
    """Return how long something takes, whole seconds and at least one."""
    return max(1, math.ceil(round(planned_s * factor, 6)))


def opens_s(windows: Sequence[Span], time_s: int, late_s: int) -> int:
    """Return when a window is open from a time on, where that is at most so late; the time itself otherwise."""
    index = bisect_right(windows, (time_s, math.inf)) - 1
    if index >= 0 and time_s < windows[index][1]:
        return time_s
    if index + 1 < len(windows) and windows[index + 1][0] - time_s <= late_s:
        return windows[index + 1][0]
    return time_s


def _least_lags(problem: PlanningProblem) -> dict[tuple[str, str], int]:
    lags: dict[tuple[str, str], int] = defaultdict(int)
    for relation in problem.relations:
        if relation.kind is RelationKind.AFTER:
            pair = relation.other_request_id, relation.request_id
            lags[pair] = max(lags[pair], relation.min_lag_s)
    return dict(lags)


def _resources(problem: PlanningProblem, activity: Activity | None) -> frozenset[str]:
    return frozenset(problem.drive_rule.resource_ids if activity is None else activity.resource_ids)


def _precedes(before: Activity | None, after: Activity | None) -> bool:
    """Whether one is a step before the other in a chain."""
    if before is None or after is None or not after.chain_id:
        return False
    return before.chain_id == after.chain_id and before.chain_index < after.chain_index


def _binds(
    before: Activity | None,
    after: Activity | None,
    taken: frozenset[str],
    needed: frozenset[str],
    lags: dict[tuple[str, str], int],
) -> bool:
    """Whether what was planned to be over before something must be over before it starts."""
    if before is None or after is None or taken & needed:
        return True
    disturbed = {*before.makes} & {*after.needs_quiet} or {*after.makes} & {*before.needs_quiet}
    return bool(disturbed) or (before.request_id, after.request_id) in lags


def _lag_s(before: Activity | None, after: Activity | None, lags: dict[tuple[str, str], int]) -> int:
    return lags.get((before.request_id, after.request_id), 0) if before is not None and after is not None else 0
