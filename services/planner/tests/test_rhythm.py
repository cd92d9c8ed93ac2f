"""The longest silence while a contact could be held: kept by every solver, checked, told, explained."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hand_made_schedules import contact, drive, plan
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.construct.passes import in_rhythm
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.mend.mender import mend
from malapert_planner.solvers.replan import replan
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from planned_problems import assert_planned_validly
from problem_factory import HOUR_S, make_activity, make_place, make_problem, make_window, random_problem


def spoken_problem(seed: int) -> PlanningProblem:
    """A random problem in which the asset is to be heard every few hours."""
    rng = random.Random(seed)
    return replace(random_problem(seed), max_silence_s=rng.choice((2, 4, 8)) * HOUR_S + 60 * rng.randint(0, 9))


def test_what_no_station_reaches_is_no_silence() -> None:
    windows = (make_window("w", span=(0, 3600)), make_window("v", "belrose", span=(9000, 12_600)))
    problem = make_problem(contact_windows=windows, max_silence_s=3600)
    (broken,) = validate(problem, plan()).violations
    # An hour at first, then as long again until 12,600 s: the second hour is too much.
    assert (broken.rule_id, broken.amount, broken.span) == (Rule.CONTACT_RHYTHM, 3600, (3600, 21_600))
    assert validate(problem, plan(contact(3000, 3600))).valid


def test_on_a_drive_a_contact_must_be_possible_from_both_its_ends() -> None:
    windows = (make_window("w"), make_window("r", place_id="ridge", span=(0, 5400)))
    problem = make_problem(contact_windows=windows, max_silence_s=5400)
    # From 5400 s on no station reaches the ridge: until then 90 minutes may pass on the way there or at it.
    assert validate(problem, plan(drive(1800))).valid
    (late,) = validate(problem, plan(drive(5700))).violations
    assert (late.rule_id, late.amount, late.span) == (Rule.CONTACT_RHYTHM, 300, (5400, 21_600))


def test_the_margin_is_what_is_left_of_the_longest_silence() -> None:
    problem = make_problem(contact_windows=(make_window(),), max_silence_s=12_000)
    margins = {m.rule_id: m for m in validate(problem, plan(contact(10_000, 11_000))).margins}
    assert margins["CONTACT_RHYTHM"].amount == 12_000 - (21_600 - 11_000)
    assert "CONTACT_RHYTHM" not in {m.rule_id for m in validate(make_problem(), plan()).margins}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(40) if random_problem(s).horizon_s <= 24 * HOUR_S][:5])
def test_every_plan_of_a_random_problem_is_valid_to_both(seed: int) -> None:
    assert_planned_validly(spoken_problem(seed), seed)


def test_the_solver_and_the_validator_count_alike() -> None:
    counted = 0
    for seed in range(12):
        problem = spoken_problem(seed)
        schedule = solve(replace(problem, max_silence_s=0), seed=seed, work_limit=0.05).schedule
        kept = Incumbent(compile_problem(problem), schedule).is_heard()
        broken = {v.rule_id for v in validate(problem, schedule).violations}
        assert kept == (Rule.CONTACT_RHYTHM not in broken), seed
        counted += not kept
    assert counted > 3


def test_passes_are_added_where_they_lack_and_nothing_else_changes() -> None:
    mended = 0
    for seed in range(20):
        instance = compile_problem(spoken_problem(seed))
        found = in_rhythm(Incumbent(instance, Schedule()))
        mended += len(found.schedule.contacts) > 0
        if found.keeps_limits():
            broken = [v for v in validate(instance.problem, found.schedule).violations if v.rule_id != Rule.MANDATORY]
            assert not broken, (seed, broken[0])
    assert mended > 5


def test_the_search_of_many_chains_keeps_the_rule_at_every_step() -> None:
    placed = 0
    for seed in range(8):
        bare = in_rhythm(Incumbent(compile_problem(spoken_problem(seed)), Schedule()))
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
            placed += len(schedule.contacts)
    assert placed > 6


def test_an_activity_in_silence_is_explained_by_the_rhythm_and_a_longer_one_admits_it() -> None:
    quiet = make_activity("quiet", duration_s=3 * HOUR_S, conditions=(Condition(ConditionKind.SILENCE),))
    problem = make_problem(activities=(quiet,), contact_windows=(make_window(),), max_silence_s=2 * HOUR_S, drives=())
    result = solve(problem, seed=1, work_limit=0.5)
    assert result.schedule.activities == ()
    (reason,) = explain_unplanned(problem, result.schedule)
    assert (reason.reason, reason.blocking) == ("RHYTHM", ("max_silence",))
    assert "2 h are allowed" in reason.explanation
    why = explain_one(problem, result.schedule, "quiet", 0, work_limit=5.0)
    (admission,) = (each for each in why.admissions if each.kind == "LONGER_SILENCE")
    assert 1.0 <= admission.amount <= 4.0
    longer = replace(problem, max_silence_s=problem.max_silence_s + round(admission.amount * HOUR_S))
    assert [placed.activity_id for placed in solve(longer, seed=1, work_limit=0.5).schedule.activities] == ["quiet"]


def test_where_none_can_be_kept_no_request_is_to_blame() -> None:
    """A battery that lasts for no contact: the plan is impossible without any request."""
    problem = make_problem(
        contact_windows=(make_window(min_length_s=HOUR_S),),
        contact_power_w=500.0,
        max_silence_s=2 * HOUR_S,
        places=(make_place("base", power_w=0.0), make_place("ridge", power_w=0.0)),
        activities=(make_activity("a", mandatory=True),),
        drives=(),
    )
    result = solve(problem, seed=1, work_limit=1.0)
    assert (result.status, result.conflict) == (SolveStatus.INFEASIBLE, ())


def test_a_replan_holds_passes_elsewhere_where_a_station_is_out() -> None:
    windows = (make_window("w", cost_per_hour=1.0), make_window("v", "belrose", cost_per_hour=9.0))
    problem = make_problem(contact_windows=windows, max_silence_s=2 * HOUR_S, drives=())
    planned = solve(problem, seed=1, work_limit=0.3).schedule
    assert {each.station_id for each in planned.contacts} == {"usuda"}
    baseline = Baseline(planned, Schedule(), 1800, 3600, 1.0, 5.0)
    out = replace(problem, contact_windows=windows[1:], baseline=baseline)
    result = replan(out, Schedule(), [each.span for each in planned.contacts], [], seed=1, work_limit=2.0)
    assert validate(out, result.schedule).violations == ()
    assert {each.station_id for each in result.schedule.contacts} == {"belrose"}


def test_a_mended_edit_holds_a_pass_where_one_was_taken_out() -> None:
    problem = make_problem(contact_windows=(make_window(),), max_silence_s=2 * HOUR_S)
    planned = solve(problem, seed=1, work_limit=0.3).schedule
    assert len(planned.contacts) == 2
    edited = replace(planned, contacts=planned.contacts[:1])
    assert not validate(problem, edited).valid
    assert validate(problem, mend(problem, edited, Schedule())).valid


def test_without_the_rule_a_problem_keeps_its_hash() -> None:
    plain = make_problem(contact_windows=(make_window(),))
    assert problem_hash(replace(plain, max_silence_s=0)) == problem_hash(plain)
    assert problem_hash(replace(plain, max_silence_s=1)) != problem_hash(plain)
