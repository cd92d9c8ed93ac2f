"""Replanning: what is frozen stays, what is forced out goes, little else changes, and each change says why."""

import random
from dataclasses import replace

import pytest
from malapert_planner.domain.life.changes import ChangeKind, changes
from malapert_planner.domain.life.replanning import Disturbance, disturbance, items_of
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.propagation import propagate_battery, propagate_storage
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.objective import contact_change_s, evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.replan import replan
from malapert_planner.solvers.solve import solve
from problem_factory import make_activity, make_problem, make_window, random_problem


def _at(problem: PlanningProblem, schedule: Schedule, now_s: int) -> PlanningProblem:
    """Return the problem with the levels that the schedule has at an instant."""
    case = Case(replace(problem, baseline=Baseline(Schedule(), Schedule(), 0, now_s, 0.0, 0.0)), schedule)
    battery, storage = propagate_battery(case), propagate_storage(case)
    charge_wh = min(max(battery.charge_at(now_s), problem.battery.floor_wh), problem.battery.capacity_wh)
    stored_bit = float(storage.stored_bit[int(storage.time_s.searchsorted(now_s))])
    return replace(
        problem,
        battery=replace(problem.battery, start_wh=charge_wh),
        storage=replace(problem.storage, start_bit=min(max(stored_bit, 0.0), problem.storage.capacity_bit)),
    )


def _disturbed(problem: PlanningProblem, schedule: Schedule, rng: random.Random, after_s: int) -> PlanningProblem:
    """Return a problem to which something has happened."""
    event = rng.randrange(4)
    if event == 0 and problem.contact_windows:
        station = rng.choice(problem.contact_windows).station_id
        left = [w for w in problem.contact_windows if w.station_id != station or w.span[1] <= after_s]
        return replace(problem, contact_windows=tuple(left))
    if event == 1:
        begun = {placed.activity_id for placed in schedule.activities if placed.span[0] < after_s}
        lasting = {a.request_id for a in problem.activities if a.activity_id in begun}
        gone = rng.choice([a.request_id for a in problem.activities if a.request_id not in lasting] or ["none"])
        others = [a for a in problem.activities if a.request_id != gone]
        ids = {a.activity_id for a in others}
        return replace(
            problem,
            activities=tuple(others),
            relations=tuple(r for r in problem.relations if gone not in (r.request_id, r.other_request_id)),
            repetitions=tuple(r for r in problem.repetitions if r.request_id != gone),
            limits=tuple(replace(x, uses=tuple(u for u in x.uses if u.activity_id in ids)) for x in problem.limits),
            cumulative_resources=tuple(
                replace(x, uses=tuple(u for u in x.uses if u.activity_id in ids)) for x in problem.cumulative_resources
            ),
            reservoirs=tuple(
                replace(x, uses=tuple(u for u in x.uses if u.activity_id in ids)) for x in problem.reservoirs
            ),
        )
    if event == 2:
        weaker = tuple(
            replace(p, generation=replace(p.generation, power_w=tuple(0.8 * w for w in p.generation.power_w)))
            for p in problem.places
        )
        return replace(problem, places=weaker)
    return replace(problem, storage=replace(problem.storage, end_max_bit=problem.storage.end_max_bit * 0.7))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_generated_plans_are_replanned_within_every_rule(seed: int) -> None:
    problem, rng = random_problem(seed), random.Random(seed)
    planned = solve(problem, work_limit=1.0)
    if planned.status not in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        return
    grid = problem.resolution_s
    now_s = rng.randrange(problem.horizon_s // 2) // grid * grid
    frozen_until_s = min(problem.horizon_s, now_s + rng.choice((0, grid, 3 * grid)))
    changed = _disturbed(_at(problem, planned.schedule, now_s), planned.schedule, rng, now_s)
    asked = disturbance(changed, Baseline(planned.schedule, Schedule(), now_s, frozen_until_s, 0.05, 1.0))
    result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=2.0)
    if result.status not in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        return
    report = validate(asked.problem, result.schedule)
    assert report.valid, report.violations
    assert result.objective == pytest.approx(evaluate(asked.problem, result.schedule).objective)
    assert result.objective <= result.bound + 1e-6
    frozen = {item for item in planned.schedule.activities if item.span[0] < frozen_until_s}
    assert all(item in result.schedule.activities for item in frozen if item.activity_id not in asked.forced)
    told = changes(problem, planned.schedule, result.schedule, asked.forced)
    assert (told == ()) == (set(items_of(planned.schedule)) == set(items_of(result.schedule)))


def _two_stations() -> PlanningProblem:
    return make_problem(
        contact_windows=(make_window("usuda-1"), make_window("weilheim-1", "weilheim")),
        activities=(
            make_activity("a", resource_ids=("arm",), data_bit=0.0),
            make_activity("b", resource_ids=("arm",), data_bit=0.0),
        ),
    )


def _baseline(schedule: Schedule, now_s: int = 0, frozen_until_s: int = 0) -> Baseline:
    return Baseline(schedule, Schedule(), now_s, frozen_until_s, 0.1, 5.0)


def _plan_of(problem: PlanningProblem) -> Schedule:
    result = solve(problem, work_limit=2.0)
    assert validate(problem, result.schedule).valid
    return result.schedule


def test_nothing_changes_where_nothing_happened() -> None:
    problem = _two_stations()
    plan = _plan_of(problem)
    asked = disturbance(problem, _baseline(plan))
    assert asked.forced == {}
    result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=1.0)
    assert result.schedule == plan


def _moved_at_most(asked: Disturbance, before: Schedule, after: Schedule) -> int:
    told = changes(asked.problem, before, after, asked.forced)
    return sum(change.before is not None and change.label not in asked.forced for change in told)


def test_a_withdrawn_request_leaves_and_nothing_else_moves() -> None:
    problem = _two_stations()
    plan = _plan_of(problem)
    left = replace(problem, activities=tuple(a for a in problem.activities if a.activity_id != "a"))
    asked = disturbance(left, _baseline(plan))
    assert set(asked.forced) == {"a"}
    result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=1.0)
    assert validate(asked.problem, result.schedule).valid
    assert _moved_at_most(asked, plan, result.schedule) == 0


def test_what_has_happened_breaks_no_rule_and_stays() -> None:
    problem = _two_stations()
    plan = _plan_of(problem)
    first, second = sorted(plan.activities, key=lambda placed: placed.span)[:2]
    # It took half as long again as planned: a fact, into which the second now reaches.
    late = PlacedActivity(first.activity_id, first.place_id, (first.span[0], second.span[0] + problem.resolution_s))
    as_run = replace(plan, activities=(late, second))
    now_s = first.span[0] // problem.resolution_s * problem.resolution_s + problem.resolution_s
    asked = disturbance(problem, _baseline(as_run, now_s, now_s))
    assert set(asked.forced) == {second.activity_id}
    result = replan(asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=2.0)
    report = validate(asked.problem, result.schedule)
    assert report.valid, report.violations
    assert late in result.schedule.activities
    (change,) = [c for c in changes(problem, as_run, result.schedule, asked.forced) if c.label == second.activity_id]
    assert (change.kind, change.reason) == (ChangeKind.MOVED, "FORCED")


def test_levels_are_accounted_from_now_on() -> None:
    problem = replace(_two_stations(), battery=replace(_two_stations().battery, start_wh=500.0))
    now_s = 4 * problem.resolution_s
    asked = replace(problem, baseline=_baseline(Schedule(), now_s, now_s))
    trace = propagate_battery(Case(asked, Schedule()))
    assert trace.charge_at(0) == trace.charge_at(now_s) == 500.0
    assert trace.charge_at(problem.horizon_s) != 500.0


def test_the_validator_refuses_what_touches_the_frozen_part() -> None:
    problem = _two_stations()
    plan = _plan_of(problem)
    frozen_until_s = max(placed.span[1] for placed in plan.activities)
    asked = disturbance(problem, _baseline(plan, 0, frozen_until_s))
    assert {violation.rule_id for violation in validate(asked.problem, Schedule()).violations} >= {"FROZEN"}
    moved = tuple(replace(p, span=(p.span[0] + 300, p.span[1] + 300)) for p in plan.activities)
    assert "FROZEN" in {v.rule_id for v in validate(asked.problem, replace(plan, activities=moved)).violations}


def test_faults_of_a_baseline_are_told() -> None:
    problem = _two_stations()
    nowhere = Schedule((PlacedActivity("nobody", "base", (0, 1)),), (PlacedDrive("base", "mars", (0, 1)),))
    broken = Baseline(Schedule(), nowhere, 7, -1, -1.0, float("nan"))
    told = {(fault.path, fault.code) for fault in check_problem(replace(problem, baseline=broken))}
    assert told >= {
        ("baseline.now_s", "OFF_GRID"),
        ("baseline.frozen_until_s", "OUT_OF_RANGE"),
        ("baseline.moved_weight", "OUT_OF_RANGE"),
        ("baseline.dropped_weight", "NOT_FINITE"),
        ("baseline.frozen.activities[0]", "UNKNOWN_ACTIVITY"),
        ("baseline.frozen.drives[0]", "UNKNOWN_DRIVE"),
    }


def test_changes_match_items_and_name_what_is_in_the_way() -> None:
    problem = _two_stations()
    before = Schedule(
        (PlacedActivity("a", "base", (0, 600)),),
        (PlacedDrive("base", "ridge", (1200, 1800)),),
        (PlacedContact("usuda", "base", "usuda-1", (0, 900)), PlacedContact("usuda", "base", "usuda-1", (2000, 2600))),
    )
    after = Schedule(
        (PlacedActivity("b", "base", (0, 600)), PlacedActivity("a", "base", (600, 1200))),
        (PlacedDrive("base", "ridge", (1500, 2100)),),
        (PlacedContact("usuda", "base", "usuda-1", (300, 900)),),
    )
    told = {(change.kind, change.label): change for change in changes(problem, before, after)}
    assert set(told) == {
        (ChangeKind.MOVED, "a"),
        (ChangeKind.ADDED, "b"),
        (ChangeKind.MOVED, "base->ridge@1200"),
        (ChangeKind.MOVED, "usuda@0"),
        (ChangeKind.DROPPED, "usuda@2000"),
    }
    assert (told[ChangeKind.MOVED, "a"].reason, told[ChangeKind.MOVED, "a"].because) == ("MADE_ROOM", ("b",))
    assert contact_change_s(before, after) == 300 + 600
