"""Series that forgive what is missed: from the mission's document to plans, and plans that break them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import neighbour_data as data
import pytest
from hand_made_schedules import at, plan
from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_planner.domain.problem.activities import Repetition
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_builder import with_demand
from malapert_planner.services.making.start_windows import NEVER, with_start_windows
from malapert_planner.services.making.window_conversion import ProblemClock
from malapert_planner.services.requests_out.request_messages import request_message
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, make_activity, make_problem
from test_way_building import mission

UNIT_S = HORIZON_S // 24


def series(**changes: Any) -> request_pb2.Repetition:
    """The panorama's repetition of the week's mission, as payload is told of it."""

    def change(content: dict[str, Any]) -> None:
        request = next(each for each in content["requests"] if "repetition" in each)
        request["mandatory"] = "least_count" in changes
        request["repetition"] |= changes

    requests = mission(change).requests
    return request_message(next(each for each in requests if each.repetition), "m").repetition


def test_payload_is_told_what_a_mission_says_of_missed_repetitions() -> None:
    plain = series()
    assert (plain.largest_gap_s, plain.when_missed, plain.least_count) == (0.0, 0, 0)
    assert series(when_missed="end").when_missed == 0
    assert series(when_missed="skip").when_missed == request_pb2.WHEN_MISSED_SKIP
    assert series(largest_gap="2 d").largest_gap_s == 172_800.0
    assert series(least_count=2).least_count == 2


@pytest.mark.parametrize(
    ("period_s", "tolerance_s", "largest_gap_s", "least_s", "most_s"),
    [
        (86_400, 7200, 0, 79_200, 93_600),
        (86_400, 7200, 172_800, 79_200, 172_800),
        (86_400, 0, 172_801, 86_400, 172_800),  # an odd second less
        (86_400, 7200, 1, 79_200, 93_600),
    ],
)
def test_what_is_late_may_be_so_up_to_the_largest_gap(
    period_s: float, tolerance_s: float, largest_gap_s: float, least_s: int, most_s: int
) -> None:
    asked = request_pb2.ActivityRepetition(
        request_id="a", period_s=period_s, tolerance_s=tolerance_s, largest_gap_s=largest_gap_s
    )
    demand = request_pb2.ExpandRequestsResponse(repetitions=[asked])
    (found,) = with_demand(make_problem(), mission(lambda _: None), demand, ()).repetitions
    assert (found.period_s - found.tolerance_s, found.period_s + found.tolerance_s) == (least_s, most_s)
    if not largest_gap_s:
        assert found == Repetition("a", round(period_s), round(tolerance_s))


@pytest.mark.parametrize("longest_s", [3.2e9, 1e15])
def test_times_longer_than_any_horizon_make_no_problem_that_is_none(longest_s: float) -> None:
    draft = request_pb2.ActivityDraft(activity_id="a", request_id="a", duration_s=60.0, max_wait_s=longest_s)
    draft.products.add(product_id="p", data_bit=1.0, max_latency_s=longest_s)
    demand = request_pb2.ExpandRequestsResponse(
        activities=[draft],
        repetitions=[request_pb2.ActivityRepetition(request_id="a", period_s=86_400, largest_gap_s=longest_s)],
        relations=[
            request_pb2.ActivityRelation(
                kind=request_pb2.RELATION_KIND_AFTER,
                request_id="a",
                other_request_id="b",
                min_lag_s=longest_s,
                max_lag_s=longest_s,
            )
        ],
    )
    problem = with_demand(make_problem(), mission(lambda _: None), demand, ())
    assert not [fault for fault in check_problem(problem) if fault.code == "OUT_OF_RANGE"]
    (found,) = problem.repetitions
    assert found.period_s - found.tolerance_s == 86_400
    assert found.period_s + found.tolerance_s > problem.horizon_s


def starting(span: tuple[float, float], windows: tuple[tuple[int, int], ...] = ()) -> tuple[tuple[int, int], ...]:
    """The windows of an hour's activity that is to start in a span, seconds after the start."""
    start_window = type_pb2.Interval()
    start_window.CopyFrom(data.interval(*span))
    draft = request_pb2.ActivityDraft(activity_id="a", start_window=start_window)
    clock = ProblemClock(data.START, HORIZON_S)
    (found,) = with_start_windows([draft], [make_activity("a", windows=windows)], clock)
    return found.windows


def test_an_activity_starts_in_its_time_and_ends_when_it_does() -> None:
    assert starting((7200, 10_800)) == ((7200, 14_400),)
    assert starting((7200, 7200)) == ((7200, 10_800),)
    assert starting((7200.5, 7200.9)) == NEVER
    assert starting((-7200, 1800)) == ((0, 5400),)
    assert starting((7200, 10_800), ((0, 8000), (9000, 12_000))) == ((7200, 8000), (9000, 12_000))
    assert starting((7200, 10_800), ((20_000, 30_000),)) == NEVER


def daily(*numbers: int) -> PlanningProblem:
    """Repetitions of a unit of time, six apart within one, of which there is no room for number 1."""
    activities = tuple(
        replace(
            make_activity(f"a/{n}", request_id="a", repetition_index=n, duration_s=UNIT_S),
            windows=((n * 6 * UNIT_S, (n * 6 + 2) * UNIT_S),),
            resource_ids=("eye",),
        )
        for n in numbers
    )
    busy = make_activity("busy", duration_s=8 * UNIT_S, windows=((5 * UNIT_S, 13 * UNIT_S),), resource_ids=("eye",))
    return make_problem(activities=(*activities, replace(busy, value=100.0)), drives=())


def test_a_missed_repetition_leaves_the_others_where_they_are() -> None:
    problem = daily(0, 1, 2, 3)
    result = solve(problem, seed=1, work_limit=0.5)
    assert validate(problem, result.schedule).valid
    starts = {each.activity_id: each.span[0] for each in result.schedule.activities}
    assert sorted(starts) in (["a/0", "a/2", "a/3", "busy"], ["a/0", "a/3", "busy"])
    assert "a/1" not in starts
    ended = replace(problem, repetitions=(Repetition("a", 6 * UNIT_S, UNIT_S),))
    assert Rule.REPETITION_ORDER in {each.rule_id for each in validate(ended, result.schedule).violations}


def test_one_that_is_not_in_its_time_is_refused() -> None:
    late = plan(at("a/3", 20 * UNIT_S, UNIT_S))
    assert {each.rule_id for each in validate(daily(0, 1, 2, 3), late).violations} == {Rule.ACTIVITY_WINDOW}
