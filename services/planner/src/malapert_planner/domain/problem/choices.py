"""Choices among alternatives: one mode of several, or a required number of repetitions; what is still missing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.modes import alternatives, chain_value, mode_key, planned_whole, repetition_key
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Limit


def chosen_among(problem: PlanningProblem) -> dict[str, Limit]:
    """Return the choice that each activity of a choice takes part in, by the activity that stands for a chain."""
    return {use.activity_id: limit for limit in problem.limits if limit.is_choice for use in limit.uses}


def requested_values(problem: PlanningProblem) -> dict[str, float]:
    """Return the value that each agency asks for: of modes and of a choice only the best that can be had.

    Agencies all of whose requests are unattainable ask for nothing.
    """
    values: defaultdict[str, list[float]] = defaultdict(list)
    for agency_id in (activity.agency_id for activity in problem.activities):
        values[agency_id] = []
    left_out = frozenset(problem.objective.unattainable)
    for modes in alternatives(problem.activities):
        if _key(modes[0][0]) in left_out:
            continue
        if len(modes) == 1:
            for activity in modes[0]:
                values[activity.agency_id].append(activity.value)
        else:
            values[modes[0][0].agency_id].append(max(chain_value(chain) for chain in modes))
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


def choices_among_repetitions(problem: PlanningProblem) -> dict[str, list[Limit]]:
    """Return the choices among repetitions of a single request, by the request; those among requests are left out."""
    request_of = {activity.activity_id: activity.request_id for activity in problem.activities}
    found: dict[str, list[Limit]] = defaultdict(list)
    for limit in problem.limits:
        requests = {request_of[use.activity_id] for use in limit.uses} if limit.is_choice else set()
        if len(requests) == 1:
            found[requests.pop()].append(limit)
    return dict(found)


def whole(problem: PlanningProblem, request_id: str, planned_ids: Collection[str]) -> bool:
    """Return whether a request is planned as a whole: every repetition, or as many as its choice asks for."""
    own = [activity for activity in problem.activities if activity.request_id == request_id]
    choices = choices_among_repetitions(problem).get(request_id, [])
    if choices:
        lacking = open_choices(problem, planned_ids)
        return not any(lacking[limit.limit_id] for limit in choices)
    return all(planned_whole(modes, planned_ids) for modes in alternatives(own))


def _excess(problem: PlanningProblem) -> Mapping[str, list[float]]:
    """Return what of each choice is beyond its count: of each repetition the best mode, and the best repetitions."""
    activities = {activity.activity_id: activity for activity in problem.activities}
    excess: defaultdict[str, list[float]] = defaultdict(list)
    left_out = frozenset(problem.objective.unattainable)
    for limit in problem.limits:
        if limit.is_choice:
            best: dict[object, tuple[str, float]] = {}
            for use in limit.uses:
                activity = activities[use.activity_id]
                if _key(activity) in left_out:
                    continue
                key = mode_key(activity)
                if key not in best or best[key][1] < activity.value:
                    best[key] = activity.agency_id, activity.value
            ranked = sorted(best.values(), key=lambda pair: -pair[1])
            for agency_id, value in ranked[math.floor(limit.capacity) :]:
                excess[agency_id].append(value)
    return excess


def _key(activity: Activity) -> str:
    return repetition_key(activity.request_id, activity.repetition_index)
