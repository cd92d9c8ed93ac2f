"""Modes: one of them is planned, which one may change, and all that counts repetitions counts them once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from malapert.planner.v1 import replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp
from malapert_planner.domain.life.changes import ChangeKind, changes
from malapert_planner.domain.life.replanning import disturbance
from malapert_planner.domain.problem.activities import Activity, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import Baseline, Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Limit, LimitUse
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.replanning.plan_events import apply_events, with_retries
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.replan import replan
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_chain, make_place, make_problem

ONE_PLACE = {"places": (make_place("base"),), "drives": ()}


def short(**changes: object) -> Activity:
    return make_activity(**{"activity_id": "r-short", "request_id": "r", "mode_id": "short", "value": 4.0, **changes})


def long(**changes: object) -> Activity:
    return replace(short(activity_id="r-long", mode_id="long", value=10.0, duration_s=3 * HOUR_S), **changes)


def two_modes(**changes: object) -> PlanningProblem:
    return make_problem(**{**ONE_PLACE, "activities": (short(), long()), **changes})


def planned(schedule: Schedule) -> dict[str, Span]:
    return {placed.activity_id: placed.span for placed in schedule.activities}


@pytest.mark.parametrize(("floor_wh", "mode"), [(100.0, "r-long"), (420.0, "r-short"), (480.0, None)])
def test_the_mode_is_chosen_that_the_battery_lasts_for(floor_wh: float, mode: str | None) -> None:
    # From 500 Wh in the dark an hour takes 50 Wh, three hours take 150 Wh.
    problem = two_modes(
        places=(make_place("base", power_w=0.0),),
        activities=(short(power_w=50.0), long(power_w=50.0)),
        battery=Battery(1000.0, floor_wh, 500.0, 0.0, 0.0, 0.0),
    )
    result = solve(problem, work_limit=2.0)
    assert result.status is SolveStatus.OPTIMAL
    assert list(planned(result.schedule)) == ([mode] if mode else [])


def test_what_is_mandatory_is_so_in_any_mode() -> None:
    problem = two_modes(activities=(short(mandatory=True), long(mandatory=True, windows=((0, HOUR_S),))))
    assert list(planned(solve(problem, work_limit=2.0).schedule)) == ["r-short"]
    never = replace(problem, activities=tuple(replace(a, windows=((0, 60),)) for a in problem.activities))
    result = solve(never, work_limit=2.0)
    assert (result.status, result.conflict) == (SolveStatus.INFEASIBLE, ("r",))
    (violation,) = validate(problem, Schedule()).violations
    assert (violation.rule_id, violation.object_ids) == ("MANDATORY", ("r-short", "r"))


def test_an_agency_asks_for_the_best_mode_only() -> None:
    problem = two_modes(
        activities=(short(), long(), make_activity("s", value=10.0)), objective=Objective(1.0, fairness_weight=8.0)
    )
    schedule = Schedule((PlacedActivity("r-short", "base", (0, HOUR_S)),))
    (share,) = evaluate(problem, schedule).agency_shares
    assert (share.requested_value, share.planned_value, share.unsatisfied_share) == (20.0, 4.0, 0.8)


def test_what_requires_a_request_takes_any_mode_of_it() -> None:
    other = make_activity("s", value=3.0)
    problem = two_modes(
        activities=(short(value=0.0), long(windows=((0, HOUR_S),)), other),
        relations=(Relation(RelationKind.REQUIRES, "s", "r"),),
    )
    assert set(planned(solve(problem, work_limit=2.0).schedule)) == {"s", "r-short"}


def test_repetitions_each_have_a_mode() -> None:
    # 3 h and 1 h, 1 h and 3 h, or twice 1 h: six hours hold no two long ones 4 h apart, give or take an hour.
    activities = tuple(
        replace(mode, activity_id=f"{mode.activity_id}-{n}", repetition_index=n)
        for n in range(2)
        for mode in (short(), long())
    )
    problem = two_modes(activities=activities, repetitions=(Repetition("r", 4 * HOUR_S, HOUR_S // 2),))
    result = solve(problem, work_limit=4.0)
    assert result.status is SolveStatus.OPTIMAL
    assert set(planned(result.schedule)) == {"r-long-0", "r-short-1"}


def test_of_a_choice_each_repetition_counts_once() -> None:
    activities = tuple(
        replace(mode, activity_id=f"{mode.activity_id}-{n}", repetition_index=n, resource_ids=("arm",))
        for n in range(3)
        for mode in (short(), long())
    )
    uses = tuple(LimitUse(activity.activity_id, 1.0) for activity in activities)
    problem = two_modes(
        activities=activities,
        limits=(Limit("choice:r", "what is enough of r", 2.0, "1", uses, is_choice=True),),
        objective=Objective(1.0, fairness_weight=5.0),
    )
    result = solve(problem, work_limit=4.0)
    assert sum(name.startswith("r-long") for name in planned(result.schedule)) == 2
    assert result.objective == pytest.approx(20.0)


def test_of_a_set_so_many_requests_are_planned_and_asked_for() -> None:
    activities = (
        short(),
        long(),
        make_activity("s", value=7.0, resource_ids=("arm",)),
        make_activity("t", value=6.0),
        make_activity("u", value=1.0),
    )
    uses = tuple(LimitUse(name, 1.0) for name in ("r-short", "r-long", "s", "t"))
    problem = two_modes(
        activities=activities,
        limits=(Limit("set:sites", "sites", 2.0, "1", uses, is_choice=True),),
        relations=(Relation(RelationKind.REQUIRES, "u", "t"),),
        objective=Objective(1.0, fairness_weight=5.0),
    )
    result = solve(problem, work_limit=4.0)
    # The long one and s are the best two; u would ask for t, which is worth less than s.
    assert result.status is SolveStatus.OPTIMAL
    assert set(planned(result.schedule)) == {"r-long", "s"}
    (share,) = evaluate(problem, result.schedule).agency_shares
    assert share.requested_value == 10.0 + 7.0 + 1.0
    unplanned = explain_unplanned(problem, result.schedule, work_limit=5.0)
    assert [(item.request_id, item.reason) for item in unplanned] == [("u", "RELATION")]


def test_a_replan_may_change_the_mode_and_says_that_it_moved() -> None:
    problem = two_modes()
    before = Schedule((PlacedActivity("r-long", "base", (0, 3 * HOUR_S)),))
    shorter = replace(problem, activities=(short(), long(windows=((0, 2 * HOUR_S),))))
    asked = disturbance(shorter, Baseline(before, Schedule(), 0, 0, moved_weight=1.0, dropped_weight=5.0))
    assert set(asked.forced) == {"r-long"}
    result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=2.0)
    assert planned(result.schedule) == {"r-short": (0, HOUR_S)}
    assert validate(asked.problem, result.schedule).valid
    # It starts as it did, in another mode: one move, nothing dropped.
    assert evaluate(asked.problem, result.schedule).parts == pytest.approx(
        {"value": 4.0, "contact_cost": 0.0, "fairness": 0.0, "change": -1.0}
    )
    assert result.objective == pytest.approx(3.0)
    (change,) = changes(asked.problem, before, result.schedule, asked.forced)
    assert (change.kind, change.label) == (ChangeKind.MOVED, "r-long")


@pytest.mark.slow
def test_a_better_mode_is_worth_its_change_or_not() -> None:
    before = Schedule((PlacedActivity("r-short", "base", (0, HOUR_S)),))
    for moved_weight, mode in ((1.0, "r-long"), (7.0, "r-short")):
        asked = disturbance(two_modes(), Baseline(before, Schedule(), 0, 0, moved_weight, dropped_weight=5.0))
        result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=None, work_limit=2.0)
        assert list(planned(result.schedule)) == [mode]
        assert result.objective <= result.bound + 1e-6


def test_the_mode_that_asks_for_least_is_explained() -> None:
    battery = Battery(1000.0, 480.0, 500.0, 0.0, 0.0, 0.0)
    problem = two_modes(
        places=(make_place("base", power_w=0.0),),
        activities=(long(power_w=50.0), short(power_w=50.0), make_activity("s")),
        battery=battery,
    )
    schedule = Schedule((PlacedActivity("s", "base", (0, HOUR_S)),))
    (unplanned,) = explain_unplanned(problem, schedule, work_limit=5.0)
    assert unplanned.reason == "BATTERY"
    assert unplanned.explanation.startswith("in mode short, which asks for least: ")
    why = explain_one(problem, schedule, "r", 0, work_limit=10.0)
    assert why.unplanned.explanation.startswith("in mode short")
    (lower,) = [admission for admission in why.admissions if admission.kind == "LOWER_FLOOR"]
    enough = replace(problem, battery=replace(battery, floor_wh=battery.floor_wh - lower.amount))
    assert "r-short" in planned(solve(enough, work_limit=2.0).schedule)


def test_a_request_is_explained_where_no_mode_is_planned_only() -> None:
    schedule = Schedule((PlacedActivity("r-short", "base", (0, HOUR_S)),))
    assert explain_unplanned(two_modes(), schedule) == ()


def failed(problem: PlanningProblem, state: "replan_pb2.RunState.ValueType") -> replan_pb2.PlanEvent:
    start, end = (to_timestamp(problem.start_time + timedelta(seconds=s)) for s in (0, 600))
    span = type_pb2.Interval(start_time=start, end_time=end)
    return replan_pb2.PlanEvent(activity_run=replan_pb2.ActivityRun(activity_id="long-0", state=state, interval=span))


def test_a_failed_mode_is_asked_for_again_in_all_modes() -> None:
    chains = [
        replace(step, request_id="r", mode_id=step.chain_id)
        for name in ("short", "long")
        for step in make_chain(name, 2)
    ]
    problem = two_modes(activities=tuple(chains))
    schedule = Schedule(tuple(PlacedActivity(f"long-{n}", "base", (n * HOUR_S, (n + 1) * HOUR_S)) for n in range(2)))
    event = failed(problem, replan_pb2.RUN_STATE_FAILED)
    after, as_run = apply_events(problem, schedule, [event])
    assert check_problem(after) == ()
    names = {activity.activity_id: activity.mode_id for activity in after.activities}
    retries = {f"{mode}-{n}~retry": mode for mode in ("short", "long") for n in range(2)}
    assert names == {"long-0": "", **retries}
    assert planned(as_run) == {"long-0": (0, 600)}
    again = with_retries(problem, [event])
    assert {activity.activity_id for activity in again.activities} == set(retries)
    given_up, _ = apply_events(problem, schedule, [failed(problem, replan_pb2.RUN_STATE_ABANDONED)])
    assert [activity.activity_id for activity in given_up.activities] == ["long-0"]


FAULTS = [
    ((short(), long(mode_id="short")), "activities[1].mode_id", "DUPLICATE_ID"),
    ((short(), long(mandatory=True)), "activities[1].mode_id", "MODE_MIXED"),
    ((short(), long(agency_id="ESA")), "activities[1].mode_id", "MODE_MIXED"),
    (
        tuple(replace(step, mode_id=f"m{step.chain_index}") for step in make_chain("c", 2)),
        "activities[0].chain_id",
        "CHAIN_MIXED",
    ),
]


@pytest.mark.parametrize(("activities", "path", "code"), FAULTS)
def test_modes_that_contradict_their_form_are_told(activities: tuple[Activity, ...], path: str, code: str) -> None:
    assert (path, code) in [(fault.path, fault.code) for fault in check_problem(two_modes(activities=activities))]


def test_without_places_a_request_follows_soon_enough() -> None:
    problem = make_problem(
        **ONE_PLACE,
        activities=(
            make_activity("a", windows=((0, HOUR_S),)),
            make_activity("b", value=6.0, windows=((3 * HOUR_S, HORIZON_S),)),
        ),
        relations=(Relation(RelationKind.AFTER, "b", "a", max_lag_s=HOUR_S),),
        battery=Battery(1e9, 0.0, 1e9, 0.0, 0.0, 0.0),
        metadata={"placeless": "no terrain"},
    )
    result = solve(problem, work_limit=2.0)
    assert result.status is SolveStatus.OPTIMAL
    assert list(planned(result.schedule)) == ["a"]
    assert validate(problem, result.schedule).valid


@pytest.mark.slow
def test_a_long_range_of_durations_is_solved_to_its_optimum() -> None:
    # Value grows with the duration; another activity takes an hour of the same arm: five hours and one.
    steps = tuple(
        make_activity(
            f"r={minutes}",
            request_id="r",
            mode_id=f"r={minutes}",
            duration_s=60 * minutes,
            value=minutes / 30,
            resource_ids=("arm",),
        )
        for minutes in range(30, 361, 5)
    )
    problem = two_modes(activities=(*steps, make_activity("s", value=9.0, resource_ids=("arm",))))
    result = solve(problem, work_limit=4.0)
    assert set(planned(result.schedule)) == {"r=300", "s"}
    assert result.objective == pytest.approx(19.0)
    assert HORIZON_S == 6 * HOUR_S
