"""Events taken into a problem, and what has begun kept when requests are taken anew."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from malapert.payload.v1 import execution_pb2
from malapert.planner.v1 import replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp
from malapert_planner.domain.problem.activities import Product, Repetition
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Limit, LimitUse
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.services.replanning.execution_reports import run_events
from malapert_planner.services.replanning.levels import with_levels
from malapert_planner.services.replanning.plan_events import apply_events, with_retries
from malapert_planner.services.replanning.replanning import _with_past_uses
from problem_factory import HOUR_S, make_activity, make_chain, make_problem


def _weaker(problem: PlanningProblem, hours: float) -> PowerSeries:
    from_time = to_timestamp(problem.start_time + timedelta(hours=hours))
    event = replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=0.5, from_time=from_time))
    changed, _ = apply_events(problem, Schedule(), [event])
    assert not check_problem(changed)
    return changed.places[0].generation


def test_an_array_is_weaker_from_an_instant_on() -> None:
    problem = make_problem()
    series = _weaker(problem, 1.0)
    assert series.offset_s == (0, HOUR_S - 1, HOUR_S)
    assert series.power_w == (100.0, 100.0, 50.0)
    assert _weaker(problem, -5.0) == PowerSeries((0,), (50.0,))


def test_what_has_begun_still_uses_what_is_limited() -> None:
    before = (Limit("ovens", "Ovens", 2.0, "1", (LimitUse("past", 1.0), LimitUse("withdrawn", 1.0))),)
    asked = (Limit("ovens", "Ovens", 2.0, "1", (LimitUse("new", 1.0),)),)
    (limit,) = _with_past_uses(asked, before, "limit_id", {"past"})
    assert limit.uses == (LimitUse("new", 1.0), LimitUse("past", 1.0))


CHAIN = make_problem(activities=make_chain("c", 3, max_wait_s=HOUR_S, power_w=30.0))
AS_PLANNED = Schedule(tuple(PlacedActivity(f"c-{n}", "base", (n * HOUR_S, (n + 1) * HOUR_S)) for n in range(3)))
STARTED, DONE, FAILED, SKIPPED, ABANDONED = (
    execution_pb2.EXECUTION_OUTCOME_STARTED,
    execution_pb2.EXECUTION_OUTCOME_DONE,
    execution_pb2.EXECUTION_OUTCOME_FAILED,
    execution_pb2.EXECUTION_OUTCOME_SKIPPED,
    execution_pb2.EXECUTION_OUTCOME_ABANDONED,
)


def _interval(problem: PlanningProblem, start_h: float, end_h: float) -> type_pb2.Interval:
    start, end = (to_timestamp(problem.start_time + timedelta(hours=hours)) for hours in (start_h, end_h))
    return type_pb2.Interval(start_time=start, end_time=end)


def _report(
    outcome: "execution_pb2.ExecutionOutcome.ValueType", start_h: float, end_h: float, **told: object
) -> execution_pb2.Execution:
    span = _interval(CHAIN, start_h, end_h)
    report = execution_pb2.Execution(request_id="c", repetition_index=0, attempt=1, outcome=outcome, span=span)
    for name, value in told.items():
        setattr(report, name, value)
    return report


def _told(*reports: execution_pb2.Execution) -> list[tuple[str, int, float, float]]:
    """Return activity, state, start and end in hours of each run that reports tell of."""
    runs: list[Any] = [event.activity_run for event in run_events(CHAIN, AS_PLANNED, reports, [])]
    return [
        (
            run.activity_id,
            run.state,
            *(
                (time.ToDatetime(CHAIN.start_time.tzinfo) - CHAIN.start_time).total_seconds() / HOUR_S
                for time in (run.interval.start_time, run.interval.end_time)
                if run.HasField("interval")
            ),
        )
        for run in runs
    ]


def test_a_report_on_a_chain_is_spread_over_its_steps() -> None:
    done, started = replan_pb2.RUN_STATE_DONE, replan_pb2.RUN_STATE_STARTED
    # Twice as long as planned; and begun late, all else as planned.
    assert _told(_report(DONE, 0, 6)) == [("c-0", done, 0, 2), ("c-1", done, 2, 4), ("c-2", done, 4, 6)]
    assert _told(_report(STARTED, 0.5, 0.5)) == [
        ("c-0", started, 0.5, 1.5), ("c-1", started, 1.5, 2.5), ("c-2", started, 2.5, 3.5)
    ]  # fmt: skip
    # Of two reports on one try the last counts.
    assert _told(_report(STARTED, 0.5, 0.5), _report(SKIPPED, 0, 0)) == [
        (f"c-{n}", replan_pb2.RUN_STATE_SKIPPED) for n in range(3)
    ]


def test_a_chain_fails_in_the_step_that_was_under_way() -> None:
    done, failed = replan_pb2.RUN_STATE_DONE, replan_pb2.RUN_STATE_FAILED
    assert _told(_report(FAILED, 0, 1.5)) == [("c-0", done, 0, 1), ("c-1", failed, 1, 1.5)]
    # It took longer than planned, and failed at its end.
    assert _told(_report(FAILED, 0, 4))[-1] == ("c-2", failed, 2, 4)
    assert _told(_report(ABANDONED, 0, 0.25)) == [("c-0", replan_pb2.RUN_STATE_ABANDONED, 0, 0.25)]


def test_reports_on_other_tries_and_what_is_known_already_are_left() -> None:
    assert _told(_report(DONE, 0, 3, attempt=2)) == _told(_report(DONE, 0, 3, request_id="x")) == []
    known = [replan_pb2.PlanEvent(activity_run=replan_pb2.ActivityRun(activity_id="c-1"))]
    assert run_events(CHAIN, AS_PLANNED, [_report(DONE, 0, 3)], known) == []
    started = run_events(CHAIN, AS_PLANNED, [_report(STARTED, 0, 0)], [])
    assert run_events(CHAIN, AS_PLANNED, [_report(STARTED, 0, 0)], [], started) == []
    # What has begun may end; what has ended is not told again.
    done = run_events(CHAIN, AS_PLANNED, [_report(DONE, 0, 6)], [], started)
    assert [event.activity_run.state for event in done] == [replan_pb2.RUN_STATE_DONE] * 3
    assert run_events(CHAIN, AS_PLANNED, [_report(FAILED, 0, 2)], [], done) == []


def test_measured_energy_and_data_replace_what_was_planned() -> None:
    product = Product("spectra", 2e6, 1)
    problem = make_problem(activities=(make_activity("a", power_w=100.0, data_bit=4e6, products=(product,)),))
    schedule = Schedule((PlacedActivity("a", "base", (0, HOUR_S)),))
    report = execution_pb2.Execution(
        request_id="a", attempt=1, outcome=DONE, span=_interval(problem, 0, 2), energy_wh=150.0, data_bit=1e6
    )
    changed, as_run = apply_events(problem, schedule, run_events(problem, schedule, [report], []))
    (activity,) = changed.activities
    assert as_run.activities[0].span == (0, 2 * HOUR_S)
    assert activity.power_w == pytest.approx(75.0)
    assert (activity.data_bit, activity.products[0].data_bit) == (1e6, 5e5)


def test_the_next_try_is_asked_for_as_it_was_whatever_was_measured() -> None:
    # Two of three steps began: each has a half of what was measured of the chain.
    report = _report(FAILED, 0, 2, energy_wh=7.5)
    changed, _ = apply_events(CHAIN, AS_PLANNED, run_events(CHAIN, AS_PLANNED, [report], []))
    powers_w = {activity.activity_id: activity.power_w for activity in changed.activities}
    tries_w = {"c-0~retry": 30.0, "c-1~retry": 30.0, "c-2~retry": 30.0}
    assert powers_w == pytest.approx({"c-0": 3.75, "c-1": 3.75, **tries_w})


def test_what_an_earlier_replan_measured_is_not_asked_for_again() -> None:
    asked = make_problem(
        activities=tuple(
            replace(step, data_bit=4e6, products=(Product(f"p{step.chain_index}", 2e6, 1),))
            for step in make_chain("c", 3, max_wait_s=HOUR_S, power_w=30.0)
        )
    )
    # The first step made nothing at all, and was told of; the second fails in a later replan.
    told = replan_pb2.ActivityRun(
        activity_id="c-0", state=replan_pb2.RUN_STATE_DONE, interval=_interval(asked, 0, 1), energy_wh=9.0, data_bit=0.0
    )
    measured, as_run = apply_events(asked, AS_PLANNED, [replan_pb2.PlanEvent(activity_run=told)])
    assert {a.activity_id: (a.power_w, a.data_bit) for a in measured.activities}["c-0"] == (9.0, 0.0)
    told.energy_wh = 8.0
    corrected, as_run = apply_events(measured, as_run, [replan_pb2.PlanEvent(activity_run=told)])
    failed, _ = apply_events(corrected, as_run, [_failure("c-1", replan_pb2.RUN_STATE_FAILED)])
    tries = {a.activity_id: a for a in failed.activities if a.activity_id.endswith("~retry")}
    assert {(a.power_w, a.data_bit, a.products[0].data_bit) for a in tries.values()} == {(30.0, 4e6, 2e6)}
    assert len(tries) == 3


def test_measured_levels_go_before_those_of_the_schedule() -> None:
    measured = replan_pb2.PlanEvent(measurement=replan_pb2.Measurement(charge_wh=321.0))
    problem = with_levels(make_problem(), 700.0, 5e8, [measured])
    assert (problem.battery.start_wh, problem.storage.start_bit) == (321.0, 5e8)


def _failure(activity_id: str, state: "replan_pb2.RunState.ValueType") -> replan_pb2.PlanEvent:
    run = replan_pb2.ActivityRun(activity_id=activity_id, state=state, interval=_interval(CHAIN, 0, 1))
    return replan_pb2.PlanEvent(activity_run=run)


def test_what_was_given_up_is_not_asked_for_again() -> None:
    failed, _ = apply_events(CHAIN, AS_PLANNED, [_failure("c-0", replan_pb2.RUN_STATE_FAILED)])
    given_up, _ = apply_events(CHAIN, AS_PLANNED, [_failure("c-0", replan_pb2.RUN_STATE_ABANDONED)])
    assert {a.activity_id for a in failed.activities} == {"c-0", "c-0~retry", "c-1~retry", "c-2~retry"}
    assert {a.activity_id for a in given_up.activities} == {"c-0"}


def test_requests_taken_anew_ask_for_failed_chains_under_their_new_names() -> None:
    asked = make_problem(
        activities=(*CHAIN.activities, make_activity("r0", request_id="r", chain_id="r0"), make_activity("s")),
        repetitions=(Repetition("r", HOUR_S, 0),),
        limits=(Limit("ovens", "Ovens", 2.0, "1", (LimitUse("c-0", 1.0), LimitUse("r0", 1.0), LimitUse("s", 1.0))),),
    )
    failed = replan_pb2.RUN_STATE_FAILED
    events = [_failure("c-1", failed), _failure("r0", failed)]
    once = with_retries(asked, events)
    assert [a.activity_id for a in once.activities] == ["c-0~retry", "c-1~retry", "c-2~retry", "s"]
    assert [use.activity_id for use in once.limits[0].uses] == ["c-0~retry", "s"]
    assert {a.chain_id for a in once.activities} == {"c~retry", ""}
    twice = with_retries(asked, [*events, _failure("c-0~retry", failed)])
    assert twice.activities[0].activity_id == "c-0~retry~retry"
