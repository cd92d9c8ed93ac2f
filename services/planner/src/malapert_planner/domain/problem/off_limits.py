"""When a place is off limits by the night rule: whoever is there then can keep it no more."""

from __future__ import annotations

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, union


def off_limits(problem: PlanningProblem, place: Place) -> tuple[Span, ...]:
    """Return when the asset may not be at a place, nor drive from or to there, whatever its route.

    Nights of the Earth that are too long, where the place is no haven; and nights of the Sun that are, where a drive
    needs light: who is there at their begin stays to their end.
    """
    rule = problem.night_rule
    if rule is None:
        return ()
    found: list[Span] = []
    if rule.max_without_earth_s and place.place_id not in rule.haven_place_ids:
        found += _longer(problem, place, ConditionKind.EARTH_VISIBILITY, rule.max_without_earth_s)
    if rule.max_dark_s and _is_left_in_light(problem, place):
        found += _longer(problem, place, ConditionKind.ILLUMINATION, rule.max_dark_s)
    return union(found)


def within_limits(problem: PlanningProblem, place: Place) -> tuple[Span, ...]:
    """Return when within the horizon a place is not off limits."""
    reached_s, found = 0, list[Span]()
    for start_s, end_s in (*off_limits(problem, place), (problem.horizon_s, problem.horizon_s)):
        if start_s > reached_s:
            found.append((reached_s, start_s))
        reached_s = end_s
    return tuple(found)


def _is_left_in_light(problem: PlanningProblem, place: Place) -> bool:
    lit = any(condition.kind is ConditionKind.ILLUMINATION for condition in problem.drive_rule.conditions)
    return lit and place.place_id not in problem.drive_rule.dark_place_ids


def _longer(problem: PlanningProblem, place: Place, kind: ConditionKind, most_s: int) -> list[Span]:
    """Return the spans from the problem's now to its horizon, longer than is allowed, in which a condition is away."""
    held = (0, problem.now_s), *union(place.windows.get(kind, ())), (problem.horizon_s, problem.horizon_s)
    reached_s, found = problem.now_s, list[Span]()
    for start_s, end_s in held:
        if start_s - reached_s > most_s:
            found.append((reached_s, start_s))
        reached_s = max(reached_s, end_s)
    return found
