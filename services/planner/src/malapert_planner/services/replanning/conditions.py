"""Conditions of a plan's reviews as events of a replan."""

from dataclasses import replace

from google.protobuf.json_format import Parse
from malapert.planner.v1 import replan_pb2
from malapert_core.errors import Fault

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Condition, ConditionState
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.services.replanning.plan_events import event_faults
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import redacted_faults


def event_of(event_json: str) -> replan_pb2.PlanEvent:
    """Return the plan event that a condition states."""
    return Parse(event_json, replan_pb2.PlanEvent())


def condition_events(plan: Plan) -> list[replan_pb2.PlanEvent]:
    """Return what the open conditions of a plan's approvals ask for, as far as they say it to a replan."""
    return [event_of(condition.event_json) for condition in _stated(plan)]


def condition_faults(plan: Plan, problem: PlanningProblem, schedule: Schedule, eyes: PlanEyes) -> list[Fault]:
    """Return why the plan cannot be replanned by its open conditions, each at its condition's identifier.

    A condition is held against the whole schedule: whoever stated it may see what the caller does not.
    """
    return [
        replace(fault, path=f"conditions[{condition.condition_id}].constraint{fault.path.removeprefix('events[0]')}")
        for condition in _stated(plan)
        for fault in redacted_faults(event_faults(problem, schedule, [event_of(condition.event_json)]), eyes)
    ]


def _stated(plan: Plan) -> list[Condition]:
    return [
        condition
        for review in plan.reviews
        if review.approved
        for condition in review.conditions
        if condition.state is ConditionState.OPEN and condition.event_json
    ]
