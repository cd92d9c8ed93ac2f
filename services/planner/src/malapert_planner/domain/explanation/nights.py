"""What the night rule keeps from being planned at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.off_limits import off_limits, within_limits
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.schedule.result import Unplanned


def off_limits_throughout(
    problem: PlanningProblem, step: Activity, held: Mapping[str, Sequence[Span]]
) -> Unplanned | None:
    """Return the reason of a step that fits where all it asks for holds, but not where the asset may be then as well.

    ``held`` is where all holds that it asks for, by place.
    """
    if problem.night_rule is None:
        return None
    places = {place.place_id: place for place in problem.places}
    fitting = {name: spans for name, spans in held.items() if _longest_s(spans) >= step.duration_s}
    left_s = {
        name: _longest_s(intersection(spans, within_limits(problem, places[name]))) for name, spans in held.items()
    }
    if not fitting or any(left_s[name] >= step.duration_s for name in fitting):
        return None
    best = max(fitting, key=lambda name: left_s[name])
    text = (
        f"{step.title}: {places[best].title} is off limits by the night rule but for {left_s[best] / 3600:.1f} h at a "
        f"stretch where all else holds; {step.duration_s / 3600:.1f} h are needed"
    )
    return Unplanned(step.request_id, step.repetition_index, "NO_WINDOW", text, ("night_rule",))


def nowhere_left(problem: PlanningProblem) -> str:
    """Return what of the night rule leaves no route at all, whatever is planned; empty where nothing surely does."""
    if problem.night_rule is None or problem.is_placeless:
        return ""
    closed = {place.place_id: off_limits(problem, place) for place in problem.places}
    title = next((each.title for each in problem.places if each.place_id == problem.start_place_id), "")
    start = closed.get(problem.start_place_id, ())
    if problem.baseline is None and start and start[0][0] <= 0:
        return f"{title}, where the asset starts, is off limits by the night rule from the first"
    nowhere: tuple[Span, ...] = ((problem.now_s, problem.horizon_s),)
    for spans in closed.values():
        nowhere = intersection(nowhere, spans)
    if not nowhere:
        return ""
    since, hours = problem.start_time + timedelta(seconds=nowhere[0][0]), (nowhere[0][1] - nowhere[0][0]) / 3600
    return f"from {since:%Y-%m-%d %H:%M} UTC on every place is off limits by the night rule for {hours:.1f} h"


def too_dark(problem: PlanningProblem, steps: Sequence[Activity]) -> Unplanned | None:
    """Return the reason of a chain that takes longer than the asset may be in the dark, where it is never light."""
    most_s = problem.night_rule.max_dark_s if problem.night_rule else 0
    allowed = [p for p in problem.places if all(not s.place_ids or p.place_id in s.place_ids for s in steps)]
    if not most_s or not allowed or any(place.windows.get(ConditionKind.ILLUMINATION) for place in allowed):
        return None
    needed_s = min(_drive_there_s(problem, place) for place in allowed) + sum(step.duration_s for step in steps)
    if needed_s <= most_s:
        return None
    text = (
        f"{steps[0].title}: with the drive there it takes {needed_s / 3600:.1f} h in the dark; the asset may be "
        f"{most_s / 3600:g} h without the Sun"
    )
    return Unplanned(steps[0].request_id, steps[0].repetition_index, "DARK_STAY", text, ("max_dark",))


def _drive_there_s(problem: PlanningProblem, place: Place) -> int:
    ways = (d.duration_s for d in problem.drives if d.to_place_id == place.place_id and not d.closed_because)
    return 0 if place.place_id == problem.start_place_id else min(ways, default=0)


def _longest_s(spans: Sequence[Span]) -> int:
    return max((end - start for start, end in spans), default=0)
