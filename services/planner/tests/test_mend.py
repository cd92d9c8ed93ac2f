"""Mends of edited schedules: the validator accepts them, what was edited stays, and little else changes."""

from __future__ import annotations

import random

import pytest
from hand_made_schedules import at, contact, drive, plan
from malapert_planner.domain.editing.chains import Chains
from malapert_planner.domain.editing.differences import edits_to
from malapert_planner.domain.editing.edited_items import EditableProblem, EditedSchedule
from malapert_planner.domain.editing.edited_plan import EditedPlan
from malapert_planner.domain.editing.edits import AddRepetition, Edit, LockItems, RemoveItems, ShiftItems
from malapert_planner.domain.life.changes import ChangeKind, changes
from malapert_planner.domain.problem.activities import Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.holds import Disabled, Holds
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.validate import Validator
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.mend.mender import mend
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from problem_factory import make_activity, make_chain, make_problem, make_window, random_problem


def editing_of(problem: PlanningProblem, before: Schedule) -> EditedPlan:
    return EditedPlan(EditableProblem(problem, Validator(problem).lookups, Chains(problem)), before)


def edited(problem: PlanningProblem, before: Schedule, *edits: Edit) -> EditedSchedule:
    editing = editing_of(problem, before)
    assert not [fault for edit in edits for fault in editing.apply(edit, "edit")]
    return editing.result()


def mended(problem: PlanningProblem, before: Schedule, *edits: Edit) -> Schedule:
    result = edited(problem, before, *edits)
    return mend(problem, result.schedule, result.edited, result.removed, result.wanted)


CREW = {"resource_ids": ("crew",)}
PAIR = make_problem(activities=(make_activity("a", **CREW), make_activity("b", **CREW, value=20.0)))


def test_what_is_in_the_way_moves_to_the_nearest_free_start() -> None:
    assert mended(PAIR, plan(at("a", 0), at("b", 3600)), ShiftItems(("a",), 1800)) == plan(at("a", 1800), at("b", 5400))
    later = mended(PAIR, plan(at("a", 7200), at("b", 3600)), ShiftItems(("a",), -1800))
    assert later == plan(at("b", 1800), at("a", 5400))


def test_what_has_no_other_start_is_left_out() -> None:
    narrow = make_problem(activities=(make_activity("a", **CREW), make_activity("b", **CREW, windows=((3600, 7200),))))
    assert mended(narrow, plan(at("a", 0), at("b", 3600)), ShiftItems(("a",), 1800)) == plan(at("a", 1800))


def test_a_contact_is_added_where_the_edit_needs_one() -> None:
    talking = make_activity("a", conditions=(Condition(ConditionKind.CONTACT),))
    problem = make_problem(activities=(talking,), contact_windows=(make_window("w", min_length_s=900),))
    before = plan(at("a", 0), contact(0, 3600))
    found = mended(problem, before, ShiftItems(("a",), 7200))
    assert Validator(problem).report(found).valid
    assert found.activities == (at("a", 7200),)


def test_a_drive_waits_for_what_was_put_before_it() -> None:
    problem = make_problem(activities=(make_activity("a"), make_activity("r", place_ids=("ridge",))))
    before = plan(at("a", 0), drive(3600), at("r", 5400, place_id="ridge"))
    found = mended(problem, before, ShiftItems(("a",), 1800))
    assert found == plan(at("a", 1800), drive(5400), at("r", 7200, place_id="ridge"))
    covered = make_problem(
        activities=problem.activities,
        drive_rule=DriveRule((Condition(ConditionKind.CONTACT),), ()),
        contact_windows=(make_window("w"), make_window("far", place_id="ridge")),
    )
    with_contact = mended(
        covered, plan(*before.activities, *before.drives, contact(3600, 5400)), ShiftItems(("a",), 1800)
    )
    assert Validator(covered).report(with_contact).valid
    assert with_contact.drives == found.drives


def test_repetitions_keep_their_distance_from_one_that_was_moved() -> None:
    steps = [make_activity(f"s{n}", request_id="s", repetition_index=n, duration_s=600) for n in range(4)]
    problem = make_problem(activities=tuple(steps), repetitions=(Repetition("s", 3600, 600),))
    before = plan(*(at(f"s{n}", 3600 * n + 600, 600) for n in range(4)))
    found = mended(problem, before, ShiftItems(("s3",), 1200))
    assert Validator(problem).report(found).valid
    assert len(found.activities) == 4
    assert found.activities[0] == before.activities[0]


def test_an_added_repetition_is_placed_where_it_first_fits() -> None:
    found = mended(PAIR, plan(at("b", 0)), AddRepetition("a"))
    assert found == plan(at("b", 0), at("a", 3600))


def test_what_is_removed_disabled_or_locked_stays_so() -> None:
    three = make_problem(activities=(*PAIR.activities, make_activity("c", **CREW)))
    before = plan(at("a", 0), at("b", 3600), at("c", 7200))
    assert mended(three, before, RemoveItems(("c",)), ShiftItems(("a",), 1800)) == plan(at("a", 1800), at("b", 5400))
    locked = edited(three, before, LockItems(("b",)), ShiftItems(("c",), -4800))
    problem = make_problem(activities=three.activities, holds=Holds(locked.holds.locks, (Disabled("a", 0),)))
    found = mend(problem, locked.schedule, locked.edited)
    assert PlacedActivity("b", "base", (3600, 7200)) in found.activities
    assert not [placed for placed in found.activities if placed.activity_id == "a"]


def test_what_has_happened_is_no_part_of_the_levels() -> None:
    heavy = make_activity("a", power_w=1000.0)
    frozen = plan(at("a", 0))
    problem = make_problem(activities=(heavy, make_activity("b", power_w=100.0, **CREW), make_activity("c", **CREW)))
    problem = make_problem(activities=problem.activities, baseline=Baseline(frozen, frozen, 3600, 3600, 0.05, 2.0))
    before = plan(at("a", 0), at("b", 3600), at("c", 7200))
    found = mended(problem, before, ShiftItems(("c",), -1800))
    assert Validator(problem).report(found).valid
    assert len(found.activities) == 3


def test_plans_without_places_and_with_more_stations_than_the_state_holds() -> None:
    placeless = make_problem(activities=PAIR.activities, drives=(), metadata={"placeless": "no terrain"})
    before = plan(at("a", 0), at("b", 3600))
    assert mended(placeless, before, ShiftItems(("a",), 1800)) == plan(at("a", 1800), at("b", 5400))
    windows = tuple(make_window(f"w{n}", f"station-{n}") for n in range(63))
    crowded = make_problem(activities=PAIR.activities, contact_windows=windows)
    assert mended(crowded, before, ShiftItems(("a",), 1800)) == plan(at("a", 1800), at("b", 3600))


def _constructed(problem: PlanningProblem) -> Schedule | None:
    bare = Incumbent(compile_problem(problem), Schedule())
    if not bare.keeps_limits():
        return None
    search = RuinRecreate(Tables(bare.instance), 1)
    search.start(bare)
    search.construct(lambda: True)
    schedule = search.best.schedule()
    return schedule if Validator(problem).report(schedule).valid and schedule.activities else None


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_generated_plans_are_mended_so_that_the_validator_agrees_and_the_edit_stays(first: int) -> None:
    found = 0
    for seed in range(first, first + 30):
        problem, rng = random_problem(seed), random.Random(seed)
        before = _constructed(problem)
        if before is None:
            continue
        name = rng.choice(before.activities).activity_id
        result = edited(problem, before, ShiftItems((name,), rng.choice((-6, -2, -1, 1, 2, 6)) * problem.resolution_s))
        after = mend(problem, result.schedule, result.edited, result.removed)
        kept = {placed.activity_id: placed for placed in result.edited.activities}
        assert set(kept.values()) <= set(after.activities)
        if not Validator(problem).report(after).valid:
            continue
        found += 1
        again = editing_of(problem, before)
        steps = edits_to(problem, Chains(problem), result.schedule, after)
        shift = ShiftItems(
            (name,), kept[name].span[0] - next(p for p in before.activities if p.activity_id == name).span[0]
        )
        assert not [fault for edit in (shift, *steps) for fault in again.apply(edit, "edit")]
        assert again.result().schedule == after
        if Validator(problem).report(result.schedule).valid:
            told = changes(problem, result.schedule, after)
            assert not [change for change in told if change.kind is ChangeKind.DROPPED]
    assert found >= 5


RELATED = make_problem(
    activities=(*make_chain("c", 2), make_activity("d")), relations=(Relation(RelationKind.AFTER, "d", "c"),)
)


def test_what_must_come_after_follows_what_was_moved() -> None:
    before = plan(at("c-0", 0), at("c-1", 3600), at("d", 7200))
    found = mended(RELATED, before, ShiftItems(("c-0",), 3600))
    assert found == plan(at("c-0", 3600), at("c-1", 7200), at("d", 10800))
