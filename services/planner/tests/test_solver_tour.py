"""Which place when, and what is built along it: tours bound every schedule, and what is filled in keeps the rules."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from malapert_planner.domain.problem.activities import Activity, Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.bounds.interval_relaxation import proved_bound
from malapert_planner.solvers.construct.downlink_selection import reselect_contacts
from malapert_planner.solvers.construct.periodic_repetitions import broken_series, series_anew
from malapert_planner.solvers.construct.tour import solve_tour
from malapert_planner.solvers.construct.tour_rounding import round_tour
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.lns.detours import openings
from malapert_planner.solvers.lns.excursions import Excursion, insertion
from malapert_planner.solvers.lns.search import FOUND, Search
from malapert_planner.solvers.model.scope_model import build_model
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from ortools.sat.python import cp_model
from problem_factory import HOUR_S, make_activity, make_drive, make_place, make_problem, make_window, random_problem

DAY_S = 24 * HOUR_S
NIGHT = (4 * DAY_S, 8 * DAY_S)
HORIZON_S = 12 * DAY_S
LIGHT = Condition(ConditionKind.ILLUMINATION)
DARK = Condition(ConditionKind.DARKNESS)


def one_night(**changes: object) -> PlanningProblem:
    """Three places that are dark from day 4 to 8, drives that need light, and a shadow to look at at each place."""
    lit = ((0, NIGHT[0]), (NIGHT[1], HORIZON_S))
    names = ("base", "ridge", "rim")
    activities: tuple[Activity, ...] = tuple(
        make_activity(name, place_ids=(name,), conditions=(DARK,), value=value)
        for name, value in zip(names, (5.0, 10.0, 7.0), strict=True)
    )
    problem = make_problem(
        horizon_s=HORIZON_S,
        resolution_s=HOUR_S,
        places=tuple(make_place(name, illumination=lit, darkness=(NIGHT,)) for name in names),
        drives=tuple(make_drive(a, b, duration_s=2 * HOUR_S) for a in names for b in names if a != b),
        drive_rule=DriveRule((LIGHT,), ()),
        activities=activities,
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def test_a_night_is_spent_at_one_place_alone() -> None:
    instance = compile_problem(one_night())
    bound, legs = solve_tour(instance, Engine(1, 10.0, 60.0), 5.0)
    assert bound == pytest.approx(10.0, abs=1e-3)
    assert [leg.drive.to_place_id for leg in legs] == ["ridge"]
    result = solve(one_night(), work_limit=3.0)
    assert (result.status, result.objective) == (SolveStatus.OPTIMAL, 10.0)


def test_without_the_drive_rule_the_night_holds_nobody() -> None:
    free = one_night(drive_rule=DriveRule((), ()))
    bound, _ = solve_tour(compile_problem(free), Engine(1, 10.0, 60.0), 5.0)
    assert bound == pytest.approx(22.0, abs=1e-3)
    assert solve(free, work_limit=3.0).objective == 22.0


def test_no_tour_stays_where_the_battery_does_not_last() -> None:
    # 200 Wh above the floor last two days of four asleep, but at the base, which has power.
    dark = PowerSeries((0,), (0.0,))
    problem = one_night(battery=Battery(300.0, 100.0, 300.0, 0.0, 4.0, 4.0))
    places = (problem.places[0], *(replace(place, generation=dark) for place in problem.places[1:]))
    problem = replace(problem, places=places)
    bound, _ = solve_tour(compile_problem(problem), Engine(1, 10.0, 60.0), 5.0)
    assert bound == pytest.approx(5.0, abs=1e-3)
    assert solve(problem, work_limit=3.0).objective == 5.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_no_schedule_beats_the_bound_of_tours(seed: int) -> None:
    problem = random_problem(seed)
    instance = compile_problem(problem)
    result = solve(problem, seed=1, work_limit=0.4)
    bound, _ = solve_tour(instance, Engine(1, 10.0, 60.0), 2.0)
    if result.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
        assert bound >= result.objective - 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_the_drives_of_a_tour_keep_every_rule(seed: int) -> None:
    problem = replace(random_problem(seed), activities=(), relations=(), repetitions=(), limits=())
    problem = replace(problem, cumulative_resources=(), reservoirs=())
    instance = compile_problem(problem)
    _, legs = solve_tour(compile_problem(random_problem(seed)), Engine(1, 10.0, 60.0), 2.0)
    schedule = round_tour(Incumbent(instance, Schedule()), legs)
    if schedule is not None:
        assert validate(problem, schedule.schedule).violations == ()


def sending_problem() -> PlanningProblem:
    """Ten hours at base; a picture of 3.6 Mbit an hour long; a dear station and one at a quarter of its cost."""
    return make_problem(
        horizon_s=10 * HOUR_S,
        places=(make_place("base", illumination=((0, 10 * HOUR_S),)), make_place("ridge")),
        activities=(make_activity("image", data_bit=3.6e6),),
        storage=Storage(1e9, 0.0, 0.0),
        objective=Objective(1.0, 0.0),
        contact_windows=(
            make_window("dear", "usuda", span=(0, 10 * HOUR_S), cost_per_hour=4.0),
            make_window("fair", "bangalore", span=(5 * HOUR_S, 10 * HOUR_S), cost_per_hour=1.0),
        ),
    )


def test_contacts_chosen_anew_send_the_same_for_less() -> None:
    problem = sending_problem()
    image = PlacedActivity("image", "base", (0, HOUR_S))
    dear = PlacedContact("usuda", "base", "dear", (HOUR_S, 3 * HOUR_S))
    before = Incumbent(compile_problem(problem), Schedule((image,), (), (dear,)))
    after = reselect_contacts(before)
    assert after is not None
    assert {contact.station_id for contact in after.schedule.contacts} == {"bangalore"}
    assert after.schedule.activities == (image,)
    assert validate(problem, after.schedule).violations == ()
    assert evaluate(problem, before.schedule).parts["contact_cost"] == -8.0
    assert evaluate(problem, after.schedule).parts["contact_cost"] >= -3.0


def test_contacts_chosen_anew_send_products_in_time_though_later_is_cheaper() -> None:
    problem = sending_problem()
    image = replace(problem.activities[0], products=(Product("image", 1.8e6, 1, 2 * HOUR_S),))
    problem = replace(problem, activities=(image,))
    placed = PlacedActivity("image", "base", (0, HOUR_S))
    dear = PlacedContact("usuda", "base", "dear", (HOUR_S, 3 * HOUR_S))
    after = reselect_contacts(Incumbent(compile_problem(problem), Schedule((placed,), (), (dear,))))
    assert after is not None
    assert {contact.station_id for contact in after.schedule.contacts} == {"bangalore", "usuda"}
    assert validate(problem, after.schedule).violations == ()
    assert evaluate(problem, after.schedule).parts["contact_cost"] > -8.0


def test_no_contacts_are_returned_where_none_can_send_enough() -> None:
    problem = replace(sending_problem(), contact_windows=())
    image = PlacedActivity("image", "base", (0, HOUR_S))
    assert reselect_contacts(Incumbent(compile_problem(problem), Schedule((image,)))) is None


def test_contacts_that_activities_need_are_kept_where_they_are() -> None:
    problem = sending_problem()
    live = make_activity("live", conditions=(Condition(ConditionKind.CONTACT, ("usuda",)),))
    problem = replace(problem, activities=(*problem.activities, live))
    placed = (PlacedActivity("image", "base", (0, HOUR_S)), PlacedActivity("live", "base", (2 * HOUR_S, 3 * HOUR_S)))
    dear = PlacedContact("usuda", "base", "dear", (HOUR_S, 4 * HOUR_S))
    after = reselect_contacts(Incumbent(compile_problem(problem), Schedule(placed, (), (dear,))))
    assert after is not None
    assert after.schedule.contacts == (replace(dear, span=(2 * HOUR_S, 3 * HOUR_S)),)
    assert validate(problem, after.schedule).violations == ()


def test_a_series_is_placed_so_that_all_of_it_fits() -> None:
    # Lit for an hour from 3, 5, 7 and 9 on: begun at the first light, all four fit; begun at the second, they do not.
    lit = tuple((hour * HOUR_S, (hour + 1) * HOUR_S) for hour in (3, 5, 7, 9))
    problem = make_problem(
        horizon_s=12 * HOUR_S,
        places=(make_place("base", illumination=lit), make_place("ridge", illumination=())),
        activities=tuple(
            make_activity(f"s{n}", request_id="s", repetition_index=n, conditions=(LIGHT,)) for n in range(4)
        ),
        repetitions=(Repetition("s", 2 * HOUR_S, 600),),
    )
    late = Schedule((PlacedActivity("s0", "base", (5 * HOUR_S, 6 * HOUR_S)),))
    incumbent = Incumbent(compile_problem(problem), late)
    (broken,) = broken_series(incumbent)
    found = series_anew(incumbent, broken)
    assert [a.span[0] // HOUR_S for a in found.schedule.activities] == [3, 5, 7, 9]
    assert validate(problem, found.schedule).violations == ()


def test_a_detour_takes_back_what_came_too_early() -> None:
    # The drill must come before the analysis, which is planned already, before the only way to the ridge opens.
    drill = make_activity("drill", place_ids=("ridge",), windows=((2 * DAY_S, 3 * DAY_S),), value=50.0)
    analysis = make_activity("analysis", place_ids=("ridge", "base"), value=5.0)
    problem = one_night(activities=(drill, analysis), relations=(Relation(RelationKind.AFTER, "analysis", "drill"),))
    instance = compile_problem(problem)
    early = Incumbent(instance, Schedule((PlacedActivity("analysis", "base", (0, HOUR_S)),)))
    chain = next(c for c in instance.chains if c.request_id == "drill")
    opening = openings(early, chain)[0]
    assert opening.schedule.schedule.activities == ()
    assert opening.visit.place_id == "ridge"
    assert len(opening.visit.chains) == 2
    assert solve(problem, work_limit=3.0).objective == 55.0


def test_a_solver_that_was_stopped_before_it_began_has_proved_nothing() -> None:
    model = cp_model.CpModel()
    model.maximize(cp_model.LinearExpr.sum([model.new_bool_var("") for _ in range(3)]))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = 1e-9
    status = solver.solve(model)
    units = Units.of(one_night())
    assert (status, solver.best_objective_bound) == (cp_model.UNKNOWN, 0.0)
    assert proved_bound(solver, status, units, 3) == math.inf


def test_what_stays_keeps_the_charge_that_it_needs_at_its_start() -> None:
    """400 Wh are left when the late one starts, as many as it needs; the hungry one would take 200 of them before."""
    problem = make_problem(
        places=(make_place("base", power_w=0.0),),
        drives=(),
        activities=(
            make_activity("late", min_start_charge_wh=400.0, value=1.0),
            make_activity("hungry", power_w=200.0, windows=((0, 3 * HOUR_S),)),
        ),
        battery=Battery(1000.0, 100.0, 400.0, 0.0, 0.0, 0.0),
    )
    late = PlacedActivity("late", "base", (4 * HOUR_S, 5 * HOUR_S))
    before = Incumbent(compile_problem(problem), Schedule((late,)))
    (hungry,) = (chain.index for chain in before.instance.chains if chain.request_id == "hungry")
    scope = insertion(before, Excursion("base", (0, problem.horizon_s), frozenset({hungry}), 10.0))
    model = build_model(before.instance, scope)
    solver, status = Engine(1, 5.0, 60.0).run(model.model, 5.0)
    assert status in FOUND
    assert before.replaced(scope, model.schedule(solver)).schedule.activities == (late,)
    search = Search(before.instance, Engine(1, 5.0, 60.0), None, before)
    broken = replace(before.schedule, activities=(PlacedActivity("hungry", "base", (0, HOUR_S)), late))
    search.accept(replace(before, schedule=broken), "test")
    assert search.best is before
