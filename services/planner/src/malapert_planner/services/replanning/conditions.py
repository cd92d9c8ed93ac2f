"""Conditions of a plan's reviews as events of a replan."""

from google.protobuf.json_format import Parse
from malapert.planner.v1 import replan_pb2

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import ConditionState


def event_of(event_json: str) -> replan_pb2.PlanEvent:
    """Return the plan event that a condition states."""
    return Parse(event_json, replan_pb2.PlanEvent())


def condition_events(plan: Plan) -> list[replan_pb2.PlanEvent]:
    """Return what the open conditions of a plan's approvals ask for, as far as they say it to a replan."""
    return [
        event_of(condition.event_json)
        for review in plan.reviews
        if review.approved
        for condition in review.conditions
        if condition.state is ConditionState.OPEN and condition.event_json
    ]
