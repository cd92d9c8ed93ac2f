"""Thermostat heaters by a first thermal model: drawn from the battery in the dark, in plans, replays and checks."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fine_integration import integrate
from hand_made_schedules import drive, plan
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Battery
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.simulation.propagation import propagate_battery
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document import read_document
from malapert_planner.mission_document.thermal import Thermal
from malapert_planner.services.making.heating import with_heaters
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from mission_documents import EPHEMERIS_SPAN, load_mission
from planned_problems import assert_planned_validly
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_place, make_problem, random_problem
from schedule_oracle import is_valid
from scipy.integrate import solve_ivp
from test_way_building import inputs, mission

NODE = {
    "lit_temperature": "290 K", "least_temperature": "250 K", "dark_temperature": "90 K",
    "conductance": "0.3 W/K", "time_constant": "20 h",
}  # fmt: skip


def heated_problem(*heated: Span, heater_w: float = 60.0, **changes: Any) -> PlanningProblem:
    """Base is dark, and heated at times; ridge has sunlight."""
    dark = replace(make_place("base", power_w=0.0, illumination=()), heated=heated)
    battery = Battery(1000.0, 100.0, 500.0, 0.0, 0.0, 10.0, heater_w=heater_w)
    return make_problem(places=(dark, make_place("ridge")), battery=battery, **changes)


def cold_problem(seed: int) -> PlanningProblem:
    """A random problem whose places are heated wherever they are dark, from an hour after sunset on."""
    problem, rng = random_problem(seed), random.Random(seed)
    thermal = Thermal.model_validate({**NODE, "time_constant": f"{rng.randint(1, 9)} h", "conductance": "0.15 W/K"})
    return with_heaters(problem, thermal)


def test_the_node_cools_as_the_equation_of_cooling_says() -> None:
    thermal = Thermal.model_validate(NODE)
    solved = solve_ivp(lambda _, kelvin: (90.0 - kelvin) / (20 * 3600.0), (0.0, thermal.unheated_s), [290.0], rtol=1e-9)
    assert solved.y[0, -1] == pytest.approx(250.0, abs=1e-4)
    assert thermal.heater_w == pytest.approx(0.3 * (250 - 90))


def test_heaters_draw_from_when_the_node_is_cold_until_there_is_light() -> None:
    base = make_place("base", illumination=((0, 3600), (18_000, HORIZON_S)))
    quick = Thermal.model_validate({**NODE, "time_constant": "1 h"})
    problem = with_heaters(make_problem(places=(base, make_place("ridge", illumination=()))), quick)
    assert problem.places[0].heated == ((3600 + int(quick.unheated_s), 18_000),)
    # What is dark from the first has been so for long.
    assert problem.places[1].heated == ((0, HORIZON_S),)
    assert problem.battery.heater_w == quick.heater_w


def test_the_charge_falls_by_what_heaters_draw_where_the_asset_is() -> None:
    problem = heated_problem((3600, 10_800))
    trace = propagate_battery(Case(problem, plan()))
    assert trace.charge_at(HORIZON_S) == pytest.approx(500 - 6 * 10 - 2 * 60)
    assert trace.charge_at(7200) == pytest.approx(500 - 2 * 10 - 60)
    # On a drive either end counts; at the ridge nothing is heated, and 100 W are generated.
    away = propagate_battery(Case(problem, plan(drive(5400))))
    assert away.charge_at(7200) == pytest.approx(500 - 1.5 * 10 - 60)
    assert away.charge_at(HORIZON_S) == pytest.approx(500 - 1.5 * 10 - 60 + 4 * 90)


@pytest.mark.parametrize("seed", range(4))
def test_charge_agrees_with_fine_integration_and_the_solver_is_on_the_safe_side(seed: int) -> None:
    problem = replace(cold_problem(seed), horizon_s=6 * HOUR_S)
    places = tuple(
        replace(each, heated=tuple((a, min(b, problem.horizon_s)) for a, b in each.heated if a < problem.horizon_s))
        for each in problem.places
    )
    problem = replace(problem, places=places, activities=(), contact_windows=(), relations=(), repetitions=())
    trace, fine = propagate_battery(Case(problem, plan())), integrate(problem, plan()).charge_wh
    assert np.interp(np.arange(len(fine)), trace.time_s, trace.charge_wh) == pytest.approx(fine, abs=0.5)
    bare = Incumbent(compile_problem(replace(problem, limits=(), cumulative_resources=(), reservoirs=())), plan())
    for edge_s, charge_wh in zip(bare.cells.edges_s, bare.charge_wh, strict=True):
        assert charge_wh <= fine[edge_s] + 1e-3


def test_a_night_that_the_heaters_make_too_long_is_spent_elsewhere() -> None:
    stay = make_activity("stay", place_ids=("base",), windows=((0, 7200),))
    cold = heated_problem((0, HORIZON_S), heater_w=70.0, activities=(stay,))
    assert validate(replace(cold, battery=replace(cold.battery, heater_w=0.0)), plan()).valid
    assert not validate(cold, plan()).valid
    result = solve(cold, seed=1, work_limit=1.0)
    assert validate(cold, result.schedule).violations == ()
    assert is_valid(cold, result.schedule)
    assert [each.activity_id for each in result.schedule.activities] == ["stay"]
    assert result.schedule.drives


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(60) if random_problem(s).horizon_s <= 24 * HOUR_S][:6])
def test_every_plan_of_a_random_problem_is_valid_to_both(seed: int) -> None:
    assert_planned_validly(cold_problem(seed), seed)


def test_a_mission_states_its_node_and_the_problem_has_heaters() -> None:
    def change(content: dict[str, Any]) -> None:
        rover = next(each for each in content["assets"] if "mobility" in each)
        rover["thermal"] = NODE

    plain, problem = build_problem(inputs(mission(lambda _: None))), build_problem(inputs(mission(change)))
    assert problem.battery.heater_w == pytest.approx(48.0)
    assert plain.battery.heater_w == 0.0
    assert all(place.heated == () for place in plain.places)
    assert problem_hash(problem) != problem_hash(plain)
    assert problem_hash(with_heaters(plain, None)) == problem_hash(plain)


@pytest.mark.parametrize(
    ("node", "code"),
    [
        ({"dark_temperature": "250 K"}, "OUT_OF_RANGE"),
        ({"lit_temperature": "240 K"}, "OUT_OF_RANGE"),
        ({"least_temperature": "-3 K"}, "OUT_OF_RANGE"),
        ({"conductance": "3 W"}, "WRONG_UNIT"),
    ],
)
def test_a_node_that_contradicts_itself_is_refused(node: dict[str, str], code: str) -> None:
    content = load_mission("lupex-week")
    number = next(n for n, each in enumerate(content["assets"]) if "mobility" in each)
    content["assets"][number]["thermal"] = NODE | node
    _, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert {fault.code for fault in faults} == {code}
    assert all(fault.path.startswith(f"assets[{number}].thermal") for fault in faults)


def test_heaters_are_checked_in_a_problem() -> None:
    problem = heated_problem((0, 10), (5, 20), heater_w=-1.0)
    assert {fault.path.partition("[1]")[0] for fault in check_problem(problem)} >= {"battery.heater_w"}
    assert any(fault.path.startswith("places[0].heated") for fault in check_problem(problem))
