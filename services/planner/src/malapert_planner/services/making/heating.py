"""Heaters of a mission in its problem: when they are on at each place, and what they draw."""

import math
from dataclasses import replace

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.mission_document.thermal import Thermal
from malapert_planner.services.making.window_conversion import without


def with_heaters(problem: PlanningProblem, thermal: Thermal | None) -> PlanningProblem:
    """Return a problem with heaters, by the light at its places; what is dark at its start has been for long."""
    if thermal is None or thermal.heater_w <= 0:
        return problem
    heater_w = thermal.heater_w * (problem.margins.load_power if problem.margins else 1.0)
    unheated_s = math.floor(min(thermal.unheated_s, problem.horizon_s))
    places = tuple(_heated(place, unheated_s, problem.horizon_s) for place in problem.places)
    return replace(problem, places=places, battery=replace(problem.battery, heater_w=heater_w))


def _heated(place: Place, unheated_s: int, horizon_s: int) -> Place:
    dark = without((0, horizon_s), place.windows.get(ConditionKind.ILLUMINATION, ()))
    begun = ((start_s if start_s == 0 else start_s + unheated_s, end_s) for start_s, end_s in dark)
    return replace(place, heated=tuple(span for span in begun if span[0] < span[1]))
