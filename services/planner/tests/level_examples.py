"""Rules of levels: charge, stored data and products; each broken once, and its mended twin."""

from __future__ import annotations

from dataclasses import replace

from hand_made_schedules import at, contact, plan
from malapert_planner.domain.problem.activities import Product
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import (
    Battery,
    Storage,
)
from malapert_planner.domain.validation.rules import Rule
from problem_factory import HORIZON_S, make_activity, make_place, make_problem, make_window
from rule_example import Example


def powered(battery: Battery, **changes: object) -> PlanningProblem:
    """No generation, one activity of an hour at 100 W."""
    activity = make_activity("a", power_w=100.0, **changes)
    return make_problem(places=(make_place("base", power_w=0.0),), drives=(), activities=(activity,), battery=battery)


DRAINED = Battery(1000.0, 100.0, 150.0, 0.0, 0.0, 0.0)
BITS = make_problem(
    activities=(make_activity("a", data_bit=3.6e6),),
    contact_windows=(make_window("w"),),
    storage=Storage(1.8e6, 0.0, 1.8e6),
)


def awaited(*products: Product) -> PlanningProblem:
    """An hour's activity that makes 3.6 Mbit, products within it."""
    return replace(BITS, activities=(make_activity("a", data_bit=3.6e6, products=products),), storage=AMPLE)


AMPLE = Storage(1e9, 0.0, 1e9)
LEFT = replace(BITS, storage=Storage(1e7, 0.0, 1e6))
LEVELS = [
    Example(Rule.BATTERY_FLOOR, powered(DRAINED), plan(at("a", 0)), 50, (1800, HORIZON_S), plan()),
    Example(
        Rule.BATTERY_END, powered(Battery(1000.0, 0.0, 150.0, 100.0, 0.0, 0.0)), plan(at("a", 0)), 50,
        (HORIZON_S, HORIZON_S), plan(),
    ),
    Example(
        Rule.START_CHARGE,
        powered(Battery(1000.0, 0.0, 600.0, 0.0, 36.0, 36.0), min_start_charge_wh=582.0),
        plan(at("a", 3600)), 18, (3600, 3600), plan(at("a", 1800)),
    ),
    Example(
        Rule.STORAGE_CAPACITY, BITS, plan(at("a", 0), contact(3600, 5400)), 1.8e6, (1800, 5400),
        plan(at("a", 0), contact(0, 3600)),
    ),
    Example(
        Rule.STORAGE_END, LEFT, plan(at("a", 0), contact(3600, 5400)), 0.8e6, (HORIZON_S, HORIZON_S),
        plan(at("a", 0), contact(3600, 6200)),
    ),
    Example(
        Rule.PRODUCT_LATENCY, awaited(Product("spectra", 1.8e6, 2, 1800)), plan(at("a", 0), contact(4000, 9000)), 400,
        (3600, 5400), plan(at("a", 0), contact(3600, 5400)),
    ),
    Example(
        Rule.PRODUCT_LATENCY, awaited(Product("images", 0.9e6, 1), Product("spectra", 1.8e6, 2, 1800)),
        plan(at("a", 0), contact(3600, 6300)), 900, (3600, 5400), plan(at("a", 0), contact(2700, 5400)), "behind",
    ),
    Example(
        Rule.PRODUCT_LATENCY, awaited(Product("spectra", 1.8e6, 2, 1800)), plan(at("a", 0)), HORIZON_S - 5400,
        (3600, 5400), plan(at("a", HORIZON_S - 4000)), "unsent",
    ),
]  # fmt: skip
