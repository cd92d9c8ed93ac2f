"""The mend of proposed edits as its message, judged by the validator and as a principal sees it."""

from collections.abc import Iterable
from dataclasses import replace

from malapert.planner.v1 import edit_pb2, plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2

from malapert_planner.domain.editing.differences import edits_to
from malapert_planner.domain.editing.edited_items import EditedSchedule
from malapert_planner.domain.life.changes import Change, ChangeKind, changes
from malapert_planner.domain.life.replanning import items_of
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.services.editing.edit_messages import edit_message
from malapert_planner.services.editing.editable_plans import EditablePlan
from malapert_planner.services.making.plan_content import change_message, objective_message, validation_message
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import busy_id, redacted_change, redacted_objective, redacted_report

_GIVES_WAY = "it gives way to what was edited"


def mend_message(editable: EditablePlan, edited: EditedSchedule, mended: Schedule, eyes: PlanEyes) -> edit_pb2.EditMend:
    """Return what a mend changes beside edits, or which rules stay broken with it."""
    problem = editable.problem
    report = editable.validator.holding(edited.holds).report(mended, with_profiles=False)
    placed = {(a.request_id, a.repetition_index) for a in problem.activities if _is_in(mended, a.activity_id)}
    missing = [each for each in edited.wanted if (each.request_id, each.repetition_index) not in placed]
    if not report.valid or missing:
        lacking = ", ".join(f"{each.request_id}/{each.repetition_index}" for each in missing)
        text = f"no place was found for {lacking} beside what is planned" if missing else "no mend was found"
        return edit_pb2.EditMend(
            unmet=redacted_report(validation_message(report, problem), eyes).violations, explanation=text
        )
    told, names = mend_changes(editable, edited, mended), busy_names(editable, eyes)
    steps = edits_to(problem, editable.given.chains, edited.schedule, mended)
    objective, before = evaluate(problem, mended), evaluate(problem, edited.schedule)
    return edit_pb2.EditMend(
        found=True,
        edits=[edit_message(problem, edit, names) for edit in steps],
        changes=shown_changes(editable, told, eyes),
        objective=redacted_objective(objective_message(objective, editable.bound), eyes),
        lost_value=max(0.0, before.objective - objective.objective) if eyes.see_all else 0.0,
        explanation=_text(told),
    )


def mend_changes(editable: EditablePlan, edited: EditedSchedule, mended: Schedule) -> tuple[Change, ...]:
    """Return what a mend changes beside edits, each with its cause: what was edited, or what gave way to it."""
    before, after = set(items_of(edited.schedule)), set(items_of(mended))
    every = changes(editable.problem, editable.schedule, mended)
    told = (c for c in every if c.before in before - after or c.after in after - before)
    return tuple(replace(c, reason="MADE_ROOM", explanation=_GIVES_WAY) if c.reason == "BETTER" else c for c in told)


def busy_names(editable: EditablePlan, eyes: PlanEyes) -> dict[str, str]:
    """Return by what a principal knows the activities that it does not see whole: their positions in the plan."""
    items = enumerate(zip(editable.activity_ids, editable.requests, strict=True))
    return {name: busy_id(index) for index, (name, of) in items if of in eyes.hidden_request_ids}


def _is_in(schedule: Schedule, activity_id: str) -> bool:
    return any(placed.activity_id == activity_id for placed in schedule.activities)


def _text(told: Iterable[Change]) -> str:
    """Return how many items move, are added and leave."""
    counts = {kind: sum(change.kind is kind for change in told) for kind in ChangeKind}
    words = {ChangeKind.MOVED: "moved", ChangeKind.ADDED: "added", ChangeKind.DROPPED: "dropped"}
    parts = [f"{count} {words[kind]}" for kind, count in counts.items() if count]
    return f"items: {', '.join(parts)}"


def shown_changes(editable: EditablePlan, told: Iterable[Change], eyes: PlanEyes) -> list[replan_pb2.PlanChange]:
    """Return changes of a plan as a principal sees them."""
    messages = [change_message(change, editable.problem, plan_pb2.Plan()) for change in told]
    for message in messages:
        if message.request_id:
            message.visibility = editable.visibilities.get(message.request_id, type_pb2.VISIBILITY_OWNER)
    return [redacted_change(message, eyes) for message in messages]
