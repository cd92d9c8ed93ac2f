"""Checks that a planning problem is well formed, so that solver and validator may rely on it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from malapert_core.errors import Fault

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import AntennaQuota, ClosedSpan, ContactWindow, RateSeries
from malapert_planner.domain.problem.faults import LARGEST_DURATION_S, Faults
from malapert_planner.domain.problem.holds_check import check_holds
from malapert_planner.domain.problem.places import Drive, Place, PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.relation_check import check_relations
from malapert_planner.domain.problem.resources import CumulativeResource, Limit
from malapert_planner.domain.problem.way_check import check_ways

DRIVE_CONDITIONS = (
    ConditionKind.ILLUMINATION,
    ConditionKind.DARKNESS,
    ConditionKind.EARTH_VISIBILITY,
    ConditionKind.CONTACT,
)
PRODUCT_ROUNDING = 1e-9
"""Tolerance of the sum of products' shares above 1, for rounding."""

MOST_QUOTA_S = 2**40
"""Most seconds of a quota: sums over all contacts stay exact in 64 bits."""


def check_problem(problem: PlanningProblem) -> tuple[Fault, ...]:
    """Return all faults of a problem, each with its path; none where it is well formed.

    Stations and unary resources have no list of their own in a problem, so any name that is not empty is taken.
    """
    faults = Faults()
    _check_frame(problem, faults)
    place_ids = {place.place_id for place in problem.places}
    _check_unique(problem, faults)
    faults.member("start_place_id", problem.start_place_id, place_ids, "PLACE")
    for index, place in enumerate(problem.places):
        _check_place(f"places[{index}]", place, problem.horizon_s, faults)
    for index, drive in enumerate(problem.drives):
        _check_drive(f"drives[{index}]", drive, place_ids, problem.horizon_s, faults)
    check_ways(problem, faults)
    _check_conditions("drive_rule", problem.drive_rule.conditions, faults)
    for index, condition in enumerate(problem.drive_rule.conditions):
        if condition.kind not in DRIVE_CONDITIONS:
            allowed = ", ".join(DRIVE_CONDITIONS)
            faults.add(f"drive_rule.conditions[{index}]", "WRONG_KIND", f"{condition.kind} is not one of: {allowed}")
    _check_names("drive_rule.resource_ids", problem.drive_rule.resource_ids, faults)
    _check_names("drive_rule.dark_place_ids", problem.drive_rule.dark_place_ids, faults)
    for index, place_id in enumerate(problem.drive_rule.dark_place_ids):
        faults.member(f"drive_rule.dark_place_ids[{index}]", place_id, place_ids, "PLACE")
    _check_nights(problem, place_ids, faults)
    for index, activity in enumerate(problem.activities):
        _check_activity(f"activities[{index}]", activity, problem, place_ids, faults)
    for index, window in enumerate(problem.contact_windows):
        _check_contact_window(f"contact_windows[{index}]", window, problem, place_ids, faults)
    _check_contact_overlaps(problem.contact_windows, faults)
    for index, closed in enumerate(problem.closed_spans):
        _check_closed_span(f"closed_spans[{index}]", closed, faults)
    for index, quota in enumerate(problem.antenna_quotas):
        _check_quota(f"antenna_quotas[{index}]", quota, faults)
    _check_limits(problem, faults)
    _check_reservoirs(problem, faults)
    _check_battery(problem, faults)
    _check_storage(problem, faults)
    _check_margins(problem, faults)
    check_relations(problem, faults)
    check_holds(problem, faults)
    _check_baseline(problem, faults)
    return faults.found()


def _check_nights(problem: PlanningProblem, place_ids: set[str], faults: Faults) -> None:
    rule = problem.night_rule
    if rule is None:
        return
    _check_names("night_rule.haven_place_ids", rule.haven_place_ids, faults)
    for index, place_id in enumerate(rule.haven_place_ids):
        faults.member(f"night_rule.haven_place_ids[{index}]", place_id, place_ids, "PLACE")
    faults.whole("night_rule.max_without_earth_s", rule.max_without_earth_s, 0, LARGEST_DURATION_S)
    faults.whole("night_rule.max_dark_s", rule.max_dark_s, 0, LARGEST_DURATION_S)


def _check_closed_span(path: str, closed: ClosedSpan, faults: Faults) -> None:
    if not closed.station_id:
        faults.add(f"{path}.station_id", "EMPTY", "a closed span names its station")
    if closed.span[0] >= closed.span[1]:
        faults.add(f"{path}.span", "EMPTY_SPAN", "it must end after it starts")


def _check_quota(path: str, quota: AntennaQuota, faults: Faults) -> None:
    for name, names in (("owner_agency_ids", quota.owner_agency_ids), ("station_ids", quota.station_ids)):
        if not names:
            faults.add(f"{path}.{name}", "EMPTY", "a quota names its antennas and whose they are")
        _check_names(f"{path}.{name}", names, faults)
    whole = [faults.whole(f"{path}.span", edge_s, -LARGEST_DURATION_S, 2 * LARGEST_DURATION_S) for edge_s in quota.span]
    if all(whole) and quota.span[0] >= quota.span[1]:
        faults.add(f"{path}.span", "EMPTY_SPAN", "it must end after it starts")
    faults.whole(f"{path}.left_s", quota.left_s, 0, MOST_QUOTA_S)


def _check_frame(problem: PlanningProblem, faults: Faults) -> None:
    if problem.start_time.tzinfo is None:
        faults.add("start_time", "NAIVE_TIME", "a time needs a zone")
    if faults.whole("horizon_s", problem.horizon_s, 1, LARGEST_DURATION_S):
        fits = faults.whole("resolution_s", problem.resolution_s, 1, problem.horizon_s)
        if fits and problem.horizon_s % problem.resolution_s:
            message = (
                f"the horizon of {problem.horizon_s} s must be a multiple of the resolution of {problem.resolution_s} s"
            )
            faults.add("resolution_s", "RESOLUTION_MISFIT", message)
    faults.number("contact_power_w", problem.contact_power_w, 0.0)
    faults.whole("hand_over_s", problem.hand_over_s, 0, LARGEST_DURATION_S)
    faults.whole("max_silence_s", problem.max_silence_s, 0, LARGEST_DURATION_S)
    faults.number("objective.contact_cost_weight", problem.objective.contact_cost_weight, 0.0)
    faults.number("objective.fairness_weight", problem.objective.fairness_weight, 0.0)
    faults.number("objective.latency_weight_per_gb_d", problem.objective.latency_weight_per_gb_d, 0.0)


def _check_unique(problem: PlanningProblem, faults: Faults) -> None:
    families: dict[str, list[str]] = {
        "places": [place.place_id for place in problem.places],
        "activities": [activity.activity_id for activity in problem.activities],
        "contact_windows": [window.window_id for window in problem.contact_windows],
        "drives": [f"{drive.from_place_id}->{drive.to_place_id}" for drive in problem.drives],
        "limits": [limit.limit_id for limit in problem.limits],
        "cumulative_resources": [resource.resource_id for resource in problem.cumulative_resources],
        "antenna_quotas": [quota.quota_id for quota in problem.antenna_quotas],
        "reservoirs": [reservoir.resource_id for reservoir in problem.reservoirs],
        "route_points": [point.point_id for point in problem.route_points],
        "repetitions": [repetition.request_id for repetition in problem.repetitions],
    }
    for family, identifiers in families.items():
        counts = Counter(identifiers)
        for index, identifier in enumerate(identifiers):
            if not identifier:
                faults.add(f"{family}[{index}]", "EMPTY_NAME", "an identifier is needed")
            elif counts[identifier] > 1:
                message = f"{identifier} is there {counts[identifier]} times"
                faults.add(f"{family}[{index}]", "DUPLICATE_ID", message)


def _check_place(path: str, place: Place, horizon_s: int, faults: Faults) -> None:
    for kind, spans in place.windows.items():
        if kind in (ConditionKind.CONTACT, ConditionKind.SILENCE):
            faults.add(f"{path}.windows[{kind}]", "WRONG_KIND", "contact windows are given apart, not by place")
        faults.spans(f"{path}.windows[{kind}]", spans, horizon_s)
    for index, share in enumerate(place.sun_shares):
        faults.number(f"{path}.sun_shares[{index}].least", share.least, 0.0, 1.0, above=True)
        faults.spans(f"{path}.sun_shares[{index}].spans", share.spans, horizon_s)
    faults.spans(f"{path}.heated", place.heated, horizon_s)
    _check_series(f"{path}.generation", place.generation, place.generation.power_w, "power_w", faults)


def _check_series(
    path: str, series: PowerSeries | RateSeries, values: Sequence[float], values_name: str, faults: Faults
) -> None:
    if not series.offset_s or len(series.offset_s) != len(values):
        message = f"{len(series.offset_s)} offsets for {len(values)} values; as many as values are needed, at least one"
        faults.add(path, "LENGTH_MISMATCH", message)
        return
    whole = [
        faults.whole(f"{path}.offset_s[{index}]", offset_s, -LARGEST_DURATION_S, LARGEST_DURATION_S)
        for index, offset_s in enumerate(series.offset_s)
    ]
    for index, value in enumerate(values):
        faults.number(f"{path}.{values_name}[{index}]", value, 0.0)
    if all(whole):
        for index in range(1, len(series.offset_s)):
            if series.offset_s[index] <= series.offset_s[index - 1]:
                faults.add(f"{path}.offset_s[{index}]", "UNSORTED", "offsets must rise")


def _check_drive(path: str, drive: Drive, place_ids: set[str], horizon_s: int, faults: Faults) -> None:
    faults.member(f"{path}.from_place_id", drive.from_place_id, place_ids, "PLACE")
    faults.member(f"{path}.to_place_id", drive.to_place_id, place_ids, "PLACE")
    if drive.from_place_id == drive.to_place_id:
        faults.add(path, "SAME_ENDS", "a drive needs two places")
    # A way too long for the horizon, or closed, is no fault of the problem: it is just never driven.
    faults.whole(f"{path}.duration_s", drive.duration_s, 0 if drive.closed_because else 1, LARGEST_DURATION_S)
    faults.whole(f"{path}.margin_s", drive.margin_s, 0, max(drive.duration_s - 1, 0))
    faults.number(f"{path}.power_w", drive.power_w, 0.0)
    faults.number(f"{path}.data_bit", drive.data_bit, 0.0)
    if drive.least_generation is not None:
        series = drive.least_generation
        _check_series(f"{path}.least_generation", series, series.power_w, "power_w", faults)


def _check_conditions(path: str, conditions: Iterable[Condition], faults: Faults) -> None:
    for index, condition in enumerate(conditions):
        where = f"{path}.conditions[{index}].station_ids"
        _check_names(where, condition.station_ids, faults)
        if condition.station_ids and condition.kind not in (ConditionKind.CONTACT, ConditionKind.SILENCE):
            faults.add(where, "WRONG_KIND", f"stations narrow a contact, not {condition.kind}")
        share = f"{path}.conditions[{index}].least_sun"
        is_light = condition.kind is ConditionKind.ILLUMINATION and path != "drive_rule"
        faults.number(share, condition.least_sun, 0.0, 1.0 if is_light else 0.0)


def _check_names(path: str, names: Sequence[str], faults: Faults) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name:
            faults.add(f"{path}[{index}]", "EMPTY_NAME", "a name is needed")
        elif name in first:
            faults.add(f"{path}[{index}]", "DUPLICATE_ID", f"{name} is already {path}[{first[name]}]")
        first.setdefault(name, index)


def _check_activity(
    path: str, activity: Activity, problem: PlanningProblem, place_ids: set[str], faults: Faults
) -> None:
    faults.whole(f"{path}.duration_s", activity.duration_s, 1, problem.horizon_s)
    faults.whole(f"{path}.margin_s", activity.margin_s, 0, max(activity.duration_s - 1, 0))
    faults.whole(f"{path}.repetition_index", activity.repetition_index, 0, LARGEST_DURATION_S)
    faults.whole(f"{path}.max_wait_s", activity.max_wait_s, 0, LARGEST_DURATION_S)
    faults.number(f"{path}.power_w", activity.power_w, 0.0)
    faults.number(f"{path}.data_bit", activity.data_bit, 0.0)
    faults.number(f"{path}.value", activity.value, 0.0)
    faults.number(f"{path}.min_start_charge_wh", activity.min_start_charge_wh, 0.0, problem.battery.capacity_wh)
    _check_names(f"{path}.resource_ids", activity.resource_ids, faults)
    _check_names(f"{path}.makes", activity.makes, faults)
    _check_names(f"{path}.needs_quiet", activity.needs_quiet, faults)
    _check_names(f"{path}.place_ids", activity.place_ids, faults)
    for index, place_id in enumerate(activity.place_ids):
        faults.member(f"{path}.place_ids[{index}]", place_id, place_ids, "PLACE")
    faults.spans(f"{path}.windows", activity.windows, problem.horizon_s)
    _check_names(f"{path}.place_windows", [place_id for place_id, _ in activity.place_windows], faults)
    for index, (place_id, spans) in enumerate(activity.place_windows):
        faults.member(f"{path}.place_windows[{index}]", place_id, place_ids, "PLACE")
        faults.spans(f"{path}.place_windows[{index}]", spans, problem.horizon_s)
    _check_conditions(path, activity.conditions, faults)
    _check_products(f"{path}.products", activity, faults)
    for name, identifier in (("request_id", activity.request_id), ("agency_id", activity.agency_id)):
        if not identifier:
            faults.add(f"{path}.{name}", "EMPTY_NAME", "an identifier is needed")


def _check_products(path: str, activity: Activity, faults: Faults) -> None:
    _check_names(path, [product.product_id for product in activity.products], faults)
    sizes = [
        faults.number(f"{path}[{index}].data_bit", product.data_bit, 0.0)
        for index, product in enumerate(activity.products)
    ]
    for index, product in enumerate(activity.products):
        faults.whole(f"{path}[{index}].priority", product.priority, 0, LARGEST_DURATION_S)
        faults.whole(f"{path}[{index}].max_latency_s", product.max_latency_s, 0, LARGEST_DURATION_S)
    total_bit = math.fsum(product.data_bit for product in activity.products) if all(sizes) else 0.0
    if total_bit > activity.data_bit * (1 + PRODUCT_ROUNDING):
        message = f"the products hold {total_bit:g} bit, the activity makes {activity.data_bit:g} bit"
        faults.add(path, "PRODUCTS_EXCEED_DATA", message)


def _check_contact_window(
    path: str, window: ContactWindow, problem: PlanningProblem, place_ids: set[str], faults: Faults
) -> None:
    faults.member(f"{path}.place_id", window.place_id, place_ids, "PLACE")
    if not window.station_id:
        faults.add(f"{path}.station_id", "EMPTY_NAME", "an identifier is needed")
    faults.spans(f"{path}.span", (window.span,), problem.horizon_s)
    _check_series(f"{path}.rate", window.rate, window.rate.rate_bps, "rate_bps", faults)
    if window.rate.offset_s and window.rate.offset_s[0] > window.span[0]:
        message = f"the first rate holds from {window.rate.offset_s[0]} s, the window starts at {window.span[0]} s"
        faults.add(f"{path}.rate", "RATE_GAP", message)
    faults.whole(f"{path}.setup_s", window.setup_s, 0, LARGEST_DURATION_S)
    faults.whole(f"{path}.teardown_s", window.teardown_s, 0, LARGEST_DURATION_S)
    faults.whole(f"{path}.min_length_s", window.min_length_s, 0, LARGEST_DURATION_S)
    faults.number(f"{path}.cost_per_hour", window.cost_per_hour, 0.0)
    faults.number(f"{path}.least_rate_bps", window.least_rate_bps, 0.0)


def _check_contact_overlaps(windows: Sequence[ContactWindow], faults: Faults) -> None:
    """Two windows of one station from one place must not overlap: their rate would be ambiguous."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for index, window in sorted(enumerate(windows), key=lambda numbered: numbered[1].span):
        reached_s, before_id = last.get((window.station_id, window.place_id), (0, ""))
        if before_id and window.span[0] < reached_s:
            message = f"it overlaps {before_id} of the same station and place"
            faults.add(f"contact_windows[{index}].span", "OVERLAP", message)
        if window.span[1] > reached_s:
            last[window.station_id, window.place_id] = (window.span[1], window.window_id)


def _check_limits(problem: PlanningProblem, faults: Faults) -> None:
    activities = {activity.activity_id: activity for activity in problem.activities}
    chosen: set[str] = set()
    for index, limit in enumerate(problem.limits):
        path = f"limits[{index}]"
        _check_uses(path, limit, set(activities), faults)
        requests = {activities[use.activity_id].request_id for use in limit.uses if use.activity_id in activities}
        if limit.is_choice and requests & chosen:
            faults.add(f"{path}.uses", "CHOICE_MIXED", "a choice is among what is in no other choice")
        if limit.is_choice:
            chosen |= requests
            _check_choice(path, limit, faults)
    for index, resource in enumerate(problem.cumulative_resources):
        _check_uses(f"cumulative_resources[{index}]", resource, set(activities), faults)


def _check_choice(path: str, choice: Limit, faults: Faults) -> None:
    """Each of a choice counts once: otherwise more of them could be planned than are asked for."""
    for number, use in enumerate(choice.uses):
        if use.amount != 1.0:
            message = f"a choice counts each that is named once: the amount is 1, not {use.amount:g}"
            faults.add(f"{path}.uses[{number}].amount", "CHOICE_AMOUNT", message)


def _check_uses(path: str, shared: Limit | CumulativeResource, activity_ids: set[str], faults: Faults) -> None:
    faults.number(f"{path}.capacity", shared.capacity, 0.0)
    for number, use in enumerate(shared.uses):
        faults.member(f"{path}.uses[{number}].activity_id", use.activity_id, activity_ids, "ACTIVITY")
        faults.number(f"{path}.uses[{number}].amount", use.amount, 0.0)


def _check_reservoirs(problem: PlanningProblem, faults: Faults) -> None:
    activity_ids = {activity.activity_id for activity in problem.activities}
    for index, reservoir in enumerate(problem.reservoirs):
        path, users = f"reservoirs[{index}]", [use.activity_id for use in reservoir.uses]
        if faults.number(f"{path}.capacity", reservoir.capacity, 0.0):
            faults.number(f"{path}.start", reservoir.start, 0.0, reservoir.capacity)
        for number, use in enumerate(reservoir.uses):
            faults.member(f"{path}.uses[{number}].activity_id", use.activity_id, activity_ids, "ACTIVITY")
            faults.number(f"{path}.uses[{number}].consumed", use.consumed, 0.0)
            faults.number(f"{path}.uses[{number}].produced", use.produced, 0.0)
            if users.count(use.activity_id) > 1:
                faults.add(f"{path}.uses[{number}].activity_id", "DUPLICATE_ID", f"{use.activity_id} has another use")


def _check_battery(problem: PlanningProblem, faults: Faults) -> None:
    battery = problem.battery
    if faults.number("battery.capacity_wh", battery.capacity_wh, 0.0, above=True):
        capacity_wh = battery.capacity_wh
        if faults.number("battery.floor_wh", battery.floor_wh, 0.0, capacity_wh):
            faults.number("battery.start_wh", battery.start_wh, battery.floor_wh, capacity_wh)
        faults.number("battery.end_wh", battery.end_wh, 0.0, capacity_wh)
    faults.number("battery.awake_load_w", battery.awake_load_w, 0.0)
    faults.number("battery.asleep_load_w", battery.asleep_load_w, 0.0)
    faults.number("battery.heater_w", battery.heater_w, 0.0)
    faults.number("battery.charge_efficiency", battery.charge_efficiency, 0.0, 1.0, above=True)


def _check_storage(problem: PlanningProblem, faults: Faults) -> None:
    storage = problem.storage
    if faults.number("storage.capacity_bit", storage.capacity_bit, 0.0, above=True):
        faults.number("storage.start_bit", storage.start_bit, 0.0, storage.capacity_bit)
        faults.number("storage.end_max_bit", storage.end_max_bit, 0.0)


def _check_margins(problem: PlanningProblem, faults: Faults) -> None:
    if (margins := problem.margins) is None:
        return
    faults.number("margins.sigmas", margins.sigmas, 0.0)
    for name in ("array_power", "battery_capacity", "data_rate", "storage"):
        faults.number(f"margins.{name}", getattr(margins, name), 0.0, 1.0, above=True)
    faults.number("margins.load_power", margins.load_power, 1.0)
    faults.whole("margins.light_edge_s", margins.light_edge_s, 0, LARGEST_DURATION_S)


def _check_baseline(problem: PlanningProblem, faults: Faults) -> None:
    if (baseline := problem.baseline) is None:
        return
    if faults.whole("baseline.now_s", baseline.now_s, 0, problem.horizon_s) and baseline.now_s % problem.resolution_s:
        faults.add("baseline.now_s", "OFF_GRID", f"{baseline.now_s} is no multiple of {problem.resolution_s} s")
    faults.whole("baseline.frozen_until_s", baseline.frozen_until_s, baseline.now_s, problem.horizon_s)
    faults.number("baseline.moved_weight", baseline.moved_weight, 0.0)
    faults.number("baseline.dropped_weight", baseline.dropped_weight, 0.0)
    connections = {(drive.from_place_id, drive.to_place_id) for drive in problem.drives if not drive.closed_because}
    activity_ids = {activity.activity_id for activity in problem.activities}
    for index, placed in enumerate(baseline.frozen.activities):
        faults.member(f"baseline.frozen.activities[{index}]", placed.activity_id, activity_ids, "ACTIVITY")
    for index, drive in enumerate(baseline.frozen.drives):
        if (drive.from_place_id, drive.to_place_id) not in connections:
            path = f"baseline.frozen.drives[{index}]"
            faults.add(path, "UNKNOWN_DRIVE", f"no open way from {drive.from_place_id} to {drive.to_place_id}")
