"""Light as a share of the disc: from the mission's document over windows to plans that keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import neighbour_data as data
import pytest
from hand_made_schedules import at, plan
from malapert.comms_window.v1 import window_pb2
from malapert_planner.domain.explanation.static import explain_static
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.margins import Margins
from malapert_planner.domain.problem.places import DriveRule, SunShare
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.robustness.conditions import shares_otherwise
from malapert_planner.domain.robustness.predicted import without_margins
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document import read_document
from malapert_planner.services.making.margins import with_margins
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.services.requests_out import service_requests as ask
from malapert_planner.services.requests_out.catalogue import catalogue_request
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.solve import solve
from mission_documents import EPHEMERIS_SPAN, changed, load_mission
from problem_factory import HORIZON_S, make_activity, make_place, make_problem
from schedule_oracle import is_valid
from test_way_building import inputs, mission

HALF = Condition(ConditionKind.ILLUMINATION, least_sun=0.5)


def lit_step(content: dict[str, Any]) -> tuple[int, int, int]:
    """The first condition of light of a step, by its activity type, step and place."""
    return next(
        (number, position, index)
        for number, each in enumerate(content["activity_types"])
        for position, step in enumerate(each["steps"])
        for index, condition in enumerate(step.get("conditions", ()))
        if condition["kind"] == "illumination"
    )


def asking(share: str) -> Any:
    def change(content: dict[str, Any]) -> None:
        number, position, index = lit_step(content)
        content["activity_types"][number]["steps"][position]["conditions"][index]["least_sun"] = share

    return change


def share_window(place_id: str, least: float, start_s: float, end_s: float) -> window_pb2.Window:
    window = window_pb2.Window(kind=window_pb2.WINDOW_KIND_SUN_SHARE, place_id=place_id, window_id=f"{place_id}{least}")
    window.interval.CopyFrom(data.interval(start_s, end_s))
    window.profiles.add(quantity="least_sun_fraction", offset_s=[0.0], value=[least])
    return window


def test_a_mission_asks_for_windows_of_the_shares_that_its_steps_need() -> None:
    document = mission(asking("50 %"))
    asked = ask.windows(document, "stack", inputs(document).waypoints)
    assert list(asked.least_sun_fractions) == [0.5]
    assert not ask.windows(mission(lambda _: None), "stack", ()).least_sun_fractions
    told = [
        condition.least_sun_fraction
        for each in catalogue_request(document, 1, validate_only=True).activity_types
        for step in each.steps
        for condition in step.conditions
    ]
    assert sorted(set(told)) == [0.0, 0.5]


def test_a_problem_states_when_there_is_so_much_light() -> None:
    given = inputs(mission(asking("50 %")))
    place_id = given.waypoints[0].waypoint_id
    windows = [*given.windows, share_window(place_id, 0.5, 100.5, 9000.2), share_window(place_id, 0.8, 2000, 3000)]
    problem = build_problem(replace(given, windows=windows))
    assert check_problem(problem) == ()
    first = next(each for each in problem.places if each.place_id == place_id)
    assert first.sun_shares == (SunShare(0.5, ((101, 9000),)), SunShare(0.8, ((2000, 3000),)))
    assert {c.least_sun for each in problem.activities for c in each.conditions} == {0.0, 0.5}
    # Of a share that is not stated the next one counts, of more than any none.
    needs = [first.spans_of(replace(HALF, least_sun=least)) for least in (0.0, 0.4, 0.5, 0.6, 0.9)]
    assert needs[1:] == [((101, 9000),), ((101, 9000),), ((2000, 3000),), ()]
    assert needs[0] == first.windows[ConditionKind.ILLUMINATION]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"drive_rule__conditions__0__least_sun": "50 %"}, "drive_rule.conditions[0].least_sun", "WRONG_CONDITION"),
        ({"drive_rule__conditions__0__least_sun": "120 %"}, "drive_rule.conditions[0].least_sun", "OUT_OF_RANGE"),
    ],
)
def test_what_a_mission_cannot_ask_for_is_refused(change: dict[str, Any], path: str, code: str) -> None:
    _, faults = read_document(changed(load_mission("lupex-week"), **change), EPHEMERIS_SPAN)
    assert (path, code) in {(fault.path, fault.code) for fault in faults}


def test_no_more_than_ten_shares_are_asked_for() -> None:
    content = load_mission("lupex-week")
    number, position, index = lit_step(content)
    step = content["activity_types"][number]["steps"][position]
    condition = step["conditions"][index]
    step["conditions"] = [{**condition, "least_sun": f"{n} %"} for n in range(10, 21)]
    _, faults = read_document(changed(content), EPHEMERIS_SPAN)
    path = f"activity_types[{number}].steps[{position}].conditions[10].least_sun"
    assert [(fault.path, fault.code) for fault in faults] == [(path, "TOO_MANY")]


def imaging(half_s: tuple[int, int], **changes: Any) -> PlanningProblem:
    """An image of an hour at a place that is lit all the time, half of the disc in a span."""
    place = replace(make_place("base"), sun_shares=(SunShare(0.5, (half_s,)),))
    activity = make_activity("image", conditions=(HALF,))
    return make_problem(**({"places": (place,), "drives": (), "activities": (activity,)} | changes))


def test_plans_keep_the_share_to_the_second_and_others_are_refused() -> None:
    problem = replace(imaging((3600, 7200)), resolution_s=300)
    result = solve(problem, seed=1, work_limit=0.5)
    assert [each.span for each in result.schedule.activities] == [(3600, 7200)]
    for start_s in (3300, 3599, 3601):
        early = plan(at("image", start_s))
        assert {each.rule_id for each in validate(problem, early).violations} == {Rule.CONDITION_ILLUMINATION}
    assert is_valid(problem, result.schedule)
    assert not is_valid(problem, plan(at("image", 3300)))
    plain = replace(problem, activities=(make_activity("image", conditions=(Condition(ConditionKind.ILLUMINATION),)),))
    assert validate(plain, plan(at("image", 0))).valid
    assert problem_hash(plain) != problem_hash(problem)


def test_too_little_light_is_the_reason_and_more_of_it_the_change() -> None:
    problem = replace(imaging((3600, 7000)), resolution_s=300)
    (activity,) = problem.activities
    reason = explain_static(problem, (activity,), frozenset())
    assert reason is not None
    assert (reason.reason, reason.blocking) == ("NO_WINDOW", ("illumination",))
    assert "sunlight by 50% of the disc leaves at most 57 min" in reason.explanation
    (longer,) = (e for e in explain_one(problem, plan(), "image", 0).admissions if e.kind == "LONGER_WINDOW")
    assert longer.text.startswith("were sunlight by 50% of the disc at ")


def test_a_share_below_one_in_a_hundred_is_told_as_what_it_is() -> None:
    problem = imaging((3600, 7000))
    sliver = Condition(ConditionKind.ILLUMINATION, least_sun=0.004)
    problem = replace(
        problem,
        places=(replace(problem.places[0], sun_shares=(SunShare(0.004, ((3600, 7000),)),)),),
        activities=(replace(problem.activities[0], conditions=(sliver,)),),
    )
    reason = explain_static(problem, problem.activities, frozenset())
    assert reason is not None
    assert "sunlight by 0.4% of the disc" in reason.explanation
    (broken,) = validate(problem, plan(at("image", 3600))).violations
    assert "0.4%" in broken.message


def test_its_edges_move_with_margins_and_draws() -> None:
    problem = with_margins(imaging((3600, 10_800)), Margins("edges", 1.0, light_edge_s=300))
    assert problem.places[0].sun_shares == (SunShare(0.5, ((3900, 10_500),)),)
    assert without_margins(problem).places[0].sun_shares == (SunShare(0.5, ((3600, 10_800),)),)
    assert shares_otherwise(problem.places[0].sun_shares, 600, HORIZON_S) == (SunShare(0.5, ((4500, 9900),)),)


def test_a_share_that_makes_no_sense_is_no_problem() -> None:
    darkness = make_activity("a", conditions=(Condition(ConditionKind.DARKNESS, least_sun=0.5),))
    whole = make_activity("b", conditions=(replace(HALF, least_sun=1.5),))
    faults = check_problem(imaging((3600, 7200), activities=(darkness, whole), drive_rule=DriveRule((HALF,), ())))
    assert [fault.path for fault in faults] == [
        "drive_rule.conditions[0].least_sun",
        "activities[0].conditions[0].least_sun",
        "activities[1].conditions[0].least_sun",
    ]
