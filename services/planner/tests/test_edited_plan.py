"""Edits of a schedule: what each makes of it, and what cannot be done."""

from __future__ import annotations

import pytest
from hand_made_schedules import at, contact, drive, plan
from malapert_planner.domain.editing.chains import Chains
from malapert_planner.domain.editing.edited_items import EditableProblem, EditedSchedule
from malapert_planner.domain.editing.edited_plan import EditedPlan
from malapert_planner.domain.editing.edits import (
    AddContact,
    AddDrive,
    AddRepetition,
    DisableRequest,
    Edit,
    EnableRequest,
    LockItems,
    PlaceItem,
    RemoveItems,
    ShiftItems,
    UnlockItems,
)
from malapert_planner.domain.problem.holds import Disabled, Lock
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.validate import Validator
from problem_factory import make_activity, make_chain, make_drive, make_problem, make_window

CHAIN = make_chain("c", 2, max_wait_s=7200)
MODES = (
    make_activity("s-short", request_id="s", chain_id="s-short", mode_id="long=1", duration_s=1800),
    make_activity("s-long", request_id="s", chain_id="s-long", mode_id="long=2", duration_s=3600),
)
PROBLEM = make_problem(
    activities=(make_activity("a"), make_activity("b"), *CHAIN, *MODES),
    contact_windows=(make_window("w"), make_window("far", place_id="ridge")),
)
BEFORE = plan(at("a", 0), at("c-0", 3600), at("c-1", 9000), at("s-short", 12600, 1800), contact(0, 1200))


def edited(*edits: Edit, problem: PlanningProblem = PROBLEM, before: Schedule = BEFORE) -> EditedSchedule:
    editing = EditedPlan(EditableProblem(problem, Validator(problem).lookups, Chains(problem)), before)
    faults = [fault for index, edit in enumerate(edits) for fault in editing.apply(edit, f"edits[{index}]")]
    assert not faults
    return editing.result()


def spans(result: EditedSchedule) -> dict[str, tuple[int, int]]:
    return {placed.activity_id: placed.span for placed in result.schedule.activities}


def test_a_chain_moves_as_one_and_keeps_its_waits() -> None:
    result = edited(PlaceItem("c-1", 10800))
    assert (spans(result)["c-0"], spans(result)["c-1"]) == ((5400, 9000), (10800, 14400))
    assert result.edited == plan(at("c-0", 5400), at("c-1", 10800))
    alone = edited(PlaceItem("c-1", 10800, alone=True))
    assert (spans(alone)["c-0"], spans(alone)["c-1"]) == ((3600, 7200), (10800, 14400))


def test_a_length_takes_the_mode_that_lasts_so_long_and_keeps_its_name_for_later_edits() -> None:
    result = edited(PlaceItem("s-short", 12600, 16200), ShiftItems(("s-short",), 300))
    assert spans(result)["s-long"] == (12900, 16500)
    assert "s-short" not in spans(result)
    assert spans(edited(PlaceItem("s-short", 0, mode_id="long=2")))["s-long"] == (0, 3600)
    # No mode lasts so long: the validator says how long it takes.
    assert spans(edited(PlaceItem("s-short", 12600, 13000)))["s-short"] == (12600, 13000)


def test_many_items_shift_once_each_whatever_step_names_them() -> None:
    result = edited(ShiftItems(("c-0", "c-1", "a", "usuda@0"), 600))
    assert spans(result) == {"a": (600, 4200), "c-0": (4200, 7800), "c-1": (9600, 13200), "s-short": (12600, 14400)}
    assert result.schedule.contacts == (PlacedContact("usuda", "base", "w", (600, 1800)),)


def test_what_is_removed_disabled_and_enabled() -> None:
    assert set(spans(edited(RemoveItems(("c-1",))))) == {"a", "s-short"}
    assert edited(RemoveItems(("c-0", "c-1"))).removed == {("c", 0)}
    out = edited(DisableRequest("s"))
    assert "s-short" not in spans(out)
    assert out.holds.disabled == (Disabled("s", 0),)
    assert not edited(DisableRequest("s", 0), EnableRequest("s")).holds
    assert edited(RemoveItems(("usuda@0",))).schedule.contacts == ()


def test_a_chain_is_locked_whole_where_it_is() -> None:
    locked = edited(ShiftItems(("c-0",), 300), LockItems(("c-1",)))
    assert locked.holds.locks == (Lock("c-0", "base", (3900, 7500)), Lock("c-1", "base", (9300, 12900)))
    assert not edited(LockItems(("c-0", "a")), UnlockItems(("c-1", "a"))).holds


def test_what_is_added_is_where_the_asset_then_is() -> None:
    result = edited(
        AddDrive("base", "ridge", 1200), AddContact("usuda", (4000, 5000)), AddRepetition("b", start_s=3600)
    )
    assert PlacedActivity("b", "ridge", (3600, 7200)) in result.schedule.activities
    assert result.schedule.drives == (PlacedDrive("base", "ridge", (1200, 3000)),)
    assert result.schedule.contacts[1] == PlacedContact("usuda", "ridge", "far", (4000, 5000))
    moved = edited(PlaceItem("drive/0", 1500), before=plan(drive(1200)))
    assert moved.schedule.drives == (PlacedDrive("base", "ridge", (1500, 3300)),)
    again = edited(RemoveItems(("base->ridge@1200",)), before=plan(drive(1200), at("a", 3600)))
    assert again.schedule == plan(at("a", 3600))


def test_a_contact_keeps_up_with_where_the_asset_is() -> None:
    result = edited(AddDrive("base", "ridge", 1200), before=plan(contact(6000, 7000)))
    assert result.schedule.contacts == (PlacedContact("usuda", "ridge", "far", (6000, 7000)),)


@pytest.mark.parametrize(
    ("edit", "path", "code"),
    [
        (PlaceItem("x", 0), "edits[3].place.item_id", "UNKNOWN_ITEM"),
        (PlaceItem("b", 0), "edits[3].place.item_id", "UNKNOWN_ITEM"),
        (PlaceItem("s-short", 0, mode_id="long=9"), "edits[3].place.mode_id", "UNKNOWN_MODE"),
        (PlaceItem("usuda@0", 0, place_id="ridge"), "edits[3].place.item_id", "NO_ACTIVITY"),
        (ShiftItems(("a", "x"), 60), "edits[3].shift.item_ids", "UNKNOWN_ITEM"),
        (RemoveItems(()), "edits[3].remove.item_ids", "EMPTY"),
        (LockItems(("usuda@0",)), "edits[3].lock.item_ids", "NOT_LOCKABLE"),
        (DisableRequest("x"), "edits[3].disable.request_id", "UNKNOWN_REQUEST"),
        (DisableRequest("a", 7), "edits[3].disable.repetition_index", "UNKNOWN_REPETITION"),
        (EnableRequest("x"), "edits[3].enable.request_id", "UNKNOWN_REQUEST"),
        (AddRepetition("a", start_s=0), "edits[3].add", "ALREADY_PLANNED"),
        (AddRepetition("x", start_s=0), "edits[3].add.request_id", "UNKNOWN_REQUEST"),
        (AddRepetition("b", 1, start_s=0), "edits[3].add.repetition_index", "UNKNOWN_REPETITION"),
        (AddRepetition("b", start_s=0, mode_id="q"), "edits[3].add.mode_id", "UNKNOWN_MODE"),
        (AddDrive("base", "base", 0), "edits[3].add_drive", "UNKNOWN_DRIVE"),
        (AddContact("x", (0, 60)), "edits[3].add_contact.station_id", "UNKNOWN_STATION"),
        (AddContact("usuda", (0, 60)), "edits[3].add_contact", "ALREADY_PLANNED"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_path_and_changes_nothing(edit: Edit, path: str, code: str) -> None:
    editing = EditedPlan(EditableProblem(PROBLEM, Validator(PROBLEM).lookups, Chains(PROBLEM)), BEFORE)
    assert [(fault.path, fault.code) for fault in editing.apply(edit, "edits[3]")] == [(path, code)]
    assert editing.result().schedule == BEFORE


def test_what_is_off_the_grid_is_not_locked() -> None:
    editing = EditedPlan(EditableProblem(PROBLEM, Validator(PROBLEM).lookups, Chains(PROBLEM)), BEFORE)
    assert not editing.apply(PlaceItem("c-1", 10801, alone=True), "edits[0]")
    assert [fault.code for fault in editing.apply(LockItems(("c-0",)), "edits[1]")] == ["NOT_ON_GRID"]


def test_who_does_not_see_an_item_knows_it_by_another_name_alone() -> None:
    given = EditableProblem(PROBLEM, Validator(PROBLEM).lookups, Chains(PROBLEM))
    editing = EditedPlan(given, BEFORE, {"busy/0": "a"}, {"a"})
    assert [fault.code for fault in editing.apply(ShiftItems(("a",), 300), "e")] == ["UNKNOWN_ITEM"]
    assert [fault.code for fault in editing.apply(DisableRequest("a"), "e")] == ["UNKNOWN_REQUEST"]
    assert not editing.apply(ShiftItems(("busy/0",), 300), "e")
    assert spans(editing.result())["a"] == (300, 3900)


def test_a_drive_that_is_no_way_is_told_with_the_ways_that_there_are() -> None:
    problem = make_problem(drives=(make_drive("base", "ridge"),))
    editing = EditedPlan(EditableProblem(problem, Validator(problem).lookups, Chains(problem)), plan())
    (fault,) = editing.apply(AddDrive("ridge", "base", 0), "edits[0]")
    assert fault.message == "there is no such way; the plan's are base->ridge"
