"""Ways of drives from a mission and the answers of landing-site, and a real plan along them, changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import neighbour_data as data
import pytest
from malapert.landing_site.v1 import route_pb2
from malapert.type.v1 import type_pb2
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.places import Passage
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document import MissionDocument, read_document
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.ways import shown_routes
from malapert_planner.services.requests_out import service_requests as ask
from malapert_planner.services.requests_out.catalogue import catalogue_request
from malapert_planner.solvers.solve import solve
from mission_documents import EPHEMERIS_SPAN, load_mission

DARK_S = (86_400, 2 * 86_400)
"""On the second day the point in the middle of every route is dark, and the Earth is low there on the third."""
LOW_S = (2 * 86_400, 3 * 86_400)


def mission(change: Callable[[dict[str, Any]], None]) -> MissionDocument:
    content = load_mission("lupex-week")
    change(content)
    document, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert document is not None, faults
    return document


def along(tolerance: str | None = "10 %") -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["drive_rule"]["along_the_way"] = True
        if tolerance:
            content["drive_rule"]["pace_tolerance"] = tolerance

    return change


def path_point(x_m: float, *, is_middle: bool) -> route_pb2.PathPoint:
    def but(taken_s: tuple[int, int]) -> list[type_pb2.Interval]:
        return [data.interval(0, taken_s[0]), data.interval(taken_s[1], data.HORIZON_S)]

    whole = [data.interval(0, data.HORIZON_S)]
    return route_pb2.PathPoint(
        point=type_pb2.GridPoint(x_m=x_m, y_m=0.0),
        sun=but(DARK_S) if is_middle else whole,
        earth=whole,
        whole_earth=but(LOW_S) if is_middle else whole,
    )


def inputs(document: MissionDocument) -> ProblemInputs:
    routes = data.routes(data.PLACES)
    for route in routes:
        route.path_offset_s.extend([0.0, 2000.4, 6000.0])
        route.path_points.extend([0, 1, 2])
        route.least_sun.offset_s.extend([0.0, 86_400.0, 86_700.0, data.HORIZON_S])
        route.least_sun.sun_fraction.extend([1.0, 1.0, 0.0, 0.5])
    return ProblemInputs(
        mission_id="lupex-week",
        mission_version=1,
        document=document,
        waypoints=[
            data.waypoint(route_pb2.WaypointDefinition(waypoint_id=item.id, title=item.title))
            for item in document.waypoints
        ],
        routes=routes,
        stations={name: data.station(name) for name in data.STATIONS},
        windows=data.windows(data.PLACES),
        requests=data.expanded(catalogue_request(document, 1, validate_only=True)),
        bookings=[],
        route_points=[path_point(float(n), is_middle=n == 1) for n in range(3)],
    )


def test_a_drive_is_given_its_tolerance_and_passes_each_point_at_any_pace_within_it() -> None:
    problem = build_problem(inputs(mission(along())))
    assert check_problem(problem) == ()
    drive = problem.drives[0]
    assert drive.duration_s == 6600
    # From when the point before is passed as planned to when the next one is at the slowest, 2000.4 s × 1.1.
    assert drive.passages == (
        Passage("point-0", 0, 2201),
        Passage("point-1", 0, 6600),
        Passage("point-2", 2000, 6600),
    )
    asked = mission(along()).drive_rule
    assert {condition.kind.value for condition in asked.conditions} == {"illumination", "contact"}
    assert set(problem.route_points[1].windows) == {ConditionKind.ILLUMINATION, ConditionKind.CONTACT}
    assert problem.route_points[1].windows[ConditionKind.CONTACT] == ((0, LOW_S[0]), (LOW_S[1], data.HORIZON_S))
    # 75 W whatever the pace; 400 W of array.
    assert drive.power_w >= 75.0
    assert drive.least_generation is not None
    assert drive.least_generation.power_w == (400.0, 400.0, 0.0, 200.0)


def test_without_the_rule_the_problem_is_what_it_was() -> None:
    plain = inputs(mission(lambda _: None))
    bare = replace(plain, route_points=(), routes=data.routes(data.PLACES))
    assert problem_hash(build_problem(plain)) == problem_hash(build_problem(bare))
    assert not ask.routes(plain.document, "stack-1", plain.waypoints).HasField("sky")
    sky = ask.routes(mission(along()), "stack-1", plain.waypoints).sky
    assert (sky.array_height_m, sky.antenna_height_m) == (1.5, 1.5)
    assert sky.span.start_time.ToDatetime().isoformat() == "2029-01-16T00:00:00"


def test_a_plan_shows_routes_without_what_is_in_view_along_them() -> None:
    (shown, *_) = shown_routes(inputs(mission(along())).routes)
    assert not shown.path_points
    assert not shown.HasField("least_sun")
    assert list(shown.path_offset_s) == [0.0, 2000.4, 6000.0]


def test_a_real_plan_keeps_the_rule_and_its_mutation_is_refused() -> None:
    problem = build_problem(inputs(mission(along())))
    result = solve(problem, seed=1, work_limit=2.0)
    assert result.schedule.drives
    assert validate(problem, result.schedule).violations == ()
    first = result.schedule.drives[0]
    moved = replace(first, span=(DARK_S[0], DARK_S[0] + first.span[1] - first.span[0]))
    changed = replace(result.schedule, drives=(moved, *result.schedule.drives[1:]))
    assert Rule.DRIVE_WAY in {violation.rule_id for violation in validate(problem, changed).violations}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            lambda c: c["drive_rule"].update(along_the_way=True, conditions=[{"kind": "darkness"}]),
            "drive_rule.conditions[0]",
        ),
        (lambda c: c["drive_rule"].update(pace_tolerance="120 %"), "drive_rule.pace_tolerance"),
        (lambda c: c["drive_rule"].update(along_the_way="yes"), "drive_rule.along_the_way"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_along_the_way_is_refused(change: Callable[[dict[str, Any]], None], path: str) -> None:
    content = load_mission("lupex-week")
    change(content)
    document, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert document is None or faults
    assert path in {fault.path for fault in faults}


def test_a_mission_without_terrain_has_no_way() -> None:
    content = load_mission("station-arm")
    content["drive_rule"] = {"along_the_way": True}
    _, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert ("drive_rule.along_the_way", "NO_TERRAIN") in {(fault.path, fault.code) for fault in faults}
