"""The propagation against cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.profiles import MOST_SAMPLES, PRECISION, thinned
from malapert_planner.domain.simulation.propagation import propagate_battery, propagate_storage
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from problem_factory import HORIZON_S, make_activity, make_drive, make_place, make_problem, make_window

RAMP = PowerSeries((0, 7200), (0.0, 200.0))


def lone_place(generation: PowerSeries, battery: Battery, **changes):
    return make_problem(places=(make_place("base", generation=generation),), drives=(), battery=battery, **changes)


def test_minimum_lies_at_the_vertex_of_the_parabola() -> None:
    # Net power −90 W + t/36 W: zero at t = 3240 s, where 90 W × 3240 s / 2 = 40.5 Wh are gone.
    problem = lone_place(RAMP, Battery(1000.0, 0.0, 500.0, 0.0, 90.0, 90.0))

    battery = next(item for item in validate(problem, Schedule()).profiles if item.resource_id == "battery_wh")

    assert battery.minimum == pytest.approx(459.5, abs=1e-9)
    assert battery.minimum_offset_s == pytest.approx(3240.0, abs=1e-6)


def test_dip_between_grid_points_breaks_the_floor() -> None:
    # The same dip seen on a grid of 7200 s is invisible: the charge at both ends lies above the floor.
    problem = lone_place(
        RAMP, Battery(1000.0, 470.0, 500.0, 0.0, 90.0, 90.0), horizon_s=7200 * 3, resolution_s=7200 * 3
    )

    (violation,) = validate(problem, Schedule()).violations

    assert violation.rule_id == Rule.BATTERY_FLOOR
    assert violation.amount == pytest.approx(10.5, abs=1e-9)
    # 500 − 90 t/3600 + t²/(72·3600) = 470 at t = 3240 ± sqrt(3240² − 30·72·3600).
    apart_s = (3240**2 - 30 * 72 * 3600) ** 0.5
    assert violation.span == (int(3240 - apart_s), int(3240 + apart_s) + 1)


def test_charge_stays_at_capacity_while_net_power_is_not_negative() -> None:
    # Triangle of generation up to 200 W at 2 h and down to 0 at 4 h, load 100 W; full at start.
    generation = PowerSeries((0, 7200, 14400), (0.0, 200.0, 0.0))
    problem = lone_place(generation, Battery(1000.0, 0.0, 980.0, 0.0, 100.0, 100.0))

    trace = propagate_battery(Case(problem, Schedule()))

    # Down 50 Wh to 930 at 1 h, up 50 Wh by 2 h, the last 20 Wh thereafter: 100 τ/3600 − τ²/(72·3600) = 20.
    full_s = 7200 + 3600 - (3600**2 - 20 * 72 * 3600) ** 0.5
    full = np.flatnonzero(trace.charge_wh == 1000.0)
    assert trace.time_s[full[0]] == pytest.approx(full_s, abs=1e-6)
    assert trace.time_s[full[-1]] == pytest.approx(10800.0, abs=1e-6)
    assert trace.charge_at(14400) == pytest.approx(950.0, abs=1e-9)
    assert trace.charge_wh.min() == pytest.approx(750.0, abs=1e-9)


def test_efficiency_holds_for_charging_only() -> None:
    generation = PowerSeries((0, 3600, 3601), (300.0, 300.0, 0.0))
    problem = lone_place(generation, Battery(1000.0, 0.0, 500.0, 0.0, 100.0, 100.0, charge_efficiency=0.9))

    trace = propagate_battery(Case(problem, Schedule()))

    # 200 W net for an hour at 0.9; then a ramp of one second from 300 to 0 W that turns after 2/3 s; then −100 W.
    ramp_wh = (0.9 * 200 * (2 / 3) / 2 - 100 * (1 / 3) / 2) / 3600
    assert trace.charge_at(3600) == pytest.approx(680.0, abs=1e-9)
    assert trace.charge_at(7200) == pytest.approx(680.0 + ramp_wh - 100 * 3599 / 3600, abs=1e-9)


def test_awake_and_asleep_loads_and_drive_with_the_darker_end() -> None:
    places = (make_place("base", power_w=200.0), make_place("ridge", generation=RAMP))
    problem = make_problem(
        places=places,
        drives=(make_drive(power_w=50.0, duration_s=7200),),
        battery=Battery(10000.0, 0.0, 500.0, 0.0, awake_load_w=40.0, asleep_load_w=10.0),
        contact_power_w=30.0,
        contact_windows=(make_window("w"),),
    )
    schedule = Schedule(
        drives=(PlacedDrive("base", "ridge", (3600, 10800)),),
        contacts=(PlacedContact("usuda", "base", "w", (1800, 3600)),),
    )

    trace = propagate_battery(Case(problem, schedule))

    # Half an hour at 200 − 10, half at 200 − 40 − 30; the drive: the ridge's ramp from 100 W, then 200 W, less 90.
    assert trace.charge_at(1800) == pytest.approx(595.0)
    assert trace.charge_at(3600) == pytest.approx(595.0 + 65.0)
    assert trace.charge_at(10800) == pytest.approx(660.0 + (150 - 90) + (200 - 90))
    assert trace.charge_at(14400) == pytest.approx(830.0 + 190)


def test_generation_during_a_drive_is_the_lower_end_where_they_cross() -> None:
    places = (
        make_place("base", generation=PowerSeries((0, 7200), (200.0, 0.0))),
        make_place("ridge", generation=RAMP),
    )
    problem = make_problem(places=places, drives=(make_drive(duration_s=7200),))

    trace = propagate_battery(Case(problem, Schedule(drives=(PlacedDrive("base", "ridge", (0, 7200)),))))

    # A triangle with its top of 100 W at one hour.
    assert trace.generation_w[trace.time_s[:-1] < 7200].max() == pytest.approx(100.0)
    assert trace.charge_at(7200) == pytest.approx(500.0 + 100.0)


def test_storage_is_drained_by_rate_steps_and_never_below_zero() -> None:
    window = make_window("w", rate=RateSeries((0, 2000), (1000.0, 3000.0)))
    problem = make_problem(
        activities=(make_activity("a", data_bit=3.6e6),),
        contact_windows=(window,),
        storage=Storage(1e8, 1e6, 1e8),
    )
    schedule = Schedule(
        activities=(PlacedActivity("a", "base", (0, 3600)),),
        contacts=(PlacedContact("usuda", "base", "w", (1000, 4000)),),
    )

    trace = propagate_storage(Case(problem, schedule))

    # 1 Mbit and 1 kbit/s in: 2 Mbit at 1000 s, level to 2000 s, then −2 kbit/s: empty at 3000 s; then in is out.
    stored = dict(zip(trace.time_s.tolist(), trace.stored_bit.tolist(), strict=True))
    assert stored[1000.0] == stored[2000.0] == pytest.approx(2e6)
    assert stored[3000.0] == pytest.approx(0.0, abs=1e-6)
    assert stored[float(HORIZON_S)] == pytest.approx(0.0, abs=1e-6)
    assert trace.sent_bit == pytest.approx((1e6 + 3e6 + 0.6e6,))


def test_sent_data_is_reported_in_the_schedules_order() -> None:
    problem = make_problem(contact_windows=(make_window("w"),), storage=Storage(1e8, 5e6, 1e8))
    contacts = (PlacedContact("usuda", "base", "w", (4000, 8000)), PlacedContact("usuda", "base", "w", (0, 2000)))

    assert validate(problem, Schedule(contacts=contacts)).sent_bit == pytest.approx((3e6, 2e6))


def test_profiles_step_where_loads_step() -> None:
    problem = make_problem(activities=(make_activity("a", power_w=70.0),))
    report = validate(problem, Schedule((PlacedActivity("a", "base", (3600, 7200)),)))

    load = next(item for item in report.profiles if item.resource_id == "load_w")

    assert list(zip(load.offset_s, load.value, strict=True)) == [
        (0.0, 0.0), (3600.0, 0.0), (3600.0, 70.0), (7200.0, 70.0), (7200.0, 0.0), (HORIZON_S, 0.0),
    ]  # fmt: skip
    assert (load.minimum, load.maximum) == (0.0, 70.0)


def test_thinning_keeps_every_extreme_and_the_ends() -> None:
    time_s = np.linspace(0.0, 8.64e6, 120_000)
    value = 500 + 300 * np.sin(time_s / 2e5) + np.random.default_rng(1).normal(0, 20, time_s.size)
    value[77_777], value[33_333] = -40.0, 2000.0

    kept = thinned(time_s, value)

    assert kept.size <= MOST_SAMPLES
    assert {0, 33_333, 77_777, time_s.size - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_a_thinned_profile_is_nowhere_off_by_more_than_its_precision() -> None:
    """A charge over 100 days of a Sun that comes and goes, with loads that step: every 75 s a bend."""
    time_s, rng = np.arange(0.0, 8.64e6, 75.0), np.random.default_rng(4)
    loads_w = np.repeat(rng.choice([35.0, 90.0, 250.0], size=time_s.size // 40 + 1), 40)[: time_s.size]
    charge_wh = np.cumsum(300 * np.clip(np.sin(time_s / 3.8e5) + 0.3, 0, 1) - loads_w) * 75 / 3600
    kept = thinned(time_s, charge_wh)
    assert kept.size <= MOST_SAMPLES
    off_wh = np.abs(np.interp(time_s, time_s[kept], charge_wh[kept]) - charge_wh)
    assert off_wh.max() <= PRECISION * np.ptp(charge_wh)
    assert kept[0] == 0
    assert kept[-1] == time_s.size - 1


def test_what_is_shared_and_used_up_has_profiles() -> None:
    problem = make_problem(
        activities=(make_activity("a"), make_activity("b")),
        limits=(Limit("ovens", "Ovens", 3.0, "1", (LimitUse("a", 1.0), LimitUse("b", 1.5))),),
        cumulative_resources=(CumulativeResource("crew", "Crew", 4.0, "1", (LimitUse("a", 2.0), LimitUse("b", 1.0))),),
        reservoirs=(Reservoir("tank", "Tank", 5.0, 1.0, "kg", (ReservoirUse("a", 0.0, 3.0), ReservoirUse("b", 2.0))),),
    )
    schedule = Schedule((PlacedActivity("a", "base", (0, 3600)), PlacedActivity("b", "base", (3600, 7200))))
    profiles = {item.resource_id: item for item in validate(problem, schedule).profiles}

    def steps(resource_id: str) -> list[tuple[float, float]]:
        return list(zip(profiles[resource_id].offset_s, profiles[resource_id].value, strict=True))

    end = problem.horizon_s
    assert steps("ovens")[-1] == (end, 2.5)
    assert steps("crew")[-3:] == [(7200, 1.0), (7200, 0.0), (end, 0.0)]
    assert (profiles["crew"].maximum, profiles["crew"].capacity) == (2.0, 4.0)
    # What is produced may be there at once or at the end only, what is consumed likewise.
    assert (profiles["tank.least"].minimum, profiles["tank.least"].floor) == (1.0, 0.0)
    assert (profiles["tank.most"].maximum, profiles["tank.most"].capacity) == (4.0, 5.0)
    assert steps("tank.least")[-1] == steps("tank.most")[-1] == (end, 2.0)
