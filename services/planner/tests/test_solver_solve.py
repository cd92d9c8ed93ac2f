"""What holds for every solve: validity, true bounds, determinism, conflicts, cancelling, progress."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.resources import Battery
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.construct.greedy_insertion import insert_greedily
from malapert_planner.solvers.engine import SolveProgress
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from problem_factory import HOUR_S, make_activity, make_problem, random_problem


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_the_validator_accepts_every_schedule(seed: int) -> None:
    problem = random_problem(seed)
    result = solve(problem, seed=seed, work_limit=0.6)
    assert result.status is not SolveStatus.UNKNOWN
    if result.status is not SolveStatus.INFEASIBLE:
        assert validate(problem, result.schedule).violations == ()
        assert result.objective == pytest.approx(evaluate(problem, result.schedule).objective)
        assert result.bound >= result.objective


@pytest.mark.parametrize("seed", [4, 6, 13])
def test_same_seed_and_work_give_the_same_result(seed: int) -> None:
    problem = random_problem(seed)
    first, second = (solve(problem, seed=3, work_limit=0.5) for _ in range(2))
    assert repr(first) == repr(second)
    assert first.parameters["wall_cut"] == "false"


def test_mandatory_requests_that_contradict_are_named() -> None:
    arm = {"resource_ids": ("arm",), "windows": ((0, 90 * 60),), "mandatory": True}
    free = make_activity("free", mandatory=True)
    problem = make_problem(activities=(make_activity("a", **arm), make_activity("b", **arm), free))
    result = solve(problem, work_limit=2.0)
    assert result.status is SolveStatus.INFEASIBLE
    assert (result.conflict, result.conflict_minimal) == (("a", "b"), True)


@pytest.mark.slow
def test_an_unsurvivable_night_is_no_request_s_fault() -> None:
    problem = make_problem(activities=(make_activity(mandatory=True),))
    places = tuple(replace(place, generation=replace(place.generation, power_w=(0.0,))) for place in problem.places)
    problem = replace(problem, places=places, battery=Battery(1000.0, 900.0, 1000.0, 900.0, 50.0, 50.0))
    result = solve(problem, work_limit=2.0)
    assert result.status is SolveStatus.INFEASIBLE
    assert result.conflict == ()


def test_a_limit_that_ends_too_early_proves_nothing() -> None:
    problem = make_problem(activities=(make_activity(mandatory=True),))
    result = solve(problem, wall_limit_s=0.0)
    assert result.status is SolveStatus.UNKNOWN
    assert result.conflict == ()
    assert result.schedule.activities == ()
    assert solve(problem, work_limit=2.0).status is SolveStatus.OPTIMAL


def test_cancel_before_the_start_returns_at_once() -> None:
    cancel = threading.Event()
    cancel.set()
    result = solve(random_problem(6), work_limit=100.0, cancel=cancel)
    assert result.work < 1.0
    assert result.parameters["cancelled"] == "true"


def test_cancel_from_progress_keeps_the_schedule_so_far() -> None:
    cancel, seen = threading.Event(), []

    def on_progress(progress: SolveProgress) -> None:
        seen.append(progress)
        if progress.objective is not None:
            cancel.set()

    problem = random_problem(13)
    result = solve(problem, work_limit=100.0, on_progress=on_progress, cancel=cancel)
    assert result.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE)
    assert validate(problem, result.schedule).valid
    assert result.work < 50.0


def test_progress_never_gets_worse() -> None:
    seen: list[SolveProgress] = []
    solve(random_problem(13), work_limit=1.0, on_progress=seen.append)
    objectives = [p.objective for p in seen if p.objective is not None]
    assert objectives == sorted(objectives)
    assert all(p.bound >= p.objective for p in seen if p.objective is not None)


def test_a_window_off_the_grid_is_used_on_the_grid() -> None:
    problem = make_problem(
        resolution_s=600, activities=(make_activity(windows=((100, 4300 + HOUR_S),), duration_s=HOUR_S),)
    )
    (placed,) = solve(problem, work_limit=1.0).schedule.activities
    assert placed.span[0] % 600 == 0
    assert placed.span[0] >= 100


def test_what_is_wanted_together_is_filled_in_together() -> None:
    problem = make_problem(
        activities=(
            make_activity("a", windows=((0, 3 * HOUR_S),), resource_ids=("arm",)),
            make_activity("b", windows=((2 * HOUR_S, 5 * HOUR_S),), resource_ids=("arm",)),
            make_activity("c", windows=((0, HOUR_S),)),
            make_activity("d", windows=((4 * HOUR_S, 5 * HOUR_S),)),
            make_activity("e"),
        ),
        relations=(
            Relation(RelationKind.TOGETHER, "a", "b", max_lag_s=HOUR_S),
            Relation(RelationKind.TOGETHER, "b", "e", max_lag_s=HOUR_S),
            Relation(RelationKind.TOGETHER, "c", "d", max_lag_s=HOUR_S),
        ),
    )
    instance = compile_problem(problem)
    filled = insert_greedily(Incumbent(instance, Schedule()), list(instance.chains)).schedule
    spans = {placed.activity_id: placed.span for placed in filled.activities}
    assert set(spans) == {"a", "b", "e"}
    assert 0 < spans["b"][0] - spans["a"][0] <= HOUR_S
    assert validate(problem, filled).valid


@pytest.mark.parametrize("seed", range(30))
def test_what_follows_from_a_schedule_is_what_is_worked_out_anew(seed: int) -> None:
    problem = random_problem(seed)
    instance, schedule = compile_problem(problem), solve(problem, work_limit=0.2, seed=seed).schedule
    grown = Incumbent(instance, replace(schedule, activities=(), contacts=()))
    for placed in schedule.activities:
        grown = grown.with_added((placed,))
    for contact in schedule.contacts:
        grown = grown.with_added((), (contact,))
    anew = Incumbent(instance, schedule)
    assert set(grown.schedule.activities) == set(schedule.activities)
    assert (grown.awake == anew.awake).all()
    for found, expected in zip((*grown.energy_wh, *grown.data_bit), (*anew.energy_wh, *anew.data_bit), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)
