"""Static explanation of a repetition that cannot be planned at all, without a search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from malapert_planner.domain.explanation.endurance import missing_wh
from malapert_planner.domain.explanation.nights import off_limits_throughout, too_dark
from malapert_planner.domain.explanation.ways import closed_along
from malapert_planner.domain.problem.activities import Activity, RelationKind
from malapert_planner.domain.problem.allowed_spans import allowed_spans, holding_spans
from malapert_planner.domain.problem.choices import whole
from malapert_planner.domain.problem.conditions import Condition
from malapert_planner.domain.problem.modes import alternatives, planned_whole
from malapert_planner.domain.problem.places import Drive, Place
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.schedule.result import Unplanned


def explain_static(
    problem: PlanningProblem, steps: Sequence[Activity], planned_ids: frozenset[str]
) -> Unplanned | None:
    """Return why a chain cannot be planned: no window, no way, too little battery, a relation; None if none of these.

    Parameters
    ----------
    steps
        The activities of one repetition in order.
    planned_ids
        Activities in the schedule.
    """
    for step in steps:
        if (reason := _no_window(problem, step)) is not None:
            return reason
    return (
        _unreachable(problem, steps)
        or too_dark(problem, steps)
        or _too_much(problem, steps)
        or _exhausting(problem, steps)
        or _related(problem, steps[0], planned_ids)
    )


def _candidates(problem: PlanningProblem, step: Activity) -> list[Place]:
    return [p for p in problem.places if not step.place_ids or p.place_id in step.place_ids]


def _holding(
    problem: PlanningProblem, step: Activity, place: Place, conditions: Iterable[Condition]
) -> tuple[Span, ...]:
    horizon = (0, problem.horizon_s)
    spans = allowed_spans(step, place.place_id, horizon)
    for condition in conditions:
        spans = intersection(spans, holding_spans(condition, place, problem.contact_windows, horizon))
    return spans


def _longest_s(spans: Iterable[Span]) -> int:
    return max((end - start for start, end in spans), default=0)


def _no_window(problem: PlanningProblem, step: Activity) -> Unplanned | None:
    """Compare the longest span in which all conditions hold with the duration; name the condition that takes most."""
    places = _candidates(problem, step)
    held = {place.place_id: _holding(problem, step, place, step.conditions) for place in places}
    if (reason := off_limits_throughout(problem, step, held)) is not None:
        return reason
    best = max(places, key=lambda p: _longest_s(_holding(problem, step, p, step.conditions)), default=None)
    longest_s = _longest_s(_holding(problem, step, best, step.conditions)) if best else 0
    if best is not None and longest_s >= step.duration_s:
        return None
    blocking: tuple[str, ...] = ("windows",)
    if best is not None and step.conditions:

        def without(condition: Condition) -> int:
            rest = [other for other in step.conditions if other is not condition]
            return _longest_s(_holding(problem, step, best, rest))

        blocking = (max(step.conditions, key=without).kind.value,)
    where = best.title if best else "any place"
    what = next((each.words for each in step.conditions if each.kind.value == blocking[0]), blocking[0])
    text = (
        f"{step.title}: {what} leaves at most {_time(longest_s)} at a stretch at {where}; "
        f"{_time(step.duration_s)} are needed{_margin(step)}"
    )
    return Unplanned(step.request_id, step.repetition_index, "NO_WINDOW", text, blocking)


def _margin(step: Activity) -> str:
    return f", {_time(step.margin_s)} of it as a margin" if step.margin_s else ""


def _too_much(problem: PlanningProblem, steps: Sequence[Activity]) -> Unplanned | None:
    """Find a cumulative resource, or a limit, of which the steps alone take more than there is."""
    names = {step.activity_id for step in steps}
    for limit in problem.limits:
        amount = math.fsum(use.amount for use in limit.uses if use.activity_id in names)
        if amount > limit.capacity and not limit.is_choice:
            unit = "" if limit.unit == "1" else f" {limit.unit}"
            text = f"{steps[0].title}: {amount:g}{unit} of {limit.title} are needed, there are {limit.capacity:g}"
            return Unplanned(steps[0].request_id, steps[0].repetition_index, "LIMIT", text, (limit.limit_id,))
    for step in steps:
        for resource in problem.cumulative_resources:
            amount = math.fsum(use.amount for use in resource.uses if use.activity_id == step.activity_id)
            if amount > resource.capacity:
                unit = "" if resource.unit == "1" else f" {resource.unit}"
                text = f"{step.title}: {amount:g}{unit} of {resource.title} are needed, there are {resource.capacity:g}"
                return Unplanned(step.request_id, step.repetition_index, "LIMIT", text, (resource.resource_id,))
    return None


def _unreachable(problem: PlanningProblem, steps: Sequence[Activity]) -> Unplanned | None:
    """Follow the open drives from the start."""
    reached, frontier = {problem.start_place_id}, [problem.start_place_id]
    while frontier:
        here = frontier.pop()
        for drive in problem.drives:
            if drive.from_place_id == here and drive.to_place_id not in reached and not _closure(problem, drive):
                reached.add(drive.to_place_id)
                frontier.append(drive.to_place_id)
    allowed = [
        place.place_id
        for place in problem.places
        if all(not s.place_ids or place.place_id in s.place_ids for s in steps)
    ]
    if any(place_id in reached for place_id in allowed):
        return None
    closed = sorted({_closure(problem, d) for d in problem.drives if d.to_place_id in allowed} - {""})
    where = ", ".join(allowed) or "a place that all its steps allow"
    text = f"no open way leads to {where}: {'; '.join(closed) or 'no drive'}"
    return Unplanned(steps[0].request_id, steps[0].repetition_index, "UNREACHABLE", text, tuple(closed))


def _closure(problem: PlanningProblem, drive: Drive) -> str:
    """Return what closes a way at all times; empty where it is open at some time."""
    return drive.closed_because or closed_along(problem, drive)


def _exhausting(problem: PlanningProblem, steps: Sequence[Activity]) -> Unplanned | None:
    """Look for a step that empties even a full battery wherever and whenever it happens."""
    for step in steps:
        short_wh = min(
            (
                missing_wh(problem, step, p, _holding(problem, step, p, step.conditions))
                for p in _candidates(problem, step)
            ),
            default=0.0,
        )
        if short_wh > 0:
            battery = problem.battery
            drawn_wh = (step.power_w + battery.awake_load_w) * step.duration_s / 3600
            text = (
                f"{step.title}: awake for {_time(step.duration_s)} it draws {drawn_wh:.0f} Wh; even a full "
                f"battery, with the floor of {battery.floor_wh:.0f} Wh kept, is {short_wh:.0f} Wh short"
            )
            return Unplanned(step.request_id, step.repetition_index, "BATTERY", text, ("battery",))
    return None


def _time(duration_s: float) -> str:
    """Return a duration in minutes, from two hours on in hours."""
    return f"{duration_s / 60:.0f} min" if duration_s < 7200 else f"{duration_s / 3600:.1f} h"


def _related(problem: PlanningProblem, first: Activity, planned_ids: frozenset[str]) -> Unplanned | None:
    """Look for an excluding request that is planned, a required one that is not, a repetition before that is not."""
    request_id, index = first.request_id, first.repetition_index
    planned: dict[str, list[bool]] = {}
    for activity in problem.activities:
        planned.setdefault(activity.request_id, []).append(activity.activity_id in planned_ids)
    for relation in problem.relations:
        if relation.kind is RelationKind.EXCLUDES and request_id in (relation.request_id, relation.other_request_id):
            other = relation.other_request_id if relation.request_id == request_id else relation.request_id
            if any(planned.get(other, [])):
                return Unplanned(request_id, index, "RELATION", f"{other} is planned and excludes it", (other,))
        if relation.kind is RelationKind.REQUIRES and relation.request_id == request_id:
            other = relation.other_request_id
            if not whole(problem, other, planned_ids):
                return Unplanned(
                    request_id, index, "RELATION", f"it requires {other}, which is not planned whole", (other,)
                )
        if relation.kind is RelationKind.TOGETHER and request_id in (relation.request_id, relation.other_request_id):
            other = relation.other_request_id if relation.request_id == request_id else relation.request_id
            if not any(planned.get(other, [])):
                text = f"it is wanted together with {other}, which is not planned"
                return Unplanned(request_id, index, "RELATION", text, (other,))
    if index and any(r.request_id == request_id for r in problem.repetitions):
        before = [a for a in problem.activities if a.request_id == request_id and a.repetition_index == index - 1]
        if not all(planned_whole(modes, planned_ids) for modes in alternatives(before)):
            text = f"repetition {index - 1} before it is not planned"
            return Unplanned(request_id, index, "REPETITION", text, (request_id,))
    return None
