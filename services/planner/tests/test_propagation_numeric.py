"""The exact propagation against a plain integration second by second, on random problems and schedules."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from fine_integration import Levels, integrate
from malapert_planner.domain.simulation.deliveries import deliveries
from malapert_planner.domain.simulation.propagation import data_flow, propagate_battery, propagate_storage
from malapert_planner.domain.simulation.timeline import Case
from problem_factory import random_problem, random_schedule

SECONDS_WH = 0.05
"""Error of the one-second rule where the charge turns or fills inside a second: up to 300 W × 1 s each time."""


def day_long(seed: int):
    problem = random_problem(seed)
    while problem.horizon_s > 24 * 3600:
        seed += 1000
        problem = random_problem(seed)
    # Plans that sink below zero or spill are part of the test; the battery is made small so that both happen.
    return replace(problem, battery=replace(problem.battery, capacity_wh=1500.0, start_wh=1000.0, floor_wh=100.0))


@cache
def case_of(seed: int) -> tuple[Case, Levels]:
    """A random problem with a random schedule, and the integration of both."""
    problem = day_long(seed)
    schedule = random_schedule(problem, seed)
    return Case(problem, schedule), integrate(problem, schedule)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_battery_and_storage_agree_with_fine_integration(seed: int) -> None:
    case, fine = case_of(seed)
    seconds = np.arange(case.problem.horizon_s + 1)

    battery, storage = propagate_battery(case), propagate_storage(case)

    whole = np.isin(battery.time_s, seconds)
    fine_wh = np.array(fine.charge_wh)[battery.time_s[whole].astype(int)]
    np.testing.assert_allclose(battery.charge_wh[whole], fine_wh, atol=SECONDS_WH)
    assert battery.charge_wh.min() == pytest.approx(min(fine.charge_wh), abs=SECONDS_WH)
    assert battery.charge_wh.max() == pytest.approx(max(fine.charge_wh), abs=SECONDS_WH)
    whole = np.isin(storage.time_s, seconds)
    second_bit = 5.12e5
    fine_bit = np.array(fine.stored_bit)[storage.time_s[whole].astype(int)]
    np.testing.assert_allclose(storage.stored_bit[whole], fine_bit, atol=second_bit)
    np.testing.assert_allclose(storage.sent_bit, fine.sent_bit, atol=second_bit)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_products_reach_the_ground_when_a_queue_of_parcels_says(seed: int) -> None:
    case, fine = case_of(seed)

    found = {(item.activity_id, item.product_id): item.sent_s for item in deliveries(case, data_flow(case))}

    assert {key for key, sent_s in found.items() if sent_s is not None} == set(fine.sent_s)
    for key, sent_s in fine.sent_s.items():
        # A parcel counts at the end of its second; one more of rounding where rates step inside one.
        assert found[key] == pytest.approx(sent_s - 0.5, abs=1.5)


@pytest.mark.parametrize("seed", range(20))
def test_data_is_conserved(seed: int) -> None:
    problem = random_problem(seed)
    schedule = random_schedule(problem, seed)
    case = Case(problem, schedule)

    storage = propagate_storage(case)

    made: list[Any] = [item for item, _ in (*case.activities, *case.drives)]
    made_bit = sum(item.data_bit for item in made)
    left_bit = problem.storage.start_bit + made_bit - sum(storage.sent_bit)
    assert storage.stored_bit[-1] == pytest.approx(left_bit, abs=1.0)
    assert storage.stored_bit.min() >= 0.0
    assert (np.diff(storage.time_s) > 0).all()


def test_random_schedules_exercise_what_matters() -> None:
    """Without contacts that send, drives and charges that spill the comparisons above would be idle."""
    cases = [Case(day_long(seed), random_schedule(day_long(seed), seed)) for seed in range(16)]

    assert sum(len(case.drives) for case in cases) > 10
    sent = [item for case in cases for item in deliveries(case, data_flow(case)) if item.sent_s is not None]
    assert sum(item.sent_s > item.made_s for item in sent) > 10
    assert sum(sum(propagate_storage(case).sent_bit) > 0 for case in cases) > 3
    assert sum((np.diff(propagate_battery(case).charge_wh) == 0).any() for case in cases) > 3
