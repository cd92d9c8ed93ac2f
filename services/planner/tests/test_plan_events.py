"""Events taken into a problem, and what has begun kept when requests are taken anew."""

from datetime import timedelta

from malapert.planner.v1 import replan_pb2
from malapert_core.timestamps import to_timestamp
from malapert_planner.domain.problem import Limit, LimitUse, PlanningProblem, PowerSeries
from malapert_planner.domain.problem_check import check_problem
from malapert_planner.domain.schedule import Schedule
from malapert_planner.services.plan_events import apply_events
from malapert_planner.services.replanning import _with_past
from problem_factory import HOUR_S, make_problem


def _weaker(problem: PlanningProblem, hours: float) -> PowerSeries:
    from_time = to_timestamp(problem.start_time + timedelta(hours=hours))
    event = replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=0.5, from_time=from_time))
    changed, _ = apply_events(problem, Schedule(), [event])
    assert not check_problem(changed)
    return changed.places[0].generation


def test_an_array_is_weaker_from_an_instant_on() -> None:
    problem = make_problem()
    series = _weaker(problem, 1.0)
    assert series.offset_s == (0, HOUR_S - 1, HOUR_S)
    assert series.power_w == (100.0, 100.0, 50.0)
    assert _weaker(problem, -5.0) == PowerSeries((0,), (50.0,))


def test_what_has_begun_still_uses_what_is_limited() -> None:
    before = (Limit("ovens", "Ovens", 2.0, "1", (LimitUse("past", 1.0), LimitUse("withdrawn", 1.0))),)
    asked = (Limit("ovens", "Ovens", 2.0, "1", (LimitUse("new", 1.0),)),)
    (limit,) = _with_past(asked, before, "limit_id", {"past"})
    assert limit.uses == (LimitUse("new", 1.0), LimitUse("past", 1.0))
