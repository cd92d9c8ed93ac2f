"""The coarse-time bound: its arithmetic against exact fractions, its truth against valid plans, its refinement."""

from __future__ import annotations

import math
import random
import sys
import threading
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from coarse_levels import check_bounds, level_bounds
from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.problem import Baseline, Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.bounds.cells import covered_s, edges_between, peak_bps, peak_w
from malapert_planner.solvers.bounds.program import LinearProgram, ProgramBuilder
from malapert_planner.solvers.bounds.refinement import BoundRefinement, bounds_of
from malapert_planner.solvers.bounds.safe_bound import safe_bound
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from problem_factory import HOUR_S, make_activity, make_drive, make_place, make_problem, make_window, random_problem

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from planner_reference_size import synthetic_mission


def random_program(rng: random.Random) -> LinearProgram:
    """Up to 12 columns and 10 rows of numbers between 1e-6 and 1e6 of either sign."""

    def number() -> float:
        return rng.choice((-1.0, 1.0)) * 10 ** rng.uniform(-6, 6)

    builder, columns, rows = ProgramBuilder(), rng.randint(1, 12), rng.randint(1, 10)
    limits = [sorted((number(), number())) for _ in range(columns)]
    builder.columns(columns, least=[a for a, _ in limits], most=[b for _, b in limits], worth=[number()] * columns)
    sides = [sorted((number(), number())) for _ in range(rows)]
    least = [rng.choice((a, -math.inf)) for a, _ in sides]
    most = [b if a == -math.inf else rng.choice((b, math.inf)) for a, (_, b) in zip(least, sides, strict=True)]
    builder.rows(rows, least=least, most=most)
    for row in range(rows):
        builder.put(row, [rng.randrange(columns) for _ in range(4)], [number() for _ in range(4)])
    return builder.build()


def exact_bound(program: LinearProgram, dual: np.ndarray) -> Fraction:
    """The right-hand side of weak duality in fractions."""
    reduced = [Fraction(value) for value in program.worth.tolist()]
    total = Fraction(0)
    matrix = program.matrix
    for row, value in enumerate(dual.tolist()):
        most, least = program.row_most[row], program.row_least[row]
        if (value > 0 and math.isinf(most)) or (value < 0 and math.isinf(least)):
            continue
        total += Fraction(value) * Fraction(most if value > 0 else least) if value else 0
        for entry in range(matrix.first[row], matrix.first[row + 1]):
            reduced[matrix.columns[entry]] -= Fraction(value) * Fraction(float(matrix.values[entry]))
    for left, least, most in zip(reduced, program.least.tolist(), program.most.tolist(), strict=True):
        total += max(left * Fraction(least), left * Fraction(most))
    return total


@pytest.mark.parametrize("seed", range(60))
def test_a_safe_bound_is_never_below_its_exact_value_and_hardly_above(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng)
    dual = np.array([rng.choice((-1.0, 0.0, 1.0)) * 10 ** rng.uniform(-9, 9) for _ in program.row_least])
    exact = exact_bound(program, dual)
    found = Fraction(safe_bound(program, dual))
    assert found >= exact
    farthest = np.maximum(np.abs(program.least), np.abs(program.most)).max()
    size = np.abs(dual).max(initial=1.0) * np.abs(program.matrix.values).max() * farthest * dual.size * farthest.size
    assert float(found - exact) <= 1e-12 * (size + abs(float(exact)) + np.abs(program.worth).max() * farthest) * 100


def test_dual_values_that_are_no_numbers_prove_nothing() -> None:
    program = random_program(random.Random(1))
    assert safe_bound(program, np.full(program.row_least.size, math.nan)) == math.inf
    assert safe_bound(program, np.full(program.row_least.size, math.inf)) == math.inf


@pytest.mark.parametrize("seed", range(30))
def test_what_lies_in_cells_is_counted_to_the_second(seed: int) -> None:
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(1000), 8))
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    edges = edges_between(rng.randint(0, 300), 1000, rng.randint(1, 400))
    held = [sum(any(a <= t < b for a, b in spans) for t in range(low, high)) for low, high in pairwise(edges.tolist())]
    assert covered_s(spans, edges).tolist() == held
    assert covered_s((), edges).tolist() == [0] * (edges.size - 1)
    offsets = tuple(sorted(rng.sample(range(-200, 1200), 6)))
    power = PowerSeries(offsets, tuple(float(rng.randint(0, 50)) for _ in offsets))
    seen = [max(np.interp(range(low, high + 1), offsets, power.power_w)) for low, high in pairwise(edges.tolist())]
    assert peak_w(power, edges).tolist() == pytest.approx(seen)


def test_the_fastest_rate_of_a_cell_is_that_of_any_window_in_it() -> None:
    slow = make_window("slow", span=(0, 2 * HOUR_S), rate=RateSeries((0, HOUR_S), (1e3, 4e3)))
    fast = make_window("fast", "other", span=(HOUR_S, 3 * HOUR_S), rate=RateSeries((0,), (2e3,)))
    edges = edges_between(0, 4 * HOUR_S, HOUR_S)
    assert peak_bps((slow, fast), edges).tolist() == [1e3, 4e3, 2e3, 0.0]
    assert peak_bps((slow, fast), edges_between(0, 4 * HOUR_S, 4 * HOUR_S)).tolist() == [4e3]


@pytest.mark.parametrize("seed", range(7_000, 7_030))
def test_no_plan_of_a_generated_problem_is_above_any_of_its_bounds(seed: int) -> None:
    problem = random_problem(seed)
    result = solve(problem, seed=seed, work_limit=0.05)
    if result.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        check_bounds(problem, result.schedule)


@pytest.mark.parametrize("seed", range(7_100, 7_112))
def test_no_replan_is_above_any_of_its_bounds(seed: int) -> None:
    """What is frozen stands, whatever the battery, the storage and the place of the asset are then."""
    problem = random_problem(seed)
    result = solve(problem, seed=seed, work_limit=0.05)
    if result.status not in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        return
    until_s = problem.horizon_s // 3 // problem.resolution_s * problem.resolution_s
    plan = result.schedule
    frozen = Schedule(
        tuple(item for item in plan.activities if item.span[0] < until_s),
        tuple(item for item in plan.drives if item.span[0] < until_s),
        tuple(item for item in plan.contacts if item.span[0] < until_s),
    )
    again = replace(problem, baseline=Baseline(plan, frozen, 0, until_s, 0.0, 0.0))
    check_bounds(again, plan)


LAMP = Battery(1000.0, 100.0, 400.0, 0.0, 10.0, 10.0)


def alike(count: int, **changes: object) -> PlanningProblem:
    """Hours of one arm, each worth 10, over the six hours of a problem with one place."""
    activities = tuple(make_activity(f"a{n}", resource_ids=("arm",), power_w=0.0, data_bit=0.0) for n in range(count))
    problem = make_problem(places=(make_place(),), drives=(), activities=activities)
    return replace(problem, **changes)  # type: ignore[arg-type]


def test_an_arm_works_no_longer_than_there_is_time() -> None:
    assert level_bounds(alike(9)) == pytest.approx([60.0] * 5, abs=1e-5)


def test_no_more_is_drawn_than_battery_and_light_give() -> None:
    """Of 400 Wh, 60 are drawn by the base load and 100 are the floor: 240 Wh are three hours at 80 W."""
    dark = make_place(generation=PowerSeries((0,), (0.0,)))
    activities = tuple(make_activity(f"a{n}", resource_ids=("arm",), power_w=80.0) for n in range(6))
    problem = make_problem(places=(dark,), drives=(), activities=activities, battery=LAMP)
    assert level_bounds(problem) == pytest.approx([30.0] * 5, abs=1e-4)


def test_no_more_is_made_than_is_stored_or_sent() -> None:
    """Room for two images of 3.6 Mbit, and an hour at 1000 bit/s for a third."""
    activities = tuple(make_activity(f"a{n}", resource_ids=("arm",), data_bit=3.6e6) for n in range(6))
    problem = alike(1, activities=activities, storage=Storage(7.2e6, 0.0, 7.2e6))
    assert level_bounds(problem) == pytest.approx([20.0] * 5, abs=1e-4)
    window = make_window("w", span=(2 * HOUR_S, 3 * HOUR_S))
    sent = replace(problem, contact_windows=(window,))
    assert level_bounds(sent) == pytest.approx([30.0] * 5, abs=1e-4)


def test_what_needs_contact_is_done_while_there_is_one() -> None:
    contact = (Condition(ConditionKind.CONTACT),)
    activities = tuple(make_activity(f"a{n}", resource_ids=("arm",), conditions=contact) for n in range(6))
    window = make_window("w", span=(HOUR_S, 3 * HOUR_S), cost_per_hour=4.0)
    problem = alike(1, activities=activities, contact_windows=(window,), objective=Objective(1.0, 0.0))
    # Each hour is worth 10 and takes an hour of contact at 4.
    assert level_bounds(problem) == pytest.approx([12.0] * 5, abs=1e-4)


def test_the_asset_is_at_one_place_at_a_time_and_drives_between() -> None:
    """Five hours of work at each of two places half an hour apart: of six 5.5 are left, a part of a drive less."""
    activities = tuple(
        make_activity(f"{place}{n}", resource_ids=(place,), place_ids=(place,))
        for n in range(5)
        for place in ("base", "ridge")
    )
    problem = make_problem(activities=activities, drives=(make_drive(), make_drive("ridge", "base")))
    assert validate(problem, Schedule()).violations == ()
    day, quarter, *flows = level_bounds(problem)
    assert (day, quarter) == pytest.approx((100.0, 100.0), abs=1e-3)
    assert all(55.0 <= bound < 60.0 - 0.5 for bound in flows)


def test_of_requests_that_exclude_each_other_one_is_planned_and_what_requires_another_comes_with_it() -> None:
    activities = tuple(make_activity(f"a{n}", request_id=f"r{n}") for n in range(2))
    for kind, bound in ((RelationKind.EXCLUDES, 10.0), (RelationKind.REQUIRES, 20.0), (RelationKind.TOGETHER, 20.0)):
        problem = alike(1, activities=activities, relations=(Relation(kind, "r0", "r1"),))
        assert level_bounds(problem) == pytest.approx([bound] * 5, abs=1e-4)
    never = replace(activities[1], place_windows=(("base", ()),))
    for kind in (RelationKind.REQUIRES, RelationKind.TOGETHER):
        problem = alike(1, activities=(activities[0], never), relations=(Relation(kind, "r0", "r1"),))
        assert level_bounds(problem) == pytest.approx([0.0] * 5, abs=1e-4)


def test_the_agency_that_is_served_least_counts_in_fairness() -> None:
    """Two agencies ask for three hours each of three that there are: the best for both is a half."""
    activities = tuple(
        make_activity(f"{agency}{n}", agency_id=agency, resource_ids=("arm",), windows=((0, 3 * HOUR_S),))
        for n in range(3)
        for agency in ("JAXA", "ISRO")
    )
    problem = alike(1, activities=activities, objective=Objective(0.0, 8.0))
    assert level_bounds(problem) == pytest.approx([30.0 - 4.0] * 5, abs=1e-4)


def test_a_refinement_never_rises_and_ends_at_the_same_bound_each_time() -> None:
    instance = compile_problem(synthetic_mission(days=12, chains=60, places=3))
    found = [bound for _, bound in bounds_of(instance, 20.0)]
    assert len(found) == 3
    for _ in range(2):
        seen = []
        with BoundRefinement(instance, 20.0) as refinement:
            while not refinement.wait(lambda: True):
                seen.append(refinement.bound)
            assert refinement.bound == min(found)
        assert seen == sorted(seen, reverse=True)


def test_a_refinement_that_is_stopped_ends_soon_and_keeps_what_it_had() -> None:
    instance = compile_problem(synthetic_mission(chains=600))
    with BoundRefinement(instance, 1e6) as refinement:
        assert refinement.wait(lambda: refinement.bound < math.inf) or refinement.bound < math.inf
        bound = refinement.bound
    assert refinement.bound <= bound
    assert not any(thread.name == "bound" and thread.is_alive() for thread in threading.enumerate())


def test_a_solve_tells_which_relaxation_its_bound_is_from() -> None:
    activities = tuple(
        make_activity(f"a{n}", resource_ids=("arm",), data_bit=3.6e6, place_ids=("base",)) for n in range(6)
    )
    problem = alike(1, activities=activities, storage=Storage(9.0e6, 0.0, 9.0e6))
    told: list[float] = []
    result = solve(problem, work_limit=2.0, on_progress=lambda progress: told.append(progress.bound))
    # Two and a half images fit; of the tour's bound nothing is known of storage.
    assert result.objective == 20.0
    assert 20.0 <= result.bound <= 25.0 + 1e-4
    assert told == sorted(told, reverse=True)
