"""Margin policies and assessments as messages."""

from datetime import timedelta

from malapert.planner.v1 import robustness_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.robustness.assess import MOST_DRAWS
from malapert_planner.domain.robustness.policy import ActivityClass, MarginPolicy, Spread, policy_faults
from malapert_planner.domain.robustness.report import RobustnessReport
from malapert_planner.services.sharing.plan_eyes import PlanEyes

DEFAULT_DRAWS = 1000
_SPREADS = ("drive_duration", "activity_duration", "array_power", "battery_capacity", "load_power", "data_rate")


def policy_of(
    message: robustness_pb2.MarginPolicy, classless_request_ids: frozenset[str] = frozenset()
) -> MarginPolicy:
    """Return the policy of a message; a spread that is not stated changes nothing.

    ``classless_request_ids`` are the requests that its author does not see: a class that guesses at one holds nothing.
    """
    stated = {field.name: value for field, value in message.ListFields()}
    spreads = {name: to_domain(stated[name], Spread) for name in _SPREADS if name in stated}
    classes = tuple(
        ActivityClass(
            each.class_id,
            to_domain(each.duration, Spread) if each.HasField("duration") else Spread(),
            tuple(each.activity_type_ids),
            tuple(each.resource_ids),
        )
        for each in message.activity_classes
    )
    return MarginPolicy(
        message.policy_id,
        message.title,
        activity_classes=classes,
        common_part=message.common_part,
        contact_failure=message.contact_failure,
        light_edge_s=message.light_edge_s,
        required_share=message.required_share,
        classless_request_ids=classless_request_ids,
        **spreads,
    )


def require_assessable(request: robustness_pb2.AssessRobustnessRequest) -> None:
    """Raise ``INVALID_ASSESS_ROBUSTNESS`` with every fault of a request."""
    faults = [
        Fault(f"policy.{fault.path}", fault.code, fault.message) for fault in policy_faults(policy_of(request.policy))
    ]
    if request.draws > MOST_DRAWS:
        faults.append(Fault("draws", "OUT_OF_RANGE", f"{request.draws} draws; at most {MOST_DRAWS} are replayed"))
    if faults:
        message = f"the request has {len(faults)} faults"
        raise InvalidInputError("INVALID_ASSESS_ROBUSTNESS", message, faults=faults)


def robustness_message(
    plan: Plan, problem: PlanningProblem, policy: robustness_pb2.MarginPolicy, report: RobustnessReport
) -> robustness_pb2.Robustness:
    """Return an assessment as its message, without who asked for it and when."""
    start_time = problem.start_time
    message = to_message(
        report,
        robustness_pb2.Robustness,
        plan_id=plan.plan_id,
        content_hash=plan.content.content_hash,
        policy=policy,
    )
    if report.first_break_s is not None:
        message.first_break_time.CopyFrom(to_timestamp(start_time + timedelta(seconds=report.first_break_s)))
    for item, shown in zip(report.items, message.items, strict=True):
        if item.start_s is not None:
            shown.start_time.CopyFrom(to_timestamp(start_time + timedelta(seconds=item.start_s)))
    return message


def redacted_robustness(message: robustness_pb2.Robustness, eyes: PlanEyes) -> robustness_pb2.Robustness:
    """Return an assessment in which no item is named that is withheld, by its policy neither; rules and numbers stay.

    What the reader's own agency wrote into a policy stays: it would else learn which of its guesses are right.
    """
    shown = robustness_pb2.Robustness()
    shown.CopyFrom(message)
    if message.agency_id != eyes.agency_id:
        _redact_policy(shown.policy, eyes)
    for item in shown.items:
        if eyes.mention(item.item_id):
            item.ClearField("item_id")
            item.ClearField("start_time")
    return shown


def _redact_policy(policy: robustness_pb2.MarginPolicy, eyes: PlanEyes) -> None:
    for name in ("policy_id", "title", "description", "source"):
        if eyes.mention(getattr(policy, name)):
            policy.ClearField(name)
    for each in policy.activity_classes:
        for names in (each.activity_type_ids, each.resource_ids):
            names[:] = [name for name in names if not eyes.mention(name)]
        if eyes.mention(each.class_id):
            each.ClearField("class_id")
