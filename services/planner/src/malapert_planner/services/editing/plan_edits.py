"""Proposed edits of a plan: checked, mended, and made a plan."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from malapert.planner.v1 import edit_pb2
from malapert_core.errors import ConflictError, Fault
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.editing.edited_items import EditedSchedule
from malapert_planner.domain.editing.edited_plan import EditedPlan
from malapert_planner.domain.life.changes import edits_between
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.report import ValidationReport
from malapert_planner.services.editing.edit_drafts import EditDrafts
from malapert_planner.services.editing.edit_messages import edits_of, refuse
from malapert_planner.services.editing.editable_plans import EditablePlan, EditablePlans
from malapert_planner.services.editing.mends import busy_names, mend_message, shown_changes
from malapert_planner.services.jobs.planning_jobs import mend_job
from malapert_planner.services.jobs.solver_jobs import SolverJobs
from malapert_planner.services.making.plan_content import (
    objective_message,
    profile_messages,
    validation_message,
)
from malapert_planner.services.plans.derived_plans import DerivedPlan, DerivedPlans
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import (
    redacted_objective,
    redacted_profiles,
    redacted_report,
)

LABEL = "edited"


class PlanEdits:
    """Checks proposed edits, has them mended, and makes plans of them.

    Parameters
    ----------
    solver_jobs : SolverJobs
    derived : DerivedPlans
    drafts : EditDrafts
    """

    def __init__(self, solver_jobs: SolverJobs, derived: DerivedPlans, drafts: EditDrafts) -> None:
        self._editable = EditablePlans()
        self._solver_jobs = solver_jobs
        self._derived = derived
        self._drafts = drafts

    async def check(
        self, plan: Plan, request: edit_pb2.CheckEditsRequest, eyes: PlanEyes
    ) -> edit_pb2.CheckEditsResponse:
        """Return what edits make of a plan, as a principal sees it, and the least mend where it is asked for.

        Raises
        ------
        InvalidInputError
            ``INVALID_EDITS`` with a fault for each edit that cannot be done.
        ConflictError
            ``STALE_VERSION``; ``CONTENT_HASH_MISMATCH`` where the edits are of other content.
        """
        editable, edited = await self._edited(plan, request, eyes)
        if edited.wanted and not request.mend:
            refuse([Fault("mend", "NEEDED", "without a start an added repetition is placed by the mend: ask for it")])
        report = await asyncio.to_thread(
            editable.validator.holding(edited.holds).report, edited.schedule, with_profiles=request.with_profiles
        )
        answer = answer_of(plan, editable, edited, report, eyes)
        if request.mend:
            answer.mend.CopyFrom(await self._mended(editable, edited, report, eyes))
        return answer

    async def apply(self, plan: Plan, request: edit_pb2.ApplyEditsRequest, eyes: PlanEyes, identity: Identity) -> Plan:
        """Return the stored draft that edits make of a plan; the edits that were under way are forgotten with it.

        Raises
        ------
        InvalidInputError, ConflictError, NotFoundError
            As `check`; ``INVALID_PLAN`` with a fault for each rule that the edited plan breaks; where there are no such
            edits under way.
        """
        editable, edited = await self._edited(plan, request, eyes)
        if edited.wanted:
            refuse([Fault("edits", "START_NEEDED", "an added repetition needs a start: the check's mend finds one")])
        if request.draft_id:
            await self._drafts.get(plan.plan_id, request.draft_id, identity)

        async def forget(session: AsyncSession) -> None:
            if request.draft_id:
                await self._drafts.delete_in(session, plan.plan_id, request.draft_id, identity)

        told = edits_between(editable.problem, editable.schedule, edited.schedule)
        problem = replace(editable.problem, holds=edited.holds)
        wanted = DerivedPlan(plan, problem, edited.schedule, LABEL, told, request.label, is_edited=True)
        return await self._derived.make(wanted, identity, eyes, forget)

    async def _edited(
        self, plan: Plan, request: edit_pb2.CheckEditsRequest | edit_pb2.ApplyEditsRequest, eyes: PlanEyes
    ) -> tuple[EditablePlan, EditedSchedule]:
        plan.require_version(request.version)
        _require_content(plan, request.content_hash)
        editable = await self._editable.get(plan)
        return editable, await asyncio.to_thread(edited_schedule, editable, request.edits, eyes)

    async def _mended(
        self, editable: EditablePlan, edited: EditedSchedule, report: ValidationReport, eyes: PlanEyes
    ) -> edit_pb2.EditMend:
        """Return the least mend; none is looked for where nothing is broken."""
        if report.valid and not edited.wanted:
            return edit_pb2.EditMend(found=True, explanation="no rule is broken")
        problem = replace(editable.problem, holds=edited.holds)
        mended: Schedule = await self._solver_jobs.run(
            mend_job, problem, edited.schedule, edited.edited, edited.removed, edited.wanted
        )
        return await asyncio.to_thread(mend_message, editable, edited, mended, eyes)


def _require_content(plan: Plan, content_hash: str) -> None:
    if content_hash not in ("", plan.content.content_hash):
        message = f"the plan's content is {plan.content.content_hash}, not {content_hash[:80]}; read it again"
        raise ConflictError("CONTENT_HASH_MISMATCH", message, metadata={"content_hash": plan.content.content_hash})


def answer_of(
    plan: Plan, editable: EditablePlan, edited: EditedSchedule, report: ValidationReport, eyes: PlanEyes
) -> edit_pb2.CheckEditsResponse:
    """Return what edits make of a plan as a principal sees it."""
    problem, told = editable.problem, edits_between(editable.problem, editable.schedule, edited.schedule)
    objective = objective_message(evaluate(problem, edited.schedule), editable.bound)
    return edit_pb2.CheckEditsResponse(
        plan_id=plan.plan_id,
        content_hash=plan.content.content_hash,
        valid=report.valid,
        violations=redacted_report(validation_message(report, problem), eyes).violations,
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
    busy = {shown: name for name, shown in busy_names(editable, eyes).items()}
    hidden = {a.activity_id for a in editable.problem.activities if a.request_id in eyes.hidden_request_ids}
    edited = EditedPlan(editable.given, editable.schedule, busy, hidden | eyes.hidden_request_ids)
    refuse([*faults, *(fault for path, edit in edits for fault in edited.apply(edit, path))])
    return edited.result()


def shown_names(names: Iterable[str], eyes: PlanEyes) -> list[str]:
    """Return the names of those that tell of nothing that is withheld."""
    return [name for name in names if not eyes.mention(name)]
