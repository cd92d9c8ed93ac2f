"""The search for a conflict among mandatory requests: it heeds wall limit and cancellation, and says what it proved."""

import math
from collections.abc import Callable

import pytest
from malapert_core.vocabulary.conflicts import Conflict
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.explain.minimal_conflict import minimal_conflict
from malapert_planner.solvers.instance.compiled import Instance, compile_problem
from malapert_planner.solvers.solve import solve
from problem_factory import HOUR_S, make_activity, make_problem

ARM = {"resource_ids": ("arm",), "windows": ((0, 5 * HOUR_S // 2),), "mandatory": True}


def crowded(count: int) -> Instance:
    """Return a mission whose mandatory requests want a window that holds two of them, beside one that is free."""
    wanting = [make_activity(f"a{number}", **ARM) for number in range(count)]
    return compile_problem(make_problem(activities=(*wanting, make_activity("free", mandatory=True))))


def asked(after: int) -> Callable[[], bool]:
    """Return a cancellation that is there from the so many-th time that it is asked for."""
    times = iter(range(10**9))
    return lambda: next(times) >= after


def test_a_search_that_is_let_proves_a_smallest_conflict() -> None:
    found = minimal_conflict(crowded(5), Engine(1, math.inf, 600.0))
    assert found is not None
    assert (len(found.names), found.minimal) == (3, True)


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 13])
def test_a_cancelled_search_claims_no_more_than_it_proved(after: int) -> None:
    found = minimal_conflict(crowded(5), Engine(1, math.inf, 600.0, cancel=asked(after)))
    assert found is None or len(found.names) > 3 or (len(found.names) == 3 and "free" not in found.names)
    assert found is None or found.minimal == (found == minimal_conflict(crowded(5), Engine(1, math.inf, 600.0)))


def test_no_check_begins_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[object] = []
    monkeypatch.setattr(Engine, "run", lambda *_: began.append(1))
    engine = Engine(1, math.inf, 0.0)
    assert minimal_conflict(crowded(5), engine) is None
    assert not began
    assert engine.wall_cut


def test_a_search_that_runs_out_of_time_claims_no_more_than_it_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is one of our own: each look at it is a second, so that every build takes some."""
    ticks = iter(range(10**9))
    monkeypatch.setattr("malapert_planner.solvers.explain.minimal_conflict.time.monotonic", lambda: float(next(ticks)))
    found = [
        minimal_conflict(crowded(5), Engine(1, math.inf, limit, began_s=float(next(ticks)))) for limit in (2.0, 9.0)
    ]
    assert all(one is None or not one.minimal or len(one.names) == 3 for one in found)


def test_a_search_of_the_whole_mission_tells_that_it_proved_nothing() -> None:
    activities = tuple(make_activity(f"a{number}", **ARM) for number in range(4))
    result = solve(make_problem(activities=activities), work_limit=5.0, cancel=lambda: True)
    assert (result.status, result.conflict, result.conflict_minimal) == (SolveStatus.UNKNOWN, (), False)


def test_a_conflict_is_the_same_each_time() -> None:
    first, second = (minimal_conflict(crowded(4), Engine(7, math.inf, 600.0)) for _ in range(2))
    assert isinstance(first, Conflict)
    assert first == second
