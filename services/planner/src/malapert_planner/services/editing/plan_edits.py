"""Check of proposed edits of a plan; nothing is stored."""

import asyncio
from collections.abc import Iterable, Sequence

from malapert.planner.v1 import edit_pb2, plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import ConflictError, Fault

from malapert_planner.domain.editing.edited_plan import EditedPlan, EditedSchedule
from malapert_planner.domain.life.changes import Change, edits_between
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.services.editing.edit_messages import edits_of, refuse
from malapert_planner.services.editing.editable_plans import EditablePlan, EditablePlans
from malapert_planner.services.making.plan_content import (
    change_message,
    objective_message,
    profile_messages,
    validation_message,
)
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import (
    busy_id,
    redacted_change,
    redacted_objective,
    redacted_profiles,
    redacted_report,
)


class PlanEdits:
    """Checks proposed edits."""

    def __init__(self) -> None:
        self._editable = EditablePlans()

    async def check(
        self, plan: Plan, request: edit_pb2.CheckEditsRequest, eyes: PlanEyes
    ) -> edit_pb2.CheckEditsResponse:
        """Return what edits make of a plan, as a principal sees it.

        Raises
        ------
        InvalidInputError
            ``INVALID_EDITS`` with a fault for each edit that cannot be done.
        ConflictError
            ``STALE_VERSION``; ``CONTENT_HASH_MISMATCH`` where the edits are of other content.
        """
        plan.require_version(request.version)
        _require_content(plan, request.content_hash)
        editable = await self._editable.get(plan)
        return await asyncio.to_thread(_checked, plan, editable, request, eyes)


def _require_content(plan: Plan, content_hash: str) -> None:
    if content_hash not in ("", plan.content.content_hash):
        message = f"the plan's content is {plan.content.content_hash}, not {content_hash[:80]}; read it again"
        raise ConflictError("CONTENT_HASH_MISMATCH", message, metadata={"content_hash": plan.content.content_hash})


def _checked(
    plan: Plan, editable: EditablePlan, request: edit_pb2.CheckEditsRequest, eyes: PlanEyes
) -> edit_pb2.CheckEditsResponse:
    if request.mend:
        refuse([Fault("mend", "NOT_SUPPORTED", "a mend is not looked for yet")])
    edited = edited_schedule(editable, request.edits, eyes)
    if edited.wanted and not request.mend:
        refuse([Fault("mend", "NEEDED", "without a start an added repetition is placed by the mend: ask for it")])
    report = editable.validator.holding(edited.holds).report(edited.schedule, with_profiles=request.with_profiles)
    problem, told = editable.problem, edits_between(editable.problem, editable.schedule, edited.schedule)
    verdict = redacted_report(validation_message(report, problem), eyes)
    objective = objective_message(evaluate(problem, edited.schedule), editable.bound)
    return edit_pb2.CheckEditsResponse(
        plan_id=plan.plan_id,
        content_hash=plan.content.content_hash,
        valid=report.valid,
        violations=verdict.violations,
        changes=shown_changes(editable, told, eyes),
        objective_before=redacted_objective(objective_message(editable.objective, editable.bound), eyes),
        objective=redacted_objective(objective, eyes),
        profiles=redacted_profiles(profile_messages(problem, report.profiles), eyes),
        locked_item_ids=shown_names((lock.activity_id for lock in edited.holds.locks), eyes),
        disabled_request_ids=shown_names(dict.fromkeys(each.request_id for each in edited.holds.disabled), eyes),
    )


def edited_schedule(editable: EditablePlan, messages: Sequence[edit_pb2.PlanEdit], eyes: PlanEyes) -> EditedSchedule:
    """Return what edits make of a plan's schedule; a busy item is named as the plan shows it, by its position.

    Raises
    ------
    InvalidInputError
        ``INVALID_EDITS`` with a fault for each that cannot be done, or is none.
    """
    edits, faults = edits_of(editable.problem, messages)
    items = enumerate(zip(editable.activity_ids, editable.requests, strict=True))
    busy = {busy_id(index): name for index, (name, of) in items if of in eyes.hidden_request_ids}
    hidden = {a.activity_id for a in editable.problem.activities if a.request_id in eyes.hidden_request_ids}
    edited = EditedPlan(editable.given, editable.schedule, busy, hidden | eyes.hidden_request_ids)
    refuse([*faults, *(fault for path, edit in edits for fault in edited.apply(edit, path))])
    return edited.result()


def shown_changes(editable: EditablePlan, told: Iterable[Change], eyes: PlanEyes) -> list[replan_pb2.PlanChange]:
    """Return changes of a plan as a principal sees them."""
    messages = [change_message(change, editable.problem, plan_pb2.Plan()) for change in told]
    for message in messages:
        if message.request_id:
            message.visibility = editable.visibilities.get(message.request_id, type_pb2.VISIBILITY_OWNER)
    return [redacted_change(message, eyes) for message in messages]


def shown_names(names: Iterable[str], eyes: PlanEyes) -> list[str]:
    """Return the names of those that tell of nothing that is withheld."""
    return [name for name in names if not eyes.mention(name)]
