"""Visits of the search: by other places where no drive leads there, and with what stands in the way put elsewhere."""

from __future__ import annotations

import random

import pytest
from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.lns.filling import Prices
from malapert_planner.solvers.lns.recreation import Recreation
from malapert_planner.solvers.lns.route_moves import RouteMoves
from malapert_planner.solvers.lns.visits import VisitMoves
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_drive, make_place, make_problem

TRIES = 60
PLACES = (make_place("base"), make_place("ridge"), make_place("rim"))
NO_DRIVE_FROM_BASE_TO_RIM = (
    make_drive("base", "ridge"),
    make_drive("ridge", "base"),
    make_drive("ridge", "rim"),
    make_drive("rim", "ridge"),
)


def _moves(problem: PlanningProblem) -> tuple[WorkingSchedule, RouteMoves, VisitMoves]:
    tables, rng = Tables(compile_problem(problem)), random.Random(1)
    windows, prices = BookingWindows(tables), Prices(tables)
    routes = RouteMoves(tables, windows)
    visits = VisitMoves(tables, routes, Recreation(tables, windows, prices, rng), rng)
    return WorkingSchedule(tables), routes, visits


def _loaded(working: WorkingSchedule, *activities: PlacedActivity) -> None:
    working.load(Incumbent(working.tables.instance, Schedule(activities)))


def _planned(working: WorkingSchedule) -> set[str]:
    return {placed.activity_id for placed in working.schedule().activities}


def _visited_until(working: WorkingSchedule, visits: VisitMoves, wanted: set[str], start: Schedule) -> None:
    """Visit from the same schedule again and again, until all of some are planned."""
    for _ in range(TRIES):
        _loaded(working, *start.activities)
        if visits.visit(working, HORIZON_S) and wanted <= _planned(working):
            return
    pytest.fail(f"{sorted(wanted)} were not planned together")


def test_a_place_that_no_drive_leads_to_is_reached_by_way_of_another() -> None:
    working, routes, _ = _moves(make_problem(places=PLACES, drives=NO_DRIVE_FROM_BASE_TO_RIM))
    _loaded(working)
    assert routes.drive_along(working, (0, HORIZON_S), "base", ["rim", "base"], [0.0, 3.0 * HOUR_S])
    ends = [(drive.from_place_id, drive.to_place_id) for drive in working.drives]
    assert ends == [("base", "ridge"), ("ridge", "rim"), ("rim", "ridge"), ("ridge", "base")]
    assert working.drives[2].span[0] == 3 * HOUR_S


@pytest.mark.parametrize(("direct_h", "legs"), [(8, 1), (20, 2)])
def test_a_way_by_another_place_is_taken_where_it_saves_half_a_day(direct_h: int, legs: int) -> None:
    horizon_s, direct = 3 * 24 * HOUR_S, make_drive("base", "rim", duration_s=direct_h * HOUR_S)
    problem = make_problem(places=PLACES, drives=(*NO_DRIVE_FROM_BASE_TO_RIM, direct), horizon_s=horizon_s)
    working, routes, _ = _moves(problem)
    _loaded(working)
    assert routes.drive_along(working, (0, horizon_s), "base", ["rim"], [0.0])
    assert len(working.drives) == legs


def test_drives_are_taken_out_where_the_way_cannot_be_ended() -> None:
    problem = make_problem(places=PLACES, drives=NO_DRIVE_FROM_BASE_TO_RIM)
    working, routes, _ = _moves(problem)
    _loaded(working)
    assert not routes.drive_along(working, (0, HOUR_S - 300), "base", ["rim"], [0.0])
    assert working.drives == []


def test_a_chain_is_visited_by_way_of_another_place() -> None:
    problem = make_problem(
        places=PLACES, drives=NO_DRIVE_FROM_BASE_TO_RIM, activities=(make_activity("far", place_ids=("rim",)),)
    )
    working, _, visits = _moves(problem)
    _visited_until(working, visits, {"far"}, Schedule())
    assert validate(problem, working.schedule()).valid


def test_what_must_come_later_makes_way_and_is_put_in_later() -> None:
    problem = make_problem(
        activities=(
            make_activity("first", windows=((0, 2 * HOUR_S),)),
            make_activity("later", value=20.0),
        ),
        relations=(Relation(RelationKind.AFTER, "later", "first", HOUR_S, 0),),
    )
    working, _, visits = _moves(problem)
    standing = Schedule((PlacedActivity("later", "base", (HOUR_S, 2 * HOUR_S)),))
    _visited_until(working, visits, {"first", "later"}, standing)
    assert validate(problem, working.schedule()).valid


@pytest.mark.parametrize("own", [True, False])
def test_what_excludes_a_chain_makes_way(own: bool) -> None:
    ends = ("better", "planned") if own else ("planned", "better")
    problem = make_problem(
        activities=(make_activity("planned"), make_activity("better", value=30.0)),
        relations=(Relation(RelationKind.EXCLUDES, *ends, 0, 0),),
    )
    working, _, visits = _moves(problem)
    standing = Schedule((PlacedActivity("planned", "base", (0, HOUR_S)),))
    _visited_until(working, visits, {"better"}, standing)
    assert _planned(working) == {"better"}
    assert validate(problem, working.schedule()).valid
