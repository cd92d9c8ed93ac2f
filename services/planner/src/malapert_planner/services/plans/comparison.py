"""Comparison of two plans: their value, their use of resources, and the items that differ."""

from collections.abc import Iterator

from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import PreconditionError

from malapert_planner.domain.life.changes import changes
from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.making.plan_content import change_message
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.plan_parts import request_items
from malapert_planner.services.sharing.redaction import redacted_change, redacted_plan


def compare(plan: Plan, other: Plan, eyes: PlanEyes) -> replan_pb2.ComparePlansResponse:
    """Return two plans side by side, as a principal sees them.

    Raises
    ------
    PreconditionError
        ``WRONG_MISSION`` where they are of two missions.
    """
    require_same_mission(plan, other)
    left, right = (plan_pb2.Plan.FromString(item.content.message) for item in (plan, other))
    if right.replan.base_plan_id == plan.plan_id:
        # It says itself why each item is not as it was, and knows what has happened.
        told = list(right.changes)
    else:
        problem = unpack_problem(plan.content.problem)
        before, after = unpack_schedule(plan.content.schedule), unpack_schedule(other.content.schedule)
        told = [change_message(change, problem, left) for change in changes(problem, before, after)]
        visibilities = {item.request_id: item.visibility for plan in (left, right) for item in request_items(plan)}
        for change in told:
            if change.request_id:
                change.visibility = visibilities.get(change.request_id, type_pb2.VISIBILITY_OWNER)
    left, right = redacted_plan(left, eyes), redacted_plan(right, eyes)
    others = {name: value for name, _, value in _figures(right)}
    return replan_pb2.ComparePlansResponse(
        plan_id=plan.plan_id,
        other_plan_id=other.plan_id,
        figures=[
            replan_pb2.ComparedFigure(name=name, unit=unit, value=value, other_value=others[name])
            for name, unit, value in _figures(left)
            if name in others
        ],
        changes=[redacted_change(change, eyes) for change in told],
    )


def require_same_mission(plan: Plan, other: Plan) -> None:
    """Raise ``WRONG_MISSION`` where two plans are of two missions."""
    if plan.content.mission_id != other.content.mission_id:
        message = f"plan {other.plan_id} is of mission {other.content.mission_id!r}, not {plan.content.mission_id!r}"
        raise PreconditionError("WRONG_MISSION", message)


def _figures(plan: plan_pb2.Plan) -> Iterator[tuple[str, str, float]]:
    if not plan.objective.is_withheld:
        yield "objective", "1", plan.objective.objective
        yield "bound", "1", plan.objective.bound
        for name, value in sorted(plan.objective.parts.items()):
            yield name, "1", value
        yield "unsatisfied share, root mean square", "1", plan.objective.unsatisfied_rms
        yield "unsatisfied share, largest", "1", plan.objective.unsatisfied_max
    drives = [item for item in plan.activities if item.kind == plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE]
    yield "activities", "1", len(plan.activities) - len(drives)
    yield "drives", "1", len(drives)
    yield "contacts", "1", len(plan.contacts)
    yield "time in contact", "h", sum(_hours(contact) for contact in plan.contacts)
    yield "sent data", "bit", sum(contact.sent_bit for contact in plan.contacts)
    for profile in plan.profiles:
        yield f"{profile.resource_id}, lowest", profile.unit, profile.minimum
        yield f"{profile.resource_id}, highest", profile.unit, profile.maximum


def _hours(contact: plan_pb2.PlannedContact) -> float:
    interval = contact.interval
    return (interval.end_time.ToNanoseconds() - interval.start_time.ToNanoseconds()) / 3.6e12
