"""A problem that leaves a solver no choice over what people hold."""

from __future__ import annotations

from dataclasses import replace

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.holds import Disabled, Holds, Lock
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span

_NEVER: tuple[Span, ...] = ((0, 0),)
"""Windows in which nothing fits."""


def with_holds(problem: PlanningProblem) -> PlanningProblem:
    """Return a problem in which what is locked is mandatory, over its span and at its place alone, and what is disabled
    fits nowhere.

    What is frozen stays as it was asked for: it is decided already.
    """
    baseline = problem.baseline
    if not problem.holds:
        return problem
    frozen = {placed.activity_id for placed in baseline.frozen.activities} if baseline else frozenset()
    until_s = baseline.frozen_until_s if baseline else 0
    locks = {lock.activity_id: lock for lock in problem.holds.locks if lock.span[0] >= until_s}
    repetitions = {_repetition(each) for each in problem.activities if each.activity_id in locks}
    disabled = set(problem.holds.disabled)

    def held(activity: Activity) -> Activity:
        if activity.activity_id in frozen:
            return activity
        if activity.activity_id in locks:
            return _locked(activity, locks[activity.activity_id])
        if _repetition(activity) in repetitions and activity.mode_id:
            # Another mode of what is locked: mandatory is the repetition, in whichever.
            return replace(activity, windows=_NEVER, mandatory=True)
        return replace(activity, windows=_NEVER, mandatory=False) if _repetition(activity) in disabled else activity

    return replace(problem, activities=tuple(held(activity) for activity in problem.activities))


def with_known_holds(problem: PlanningProblem) -> PlanningProblem:
    """Return a problem without locks and disabled repetitions of what it no longer asks for."""
    known = {activity.activity_id for activity in problem.activities}
    asked = {_repetition(activity) for activity in problem.activities}
    holds = Holds(
        tuple(lock for lock in problem.holds.locks if lock.activity_id in known),
        tuple(each for each in problem.holds.disabled if each in asked),
    )
    return problem if holds == problem.holds else replace(problem, holds=holds)


def _repetition(activity: Activity) -> Disabled:
    return Disabled(activity.request_id, activity.repetition_index)


def _locked(activity: Activity, lock: Lock) -> Activity:
    return replace(activity, windows=(lock.span,), place_ids=(lock.place_id,), place_windows=(), mandatory=True)
