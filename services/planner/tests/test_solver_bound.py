"""The bound on tiny problems whose optimum is known by hand: never below it, above it by its stated slack at most.

Each optimum is attained by a schedule that the validator accepts. The slack is that of rounding: a thousandth of a
watt-hour for each chain and one more, and a point of the objective for each chain and two more.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from coarse_levels import level_bounds
from malapert_planner.domain.explanation.endurance import STEP_S, missing_wh
from malapert_planner.domain.problem.activities import Activity, Relation, RelationKind
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from malapert_planner.domain.problem.problem import Baseline, Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.bounds.interval_relaxation import earliest_arrivals, trivial_bound, upper_bound
from malapert_planner.solvers.construct.tour import solve_tour
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_drive, make_place, make_problem, make_window

POINTS = 1e-5
"""Slack of the objective: far more points than there are chains, far less than any value."""
MWH = 1e-3
DARK = make_place(generation=PowerSeries((0,), (0.0,)))


def bound_of(problem: PlanningProblem) -> float:
    return upper_bound(compile_problem(problem), Engine(1, 10.0, 60.0), 5.0)


def attained(problem: PlanningProblem, schedule: Schedule) -> float:
    """Return the objective of a schedule that keeps every rule."""
    assert validate(problem, schedule).violations == ()
    return evaluate(problem, schedule).objective


def one_after_another(count: int, since_h: int = 0) -> Schedule:
    return Schedule(
        tuple(
            PlacedActivity(f"a{n}", "base", ((since_h + n) * HOUR_S, (since_h + n + 1) * HOUR_S)) for n in range(count)
        )
    )


def hungry(power_w: float, battery: Battery, place: object = DARK, count: int = 4) -> PlanningProblem:
    """Hours of one power, one at a time, each worth 10, at one place."""
    activities = tuple(make_activity(f"a{n}", power_w=power_w, resource_ids=("arm",)) for n in range(count))
    return make_problem(places=(place,), drives=(), activities=activities, battery=battery)


# Of 400 Wh, six hours at 10 W and the 100 Wh of the floor leave 240 Wh.
FLOOR = Battery(1000.0, 100.0, 400.0, 0.0, 10.0, 10.0)


@pytest.mark.parametrize(
    "battery",
    [
        FLOOR,
        replace(FLOOR, floor_wh=50.0, end_wh=100.0),
        replace(FLOOR, end_wh=100.0),
        replace(FLOOR, asleep_load_w=10.0, awake_load_w=10.0, capacity_wh=400.0),
    ],
    ids=["floor", "end", "both", "full"],
)
def test_what_the_battery_lasts_for_is_the_bound(battery: Battery) -> None:
    three = hungry(80.0, battery)
    assert attained(three, one_after_another(3)) == 30.0
    assert bound_of(three) == pytest.approx(30.0, abs=POINTS)
    # Two thousandths of a watt-hour more for each: the third is not to be had.
    two = hungry(80.0 + 2 * MWH, battery)
    assert attained(two, one_after_another(2)) == 20.0
    assert bound_of(two) == pytest.approx(20.0, abs=POINTS)


@pytest.mark.parametrize(("awake_w", "asleep_w"), [(10.0, 4.0), (4.0, 10.0)])
def test_the_least_of_the_base_loads_counts_whichever_it_is(awake_w: float, asleep_w: float) -> None:
    """376 Wh less six hours at 4 W are the floor and 252 Wh."""
    battery = Battery(1000.0, 100.0, 376.0, 0.0, awake_w, asleep_w)
    assert bound_of(hungry(84.0, battery)) == pytest.approx(30.0, abs=POINTS)
    assert bound_of(hungry(84.0 + 2 * MWH, battery)) == pytest.approx(20.0, abs=POINTS)


def test_what_is_generated_counts_to_the_end() -> None:
    """20 W for six hours are 120 Wh more, a ramp from 0 to 40 W as well."""
    for generation in (PowerSeries((0,), (20.0,)), PowerSeries((0, HORIZON_S), (0.0, 40.0))):
        place = make_place(generation=generation)
        battery = replace(FLOOR, start_wh=280.0)
        three = hungry(80.0, battery, place)
        late = one_after_another(3, since_h=3)
        assert attained(three, late) == 30.0
        assert bound_of(three) == pytest.approx(30.0, abs=POINTS)
        assert bound_of(hungry(80.0 + 2 * MWH, battery, place)) == pytest.approx(20.0, abs=POINTS)


def test_of_several_places_the_best_at_every_instant_counts() -> None:
    """Base makes 40 W for three hours, the ridge afterwards: 240 Wh in all, less the crossing of a second."""
    half = HORIZON_S // 2
    base = make_place("base", generation=PowerSeries((0, half, half + 1), (40.0, 40.0, 0.0)))
    ridge = make_place("ridge", generation=PowerSeries((0, half, half + 1), (0.0, 0.0, 40.0)))
    battery = Battery(1000.0, 100.0, 160.0, 0.0, 10.0, 10.0)
    for power_w, bound in ((80.0, 30.0), (80.0 + 4 * MWH, 20.0)):
        problem = replace(hungry(power_w, battery), places=(base, ridge), drives=())
        assert bound_of(problem) == pytest.approx(bound, abs=POINTS)


def test_a_replan_counts_from_now_on_and_what_is_frozen_is_paid() -> None:
    """Now is 2 h: of 360 Wh four hours at 10 W and the floor leave 220 Wh. What ran before draws nothing of them."""
    battery = replace(FLOOR, start_wh=360.0)
    ran = Schedule((PlacedActivity("a0", "base", (0, HOUR_S)),))
    baseline = Baseline(ran, ran, 2 * HOUR_S, 2 * HOUR_S, 0.0, 0.0)
    for power_w, planned in ((110.0, 2), (110.0 + 2 * MWH, 1)):
        problem = replace(hungry(power_w, battery), baseline=baseline)
        later = tuple(
            PlacedActivity(f"a{n}", "base", ((n + 1) * HOUR_S, (n + 2) * HOUR_S)) for n in range(1, planned + 1)
        )
        assert attained(problem, Schedule((*ran.activities, *later))) == 10.0 * (planned + 1)
        assert bound_of(problem) == pytest.approx(10.0 * (planned + 1), abs=POINTS)


WATCH = make_activity("watch", duration_s=4 * HOUR_S, power_w=100.0)
# Awake, four hours draw 600 Wh; the rest of six asleep draws nothing.
LASTING = Battery(1000.0, 400.0, 1000.0, 0.0, 50.0, 0.0)


def watching(battery: Battery, place: object = DARK) -> PlanningProblem:
    return make_problem(places=(place,), drives=(), activities=(WATCH,), battery=battery)


def test_a_full_battery_that_lasts_exactly_is_enough_and_a_little_less_is_not() -> None:
    enough = watching(LASTING)
    schedule = Schedule((PlacedActivity("watch", "base", (0, 4 * HOUR_S)),))
    assert attained(enough, schedule) == 10.0
    assert missing_wh(enough, WATCH, DARK, ((0, HORIZON_S),)) == 0.0
    assert bound_of(enough) == pytest.approx(10.0, abs=POINTS)
    short = watching(replace(LASTING, floor_wh=400.01))
    assert missing_wh(short, WATCH, DARK, ((0, HORIZON_S),)) == pytest.approx(0.01)
    assert bound_of(short) == pytest.approx(0.0, abs=POINTS)


def test_a_battery_that_lasts_exactly_but_for_rounding_is_enough() -> None:
    """1024.1 − 424.1 are 600 Wh, in binary numbers a little less."""
    assert 1024.1 - 424.1 < 600.0
    exact = watching(replace(LASTING, capacity_wh=1024.1, start_wh=1024.1, floor_wh=424.1))
    assert attained(exact, Schedule((PlacedActivity("watch", "base", (0, 4 * HOUR_S)),))) == 10.0
    assert missing_wh(exact, WATCH, DARK, ((0, HORIZON_S),)) == 0.0
    assert bound_of(exact) == pytest.approx(10.0, abs=POINTS)


@pytest.mark.parametrize(
    ("generation", "span", "gained_wh", "peak_w"),
    [
        (PowerSeries((0,), (30.0,)), (0, HORIZON_S), 120.0, 30.0),
        (PowerSeries((0,), (30.0,)), (HOUR_S, 5 * HOUR_S), 120.0, 30.0),
        (PowerSeries((0, 4 * HOUR_S), (0.0, 60.0)), (0, 4 * HOUR_S), 120.0, 60.0),
        (PowerSeries((0, 4 * HOUR_S), (0.0, 60.0)), (0, HORIZON_S), 210.0, 60.0),
        (PowerSeries((0, 4 * HOUR_S), (60.0, 0.0)), (0, HORIZON_S), 120.0, 60.0),
        (PowerSeries((0, 3 * HOUR_S, HORIZON_S), (0.0, 60.0, 0.0)), (0, HORIZON_S), 160.0, 60.0),
    ],
    ids=["level", "all of the span", "rising", "rising, the best last", "falling", "a peak"],
)
def test_the_best_start_gains_the_integral_and_half_a_step_of_the_peak(
    generation: PowerSeries, span: tuple[int, int], gained_wh: float, peak_w: float
) -> None:
    """The floor is so high that 500 Wh are missing in the dark. Integrals of lines, by hand."""
    problem = watching(replace(LASTING, floor_wh=900.0))
    expected_wh = 500.0 - gained_wh - peak_w * STEP_S / 2 / 3600.0
    place = make_place(generation=generation)
    assert missing_wh(problem, WATCH, place, (span,)) == pytest.approx(expected_wh, abs=1e-9)
    # The better of two spans counts; where there is none nothing is said.
    assert missing_wh(problem, WATCH, place, ((0, HOUR_S), span)) == pytest.approx(expected_wh, abs=1e-9)
    assert missing_wh(problem, WATCH, place, ((0, HOUR_S),)) == 500.0
    assert missing_wh(problem, WATCH, place, ()) == 0.0


def test_one_place_that_lasts_is_enough() -> None:
    lit = make_place("ridge", power_w=150.0)
    problem = replace(watching(replace(LASTING, floor_wh=900.0)), places=(DARK, lit), drives=(make_drive(),))
    assert bound_of(problem) == pytest.approx(10.0, abs=POINTS)
    assert bound_of(replace(problem, drives=())) == pytest.approx(0.0, abs=POINTS)


DAY_S = 24 * HOUR_S


def night(usable_wh: float, asleep_w: float = 4.0, awake_w: float = 4.0) -> PlanningProblem:
    """A shadow on the ridge, worth 10, from day 4 to 8, in which nobody drives; base, worth 5, has power."""
    dark, lit = (4 * DAY_S, 8 * DAY_S), ((0, 4 * DAY_S), (8 * DAY_S, 12 * DAY_S))
    shadow = (Condition(ConditionKind.DARKNESS),)
    none = PowerSeries((0,), (0.0,))
    return make_problem(
        horizon_s=12 * DAY_S,
        resolution_s=HOUR_S,
        places=(
            make_place("base", illumination=lit, darkness=(dark,)),
            make_place("ridge", illumination=lit, darkness=(dark,), generation=none),
        ),
        drives=(make_drive("base", "ridge", duration_s=2 * HOUR_S), make_drive("ridge", "base", duration_s=2 * HOUR_S)),
        drive_rule=DriveRule((Condition(ConditionKind.ILLUMINATION),), ()),
        activities=(
            make_activity("base", place_ids=("base",), conditions=shadow, value=5.0),
            make_activity("ridge", place_ids=("ridge",), conditions=shadow, value=10.0),
        ),
        battery=Battery(100.0 + usable_wh, 100.0, 100.0 + usable_wh, 0.0, awake_w, asleep_w),
    )


def tour_bound(problem: PlanningProblem) -> float:
    return solve_tour(compile_problem(problem), Engine(1, 10.0, 60.0), 5.0)[0]


def test_no_bound_knows_a_grid() -> None:
    """The hour fits its windows at half past alone: the validator takes it there, with a wait as short as that too."""
    whole = make_activity("a", windows=((HOUR_S // 2, 3 * HOUR_S // 2),))
    steps = (
        make_activity("a0", request_id="a", chain_id="a", windows=((0, HOUR_S),)),
        make_activity(
            "a1",
            request_id="a",
            chain_id="a",
            chain_index=1,
            windows=((3 * HOUR_S // 2, 3 * HOUR_S),),
            max_wait_s=HOUR_S // 2,
        ),
    )
    at_half = Schedule((PlacedActivity("a", "base", (HOUR_S // 2, 3 * HOUR_S // 2)),))
    after_half = Schedule(
        (
            PlacedActivity("a0", "base", (0, HOUR_S)),
            PlacedActivity("a1", "base", (3 * HOUR_S // 2, 5 * HOUR_S // 2)),
        )
    )
    for activities, schedule in (((whole,), at_half), (steps, after_half)):
        problem = make_problem(resolution_s=HOUR_S, drives=(), activities=activities)
        best = attained(problem, schedule)
        assert min(tour_bound(problem), bound_of(problem), *level_bounds(problem)) >= best
        result = solve(problem, work_limit=1.0)
        assert (result.status, result.objective) == (SolveStatus.FEASIBLE, 0.0)
        assert result.bound >= best


def test_a_tour_stays_where_the_battery_just_lasts() -> None:
    """Four days and two drives at 4 W are 400 Wh: the schedule is valid, and no bound may be below it."""
    problem = night(400.0)
    there = PlacedDrive("base", "ridge", (4 * DAY_S - 2 * HOUR_S, 4 * DAY_S))
    back = PlacedDrive("ridge", "base", (8 * DAY_S, 8 * DAY_S + 2 * HOUR_S))
    look = PlacedActivity("ridge", "ridge", (5 * DAY_S, 5 * DAY_S + HOUR_S))
    assert attained(problem, Schedule((look,), (there, back))) == 10.0
    assert validate(night(399.9), Schedule((look,), (there, back))).violations != ()
    assert tour_bound(problem) == pytest.approx(10.0, abs=POINTS)


@pytest.mark.parametrize(("asleep_w", "awake_w"), [(4.0, 4.0), (4.0, 9.0), (9.0, 4.0)])
def test_a_tour_stays_no_longer_than_whole_days_last_but_for_a_watt_hour(asleep_w: float, awake_w: float) -> None:
    """Four whole days at the lesser load take 384 Wh; one watt-hour is the stated slack."""
    assert tour_bound(night(383.5, asleep_w, awake_w)) == pytest.approx(10.0, abs=POINTS)
    assert tour_bound(night(382.5, asleep_w, awake_w)) == pytest.approx(5.0, abs=POINTS)


def test_a_tour_pays_the_energy_of_what_it_plans() -> None:
    problem = replace(hungry(80.0, FLOOR), drives=())
    assert tour_bound(problem) == pytest.approx(30.0, abs=POINTS)
    assert tour_bound(replace(hungry(80.0 + 2 * MWH, FLOOR), drives=())) == pytest.approx(20.0, abs=POINTS)


def priced(activity: Activity, storage: Storage, **changes: object) -> PlanningProblem:
    """Contacts cost 4 an hour, or 2 with the other station, both at 1000 bit/s."""
    windows = (make_window("dear", cost_per_hour=4.0), make_window("fair", "bangalore", cost_per_hour=2.0))
    problem = make_problem(
        activities=(activity,), contact_windows=windows, storage=storage, objective=Objective(1.0, 0.0)
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("storage", "sending_h"),
    [(Storage(1e9, 0.0, 0.0), 1), (Storage(1e9, 3.6e6, 0.0), 2), (Storage(1e9, 3.6e6, 3.6e6), 1)],
    ids=["empty", "begun", "some may stay"],
)
def test_sending_costs_the_cheapest_hours(storage: Storage, sending_h: int) -> None:
    """An image of 3.6 Mbit is an hour of contact."""
    problem = priced(make_activity("image", data_bit=3.6e6), storage)
    contact = PlacedContact("bangalore", "base", "fair", (HOUR_S, (1 + sending_h) * HOUR_S))
    schedule = Schedule((PlacedActivity("image", "base", (0, HOUR_S)),), (), (contact,))
    assert attained(problem, schedule) == pytest.approx(10.0 - 2.0 * sending_h)
    assert bound_of(problem) == pytest.approx(10.0 - 2.0 * sending_h, abs=POINTS)


@pytest.mark.parametrize("both_ways", [True, False])
def test_a_drive_that_needs_contact_costs_its_time(both_ways: bool) -> None:
    drives = (make_drive("base", "ridge", duration_s=1800), make_drive("ridge", "base", duration_s=900))
    windows = tuple(
        replace(window, window_id=f"{window.window_id}-{place}", place_id=place)
        for window in priced(make_activity(), Storage(1e9, 0.0, 1e9)).contact_windows
        for place in ("base", "ridge")
    )
    problem = priced(
        make_activity("there", place_ids=("ridge",)),
        Storage(1e9, 0.0, 1e9),
        drives=drives if both_ways else drives[:1],
        drive_rule=DriveRule((Condition(ConditionKind.CONTACT),), ()),
        contact_windows=windows,
    )
    contact = PlacedContact("bangalore", "base", "fair-base", (0, 1800))
    there = PlacedActivity("there", "ridge", (HOUR_S, 2 * HOUR_S))
    schedule = Schedule((there,), (PlacedDrive("base", "ridge", (0, 1800)),), (contact,))
    assert attained(problem, schedule) == pytest.approx(9.0)
    assert bound_of(problem) == pytest.approx(9.0, abs=POINTS)
    assert tour_bound(problem) == pytest.approx(9.0, abs=POINTS)


def test_a_place_is_reached_by_the_drives_and_no_sooner() -> None:
    """Half an hour to the ridge and half an hour on; the last start is just that, or a second before."""
    places = (make_place("base"), make_place("ridge"), make_place("rim"))
    drives = (make_drive("base", "ridge"), make_drive("ridge", "rim"))
    for last_s, bound in ((HOUR_S, 10.0), (HOUR_S - 1, 0.0)):
        activity = make_activity(place_ids=("rim",), windows=((0, last_s + HOUR_S),))
        problem = make_problem(places=places, drives=drives, activities=(activity,), resolution_s=1)
        assert earliest_arrivals(compile_problem(problem)) == {"base": 0, "ridge": 1800, "rim": HOUR_S}
        assert bound_of(problem) == pytest.approx(bound, abs=POINTS)


def test_the_fairest_is_bounded_by_what_cannot_be_planned() -> None:
    """Both agencies' hours exclude each other: one of them gets nothing of what it asked for."""
    activities = (make_activity("a"), make_activity("b", agency_id="ISRO", value=5.0))
    relations = (Relation(RelationKind.EXCLUDES, "b", "a"),)
    problem = make_problem(activities=activities, relations=relations, objective=Objective(0.0, 2.0))
    schedule = Schedule((PlacedActivity("a", "base", (0, HOUR_S)),))
    assert attained(problem, schedule) == 8.0
    assert bound_of(problem) == pytest.approx(8.0, abs=POINTS)


def test_one_arm_does_one_thing_at_a_time() -> None:
    """Six hours hold six of seven hours, and one more where the last needs no arm."""
    problem = hungry(0.0, FLOOR, count=7)
    assert attained(problem, one_after_another(6)) == 60.0
    assert bound_of(problem) == pytest.approx(60.0, abs=POINTS)
    free = replace(problem.activities[6], resource_ids=())
    both = replace(problem, activities=(*problem.activities[:6], free))
    extra = PlacedActivity("a6", "base", (0, HOUR_S))
    assert attained(both, Schedule((extra, *one_after_another(6).activities))) == 70.0
    assert bound_of(both) == pytest.approx(70.0, abs=POINTS)


def test_without_anything_in_the_way_the_bound_is_all_value() -> None:
    """Of modes the greatest counts, and of what is worth less than nothing nothing."""
    modes = (
        make_activity("a+", request_id="a", mode_id="m", value=10.0),
        make_activity("a-", request_id="a", mode_id="n", value=12.0),
        make_activity("b", value=-3.0),
    )
    problem = make_problem(activities=modes)
    assert trivial_bound(compile_problem(problem)) == 12.0
    assert bound_of(problem) == pytest.approx(12.0, abs=POINTS)
