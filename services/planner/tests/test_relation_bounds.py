"""Requests of several repetitions that stand to each other: no bound is below a plan that the validator accepts.

Every schedule of the small problems is tried with the validator as judge.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest
from coarse_levels import level_bounds
from malapert_planner.domain.problem.activities import Activity, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import Baseline, Objective, PlanningProblem
from malapert_planner.domain.problem.resources import (
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
)
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.bounds.interval_relaxation import trivial_bound, upper_bound
from malapert_planner.solvers.construct.tour import solve_tour
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_problem

POINTS = 1e-5


def small(*activities: Activity, **changes: object) -> PlanningProblem:
    """Six hours at one place on a grid of an hour."""
    base = make_problem(resolution_s=HOUR_S, drives=(), activities=activities)
    return replace(base, **changes)  # type: ignore[arg-type]


def optimum(problem: PlanningProblem) -> float:
    """The best objective over every valid schedule on the hour, all at base; minus infinity where there is none."""
    best = float("-inf")
    options = [
        [None, *(PlacedActivity(a.activity_id, "base", (t, t + a.duration_s)) for t in _starts_s(a))]
        for a in problem.activities
    ]
    for choice in product(*options):
        placed = [each for each in choice if each is not None]
        schedule = Schedule(tuple(sorted(placed, key=lambda a: (a.span, a.activity_id))))
        objective = evaluate(problem, schedule).objective
        if objective > best and validate(problem, schedule).valid:
            best = objective
    return best


def _starts_s(activity: Activity) -> range:
    first, last = activity.windows[0] if activity.windows else (0, HORIZON_S)
    return range(first, last - activity.duration_s + 1, HOUR_S)


def bounds(problem: PlanningProblem) -> dict[str, float]:
    """Every bound that the solver states of a problem."""
    instance = compile_problem(problem)
    return {
        "trivial": trivial_bound(instance),
        "relaxation": upper_bound(instance, Engine(1, 10.0, 60.0), 5.0),
        "tour": solve_tour(instance, Engine(1, 10.0, 60.0), 5.0)[0],
        **{f"level {number}": bound for number, bound in enumerate(level_bounds(problem))},
    }


def hour(name: str, request_id: str, index: int, start_h: int, **changes: object) -> Activity:
    """A repetition that has a single hour in which it can be."""
    span = (start_h * HOUR_S, (start_h + 1) * HOUR_S)
    return make_activity(name, request_id=request_id, repetition_index=index, windows=(span,), **changes)


TOGETHER = (Relation(RelationKind.TOGETHER, "b", "a", 0, HOUR_S),)
CASES = {
    "the first of several starts near": (
        small(hour("a", "a", 0, 0), hour("b0", "b", 0, 1), hour("b1", "b", 1, 4), relations=TOGETHER),
        30.0,
    ),
    "the other way round": (
        small(hour("b", "b", 0, 0), hour("a0", "a", 0, 1), hour("a1", "a", 1, 4), relations=TOGETHER),
        30.0,
    ),
    "one of several is enough": (
        small(
            hour("a", "a", 0, 0),
            hour("b0", "b", 0, 1, resource_ids=("arm",)),
            hour("b1", "b", 1, 1, resource_ids=("arm",), value=4.0),
            relations=TOGETHER,
        ),
        20.0,
    ),
    "several of both": (
        small(
            hour("a0", "a", 0, 0),
            hour("a1", "a", 1, 4),
            hour("b0", "b", 0, 1),
            hour("b1", "b", 1, 3),
            relations=TOGETHER,
        ),
        40.0,
    ),
    "a later repetition first": (
        small(hour("a", "a", 0, 0), hour("b0", "b", 0, 3), hour("b1", "b", 1, 1), relations=TOGETHER),
        30.0,
    ),
    "none is near": (
        small(hour("a", "a", 0, 0), hour("b0", "b", 0, 3), hour("b1", "b", 1, 4), relations=TOGETHER),
        0.0,
    ),
    "two chains of one repetition": (
        small(
            hour("b0", "b", 0, 0),
            hour("also b0", "b", 0, 4, value=3.0),
            hour("b1", "b", 1, 1),
            hour("also b1", "b", 1, 3, value=3.0),
            repetitions=(Repetition("b", HOUR_S, 0),),
        ),
        26.0,
    ),
    "a chain of two agencies": (
        small(
            *(
                make_activity(
                    f"c{n}", request_id="c", chain_id="c", chain_index=n, agency_id=agency_id, resource_ids=("arm",)
                )
                for n, agency_id in enumerate(("JAXA", "ISRO"))
            ),
            objective=Objective(1.0, 5.0),
        ),
        20.0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_validator_accepts_of_repetitions_is_planned_and_bounded(name: str) -> None:
    problem, best = CASES[name]
    assert optimum(problem) == pytest.approx(best)
    for bound in bounds(problem).values():
        assert bound >= best - 1e-9
    assert solve(problem, seed=1, work_limit=2.0).objective == pytest.approx(best)
    placeless = solve(replace(problem, metadata={"placeless": "true"}), seed=1, work_limit=2.0)
    assert placeless.objective == pytest.approx(best)


def generated(seed: int) -> PlanningProblem:
    """Two or three requests, at least one of them repeated, related in every way; few starts for each activity."""
    rng = random.Random(seed)
    counts = {"a": rng.choice((1, 2, 2)), "b": 2, **({"c": 1} if rng.random() < 0.4 else {})}
    activities = [made for request_id, count in counts.items() for made in _request(rng, request_id, count)]
    names = list(counts)
    kinds = list(RelationKind)
    relations = []
    for number in range(rng.choice((1, 1, 2))):
        other, own = sorted(rng.sample(range(len(names)), 2), reverse=bool(seed % 2))
        lags = rng.choice(((0, 0), (0, HOUR_S), (HOUR_S, 0), (HOUR_S, 2 * HOUR_S)))
        relations.append(Relation(kinds[(seed + number) % len(kinds)], names[own], names[other], *lags))
    repeated = [name for name in names if counts[name] > 1 and rng.random() < 0.4]
    return small(
        *activities,
        relations=tuple(relations),
        repetitions=tuple(
            Repetition(name, rng.choice((1, 2)) * HOUR_S, rng.choice((0, 1, 2)) * HOUR_S) for name in repeated
        ),
        limits=_limits(rng, activities),
        cumulative_resources=_crew(rng, activities),
        reservoirs=_tank(rng, activities),
        objective=Objective(1.0, rng.choice((0.0, 10.0))),
    )


def _request(rng: random.Random, request_id: str, count: int) -> list[Activity]:
    modes = ("m", "n") if count == 1 and rng.random() < 0.5 else ("",)
    agency_id, own_each = rng.choice(("JAXA", "ISRO")), rng.random() < 0.2
    found = []
    for index in range(count):
        for mode in modes:
            first = rng.randint(0, 3)
            found.append(
                make_activity(
                    f"{request_id}{index}{mode}",
                    request_id=request_id,
                    repetition_index=0 if own_each else index,
                    mode_id=mode,
                    agency_id=agency_id,
                    value=float(rng.randint(1, 9)),
                    windows=((first * HOUR_S, (first + rng.randint(2, 3)) * HOUR_S),),
                    duration_s=rng.choice((HOUR_S, HOUR_S, 2 * HOUR_S)),
                    resource_ids=rng.choice(((), ("arm",))),
                    mandatory=False,
                )
            )
    return found


def _limits(rng: random.Random, activities: list[Activity]) -> tuple[Limit, ...]:
    chosen = [LimitUse(each.activity_id, 1.0) for each in activities if each.request_id == "b"]
    if rng.random() < 0.3:
        return (Limit("choice:b", "b", 1.0, "1", tuple(chosen), is_choice=True),)
    uses = tuple(LimitUse(each.activity_id, rng.choice((0.1, 0.2, 0.3))) for each in activities)
    return (Limit("ovens", "Ovens", rng.choice((0.3, 0.6)), "1", uses),) if rng.random() < 0.3 else ()


def _crew(rng: random.Random, activities: list[Activity]) -> tuple[CumulativeResource, ...]:
    uses = tuple(LimitUse(each.activity_id, rng.choice((0.1, 0.2, 0.7))) for each in activities)
    return (CumulativeResource("crew", "Crew", rng.choice((0.3, 0.8)), "1", uses),) if rng.random() < 0.3 else ()


def _tank(rng: random.Random, activities: list[Activity]) -> tuple[Reservoir, ...]:
    amounts = ((0.1, 0.0), (0.0, 0.1), (0.3, 0.2))
    uses = tuple(ReservoirUse(each.activity_id, *rng.choice(amounts)) for each in activities)
    return (Reservoir("tank", "Tank", 0.3, rng.choice((0.0, 0.1, 0.3)), "kg", uses),) if rng.random() < 0.3 else ()


def test_what_has_happened_breaks_no_relation() -> None:
    """The hour before was to be followed within an hour; that it was not is a fact, and what comes later is valid."""
    ran = Schedule((PlacedActivity("a", "base", (0, HOUR_S)),))
    problem = small(
        hour("a", "a", 0, 0),
        hour("b", "b", 0, 4),
        relations=(Relation(RelationKind.AFTER, "b", "a", 0, HOUR_S),),
        baseline=Baseline(ran, ran, 2 * HOUR_S, 2 * HOUR_S, 0.0, 0.0),
    )
    later = Schedule((*ran.activities, PlacedActivity("b", "base", (4 * HOUR_S, 5 * HOUR_S))))
    assert validate(problem, later).violations == ()
    assert evaluate(problem, later).objective == 20.0
    assert upper_bound(compile_problem(problem), Engine(1, 10.0, 60.0), 5.0) >= 20.0


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_each_of_a_choice_counts_once(amount: float) -> None:
    """With less, two of the one that is asked for could be planned: a share below nothing, which no bound has."""
    uses = (LimitUse("c0", amount), LimitUse("c1", 1.0))
    problem = small(
        *(hour(f"c{n}", "c", n, n) for n in range(2)), limits=(Limit("choice:c", "c", 1.0, "1", uses, is_choice=True),)
    )
    found = [(fault.path, fault.code) for fault in check_problem(problem)]
    assert found == [("limits[0].uses[0].amount", "CHOICE_AMOUNT")]


@pytest.mark.parametrize("seed", range(24))
def test_no_valid_plan_is_above_any_bound(seed: int) -> None:
    problem = generated(seed)
    best = optimum(problem)
    for name, bound in bounds(problem).items():
        assert bound >= best - 1e-9, name
    placeless = solve(replace(problem, metadata={"placeless": "no terrain"}), seed=1, work_limit=2.0)
    assert placeless.objective == pytest.approx(best)
