"""Choices among repetitions of a request: what is asked for in all, and what of it is missing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping

from malapert_planner.domain.problem import Activity, Limit, PlanningProblem


def chosen_among(problem: PlanningProblem) -> dict[str, Limit]:
    """Return the choice that each activity of a choice takes part in, by the activity that stands for a repetition."""
    return {use.activity_id: limit for limit in problem.limits if limit.is_choice for use in limit.uses}


def requested_values(problem: PlanningProblem) -> dict[str, float]:
    """Return the value that each agency asks for: of a choice only the best that can be had."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for activity in problem.activities:
        values[activity.agency_id].append(activity.value)
    for agency_id, excess in _excess(problem).items():
        values[agency_id].extend(-value for value in excess)
    return {agency_id: math.fsum(parts) for agency_id, parts in values.items()}


def open_choices(problem: PlanningProblem, planned_ids: Collection[str]) -> dict[str, int]:
    """Return how many repetitions each choice still lacks, by its identifier."""
    return {
        limit.limit_id: max(0, math.floor(limit.capacity) - sum(use.activity_id in planned_ids for use in limit.uses))
        for limit in problem.limits
        if limit.is_choice
    }


def whole(problem: PlanningProblem, request_id: str, planned_ids: Collection[str]) -> bool:
    """Return whether a request is planned as a whole: every activity, or as many repetitions as its choice asks for."""
    own = [activity.activity_id for activity in problem.activities if activity.request_id == request_id]
    lacking = open_choices(problem, planned_ids)
    choices = {limit.limit_id for activity_id, limit in chosen_among(problem).items() if activity_id in own}
    if choices:
        return not any(lacking[limit_id] for limit_id in choices)
    return all(activity_id in planned_ids for activity_id in own)


def _excess(problem: PlanningProblem) -> Mapping[str, list[float]]:
    activities = {activity.activity_id: activity for activity in problem.activities}
    excess: defaultdict[str, list[float]] = defaultdict(list)
    for limit in problem.limits:
        if limit.is_choice:
            ranked = sorted((_worth(activities[use.activity_id]) for use in limit.uses), key=lambda pair: -pair[1])
            for agency_id, value in ranked[math.floor(limit.capacity) :]:
                excess[agency_id].append(value)
    return excess


def _worth(activity: Activity) -> tuple[str, float]:
    return activity.agency_id, activity.value
