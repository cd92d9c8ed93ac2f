"""Reasons for which no plan can ever hold what is asked for, whatever else is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from malapert_planner.domain.explanation.static import explain_static
from malapert_planner.domain.problem.modes import Chain, alternatives
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import Unplanned


def infeasible(problem: PlanningProblem) -> tuple[Unplanned, ...]:
    """Return a reason for each repetition that nothing can hold, and for each campaign with too few places.

    A repetition is impossible where each of its modes is; one place of a campaign matters only where too few are left.
    Relations are no reason: what is asked about may be planned with all that it needs.
    """
    every = frozenset(activity.activity_id for activity in problem.activities)
    found = []
    possible: set[str] = set()
    for modes in alternatives(problem.activities):
        reasons = [_reason(problem, chain, every) for chain in modes]
        possible |= {chain[0].activity_id for chain, reason in zip(modes, reasons, strict=True) if reason is None}
        found += [reason for reason in reasons[:1] if reason is not None and None not in reasons]
    spared = _spared(problem, possible)
    return tuple(reason for reason in found if reason.request_id not in spared)


def impossible_names(problem: PlanningProblem, request_ids: Collection[str]) -> dict[str, str]:
    """Return, of some requests, why nothing can hold those that nothing can, without their titles."""
    activities = tuple(activity for activity in problem.activities if activity.request_id in request_ids)
    titles = {activity.title for activity in activities}
    found: dict[str, str] = {}
    for reason in infeasible(replace(problem, activities=activities)):
        title = next((each for each in titles if reason.explanation.startswith(f"{each}: ")), "")
        found.setdefault(reason.request_id, reason.explanation.removeprefix(f"{title}: "))
    return found


def _reason(problem: PlanningProblem, chain: Chain, every: frozenset[str]) -> Unplanned | None:
    reason = explain_static(problem, chain, every)
    return None if reason is not None and reason.reason in ("RELATION", "REPETITION") else reason


def _spared(problem: PlanningProblem, possible: set[str]) -> set[str]:
    """Return the requests with as many possible places as they ask for."""
    request_of = {activity.activity_id: activity.request_id for activity in problem.activities}
    places: defaultdict[str, int] = defaultdict(int)
    wanted: dict[str, float] = {}
    for limit in problem.limits:
        for use in limit.uses if limit.is_choice else ():
            request_id = request_of.get(use.activity_id, "")
            wanted[request_id] = limit.capacity
            places[request_id] += use.activity_id in possible
    return {request_id for request_id, count in wanted.items() if request_id and places[request_id] >= count}
