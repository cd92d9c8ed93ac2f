"""A problem as it is predicted, without the margins that it was stated with: what draws are factors on."""

from __future__ import annotations

from dataclasses import replace

from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.margins import Margins
from malapert_planner.domain.problem.places import Place, PowerSeries, RoutePoint
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.robustness.conditions import moved_light, shares_otherwise


def without_margins(problem: PlanningProblem) -> PlanningProblem:
    """Return a problem without its margins; drives keep theirs beside their duration.

    What a light edge left nothing of stays away: nothing of a plan that keeps the margins lies in it.
    """
    activities = tuple(
        replace(each, duration_s=each.duration_s - each.margin_s, margin_s=0) if each.margin_s else each
        for each in problem.activities
    )
    problem, margins = replace(problem, activities=activities), problem.margins
    if margins is None:
        return problem
    factor, battery = margins.battery_capacity, problem.battery
    # At the floor the margin was cut off, and what it held at first may have been no more than that.
    is_known = problem.now_s > 0 or battery.start_wh <= battery.floor_wh
    start_wh = battery.start_wh if is_known else battery.start_wh / factor
    return replace(
        problem,
        margins=None,
        places=tuple(_place(each, margins, problem.horizon_s) for each in problem.places),
        route_points=tuple(_point(each, margins, problem.horizon_s) for each in problem.route_points),
        drives=tuple(
            replace(each, least_generation=_stronger(each.least_generation, margins))
            if each.least_generation is not None
            else each
            for each in problem.drives
        ),
        contact_windows=tuple(_window(each, margins.data_rate) for each in problem.contact_windows),
        battery=replace(
            battery,
            capacity_wh=battery.capacity_wh / factor,
            start_wh=start_wh,
            awake_load_w=battery.awake_load_w / margins.load_power,
            asleep_load_w=battery.asleep_load_w / margins.load_power,
            heater_w=battery.heater_w / margins.load_power,
        ),
        storage=replace(problem.storage, capacity_bit=problem.storage.capacity_bit / margins.storage),
    )


def _place(place: Place, margins: Margins, horizon_s: int) -> Place:
    windows = moved_light(place.windows, -margins.light_edge_s, horizon_s)
    shares = shares_otherwise(place.sun_shares, -margins.light_edge_s, horizon_s)
    return replace(place, windows=windows, sun_shares=shares, generation=_stronger(place.generation, margins))


def _point(point: RoutePoint, margins: Margins, horizon_s: int) -> RoutePoint:
    return replace(point, windows=moved_light(point.windows, -margins.light_edge_s, horizon_s))


def _stronger(series: PowerSeries, margins: Margins) -> PowerSeries:
    return PowerSeries(series.offset_s, tuple(power_w / margins.array_power for power_w in series.power_w))


def _window(window: ContactWindow, factor: float) -> ContactWindow:
    rates_bps = tuple(rate_bps / factor for rate_bps in window.rate.rate_bps)
    rate = RateSeries(window.rate.offset_s, rates_bps)
    return replace(window, rate=rate, least_rate_bps=window.least_rate_bps / factor)
