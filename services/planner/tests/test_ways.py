"""Drives along the way: kept by the solver, checked by the validator, agreed with by a minute-by-minute referee."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_made_schedules import contact, drive, plan
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_planner.domain.explanation.ways import closed_along
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.places import DriveRule, Passage, PowerSeries
from malapert_planner.domain.problem.problem import Baseline
from malapert_planner.domain.problem.resources import Battery
from malapert_planner.domain.problem.ways import departures
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedDrive, Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_file import pack_problem, unpack_problem
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, make_activity, make_drive, make_problem, make_window
from schedule_oracle import is_valid
from way_problems import CONTACT, EARTH, LIGHT, WHOLE, one_way, random_ways

GAP = ((0, 3600), (7200, HORIZON_S))
"""The middle is without between one and two hours: [t + 600, t + 1200) fits until t = 2400 and from t = 6600."""

SHORT = [seed for seed in range(20) if random_ways(seed).horizon_s <= 12 * 3600][:6]
"""Random problems of at most half a day: the referee goes second by second."""


@pytest.mark.parametrize("kind", [LIGHT, EARTH])
@pytest.mark.parametrize(
    ("start_s", "missing_s"), [(2400, 0), (2460, 60), (3000, 600), (4200, 600), (6540, 60), (6600, 0)]
)
def test_a_drive_has_what_it_needs_at_each_point_while_it_passes(kind, start_s: int, missing_s: int) -> None:
    report = validate(one_way(kind, *GAP), plan(drive(start_s)))
    assert {violation.rule_id for violation in report.violations} == ({Rule.DRIVE_WAY} if missing_s else set())
    assert sum(violation.amount for violation in report.violations) == missing_s
    assert report.checks[Rule.DRIVE_WAY] == 3


def test_a_contact_on_the_way_needs_the_whole_earth_at_each_point() -> None:
    windows = (make_window("w"), make_window("v", place_id="ridge"))
    problem = one_way(CONTACT, *GAP, contact_windows=windows)
    assert validate(problem, plan(drive(2400), contact(2400, 4200))).valid
    (broken,) = validate(problem, plan(drive(2520), contact(2520, 4320))).violations
    assert (broken.rule_id, broken.amount, broken.object_ids[1]) == (Rule.DRIVE_WAY, 120.0, "middle")


@pytest.mark.parametrize("dark_place_ids", [("base",), ("ridge",), ("base", "ridge")])
def test_light_is_not_asked_of_the_way_to_or_from_a_dark_place(dark_place_ids: tuple[str, ...]) -> None:
    problem = one_way(LIGHT, drive_rule=DriveRule((Condition(LIGHT),), (), dark_place_ids))
    assert validate(problem, plan(drive(0))).valid
    both = (Condition(LIGHT), Condition(EARTH))
    asked = one_way(LIGHT, *WHOLE, drive_rule=DriveRule(both, (), dark_place_ids))
    assert {v.rule_id for v in validate(asked, plan(drive(0))).violations} == {Rule.DRIVE_WAY}


def test_the_battery_gains_on_the_way_no_more_than_its_darkest_point_lets_it() -> None:
    battery = Battery(1000.0, 100.0, 130.0, 0.0, awake_load_w=100.0, asleep_load_w=0.0)
    dark = PowerSeries((0, 1799, 1800), (20.0, 20.0, 500.0))
    lit = make_problem(battery=battery)
    assert validate(lit, plan(drive(0))).valid
    shaded = replace(lit, drives=(make_drive(least_generation=dark), make_drive("ridge", "base")))
    (broken,) = validate(shaded, plan(drive(0))).violations
    # Half an hour at 100 W less 20 W from 130 Wh; the last second is brighter.
    assert broken.rule_id == Rule.BATTERY_FLOOR
    assert broken.amount == pytest.approx(10.0, abs=0.1)


def test_starts_are_those_that_the_validator_accepts() -> None:
    problem = one_way(LIGHT, *GAP)
    points = {each.point_id: each for each in problem.route_points}
    (way,) = problem.drives
    allowed = departures(way, (LIGHT,), points, problem.horizon_s)
    for start_s in range(0, HORIZON_S - way.duration_s, 300):
        accepted = validate(problem, plan(drive(start_s))).valid
        assert accepted == any(first <= start_s < after for first, after in allowed), start_s


@pytest.mark.slow
@pytest.mark.parametrize("seed", SHORT)
def test_every_plan_of_a_random_problem_with_ways_is_valid_to_both(seed: int) -> None:
    problem = random_ways(seed)
    assert check_problem(problem) == ()
    result = solve(problem, seed=seed, work_limit=0.4)
    if result.status is not SolveStatus.INFEASIBLE:
        assert validate(problem, result.schedule).violations == ()
        assert is_valid(problem, result.schedule)
        assert result.bound >= result.objective


@settings(max_examples=20, derandomize=True)
@given(st.sampled_from(SHORT), st.integers(0, 350), st.booleans())
def test_validator_and_referee_agree_on_mutated_drives(seed: int, minutes: int, comes_back: bool) -> None:
    problem = random_ways(seed)
    ways = {(way.from_place_id, way.to_place_id): way for way in problem.drives if not way.closed_because}
    first = next((way for way in ways.values() if way.from_place_id == problem.start_place_id), None)
    if first is None:
        return
    start_s = minutes * 60
    drives = [PlacedDrive(first.from_place_id, first.to_place_id, (start_s, start_s + first.duration_s))]
    back = ways.get((first.to_place_id, first.from_place_id))
    if comes_back and back is not None:
        start_s = drives[0].span[1]
        drives.append(PlacedDrive(back.from_place_id, back.to_place_id, (start_s, start_s + back.duration_s)))
    schedule = Schedule(drives=tuple(drives))
    assert validate(problem, schedule).valid == is_valid(problem, schedule)


def test_a_drive_waits_for_its_way() -> None:
    """All of base and ridge is lit; only the middle of the way holds the drive back until two hours less 600 s."""
    later = one_way(LIGHT, (7200, HORIZON_S), activities=(make_activity("a", place_ids=("ridge",)),))
    result = solve(later, seed=1, work_limit=0.3)
    (placed,) = result.schedule.drives
    assert placed.span[0] >= 6600
    assert validate(later, result.schedule).valid


@pytest.mark.parametrize(
    ("kind", "name"), [(LIGHT, "light"), (EARTH, "view of the Earth"), (CONTACT, "view of the whole Earth")]
)
def test_a_closed_way_is_explained_by_what_closes_it(kind, name: str) -> None:
    problem = one_way(kind, (0, 500), (7200, 7700), activities=(make_activity("a", place_ids=("ridge",)),))
    if kind is CONTACT:
        problem = replace(problem, contact_windows=(make_window("w"), make_window("v", place_id="ridge")))
    (way,) = problem.drives
    text = closed_along(problem, way)
    assert text.startswith(f"{name}")
    assert "at point 2 of 3 it lasts 8 min at the most" in text
    result = solve(problem, seed=1, work_limit=0.2)
    (reason,) = explain_unplanned(problem, result.schedule)
    assert reason.reason == "UNREACHABLE"
    assert name in reason.explanation


def test_what_never_holds_together_is_explained_so() -> None:
    first, middle, last = one_way(LIGHT, *WHOLE).route_points
    points = (
        replace(first, windows={LIGHT: ((0, 7200),), EARTH: WHOLE}),
        replace(middle, windows={LIGHT: WHOLE, EARTH: WHOLE}),
        replace(last, windows={LIGHT: WHOLE, EARTH: ((14400, HORIZON_S),)}),
    )
    rule = DriveRule((Condition(LIGHT), Condition(EARTH)), ())
    problem = replace(one_way(LIGHT, *WHOLE), route_points=points, drive_rule=rule)
    assert closed_along(problem, problem.drives[0]).startswith("light and view of the Earth never last at once")
    assert closed_along(one_way(LIGHT, *GAP), one_way(LIGHT, *GAP).drives[0]) == ""


def test_the_margin_is_the_way_to_the_nearest_edge() -> None:
    report = validate(one_way(LIGHT, *GAP), plan(drive(2100)))
    found = {margin.rule_id: margin for margin in report.margins}
    assert found["DRIVE_WAY"].amount == 300.0
    assert found["DRIVE_WAY"].object_ids == ("base->ridge@2100", "middle")
    assert found["BATTERY_FLOOR"].amount == pytest.approx(400.0)
    broken = validate(one_way(LIGHT, *GAP), plan(drive(3600)))
    assert next(m for m in broken.margins if m.rule_id == "DRIVE_WAY").amount < 0


def test_what_was_driven_is_history() -> None:
    schedule = plan(drive(3600))
    problem = replace(one_way(LIGHT, *GAP), baseline=Baseline(schedule, schedule, 9000, 9000, 1.0, 1.0))
    assert validate(problem, schedule).valid


def test_problems_with_ways_keep_their_form_in_a_file_and_others_their_hash() -> None:
    problem = random_ways(3)
    assert unpack_problem(pack_problem(problem)) == problem
    assert problem_hash(unpack_problem(pack_problem(problem))) == problem_hash(problem)
    plain = make_problem()
    assert problem_hash(replace(plain, route_points=())) == problem_hash(plain)
    assert problem_hash(one_way(LIGHT, *GAP)) != problem_hash(one_way(LIGHT, *WHOLE))


def test_every_fault_of_a_way_is_found() -> None:
    problem = one_way(LIGHT, *GAP)
    (way,) = problem.drives
    gap = replace(
        way, passages=(Passage("first", 60, 900), Passage("nowhere", 1000, 1200), Passage("last", 1200, 1200))
    )
    codes = {(fault.path, fault.code) for fault in check_problem(replace(problem, drives=(gap,)))}
    assert codes == {
        ("drives[0].passages[0]", "PASSAGE_GAP"),
        ("drives[0].passages[1]", "PASSAGE_GAP"),
        ("drives[0].passages[1].point_id", "UNKNOWN_POINT"),
        ("drives[0].passages[2]", "EMPTY_SPAN"),
        ("drives[0].passages", "PASSAGE_GAP"),
    }
    points = (replace(problem.route_points[0], windows={LIGHT: ((5, 3),)}), *problem.route_points[1:])
    assert [fault.code for fault in check_problem(replace(problem, route_points=points))] == ["EMPTY_SPAN"]
