"""What a schedule needs may never be more than the battery holds, however much is generated before."""

from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from problem_factory import make_activity, make_place, make_problem

# Base generates 500 W for two hours and nothing for the four after; asleep it draws 400 Wh in these, of which a
# battery of 300 Wh cannot live through them, although 1000 Wh came in before.
LONG_NIGHT = PowerSeries((0, 7200, 7201), (500.0, 500.0, 0.0))
SMALL_BATTERY = Battery(300.0, 50.0, 300.0, 50.0, 100.0, 100.0)


def _problem():
    return make_problem(
        places=(make_place("base", generation=LONG_NIGHT), make_place("ridge", power_w=150.0)),
        battery=SMALL_BATTERY,
        activities=(make_activity("stay", place_ids=("base",)),),
    )


def test_resting_through_a_night_beyond_the_battery_is_no_schedule():
    assert not Incumbent(compile_problem(_problem()), Schedule()).keeps_limits()


def test_the_solver_leaves_before_the_night():
    problem = _problem()
    result = solve(problem, work_limit=5.0)
    assert [placed.activity_id for placed in result.schedule.activities] == ["stay"]
    assert [drive.to_place_id for drive in result.schedule.drives] == ["ridge"]
    assert validate(problem, result.schedule).valid


def test_data_beyond_the_storage_is_no_schedule():
    big = make_activity("big", data_bit=2000.0)
    problem = make_problem(activities=(big,), storage=Storage(1000.0, 0.0, 1000.0))
    schedule = Schedule(activities=(PlacedActivity("big", "base", (0, big.duration_s)),))
    assert not Incumbent(compile_problem(problem), schedule).keeps_limits()
