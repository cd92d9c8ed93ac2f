"""A schedule under construction: what it lets stand the validator accepts, and its levels are those of the schedule."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.bookings import booking
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.kernels import refresh
from malapert_planner.solvers.state.stored_data import admitted_at, stored_at
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule
from problem_factory import HOUR_S, make_activity, make_place, make_problem, make_window, random_problem

SEEDS = range(40)
STEPS = 6


def _searches(seeds: range) -> list[tuple[int, RuinRecreate]]:
    """Searches at the empty schedules of generated problems in which the asset lasts without doing anything."""
    found = []
    for seed in seeds:
        bare = Incumbent(compile_problem(random_problem(seed)), Schedule())
        if bare.keeps_limits():
            search = RuinRecreate(Tables(bare.instance), seed)
            search.start(bare)
            found.append((seed, search))
    return found


def test_the_validator_accepts_every_state_of_the_search() -> None:
    placed = 0
    for seed, search in _searches(SEEDS):
        search.construct(lambda: True)
        for step in range(STEPS):
            search.step()
            schedule = search.current.schedule()
            broken = [v for v in validate(search.tables.problem, schedule).violations if v.rule_id != "MANDATORY"]
            assert not broken, (seed, step, broken[0])
            placed += len(schedule.activities)
    assert placed > 4 * len(SEEDS)


def test_levels_after_many_changes_are_those_of_the_schedule() -> None:
    for seed, search in _searches(range(12)):
        for _ in range(STEPS):
            search.step()
        fresh, levels = WorkingSchedule(search.tables), search.current.levels
        fresh.load(Incumbent(search.tables.instance, search.current.schedule()))
        for name in ("charge_wh", "need_wh", "stored_bit", "admitted_bit"):
            again = getattr(fresh.levels, name)
            assert np.allclose(getattr(levels, name), again, rtol=1e-9, atol=1e-3), (seed, name)
        for name in ("loads", "contacts_asked", "users", "tracked", "heard"):
            assert np.array_equal(getattr(levels, name), getattr(fresh.levels, name)), (seed, name)


def test_stored_data_by_blocks_is_that_of_a_walk_over_all_cells() -> None:
    """Of a walk that knows no blocks: data comes in before any is sent, and what follows must find room."""
    looked_at = 0
    for seed, search in _searches(range(12)):
        for _ in range(STEPS):
            search.step()
        levels, bounds = search.current.levels, search.tables.bounds
        cells = len(levels.filled_bit)
        stored, admitted = [levels.stored_bit[0]], [levels.admitted_bit[-1]]
        for filled, sent in zip(levels.filled_bit, levels.sent_bit, strict=True):
            stored.append(max(stored[-1] - sent, 0.0) + filled)
        for filled, sent in zip(levels.filled_bit[::-1], levels.sent_bit[::-1], strict=True):
            admitted.append(min(bounds.capacity_bit - filled, admitted[-1] - filled + sent))
        assert min(admitted) >= 0.0, seed
        by_blocks = [stored_at(levels, edge) for edge in range(cells + 1)]
        assert np.allclose(by_blocks, stored, rtol=1e-9, atol=1e-3), seed
        assert np.allclose(search.current.stored_bit(), stored, rtol=1e-9, atol=1e-3), seed
        room = [admitted_at(levels, bounds, edge) for edge in range(cells + 1)]
        assert np.allclose(room, admitted[::-1], rtol=1e-9, atol=1e-3), seed
        looked_at += max(stored) > 0.0 and cells > 2 * Recreate.BLOCK_CELLS
    assert looked_at


def test_what_no_earlier_room_could_mend_is_told_at_every_edge_before() -> None:
    problem = make_problem(contact_windows=(make_window(),))
    working = WorkingSchedule(Tables(compile_problem(problem)))
    working.load(Incumbent(working.tables.instance, Schedule()))
    late = len(working.levels.filled_bit) - 2
    working.levels.filled_bit[late] = 2 * working.bounds.capacity_bit
    refresh(working.levels, working.bounds, late, late)
    told = [admitted_at(working.levels, working.bounds, edge) for edge in range(late + 1)]
    assert max(told) < 0.0
    assert not working.is_sound()
    working.levels.filled_bit[late] = 0.0
    refresh(working.levels, working.bounds, late, late)
    assert working.is_sound()


def test_a_step_that_is_taken_back_leaves_all_as_it_was() -> None:
    for seed, search in _searches(range(12)):
        search.construct(lambda: True)
        for _ in range(STEPS):
            search.step()
        before = WorkingSchedule(search.tables)
        before.copy_from(search.current)
        search.value = math.inf
        for _ in range(STEPS):
            assert not search.step()
            assert search.current.schedule() == before.schedule(), seed
            levels = search.current.levels._asdict()
            for name, left in before.levels._asdict().items():
                assert np.array_equal(left, levels[name]), (seed, name)


def test_the_worth_is_the_objective() -> None:
    for seed, search in _searches(range(12)):
        if search.tables.problem.objective.latency_weight_per_gb_d or any(
            activity.mandatory for activity in search.tables.problem.activities
        ):
            continue
        for _ in range(STEPS):
            search.step()
        objective = evaluate(search.tables.problem, search.current.schedule()).objective
        assert search.worth(search.current) == pytest.approx(objective), seed


def test_a_longer_search_continues_a_shorter_one() -> None:
    bare = Incumbent(compile_problem(random_problem(3)), Schedule())
    schedules = []
    for steps in (10, 10, 20):
        search = RuinRecreate(Tables(bare.instance), 7)
        search.start(bare)
        values = []
        for _ in range(steps):
            search.step()
            values.append(search.best_value)
        schedules.append((values, search.best.schedule()))
    assert schedules[0] == schedules[1]
    assert schedules[2][0][:10] == schedules[0][0]


def test_many_requests_are_planned_by_ruin_and_recreate() -> None:
    rng = random.Random(5)
    activities = tuple(
        make_activity(
            f"a{n}",
            value=rng.uniform(1.0, 5.0),
            duration_s=300 * rng.choice((1, 2, 4)),
            resource_ids=(rng.choice(("arm", "camera")),),
            place_ids=(rng.choice(("base", "ridge")),),
            data_bit=1e5,
            mandatory=n == 0,
        )
        for n in range(Recreate.MANY_CHAINS)
    )
    problem = make_problem(activities=activities, contact_windows=(make_window(),))
    stages: list[str] = []
    first, second = (
        solve(problem, seed=2, work_limit=0.5, on_progress=lambda each: stages.append(each.stage)) for _ in range(2)
    )
    assert repr(first) == repr(second)
    assert "ruin and recreate" in stages
    assert first.status is SolveStatus.FEASIBLE
    assert validate(problem, first.schedule).violations == ()
    assert first.objective == pytest.approx(evaluate(problem, first.schedule).objective)
    # Six hours of two devices; the best third of what is asked fits.
    mean_per_s = sum(each.value for each in activities) / sum(each.duration_s for each in activities)
    assert first.objective > 1.2 * mean_per_s * 2 * problem.horizon_s * 0.8
    assert first.bound >= first.objective


def test_a_chain_that_is_put_and_taken_away_leaves_no_trace() -> None:
    problem = make_problem(
        activities=tuple(make_activity(f"a{n}", data_bit=1e5, power_w=40.0, resource_ids=("arm",)) for n in range(4)),
        contact_windows=(make_window(),),
        places=(make_place(power_w=30.0),),
        drives=(),
    )
    bare = Incumbent(compile_problem(problem), Schedule())
    working, before = WorkingSchedule(Tables(bare.instance)), WorkingSchedule(Tables(bare.instance))
    working.load(bare)
    before.load(bare)
    chains = list(bare.instance.chains)
    for chain in chains:
        assert working.place(chain, "base", (0, problem.horizon_s), 0) is not None
    assert [working.chains[chain.index].starts_s[0] for chain in chains] == [n * HOUR_S for n in range(4)]
    random.Random(1).shuffle(chains)
    for chain in chains:
        working.remove(chain.index)
    for name, left in working.levels._asdict().items():
        assert np.allclose(left, getattr(before.levels, name), atol=1e-6), name


def test_contacts_of_a_station_are_held_apart_by_its_turnaround() -> None:
    """Between two free parts of one window lies another station's contact, shorter than the turnaround."""
    span = (0, 6 * HOUR_S)
    rate = RateSeries((0,), (4000.0,))
    usuda = make_window("u", "usuda", span=span, rate=rate, setup_s=2700, teardown_s=900)
    other = make_window("o", "misasa", span=span)
    problem = make_problem(contact_windows=(usuda, other), contact_power_w=0.0)
    bare = Incumbent(compile_problem(problem), Schedule())
    tables = Tables(bare.instance)
    for seed in range(8):
        working = WorkingSchedule(tables)
        working.load(bare)
        placed = PlacedContact("misasa", "base", "o", (3 * HOUR_S, 3 * HOUR_S + 1800))
        working.add_contact(booking(placed, bare.sendable_bit(placed), [other], True))
        BookingWindows(tables).book_all(working, (0, problem.horizon_s), random.Random(seed))
        assert [v.rule_id for v in validate(problem, working.schedule()).violations] == []
