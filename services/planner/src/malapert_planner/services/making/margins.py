"""Margins of a mission in its problem: figures on the bad side of their spreads, and the record of by how much."""

import math
from collections.abc import Iterable
from dataclasses import replace

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.margins import Margins
from malapert_planner.domain.problem.places import Drive, Place, PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.robustness.conditions import moved_light, shares_otherwise
from malapert_planner.domain.robustness.policy import ActivityClass, MarginPolicy, Spread
from malapert_planner.mission_document import margins as stated
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.making.start_windows import NEVER


def margins_of(document: MissionDocument) -> Margins | None:
    """Return what a mission plans with; None where it states no margins."""
    given = document.margins
    if given is None:
        return None
    sigmas = given.sigmas.amount
    light_edge_s = math.ceil(round(sigmas * given.light_edge.amount, 6)) if given.light_edge else 0
    return Margins(
        policy=given.policy,
        sigmas=sigmas,
        array_power=_least(given.array_power, sigmas),
        battery_capacity=_least(given.battery_capacity, sigmas),
        load_power=_most(given.load_power, sigmas),
        data_rate=_least(given.data_rate, sigmas),
        storage=1.0 - given.storage.amount if given.storage else 1.0,
        light_edge_s=light_edge_s,
    )


def slowest_pace(document: MissionDocument) -> float:
    """Return by what factor drives may take longer than planned: the pace tolerance, or the margin where it is more."""
    tolerance, given = document.drive_rule.pace_tolerance, document.margins
    allowed = 1.0 + tolerance.amount if tolerance is not None else 1.0
    return max(allowed, _most(given.drive_duration, given.sigmas.amount)) if given else allowed


def with_margins(problem: PlanningProblem, margins: Margins | None) -> PlanningProblem:
    """Return a problem that counts on less: of battery and storage, array and light; its contact windows do already."""
    if margins is None:
        return problem
    cut_s, horizon_s = margins.light_edge_s, problem.horizon_s
    return replace(
        problem,
        margins=margins,
        places=tuple(_place(place, margins, horizon_s) for place in problem.places),
        drives=tuple(_drive(drive, margins) for drive in problem.drives),
        route_points=tuple(
            replace(point, windows=moved_light(point.windows, cut_s, horizon_s)) for point in problem.route_points
        ),
        battery=_battery(problem.battery, margins),
        storage=_storage(problem.storage, margins),
    )


def with_time_margins(
    activities: Iterable[Activity], document: MissionDocument, horizon_s: int
) -> tuple[Activity, ...]:
    """Return activities that take the time of their class, that beyond the predicted one as their margin."""
    given = document.margins
    if given is None:
        return tuple(activities)
    policy, sigmas = _policy(given), given.sigmas.amount
    return tuple(_longer(each, policy.duration_of(each)[1].at(sigmas), horizon_s) for each in activities)


def _longer(activity: Activity, factor: float, horizon_s: int) -> Activity:
    duration_s = max(activity.duration_s, math.ceil(round(activity.duration_s * factor, 6)))
    margin_s = duration_s - activity.duration_s
    if duration_s > horizon_s:
        # It fits into no plan, and a problem knows nothing longer than its horizon.
        return replace(activity, windows=NEVER)
    return replace(activity, duration_s=duration_s, margin_s=margin_s) if margin_s else activity


def _place(place: Place, margins: Margins, horizon_s: int) -> Place:
    windows = moved_light(place.windows, margins.light_edge_s, horizon_s)
    return replace(
        place,
        windows=windows,
        sun_shares=shares_otherwise(place.sun_shares, margins.light_edge_s, horizon_s),
        generation=_weaker(place.generation, margins.array_power),
    )


def _drive(drive: Drive, margins: Margins) -> Drive:
    least = drive.least_generation
    return replace(drive, least_generation=_weaker(least, margins.array_power)) if least is not None else drive


def _weaker(series: PowerSeries, factor: float) -> PowerSeries:
    return PowerSeries(series.offset_s, tuple(power_w * factor for power_w in series.power_w))


def slower(window: ContactWindow, factor: float) -> ContactWindow:
    """Return a contact window at lower rates: whether its link closes is told by those as predicted."""
    rates_bps = tuple(rate_bps * factor for rate_bps in window.rate.rate_bps)
    rate = RateSeries(window.rate.offset_s, rates_bps)
    return replace(window, rate=rate, least_rate_bps=window.least_rate_bps * factor)


def _battery(battery: Battery, margins: Margins) -> Battery:
    """Return a smaller battery; floor and required end stay at their energy, as far as it holds that."""
    capacity_wh = battery.capacity_wh * margins.battery_capacity
    return replace(
        battery,
        capacity_wh=capacity_wh,
        start_wh=max(battery.start_wh * margins.battery_capacity, battery.floor_wh),
        end_wh=min(battery.end_wh, capacity_wh),
        awake_load_w=battery.awake_load_w * margins.load_power,
        asleep_load_w=battery.asleep_load_w * margins.load_power,
    )


def _storage(storage: Storage, margins: Margins) -> Storage:
    return replace(storage, capacity_bit=storage.capacity_bit * margins.storage)


def _policy(given: stated.Margins) -> MarginPolicy:
    classes = (
        ActivityClass(each.id, _spread(each.duration), tuple(each.activity_types), tuple(each.resources))
        for each in given.activity_classes
    )
    otherwise = _spread(given.activity_duration)
    return MarginPolicy(given.policy, given.policy, activity_duration=otherwise, activity_classes=tuple(classes))


def _spread(given: stated.Spread | None) -> Spread:
    if given is None:
        return Spread()
    ends = {name: figure.amount for name in ("least", "most") if (figure := getattr(given, name)) is not None}
    return Spread(given.mean.amount, given.sigma.amount, **ends)


def _most(given: stated.Spread | None, sigmas: float) -> float:
    return max(1.0, _spread(given).at(sigmas))


def _least(given: stated.Spread | None, sigmas: float) -> float:
    return min(1.0, _spread(given).at(-sigmas))
