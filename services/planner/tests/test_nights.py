"""Nights: at a haven while the Earth is away, and never too long in the dark."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hand_made_schedules import at, drive, plan
from malapert_core.errors import PreconditionError
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.nights import NightRule
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.reading import read_document
from malapert_planner.services.making.generation import require_schedule
from malapert_planner.services.making.nights import night_rule
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.replan import replan
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from mission_documents import EPHEMERIS_SPAN, load_mission
from planned_problems import assert_planned_validly
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_place, make_problem, random_problem
from schedule_oracle import is_valid

LIGHT = Condition(ConditionKind.ILLUMINATION)
SEEN = ((0, 7200), (14_400, HORIZON_S))
"""The Earth is away for two hours."""


def earth_problem(*havens: str, most_s: int = HOUR_S, **changes: Any) -> PlanningProblem:
    """Base and ridge lose the Earth for two hours."""
    places = (make_place("base", earth_visibility=SEEN), make_place("ridge", earth_visibility=SEEN))
    return make_problem(places=places, night_rule=NightRule(havens, max_without_earth_s=most_s), **changes)


def dark_problem(most_s: int, *, rule: DriveRule, **changes: Any) -> PlanningProblem:
    """The base is lit, the ridge never."""
    places = (make_place("base"), make_place("ridge", illumination=(), power_w=0.0))
    return make_problem(places=places, drive_rule=rule, night_rule=NightRule(max_dark_s=most_s), **changes)


def night_problem(seed: int) -> PlanningProblem:
    """A random problem with limits of nights, one of them or both."""
    problem, rng = random_problem(seed), random.Random(seed)
    havens = tuple(place.place_id for place in problem.places if rng.random() < 0.5)
    earth_s, dark_s = (rng.choice((0, 1, 3, 6)) * HOUR_S + 60 * rng.randint(1, 9) for _ in range(2))
    return replace(problem, night_rule=NightRule(havens, earth_s, dark_s))


def test_the_earth_s_night_is_spent_at_a_haven_or_is_short_enough() -> None:
    assert validate(earth_problem("base"), plan()).valid
    assert validate(earth_problem(most_s=7200), plan()).valid
    (broken,) = validate(earth_problem("ridge"), plan()).violations
    assert (broken.rule_id, broken.amount, broken.span) == (Rule.EARTH_NIGHT, 7200, (7200, 14_400))
    assert "no haven" in broken.message
    # On a drive the asset is at neither end.
    assert validate(earth_problem("ridge"), plan(drive(5400))).valid
    (late,) = validate(earth_problem("ridge"), plan(drive(6000))).violations
    assert (late.amount, late.span) == (600, (7200, 7800))


def test_the_dark_is_counted_where_the_asset_is_and_on_drives_at_both_ends() -> None:
    problem = dark_problem(2 * HOUR_S, rule=DriveRule((), ()))
    assert validate(problem, plan(drive(0), drive(5400, "ridge", "base"))).valid
    (broken,) = validate(problem, plan(drive(0), drive(6000, "ridge", "base"))).violations
    assert (broken.rule_id, broken.amount, broken.span) == (Rule.DARK_STAY, 600, (7200, 7800))


def test_margins_are_told_of_both() -> None:
    left = {m.rule_id: m.amount for m in validate(earth_problem("ridge"), plan(drive(3600))).margins}
    assert left["EARTH_NIGHT"] == 7200 - 5400
    problem = dark_problem(2 * HOUR_S, rule=DriveRule((), ()))
    left = {m.rule_id: m.amount for m in validate(problem, plan(drive(0), drive(3600, "ridge", "base"))).margins}
    assert left["DARK_STAY"] == 2 * HOUR_S - 5400
    assert not {"EARTH_NIGHT", "DARK_STAY"} & {m.rule_id for m in validate(make_problem(), plan()).margins}


def test_a_plan_goes_to_the_haven_though_nothing_is_asked_for_there() -> None:
    problem = earth_problem("ridge", activities=(make_activity("a", place_ids=("base",)),))
    result = solve(problem, seed=1, work_limit=2.0)
    assert result.status is SolveStatus.OPTIMAL
    assert validate(problem, result.schedule).violations == ()
    assert is_valid(problem, result.schedule)
    assert [each.activity_id for each in result.schedule.activities] == ["a"]
    assert result.schedule.drives


def test_a_dark_place_is_visited_for_as_long_as_is_allowed() -> None:
    visit = make_activity("visit", place_ids=("ridge",), duration_s=HOUR_S)
    rule = DriveRule((LIGHT,), (), ("ridge",))
    # At the end of the plan it may stay there: half an hour of driving and the hour are enough.
    for most_s, planned in ((2 * HOUR_S, ["visit"]), (5400, ["visit"]), (5100, [])):
        problem = dark_problem(most_s, rule=rule, activities=(visit,))
        result = solve(problem, seed=1, work_limit=2.0)
        assert validate(problem, result.schedule).violations == ()
        assert [each.activity_id for each in result.schedule.activities] == planned


def test_what_is_too_long_in_the_dark_is_explained_by_it() -> None:
    visit = make_activity("visit", place_ids=("ridge",), duration_s=3 * HOUR_S)
    problem = dark_problem(2 * HOUR_S, rule=DriveRule((LIGHT,), (), ("ridge",)), activities=(visit,))
    (why,) = explain_unplanned(problem, solve(problem, seed=1, work_limit=1.0).schedule)
    assert (why.reason, why.blocking) == ("DARK_STAY", ("max_dark",))
    assert "2 h" in why.explanation


def test_what_is_asked_for_while_a_place_is_off_limits_is_explained_by_that() -> None:
    late = make_activity("late", place_ids=("base",), windows=((7200, 14_400),))
    problem = earth_problem("ridge", activities=(late,))
    (why,) = explain_unplanned(problem, solve(problem, seed=1, work_limit=1.0).schedule)
    assert (why.reason, why.blocking) == ("NO_WINDOW", ("night_rule",))
    assert "off limits" in why.explanation


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(60) if random_problem(s).horizon_s <= 24 * HOUR_S][:8])
def test_every_plan_of_a_random_problem_is_valid_to_both(seed: int) -> None:
    assert_planned_validly(night_problem(seed), seed)


def test_the_solver_and_the_validator_tell_the_same_of_the_dark() -> None:
    broken_ones = 0
    for seed in range(12):
        problem = night_problem(seed)
        schedule = solve(replace(problem, night_rule=None), seed=seed, work_limit=0.05).schedule
        kept = Incumbent(compile_problem(problem), schedule).instance.darkness.is_kept(schedule.drives)
        broken = {v.rule_id for v in validate(problem, schedule).violations}
        assert kept == (Rule.DARK_STAY not in broken), seed
        broken_ones += not kept
    assert broken_ones > 2


def test_the_search_of_many_chains_keeps_the_rule_at_every_step() -> None:
    steps = 0
    for seed in range(10):
        problem = night_problem(seed)
        bare = Incumbent(compile_problem(problem), solve(problem, seed=seed, work_limit=0.1).schedule)
        if not bare.keeps_limits():
            continue
        search = RuinRecreate(Tables(bare.instance), seed)
        search.start(bare)
        for _ in range(4):
            search.step()
            broken = [v for v in validate(problem, search.current.schedule()).violations if v.rule_id != "MANDATORY"]
            assert not broken, (seed, broken[0])
            steps += 1
    assert steps > 12


def test_a_replan_counts_from_its_now_on() -> None:
    baseline = Baseline(Schedule(), Schedule(), 10_800, 10_800, 1.0, 5.0)
    problem = earth_problem("ridge", baseline=baseline)
    # Of the Earth's night an hour is left, as long as is allowed.
    assert validate(problem, plan()).valid
    result = replan(problem, Schedule(), [], [], seed=1, work_limit=1.0)
    assert validate(problem, result.schedule).violations == ()
    assert not validate(replace(problem, night_rule=NightRule(("ridge",), HOUR_S - 1)), plan()).valid


def test_without_the_rule_a_problem_keeps_its_hash_and_its_form_is_checked() -> None:
    plain = make_problem()
    assert problem_hash(replace(plain, night_rule=NightRule())) != problem_hash(plain)
    faults = check_problem(replace(plain, night_rule=NightRule(("nowhere",), -1, -1)))
    assert [fault.path for fault in faults] == [
        "night_rule.haven_place_ids[0]", "night_rule.max_without_earth_s", "night_rule.max_dark_s",
    ]  # fmt: skip


def test_nothing_is_placed_where_the_earth_s_night_is_too_long() -> None:
    problem = earth_problem("ridge", activities=(make_activity("a", place_ids=("base",)),))
    (broken,) = (v for v in validate(problem, plan(at("a", 7200))).violations if v.rule_id == Rule.EARTH_NIGHT)
    assert broken.object_ids == ("rover", "base")


def read(content: dict[str, Any]) -> tuple[MissionDocument | None, list[tuple[str, str]]]:
    document, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    return document, [(fault.path, fault.code) for fault in faults]


def test_a_mission_states_its_nights_and_the_problem_has_them() -> None:
    content = load_mission("lupex-week")
    content["night_rule"] = {"havens": ["haven"], "max_without_earth": "12 h", "max_dark": "2.5 d"}
    document, faults = read(content)
    assert not faults
    assert document is not None
    assert night_rule(document.night_rule) == NightRule(("haven",), 43_200, 216_000)
    content["night_rule"] = {"max_dark": "0.2 s"}
    document, _ = read(content)
    assert document is not None
    assert night_rule(document.night_rule) == NightRule((), 0, 1)


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        ({}, [("night_rule", "MISSING_FIELD")]),
        ({"havens": ["haven"], "max_dark": "1 d"}, [("night_rule.max_without_earth", "MISSING_FIELD")]),
        ({"max_without_earth": "1 d"}, [("night_rule.havens", "MISSING_FIELD")]),
        (
            {"havens": ["haven", "nowhere", "haven"], "max_without_earth": "1 d"},
            [("night_rule.havens[1]", "UNKNOWN_PLACE"), ("night_rule.havens[2]", "DUPLICATE_ID")],
        ),
    ],
)
def test_what_a_rule_of_nights_lacks_is_said_at_once(rule: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    content = load_mission("lupex-week")
    content["night_rule"] = rule
    assert sorted(read(content)[1]) == sorted(faults)


def test_where_the_rule_leaves_no_route_that_is_what_is_said() -> None:
    unknown = SolveResult(SolveStatus.UNKNOWN, Schedule(), 0.0, 0.0, 1.0, {"wall_cut": "false", "work_limit": "1"})
    dark = make_problem(night_rule=NightRule(max_dark_s=HOUR_S), drive_rule=DriveRule((LIGHT,), ()))
    nowhere = replace(dark, places=tuple(make_place(name, illumination=((0, 7200),)) for name in ("base", "ridge")))
    with pytest.raises(PreconditionError, match=r"from 2029-01-10 02:00 UTC on every place is off limits .* 4\.0 h"):
        require_schedule(unknown, nowhere)
    begun = replace(dark, places=(make_place("base", illumination=((7200, 21_600),)), make_place("ridge")))
    with pytest.raises(PreconditionError, match="Base, where the asset starts, is off limits"):
        require_schedule(unknown, begun)
    assert not validate(nowhere, plan()).valid
    with pytest.raises(PreconditionError, match="work limit of 1 s"):
        require_schedule(unknown, dark)
