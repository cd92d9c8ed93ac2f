"""Time to hand over between stations: kept by every solver, agreed with by the referee, told with its margin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_made_schedules import contact, plan
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.solvers.construct.passes import in_rhythm
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from problem_factory import HOUR_S, make_problem, make_window, random_problem
from schedule_oracle import is_valid
from test_way_building import inputs, mission


def turning_problem(seed: int) -> PlanningProblem:
    """A random problem in which the asset takes a while from station to station, and is to be heard often."""
    return replace(random_problem(seed), hand_over_s=(600, 1500, 3000)[seed % 3], max_silence_s=5 * HOUR_S)


@pytest.mark.parametrize(("gap_s", "short_s"), [(0, 900), (300, 600), (899, 1), (900, 0), (2000, 0)])
def test_stations_are_apart_by_the_hand_over(gap_s: int, short_s: int) -> None:
    windows = (make_window("w"), make_window("v", "belrose"))
    problem = make_problem(contact_windows=windows, hand_over_s=900)
    report = validate(problem, plan(contact(0, 3600), contact(3600 + gap_s, 9000, "v", "belrose")))
    assert [v.rule_id for v in report.violations] == ([Rule.CONTACT_HAND_OVER] if short_s else [])
    assert sum(v.amount for v in report.violations) == short_s
    assert {m.rule_id: m.amount for m in report.margins}["CONTACT_HAND_OVER"] == gap_s - 900
    assert validate(problem, plan(contact(0, 3600), contact(3600, 9000))).valid


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(40) if random_problem(s).horizon_s <= 24 * HOUR_S][:4])
def test_every_plan_of_a_random_problem_is_valid_to_both(seed: int) -> None:
    problem = turning_problem(seed)
    assert check_problem(problem) == ()
    result = solve(problem, seed=seed, work_limit=0.4)
    if result.status not in (SolveStatus.INFEASIBLE, SolveStatus.UNKNOWN):
        assert validate(problem, result.schedule).violations == ()
        assert is_valid(problem, result.schedule)


def test_the_search_of_many_chains_keeps_the_rule_at_every_step() -> None:
    looked = 0
    for seed in range(8):
        bare = in_rhythm(Incumbent(compile_problem(turning_problem(seed)), Schedule()))
        if not bare.keeps_limits():
            continue
        search = RuinRecreate(Tables(bare.instance), seed)
        search.start(bare)
        for _ in range(4):
            search.step()
            schedule = search.current.schedule()
            broken = [v for v in validate(search.tables.problem, schedule).violations if v.rule_id != "MANDATORY"]
            assert not broken, (seed, broken[0])
            looked += len({each.station_id for each in schedule.contacts}) > 1
    assert looked > 2


def test_a_mission_states_both_and_its_plan_keeps_them() -> None:
    def change(content: dict[str, dict[str, str]]) -> None:
        content["communications"] |= {"hand_over": "10 min", "max_silence": "6 h"}

    problem = build_problem(inputs(mission(change)))
    assert (problem.hand_over_s, problem.max_silence_s) == (600, 6 * HOUR_S)
    result = solve(problem, seed=1, work_limit=1.5)
    report = validate(problem, result.schedule)
    assert report.violations == ()
    assert report.checks[Rule.CONTACT_RHYTHM] > 4
    assert {m.rule_id for m in report.margins} >= {"CONTACT_RHYTHM", "BATTERY_FLOOR"}


def test_without_a_hand_over_a_problem_keeps_its_hash() -> None:
    plain = make_problem(contact_windows=(make_window(),))
    assert problem_hash(replace(plain, hand_over_s=0)) == problem_hash(plain)
    assert problem_hash(replace(plain, hand_over_s=1)) != problem_hash(plain)
