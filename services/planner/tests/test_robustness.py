"""Replays of schedules under draws, held against what a hand reckons."""

from dataclasses import replace

import pytest
from hand_made_schedules import at
from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import DriveRule, Passage, PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.robustness.assess import assess
from malapert_planner.domain.robustness.carrying_out import carried_out, tasks_of
from malapert_planner.domain.robustness.conditions import driven, lit_otherwise, pace_ratio
from malapert_planner.domain.robustness.policy import ActivityClass, MarginPolicy, Spread, policy_faults
from malapert_planner.domain.robustness.report import RobustnessReport
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.validate import validate
from problem_factory import HORIZON_S, make_activity, make_chain, make_drive, make_place, make_problem, make_window
from schedule_oracle import is_valid
from test_validation_mutations import PROBLEM, VALID
from way_problems import LIGHT, one_way

CONTACT = Condition(ConditionKind.CONTACT)
HELD = PlacedContact("usuda", "base", "w", (0, 3600))


def exactly(factor: float) -> Spread:
    return Spread(factor, 0.0, 0.0, 10.0)


def policy(**changes: object) -> MarginPolicy:
    return replace(MarginPolicy("test", "Test"), **changes)  # type: ignore[arg-type]


def one_draw(problem: PlanningProblem, schedule: Schedule, **changes: object) -> RobustnessReport:
    return assess(problem, schedule, policy(**changes), draws=1)


def broken(problem: PlanningProblem, schedule: Schedule, **changes: object) -> dict[tuple[str, str], float]:
    report = one_draw(problem, schedule, **changes)
    return {(item.item_id, item.rule_id): item.worst for item in report.items}


def test_what_goes_as_planned_keeps_every_rule() -> None:
    assert validate(PROBLEM, VALID).valid
    report = one_draw(PROBLEM, VALID)
    assert (report.kept, report.rules, report.items) == (1, (), ())


@pytest.mark.parametrize("works", [0.5, 1.0, 1.1, 1.2, 1.5])
@pytest.mark.parametrize("drives", [0.8, 1.0, 1.2, 1.5])
def test_a_minute_by_minute_referee_agrees_on_what_is_carried_out(works: float, drives: float) -> None:
    activities = tuple(
        replace(each, duration_s=round(each.duration_s * works / 60) * 60) for each in PROBLEM.activities
    )
    longer = tuple(
        replace(each, duration_s=round(each.duration_s * drives), data_bit=each.data_bit * drives)
        for each in PROBLEM.drives
    )
    tasks = tasks_of(Case(PROBLEM, VALID))
    lengths = {each.activity_id: each.duration_s for each in activities}
    durations_s = [
        round(1800 * drives) if task.activity is None else lengths[task.activity.activity_id] for task in tasks
    ]
    spans = carried_out(tasks, durations_s, lambda _task, start_s: start_s, 0)
    placed = [replace(task.placed, span=span) for task, span in zip(tasks, spans, strict=True)]
    schedule = Schedule(
        tuple(each for each in placed if isinstance(each, PlacedActivity)),
        tuple(each for each in placed if isinstance(each, PlacedDrive)),
        VALID.contacts,
    )
    agreed = is_valid(replace(PROBLEM, activities=activities, drives=longer), schedule)
    classes = tuple(
        ActivityClass(each.activity_id, exactly(lengths[each.activity_id] / each.duration_s), (each.activity_id,))
        for each in PROBLEM.activities
    )
    typed = replace(
        PROBLEM, activities=tuple(replace(each, activity_type_id=each.activity_id) for each in PROBLEM.activities)
    )
    report = one_draw(typed, VALID, drive_duration=exactly(drives), activity_classes=classes)
    assert bool(report.kept) == agreed, report.items


def test_a_drive_that_is_slower_outruns_its_contact() -> None:
    windows = (make_window("w", place_id="base"), make_window("v", place_id="ridge"))
    problem = make_problem(drive_rule=DriveRule((CONTACT,), ()), contact_windows=windows)
    schedule = Schedule(drives=(PlacedDrive("base", "ridge", (0, 1800)),), contacts=(replace(HELD, span=(0, 2000)),))
    assert broken(problem, schedule, drive_duration=exactly(1.1)) == {}
    # 1800 s × 1.3 = 2340 s, of which 340 are after the contact.
    late = broken(problem, schedule, drive_duration=exactly(1.3))
    assert late == {("base->ridge@0", "CONDITION_CONTACT"): 340.0}


def test_what_waits_for_a_late_step_is_late_and_named_as_planned() -> None:
    activities = (
        make_activity("drill", resource_ids=("arm",)),
        make_activity("wipe", resource_ids=("arm",), windows=((3600, 7300),)),
        make_activity("look", windows=((3600, 7300),)),
    )
    schedule = Schedule((at("drill", 0), at("look", 3600), at("wipe", 3600)))
    classes = (ActivityClass("drilling", exactly(1.5), activity_type_ids=("drill-sample",)),)
    problem = make_problem(activities=(replace(activities[0], activity_type_id="drill-sample"), *activities[1:]))
    # The drill is over at 5400 s: the wiping by the same arm ends at 9000 s, 1700 s late; who looks needs no arm.
    found = broken(problem, schedule, activity_classes=classes)
    assert found == {("wipe", "ACTIVITY_WINDOW"): 1700.0}


def test_a_chain_goes_on_as_soon_after_a_step_as_was_planned() -> None:
    problem = make_problem(activities=make_chain("c", 2))
    schedule = Schedule((at("c-0", 3600), at("c-1", 7200)))
    assert broken(problem, schedule, activity_duration=exactly(0.9)) == {}
    assert broken(problem, schedule, activity_duration=exactly(1.2)) == {}


def test_a_least_lag_is_waited_for_and_a_largest_is_not_always_kept() -> None:
    activities = (make_activity("a"), make_activity("b", resource_ids=("arm",)), make_activity("c"))
    relation = Relation(RelationKind.AFTER, "c", "a", min_lag_s=600, max_lag_s=1200)
    problem = make_problem(activities=activities, relations=(relation,))
    assert broken(problem, Schedule((at("a", 0), at("c", 4200))), activity_duration=exactly(1.5)) == {}
    shorter = broken(problem, Schedule((at("a", 0), at("c", 4800))), activity_duration=exactly(0.5))
    # It ends at 1800 s; what follows at the latest 1200 s later starts at 4800 s as planned, 1800 s too late.
    assert shorter == {("c", "RELATION_AFTER"): 1800.0}


def test_a_weak_battery_breaks_the_floor() -> None:
    # 500 Wh at first less 380 Wh in an hour: 120 Wh, 20 above the floor. A tenth less of battery: 450 − 380 = 70 Wh.
    battery = Battery(1000.0, 100.0, 500.0, 0.0, 0.0, 0.0)
    problem = make_problem(
        activities=(make_activity("a", power_w=380.0),), battery=battery, places=(make_place(power_w=0.0),), drives=()
    )
    schedule = Schedule((at("a", 0),))
    assert one_draw(problem, schedule).charge_left_wh == pytest.approx(20.0)
    found = broken(problem, schedule, battery_capacity=exactly(0.9))
    assert found == {("rover", "BATTERY_FLOOR"): pytest.approx(30.0)}


def test_a_weak_array_and_more_load_leave_less_charge() -> None:
    battery = Battery(1000.0, 0.0, 500.0, 0.0, 50.0, 50.0)
    places = (make_place(generation=PowerSeries((0, HORIZON_S), (30.0, 30.0))),)
    problem = make_problem(battery=battery, places=places, drives=())
    # Six hours at 30 × 0.9 − 50 × 1.1 = −28 W.
    report = one_draw(problem, Schedule(), array_power=exactly(0.9), load_power=exactly(1.1))
    assert report.charge_left_wh == pytest.approx(500.0 - 6 * 28.0)


def test_a_failed_pass_and_a_lower_rate_leave_data() -> None:
    problem = make_problem(
        activities=(make_activity("a", data_bit=3.6e6),),
        contact_windows=(make_window(),),
        storage=Storage(1e9, 0.0, 1e6),
    )
    schedule = Schedule((at("a", 0),), contacts=(replace(HELD, span=(3600, 7200)),))
    assert broken(problem, schedule, data_rate=exactly(0.8)) == {}
    left = broken(problem, schedule, data_rate=exactly(0.5))
    assert left == {("rover", "STORAGE_END"): pytest.approx(3.6e6 - 1.8e6 - 1e6)}
    assert broken(problem, schedule, contact_failure=1.0) == {("rover", "STORAGE_END"): pytest.approx(3.6e6 - 1e6)}


def test_a_slow_drive_passes_the_points_of_its_way_later() -> None:
    problem = one_way(LIGHT, (600, 1300))
    schedule = Schedule(drives=(PlacedDrive("base", "ridge", (0, 1800)),))
    assert broken(problem, schedule, drive_duration=exactly(1.0)) == {}
    found = broken(problem, schedule, drive_duration=exactly(2.0))
    assert ("base->ridge@0", "DRIVE_WAY") in found


def test_a_pace_follows_from_the_passages() -> None:
    # Points at 0, 600 and 1200 s as planned; the slowest pace takes a tenth more.
    passages = (Passage("a", 0, 660), Passage("b", 0, 1320), Passage("c", 600, 1320))
    drive = make_drive(duration_s=1320, passages=passages, data_bit=1320.0)
    assert pace_ratio(drive) == pytest.approx(1.1)
    as_planned = driven(drive, 1.0)
    assert as_planned.duration_s == 1200
    assert [each.until_s for each in as_planned.passages] == [600, 1200, 1200]
    assert as_planned.data_bit == pytest.approx(1200.0)


def test_light_that_comes_late_shrinks_and_dark_grows_but_not_at_the_horizon() -> None:
    windows = {LIGHT: ((0, 1000), (2000, 3000)), ConditionKind.DARKNESS: ((1000, 2000), (3000, 3600))}
    found = lit_otherwise(windows, 100, 3600)
    assert found == {LIGHT: ((0, 900), (2100, 2900)), ConditionKind.DARKNESS: ((900, 2100), (2900, 3600))}


def test_late_light_is_waited_for() -> None:
    place = make_place(illumination=((3600, HORIZON_S),))
    activity = make_activity("a", conditions=(Condition(LIGHT),))
    problem = make_problem(activities=(activity,), places=(place,), drives=())
    report = assess(problem, Schedule((at("a", 3600),)), policy(light_edge_s=300.0), draws=50)
    assert report.kept == 50


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    spread = policy(activity_duration=Spread(1.0, 0.2, 0.5, 2.0), contact_failure=0.3, array_power=Spread(0.9, 0.1))
    first = assess(PROBLEM, VALID, spread, seed=7, draws=30)
    assert first == assess(PROBLEM, VALID, spread, seed=7, draws=30)
    shorter = assess(PROBLEM, VALID, spread, seed=7, draws=10)
    assert shorter.kept <= first.kept
    assert first != assess(PROBLEM, VALID, spread, seed=8, draws=30)


def test_it_stops_where_it_is_asked_to() -> None:
    told: list[int] = []
    report = assess(PROBLEM, VALID, policy(), draws=100, on_progress=told.append, stopped=lambda: len(told) >= 3)
    assert (report.draws, told) == (3, [1, 2, 3])


@pytest.mark.parametrize(
    ("kept", "draws", "low", "high"),
    # R's prop.test(x, n, correct = FALSE), which is Wilson's interval.
    [(8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (10, 10, 0.7224672, 1.0)],
)
def test_the_interval_is_wilsons(kept: int, draws: int, low: float, high: float) -> None:
    from malapert_planner.domain.robustness.assess import _wilson

    assert _wilson(kept, draws) == pytest.approx((low, high), abs=2e-6)


def test_every_fault_of_a_policy_is_told_at_once() -> None:
    wrong = policy(
        policy_id="",
        drive_duration=Spread(float("nan"), 0.0, 0.0, 1.0),
        array_power=Spread(1.0, -0.1, 2.0, 1.0),
        contact_failure=1.5,
        light_edge_s=-1.0,
        activity_classes=(ActivityClass("a", exactly(1.0)), ActivityClass("a", exactly(11.0), ("t",))),
    )
    assert {fault.path for fault in policy_faults(wrong)} == {
        "policy_id",
        "drive_duration.mean",
        "array_power.sigma",
        "array_power",
        "contact_failure",
        "light_edge_s",
        "activity_classes[0]",
        "activity_classes[1].class_id",
        "activity_classes[1].duration.mean",
    }
