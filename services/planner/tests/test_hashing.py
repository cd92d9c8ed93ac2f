from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from malapert_planner.domain.problem.hashing import canonical_json, problem_hash, schedule_hash
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from problem_factory import make_place, make_problem, random_problem, random_schedule

FAMILIES = ("places", "drives", "activities", "relations", "repetitions", "contact_windows")


@pytest.mark.parametrize("seed", range(10))
def test_order_of_objects_does_not_matter(seed: int) -> None:
    problem, rng = random_problem(seed), random.Random(seed)
    shuffled = {name: tuple(rng.sample(getattr(problem, name), len(getattr(problem, name)))) for name in FAMILIES}
    activities = tuple(
        replace(activity, place_ids=activity.place_ids[::-1], windows=activity.windows[::-1])
        for activity in shuffled.pop("activities")
    )
    schedule = random_schedule(problem, seed)
    reversed_schedule = replace(schedule, activities=schedule.activities[::-1], contacts=schedule.contacts[::-1])

    assert problem_hash(replace(problem, activities=activities, **shuffled)) == problem_hash(problem)
    assert schedule_hash(reversed_schedule) == schedule_hash(schedule)


def test_order_of_samples_matters() -> None:
    rising = make_problem(places=(make_place(generation=PowerSeries((0, 60), (1.0, 2.0))),))
    falling = make_problem(places=(make_place(generation=PowerSeries((0, 60), (2.0, 1.0))),))

    assert problem_hash(rising) != problem_hash(falling)


def test_dark_places_count() -> None:
    dark = make_problem(drive_rule=DriveRule((), (), ("ridge",)))

    assert problem_hash(dark) != problem_hash(make_problem())


def test_every_random_problem_has_its_own_hash() -> None:
    assert len({problem_hash(random_problem(seed)) for seed in range(50)}) == 50


def test_the_same_value_in_another_form_has_the_same_hash() -> None:
    problem = make_problem()
    tokyo = timezone(timedelta(hours=9))
    same = replace(
        problem,
        start_time=problem.start_time.astimezone(tokyo),
        contact_power_w=0,
        places=tuple(
            replace(place, generation=PowerSeries(place.generation.offset_s, (np.float64(100.0),)))
            for place in problem.places
        ),
    )

    assert problem_hash(same) == problem_hash(problem)


def test_canonical_json_is_as_specified() -> None:
    assert canonical_json({"b": (2.0, 1.5), "a": ("y", "x")}) == '{"a":["x","y"],"b":[2,1.5]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_have_no_hash(number: float) -> None:
    with pytest.raises(ValueError, match="no canonical form"):
        problem_hash(make_problem(contact_power_w=number))


def test_naive_time_has_no_hash() -> None:
    with pytest.raises(ValueError, match="zone"):
        problem_hash(make_problem(start_time=make_problem().start_time.replace(tzinfo=None)))
