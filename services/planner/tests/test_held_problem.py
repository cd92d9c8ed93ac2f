"""Problems that leave a solver no choice over what people hold: locks, disabled repetitions, and what is frozen."""

from dataclasses import replace

from hand_made_schedules import at, plan
from malapert_planner.domain.problem.held import with_holds, with_known_holds
from malapert_planner.domain.problem.holds import Disabled, Holds, Lock
from malapert_planner.domain.problem.problem import Baseline
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.solve import solve
from problem_factory import make_activity, make_problem

MODES = tuple(
    make_activity(f"m{hours}", request_id="m", chain_id=f"m{hours}", mode_id=f"long={hours}", duration_s=3600 * hours)
    for hours in (1, 2)
)
PROBLEM = make_problem(activities=(make_activity("a"), make_activity("b", value=5.0), *MODES))
LOCK = Lock("m1", "base", (7200, 10800))
HELD = replace(PROBLEM, holds=Holds((LOCK,), (Disabled("b", 0),)))


def test_a_solve_keeps_what_is_locked_and_leaves_out_what_is_disabled() -> None:
    found = solve(with_holds(HELD), work_limit=1.0).schedule
    assert validate(HELD, found).valid
    assert {placed.activity_id for placed in found.activities} == {"a", "m1"}
    assert at("m1", 7200) in found.activities


def test_what_is_frozen_stays_as_it_was_asked_for() -> None:
    frozen = plan(at("b", 0))
    replanned = replace(HELD, baseline=Baseline(frozen, frozen, 3600, 8000, 0.05, 2.0))
    assert with_holds(replanned).activities == PROBLEM.activities


def test_holds_of_what_is_no_longer_asked_for_are_dropped() -> None:
    fewer = replace(HELD, activities=PROBLEM.activities[:1])
    assert not with_known_holds(fewer).holds
    assert with_known_holds(HELD) is HELD
    assert with_holds(PROBLEM) is PROBLEM
