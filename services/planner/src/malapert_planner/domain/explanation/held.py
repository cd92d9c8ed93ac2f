"""Reasons of what is not planned because a person took it out."""

from __future__ import annotations

from dataclasses import replace

from malapert_planner.domain.problem.holds import Disabled
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import Unplanned


def with_disabled(problem: PlanningProblem, reason: Unplanned) -> Unplanned:
    """Return the reason of a repetition, or that a person disabled it."""
    if Disabled(reason.request_id, reason.repetition_index) not in problem.holds.disabled:
        return reason
    text = "a person took it out of the plan, and later solves leave it out"
    return replace(reason, reason="DISABLED", explanation=text, blocking=())
