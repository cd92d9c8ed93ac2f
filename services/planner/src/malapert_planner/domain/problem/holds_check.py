"""Checks that what people hold of a plan refers to what the problem asks for."""

from __future__ import annotations

from malapert_planner.domain.problem.faults import Faults
from malapert_planner.domain.problem.holds import Disabled
from malapert_planner.domain.problem.problem import PlanningProblem


def check_holds(problem: PlanningProblem, faults: Faults) -> None:
    """Add a fault for each lock or disabled repetition of something that the problem does not know."""
    holds = problem.holds
    if not holds:
        return
    activity_ids = {activity.activity_id for activity in problem.activities}
    place_ids = {place.place_id for place in problem.places}
    asked = {Disabled(activity.request_id, activity.repetition_index) for activity in problem.activities}
    for index, lock in enumerate(holds.locks):
        path = f"holds.locks[{index}]"
        faults.member(f"{path}.activity_id", lock.activity_id, activity_ids, "ACTIVITY")
        faults.member(f"{path}.place_id", lock.place_id, place_ids, "PLACE")
        faults.spans(f"{path}.span", (lock.span,), problem.horizon_s)
    for index, each in enumerate(holds.disabled):
        if each not in asked:
            message = f"nothing is asked for as repetition {each.repetition_index} of {each.request_id!r}"
            faults.add(f"holds.disabled[{index}]", "UNKNOWN_REPETITION", message)
