"""Conditions of a plan's reviews as events of a replan."""

from collections.abc import Sequence
from dataclasses import replace

from google.protobuf.json_format import Parse
from malapert.planner.v1 import replan_pb2
from malapert_core.errors import Fault

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Condition, ConditionState
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.services.making.problem_file import unpack_problem
from malapert_planner.services.replanning.plan_events import event_faults
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import redacted_faults


def event_of(event_json: str) -> replan_pb2.PlanEvent:
    """Return the plan event that a condition states."""
    return Parse(event_json, replan_pb2.PlanEvent())


def constraint_faults(plan: Plan, events_json: Sequence[str]) -> list[Fault]:
    """Return why a replan of a plan could not take what a review's conditions state, each at its place in the review.

    ``events_json`` are the plan events of the conditions in their order, empty where one states none.
    """
    if not any(events_json):
        return []
    problem, nothing_run = unpack_problem(plan.content.problem), Schedule()
    return [
        _moved(fault, f"conditions[{index}]")
        for index, event_json in enumerate(events_json)
        if event_json
        for fault in event_faults(problem, nothing_run, [event_of(event_json)])
    ]


def condition_events(plan: Plan) -> list[replan_pb2.PlanEvent]:
    """Return what the open conditions of a plan's approvals ask for, as far as they say it to a replan."""
    return [event_of(condition.event_json) for condition in _stated(plan)]


def condition_faults(plan: Plan, problem: PlanningProblem, schedule: Schedule, eyes: PlanEyes) -> list[Fault]:
    """Return why the plan cannot be replanned by its open conditions, each at its condition's identifier.

    A condition is held against the whole schedule: whoever stated it may see what the caller does not. Reviews of
    before `constraint_faults` was asked may state what the plan does not know.
    """
    return [
        _moved(fault, f"conditions[{condition.condition_id}]")
        for condition in _stated(plan)
        for fault in redacted_faults(event_faults(problem, schedule, [event_of(condition.event_json)]), eyes)
    ]


def _moved(fault: Fault, condition_path: str) -> Fault:
    """Return a fault of a condition's one event at the condition's own place."""
    return replace(fault, path=f"{condition_path}.constraint{fault.path.removeprefix('events[0]')}")


def _stated(plan: Plan) -> list[Condition]:
    return [
        condition
        for review in plan.reviews
        if review.approved
        for condition in review.conditions
        if condition.state is ConditionState.OPEN and condition.event_json
    ]
