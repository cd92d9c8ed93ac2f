"""Closures of stations that stand in the way of what is not planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ClosedSpan, ClosureKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import overlap_s
from malapert_planner.domain.schedule.result import Unplanned

_OF_CONTACTS = frozenset({"CONTACT", "NO_WINDOW", "LATENCY", "STORAGE"})
_MOST_NAMED = 3


def with_closures(problem: PlanningProblem, unplanned: Unplanned) -> Unplanned:
    """Return a reason with the outages of stations that a repetition's contacts could have been with."""
    if unplanned.reason not in _OF_CONTACTS or not problem.closed_spans:
        return unplanned
    steps = [
        activity
        for activity in problem.activities
        if (activity.request_id, activity.repetition_index) == (unplanned.request_id, unplanned.repetition_index)
    ]
    found = list(_closures(problem, steps))
    if not found:
        return unplanned
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    text = "; ".join(_text(problem, closed) for closed in found[:_MOST_NAMED])
    names = tuple(dict.fromkeys(closed.subject_id for closed in found[:_MOST_NAMED]))
    return replace(
        unplanned,
        explanation=f"{unplanned.explanation}; {text}{more}",
        blocking=(*unplanned.blocking, *(name for name in names if name not in unplanned.blocking)),
    )


def _closures(problem: PlanningProblem, steps: Iterable[Activity]) -> Iterable[ClosedSpan]:
    """Yield the outages within the windows of steps that need contacts, of stations that these allow."""
    seen = set[str]()
    for step in steps:
        conditions = [each for each in step.conditions if each.kind is ConditionKind.CONTACT]
        if not conditions and not step.products and not step.data_bit:
            continue
        stations = {station_id for each in conditions for station_id in each.station_ids}
        windows = step.windows or ((0, problem.horizon_s),)
        for closed in problem.closed_spans:
            if closed.kind is not ClosureKind.OUTAGE or closed.subject_id in seen:
                continue
            near = not conditions or any(overlap_s(closed.span, window) for window in windows)
            if near and (not stations or closed.station_id in stations):
                seen.add(closed.subject_id)
                yield closed


def _text(problem: PlanningProblem, closed: ClosedSpan) -> str:
    start, end = (problem.start_time + timedelta(seconds=each) for each in closed.span)
    return f"{closed.station_id} is closed from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: {closed.title}"
