"""Checks and mends of edits as who does not see an item whole sees them: they name nothing of it."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from hand_made_schedules import at, plan
from malapert.planner.v1 import edit_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_planner.domain.editing.chains import Chains
from malapert_planner.domain.editing.edited_items import EditableProblem, EditedSchedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import Validator
from malapert_planner.services.editing.editable_plans import EditablePlan
from malapert_planner.services.editing.mends import mend_message
from malapert_planner.services.editing.plan_edits import answer_of, edited_schedule
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.solvers.mend.mender import mend
from problem_factory import make_activity, make_problem

HIDDEN_WORDS = ("secret", "Trench", "77.25")
PROBLEM = make_problem(
    activities=(
        make_activity("a", resource_ids=("arm",)),
        make_activity("secret-dig", resource_ids=("arm",), title="Trench", agency_id="ISRO", value=77.25),
    )
)
BEFORE = plan(at("a", 0), at("secret-dig", 3600))
EYES = PlanEyes(frozenset({"secret-dig"}), frozenset({"secret-dig", "Trench"}), "JAXA")


def editable() -> EditablePlan:
    validator = Validator(PROBLEM)
    return EditablePlan(
        EditableProblem(PROBLEM, validator.lookups, Chains(PROBLEM)),
        BEFORE,
        validator,
        evaluate(PROBLEM, BEFORE),
        200.0,
        ("a", "secret-dig"),
        ("a", "secret-dig"),
        {"a": type_pb2.VISIBILITY_MISSION, "secret-dig": type_pb2.VISIBILITY_OWNER},
    )


def told(given: EditablePlan, edited: EditedSchedule, eyes: PlanEyes) -> edit_pb2.CheckEditsResponse:
    base: Any = SimpleNamespace(plan_id="p", content=SimpleNamespace(content_hash="h"))
    report = given.validator.holding(edited.holds).report(edited.schedule)
    answer = answer_of(base, given, edited, report, eyes)
    mended = mend(PROBLEM, edited.schedule, edited.edited)
    answer.mend.CopyFrom(mend_message(given, edited, mended, eyes))
    return answer


def shift(item_id: str, offset_s: float) -> edit_pb2.PlanEdit:
    return edit_pb2.PlanEdit(shift=edit_pb2.ShiftItems(item_ids=[item_id], offset_s=offset_s))


def test_a_rule_broken_against_a_busy_item_is_told_with_time_and_amount_and_nothing_else_of_it() -> None:
    given = editable()
    edited = edited_schedule(given, [shift("a", 1800)], EYES)
    answer = told(given, edited, EYES)
    (violation,) = answer.violations
    assert (violation.rule_id, violation.amount, violation.unit) == ("RESOURCE_OVERLAP", 1800.0, "s")
    assert not violation.object_ids
    assert answer.mend.found
    assert [edit.place.item_id for edit in answer.mend.edits] == ["busy/1"]
    assert [change.is_busy for change in answer.mend.changes] == [True]
    assert answer.objective.is_withheld
    assert answer.objective_before.objective == answer.mend.objective.objective == answer.mend.lost_value == 0.0
    text = MessageToJson(answer)
    assert not [word for word in HIDDEN_WORDS if word in text]
    whole = told(given, edited_schedule(given, [shift("a", 1800)], PlanEyes()), PlanEyes())
    assert {name for violation in whole.violations for name in violation.object_ids} >= {"a", "secret-dig"}
    assert [edit.place.item_id for edit in whole.mend.edits] == ["secret-dig"]
    (change,) = whole.mend.changes
    assert (change.item_id, change.reason, list(change.because)) == ("secret-dig", "MADE_ROOM", ["a"])


def test_the_mend_of_who_sees_a_busy_item_can_be_proposed_by_it() -> None:
    given = editable()
    first = edited_schedule(given, [shift("a", 1800)], EYES)
    steps = told(given, first, EYES).mend.edits
    both = edited_schedule(given, [shift("a", 1800), *steps], EYES)
    assert given.validator.report(both.schedule).valid


@pytest.mark.parametrize(
    "edit",
    [
        shift("secret-dig", 300.0),
        edit_pb2.PlanEdit(lock=edit_pb2.LockItems(item_ids=["secret-dig"])),
        edit_pb2.PlanEdit(disable=edit_pb2.EditedRequest(request_id="secret-dig")),
        edit_pb2.PlanEdit(add=edit_pb2.AddRepetition(request_id="secret-dig")),
    ],
)
def test_a_hidden_item_is_refused_as_one_that_there_is_not(edit: edit_pb2.PlanEdit) -> None:
    other = edit_pb2.PlanEdit.FromString(edit.SerializeToString().replace(b"secret-dig", b"nothing-at"))
    faults = []
    for each in (edit, other):
        with pytest.raises(InvalidInputError) as refused:
            edited_schedule(editable(), [each], EYES)
        faults.append([(f.path, f.code, f.message.replace("secret-dig", "nothing-at")) for f in refused.value.faults])
    assert faults[0] == faults[1]
