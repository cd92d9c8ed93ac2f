"""Compiled passes, loaded when this module is: jobs are forked from a process that has them, and wait for none.

What was never compiled on this machine is compiled then, and kept where numba keeps its code.
"""

from __future__ import annotations

from datetime import UTC, datetime

from malapert_planner.domain.problem.activities import Activity, Product
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import DriveRule, Place, PowerSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.mend.mender import mend
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables

STEPS = 20
_HORIZON_S = 7200


def _example() -> PlanningProblem:
    """Return a problem of two hours in which every pass has something to do."""
    talking = (Condition(ConditionKind.CONTACT),)
    awaited = (Product("d", 1e6, max_latency_s=3600),)
    activities = tuple(
        Activity(
            f"a{index}",
            f"a{index}",
            0,
            "",
            0,
            "",
            "",
            "",
            1200,
            10.0,
            1e6,
            ("arm",),
            (),
            (),
            talking,
            1.0,
            False,
            20.0,
            products=awaited,
        )
        for index in range(3)
    )
    return PlanningProblem(
        problem_id="warm",
        start_time=datetime(2029, 1, 1, tzinfo=UTC),
        horizon_s=_HORIZON_S,
        resolution_s=300,
        asset_id="",
        start_place_id="p",
        places=(Place("p", "", {}, PowerSeries((0,), (50.0,))),),
        drives=(),
        drive_rule=DriveRule((), ()),
        activities=activities,
        relations=(),
        repetitions=(),
        contact_windows=(ContactWindow("w", "s", "p", (0, _HORIZON_S), RateSeries((0,), (1e4,)), 300, 0, 0, 1.0),),
        contact_power_w=5.0,
        battery=Battery(100.0, 10.0, 80.0, 20.0, 5.0, 1.0),
        storage=Storage(1e8, 0.0, 1e8),
        objective=Objective(1.0, 0.0),
    )


def warm() -> None:
    """Run every compiled pass once."""
    problem = _example()
    search = RuinRecreate(Tables(compile_problem(problem)), 1)
    search.start(Incumbent(search.tables.instance, Schedule()))
    search.construct(lambda: True)
    for _ in range(STEPS):
        search.step()
    found = search.best.schedule()
    moved = (PlacedActivity("a0", "p", (0, 1200)), *(item for item in found.activities if item.activity_id != "a0"))
    mend(problem, Schedule(moved, (), found.contacts), Schedule(moved[:1]))


warm()
