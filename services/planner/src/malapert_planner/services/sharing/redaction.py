"""Redaction of plans and of what is said of them: the one place where it is done."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_core.errors import Fault, MalapertError
from malapert_core.signing.sealing import Entry

from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.plan_parts import PRIVATE, items_of, put, sealed_plan

WITHHELD_REASON = "what is in the way is not shown to this agency"
"""Explanation in place of one that would tell of what is withheld."""
_OF_WORTH = ("objective", "bound", "parts", "agency_shares", "unsatisfied_rms", "unsatisfied_max")


def redacted_plan(content: plan_pb2.Plan, eyes: PlanEyes) -> plan_pb2.Plan:
    """Return the content of a plan as a principal sees it; a busy item is named by its position alone."""
    if eyes.see_all:
        return content
    plan = plan_pb2.Plan(
        is_redacted=True,
        content_hash=content.content_hash,
        window_set_id=content.window_set_id,
        stage_times=content.stage_times,
    )
    for item in items_of(content):
        shown = eyes.shown_parts(item)
        if len(shown) == len(item.parts):
            put(plan, item.section, item.whole)
        elif shown:
            fragment = type(item.whole)()
            for name in shown:
                fragment.MergeFrom(item.parts[name])
            _mark(fragment, item.index, shown)
            put(plan, item.section, fragment)
    return plan


def redacted_headline(headline: plan_pb2.Plan, eyes: PlanEyes) -> plan_pb2.Plan:
    """Return the headline of a plan, which has no items, as a principal sees it."""
    if eyes.see_all:
        return headline
    plan = plan_pb2.Plan(is_redacted=True)
    plan.MergeFrom(headline)
    plan.ClearField("problem_hash")
    for name in _OF_WORTH:
        plan.objective.ClearField(name)  # type: ignore[arg-type]
    plan.objective.is_withheld = True
    if plan.HasField("replan"):
        plan.replan.ClearField("events")
    return plan


def redacted_copy(content: plan_pb2.Plan, secret: bytes, eyes: PlanEyes) -> tuple[str, list[dict[str, Any]]]:
    """Return the content hash of a plan and its sealed content as a principal sees it, which has the same hash."""
    sealed, items = sealed_plan(content, secret)

    def shown(entry: Entry | None) -> Collection[str]:
        if entry is None:
            return ("blind",) if eyes.see_all else ()
        return eyes.shown_parts(items[id(entry)])

    return sealed.content_hash, sealed.copy(shown)


def redacted_objective(objective: plan_pb2.Objective, eyes: PlanEyes) -> plan_pb2.Objective:
    """Return an objective as a principal sees it."""
    return redacted_plan(plan_pb2.Plan(objective=objective), eyes).objective


def redacted_profiles(
    profiles: Iterable[plan_pb2.ResourceProfile], eyes: PlanEyes
) -> Iterable[plan_pb2.ResourceProfile]:
    """Return resources along a schedule as a principal sees them."""
    return redacted_plan(plan_pb2.Plan(profiles=profiles), eyes).profiles


def redacted_change(change: replan_pb2.PlanChange, eyes: PlanEyes) -> replan_pb2.PlanChange:
    """Return a change of an item as a principal sees it."""
    return redacted_plan(plan_pb2.Plan(changes=[change]), eyes).changes[0]


def redacted_report(report: plan_pb2.ValidationReport, eyes: PlanEyes) -> plan_pb2.ValidationReport:
    """Return a verdict in which no broken rule names what is withheld; rule, time and amount stay."""
    if eyes.see_all:
        return report
    shown = plan_pb2.ValidationReport()
    shown.CopyFrom(report)
    del shown.as_things_stand.notices[:]
    shown.as_things_stand.notices.extend(redacted_notices(report.as_things_stand.notices, eyes))
    if not report.HasField("as_things_stand"):
        shown.ClearField("as_things_stand")
    for violation in (*shown.violations, *shown.as_things_stand.violations):
        if eyes.mention(violation.message, *violation.object_ids):
            violation.ClearField("object_ids")
            violation.message = WITHHELD_REASON
    for margin in shown.margins:
        if eyes.mention(margin.text, *margin.object_ids):
            margin.ClearField("object_ids")
            margin.text = WITHHELD_REASON
    return shown


def redacted_explanation(why: plan_pb2.ExplainUnplannedResponse, eyes: PlanEyes) -> plan_pb2.ExplainUnplannedResponse:
    """Return why a repetition is not planned without what names something that is withheld."""
    if eyes.see_all:
        return why
    shown = plan_pb2.ExplainUnplannedResponse(rules=[rule for rule in why.rules if not eyes.mention(rule)])
    shown.unplanned.CopyFrom(redacted_plan(plan_pb2.Plan(unplanned=[why.unplanned]), eyes).unplanned[0])
    # A part of a smallest set would be no set that makes room.
    if not eyes.mention(*why.requests):
        shown.requests.extend(why.requests)
    shown.admissions.extend(item for item in why.admissions if not eyes.mention(item.subject, item.text))
    # It names families of rules alone.
    shown.proof = why.proof
    return shown


def redacted_error(error: MalapertError, eyes: PlanEyes) -> MalapertError:
    """Return an error without what names something that is withheld; its kind, reason and codes stay."""
    if eyes.see_all:
        return error
    metadata = {
        name: ",".join(part for part in value.split(",") if not eyes.mention(part))
        for name, value in error.metadata.items()
    }
    message = WITHHELD_REASON if eyes.mention(error.message) else error.message
    faults = redacted_faults(error.faults, eyes)
    return type(error)(error.reason, message, metadata=metadata, faults=faults)


def redacted_faults(faults: Iterable[Fault], eyes: PlanEyes) -> list[Fault]:
    """Return faults of what others handed in without what names something that is withheld."""
    return [replace(each, message=WITHHELD_REASON) if eyes.mention(each.message) else each for each in faults]


def redacted_notices(notices: Iterable[plan_pb2.PlanNotice], eyes: PlanEyes) -> list[plan_pb2.PlanNotice]:
    """Return the notices of what a principal sees whole; whom else they touch would tell of what it does not see."""
    if eyes.see_all:
        return list(notices)
    shown = []
    for notice in notices:
        if eyes.see_notice(notice):
            told = plan_pb2.PlanNotice()
            told.CopyFrom(notice)
            told.agency_ids[:] = [name for name in notice.agency_ids if name == eyes.agency_id]
            shown.append(told)
    return shown


def redacted_request(found: plan_pb2.RequestInPlan, eyes: PlanEyes) -> plan_pb2.RequestInPlan:
    """Return what became of a request in a plan without what names something that is withheld."""
    if eyes.see_all:
        return found
    shown = plan_pb2.RequestInPlan()
    shown.CopyFrom(found)
    shown.ClearField("unplanned")
    shown.unplanned.extend(redacted_plan(plan_pb2.Plan(unplanned=found.unplanned), eyes).unplanned)
    notices = redacted_notices(found.notices, eyes)
    shown.ClearField("notices")
    shown.notices.extend(notices)
    return shown


BUSY_TITLE = "Busy"
"""Title of an activity of which nothing else is shown."""


def busy_id(index: int | None) -> str:
    """Return what stands for the identifier of a busy activity: its position in the plan."""
    return f"busy/{index}"


def _mark(fragment: Message, index: int | None, shown: Collection[str]) -> None:
    """State in a message what is withheld of it."""
    if isinstance(fragment, plan_pb2.PlannedActivity):
        fragment.is_busy, fragment.activity_id, fragment.title = True, busy_id(index), BUSY_TITLE
        fragment.resource_ids.extend(fragment.mission_resource_ids)
    elif isinstance(fragment, replan_pb2.PlanChange):
        fragment.is_busy = PRIVATE not in shown
        fragment.explanation = WITHHELD_REASON
    elif isinstance(fragment, plan_pb2.UnplannedRequest):
        fragment.explanation = WITHHELD_REASON
    elif isinstance(fragment, plan_pb2.Objective):
        fragment.is_withheld = True
