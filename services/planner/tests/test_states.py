"""What may go on together: kept by every solver, checked, agreed with by the referee, explained."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hand_made_schedules import at, plan
from malapert.payload.v1 import mode_pb2, request_pb2
from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.states import with_states
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from problem_factory import HOUR_S, make_activity, make_place, make_problem, random_problem
from schedule_oracle import is_valid

KINDS = ("motion", "vibration", "gas")
DRILL = make_activity("drill", makes=("vibration", "heat"), needs_quiet=("motion",))
WEIGH = make_activity("weigh", needs_quiet=("vibration",))
LAMP = make_activity("lamp", makes=("light",))


def short(horizon_s: int, *activities: Activity, **changes: Any) -> PlanningProblem:
    """A problem at one place with so much time."""
    base = make_place("base", illumination=((0, horizon_s),), earth_visibility=((0, horizon_s),))
    return make_problem(horizon_s=horizon_s, activities=activities, places=(base,), drives=(), **changes)


def loud_problem(seed: int) -> PlanningProblem:
    """A random problem in which activities make disturbances and need quiet."""
    problem, rng = random_problem(seed), random.Random(seed)
    activities = tuple(
        replace(
            activity,
            makes=tuple(rng.sample(KINDS, rng.randint(0, 2))),
            needs_quiet=tuple(rng.sample(KINDS, rng.randint(0, 2))),
        )
        for activity in problem.activities
    )
    return replace(problem, activities=activities)


@pytest.mark.parametrize(("start_s", "both_s"), [(0, 3600), (1800, 1800), (3540, 60), (3600, 0)])
def test_what_needs_quiet_is_not_disturbed(start_s: int, both_s: int) -> None:
    problem = make_problem(activities=(DRILL, WEIGH, LAMP))
    report = validate(problem, plan(at("drill", 0), at("weigh", start_s), at("lamp", 0)))
    assert [v.rule_id for v in report.violations] == ([Rule.QUIET] if both_s else [])
    assert sum(v.amount for v in report.violations) == both_s
    assert report.checks[Rule.QUIET] == 2


def test_what_makes_a_disturbance_bears_its_own() -> None:
    own = make_activity("own", makes=("gas",), needs_quiet=("gas",))
    assert validate(make_problem(activities=(own,)), plan(at("own", 0))).valid
    two = make_problem(activities=(own, replace(own, activity_id="two", request_id="two")))
    assert len(validate(two, plan(at("own", 0), at("two", 0))).violations) == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(30) if random_problem(s).horizon_s <= 12 * HOUR_S][:6])
def test_every_plan_of_a_random_problem_is_valid_to_both(seed: int) -> None:
    problem = loud_problem(seed)
    assert check_problem(problem) == ()
    result = solve(problem, seed=seed, work_limit=0.4)
    if result.status is not SolveStatus.INFEASIBLE:
        assert validate(problem, result.schedule).violations == ()
        assert is_valid(problem, result.schedule)
        assert result.bound >= result.objective


def test_the_search_of_many_chains_keeps_the_rule_at_every_step() -> None:
    placed = 0
    for seed in range(6):
        bare = Incumbent(compile_problem(loud_problem(seed)), Schedule())
        if not bare.keeps_limits():
            continue
        search = RuinRecreate(Tables(bare.instance), seed)
        search.start(bare)
        search.construct(lambda: True)
        for _ in range(4):
            search.step()
            schedule = search.current.schedule()
            broken = [v for v in validate(search.tables.problem, schedule).violations if v.rule_id != "MANDATORY"]
            assert not broken, (seed, broken[0])
            placed += len(schedule.activities)
    assert placed > 6


def test_a_problem_without_places_is_planned_by_the_rule_too() -> None:
    problem = short(5400, DRILL, WEIGH, LAMP, metadata={"placeless": "yes"})
    result = solve(problem, seed=1, work_limit=0.5)
    placed = {item.activity_id for item in result.schedule.activities}
    assert "lamp" in placed
    assert len(placed & {"drill", "weigh"}) == 1
    assert validate(problem, result.schedule).valid
    assert result.status is SolveStatus.OPTIMAL


def test_more_makers_than_one_go_on_together() -> None:
    """Two drills at once disturb each other no more than one: only the balance must wait."""
    many = tuple(replace(DRILL, activity_id=name, request_id=name, needs_quiet=()) for name in ("d1", "d2", "d3"))
    problem = short(2 * HOUR_S, *many, WEIGH)
    result = solve(problem, seed=1, work_limit=1.0)
    assert len(result.schedule.activities) == 4
    assert validate(problem, result.schedule).valid


def test_a_displaced_activity_is_explained_by_the_disturbance() -> None:
    problem = short(5400, replace(DRILL, value=50.0, mandatory=True), WEIGH)
    result = solve(problem, seed=1, work_limit=0.5)
    (reason,) = explain_unplanned(problem, result.schedule)
    assert (reason.reason, reason.blocking) == ("DISPLACED", ("drill",))
    assert "vibration" in reason.explanation
    why = explain_one(problem, result.schedule, "weigh", 0, work_limit=5.0)
    assert "WITHOUT_QUIET" in {admission.kind for admission in why.admissions}


def test_what_nobody_hears_is_left_out_and_radio_is_silence() -> None:
    loud, gas, radio = mode_pb2.DISTURBANCE_VIBRATION, mode_pb2.DISTURBANCE_GAS, mode_pb2.DISTURBANCE_RADIO
    drafts = [
        request_pb2.ActivityDraft(activity_id="drill", makes=[loud, gas]),
        request_pb2.ActivityDraft(activity_id="weigh", needs_quiet=[loud, radio]),
    ]
    drill, weigh = with_states(drafts, [make_activity("drill"), make_activity("weigh")])
    assert (drill.makes, drill.needs_quiet) == (("vibration",), ())
    assert (weigh.makes, weigh.needs_quiet) == ((), ("vibration",))
    assert weigh.conditions == (Condition(ConditionKind.SILENCE),)
    assert with_states(drafts[:1], [make_activity("drill")]) == (make_activity("drill"),)


def test_without_states_a_problem_keeps_its_hash() -> None:
    plain = make_problem(activities=(make_activity("a"),))
    same = make_problem(activities=(make_activity("a", makes=(), needs_quiet=()),))
    assert problem_hash(plain) == problem_hash(same)
    assert problem_hash(make_problem(activities=(make_activity("a", makes=("gas",)),))) != problem_hash(plain)
