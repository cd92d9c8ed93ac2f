"""Rules of resources: one user of a unary one at a time, enough of what is shared or used up, battery and storage."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.simulation.coverage import overlap_s
from malapert_planner.domain.simulation.propagation import BatteryTrace, Samples, StorageTrace
from malapert_planner.domain.simulation.reservoirs import reservoir_levels
from malapert_planner.domain.simulation.timeline import Case, drive_label
from malapert_planner.domain.validation.report import Delivery
from malapert_planner.domain.validation.rules import Findings, Rule

RELATIVE_TOLERANCE = 1e-9
"""Tolerance of levels against a limit, as a share of the capacity, for rounding."""
LATENCY_TOLERANCE_S = 0.1
"""Tolerance of delivery times, seconds: they follow from sums of all data over a hundred days, rounded to a tenth of
a bit, at a bit a second."""


def check_unary(case: Case, findings: Findings) -> None:
    """Check that users of one resource, activities and drives, never overlap."""
    users: dict[str, list[tuple[Span, str]]] = defaultdict(list)
    for activity, placed in case.activities:
        for resource_id in set(activity.resource_ids):
            users[resource_id].append((placed.span, activity.activity_id))
    for _, drive in case.drives:
        for resource_id in set(case.problem.drive_rule.resource_ids):
            users[resource_id].append((drive.span, drive_label(drive)))
    for resource_id, uses in sorted(users.items()):
        _check_uses(resource_id, sorted(uses), findings)


def _check_uses(resource_id: str, uses: list[tuple[Span, str]], findings: Findings) -> None:
    holder_span, holder = uses[0]
    findings.count(Rule.RESOURCE_OVERLAP, len(uses))
    for span, label in uses[1:]:
        if both_s := overlap_s(holder_span, span):
            message = f"{holder} and {label} use {resource_id} at once for {both_s} s"
            shared = (span[0], span[0] + both_s)
            findings.report(Rule.RESOURCE_OVERLAP, (resource_id, holder, label), shared, both_s, message)
        if span[1] > holder_span[1]:
            holder_span, holder = span, label


def check_cumulative(case: Case, findings: Findings) -> None:
    """Check that what is taken at once is no more than there is, over each span in which the same activities take."""
    for resource in case.problem.cumulative_resources:
        amounts: dict[str, float] = defaultdict(float)
        for use in resource.uses:
            amounts[use.activity_id] += use.amount
        takers = [(placed.span, activity.activity_id) for activity, placed in case.activities]
        takers = [taker for taker in takers if amounts.get(taker[1])]
        tolerance = RELATIVE_TOLERANCE * max(1.0, abs(resource.capacity))
        for span in pairwise(sorted({edge for taken, _ in takers for edge in taken})):
            names = [name for taken, name in takers if taken[0] <= span[0] and span[1] <= taken[1]]
            taken = math.fsum(amounts[name] for name in names)
            excess = _above(taken - resource.capacity, tolerance)
            message = (
                f"{taken:g} {resource.unit} of {resource.title} are taken at once, there are {resource.capacity:g}"
            )
            findings.check(Rule.RESOURCE_CAPACITY, excess, (resource.resource_id, *names), span, message)


def check_reservoirs(case: Case, findings: Findings) -> None:
    """Check that each level stays between nothing and the capacity."""
    placed = [item for _, item in case.activities]
    for reservoir in case.problem.reservoirs:
        levels = reservoir_levels(reservoir, placed)
        edges_s = [level.time_s for level in levels] + [max(case.problem.horizon_s, levels[-1].time_s)]
        title, unit, objects = reservoir.title, reservoir.unit, (reservoir.resource_id,)
        tolerance = RELATIVE_TOLERANCE * max(1.0, reservoir.capacity)
        findings.count(Rule.RESERVOIR_EMPTY, len(levels))
        for span, missing in _runs(edges_s, [-level.least for level in levels], tolerance):
            message = f"{missing:g} {unit} more than there is are taken out of {title}"
            findings.report(Rule.RESERVOIR_EMPTY, objects, span, missing, message)
        findings.count(Rule.RESERVOIR_FULL, len(levels))
        for span, excess in _runs(edges_s, [level.most - reservoir.capacity for level in levels], tolerance):
            message = f"{excess:g} {unit} more than it holds are put into {title}"
            findings.report(Rule.RESERVOIR_FULL, objects, span, excess, message)


def _runs(edges_s: list[int], excess: list[float], tolerance: float) -> Iterator[tuple[Span, float]]:
    """Yield each run of steps beyond a limit, with the largest excess in it."""
    first = 0
    for is_beyond, steps in groupby(amount > tolerance for amount in excess):
        count = len(list(steps))
        if is_beyond:
            yield (edges_s[first], edges_s[first + count]), max(excess[first : first + count])
        first += count


def check_limits(case: Case, findings: Findings) -> None:
    """Check that what is used up over the whole horizon is no more than there is."""
    planned = {activity.activity_id for activity, _ in case.activities}
    for limit in case.problem.limits:
        takers = [use for use in limit.uses if use.activity_id in planned]
        taken = math.fsum(use.amount for use in takers)
        excess = _above(taken - limit.capacity, RELATIVE_TOLERANCE * max(1.0, abs(limit.capacity)))
        objects = (limit.limit_id, *(use.activity_id for use in takers))
        message = f"{taken:g} {limit.unit} of {limit.title} are taken, there are {limit.capacity:g}"
        findings.check(Rule.LIMIT, excess, objects, (0, case.problem.horizon_s), message)


def check_battery(case: Case, trace: BatteryTrace, findings: Findings) -> None:
    """Check the floor at every instant, the charge at the end, and what activities need at their start."""
    battery, asset_id = case.problem.battery, case.problem.asset_id
    tolerance_wh = RELATIVE_TOLERANCE * battery.capacity_wh
    findings.count(Rule.BATTERY_FLOOR, trace.time_s.size)
    for span, deficit_wh in _beyond(trace.time_s, battery.floor_wh - trace.charge_wh, tolerance_wh):
        message = f"the charge falls {deficit_wh:.3f} Wh below the floor of {battery.floor_wh:g} Wh"
        findings.report(Rule.BATTERY_FLOOR, (asset_id,), span, deficit_wh, message)
    end_wh = float(trace.charge_wh[-1])
    message = f"the charge at the end is {end_wh:.3f} Wh, {battery.end_wh:g} Wh are asked"
    missing_wh = _above(battery.end_wh - end_wh, tolerance_wh)
    findings.check(Rule.BATTERY_END, missing_wh, (asset_id,), _end(case.problem), message)
    for activity, placed in case.activities:
        if activity.min_start_charge_wh > 0 and 0 <= placed.span[0] <= case.problem.horizon_s:
            charge_wh = trace.charge_at(placed.span[0])
            missing_wh = _above(activity.min_start_charge_wh - charge_wh, tolerance_wh)
            message = f"the charge is {charge_wh:.3f} Wh, {activity.min_start_charge_wh:g} Wh are needed"
            span = (placed.span[0], placed.span[0])
            findings.check(Rule.START_CHARGE, missing_wh, (activity.activity_id,), span, message)


def check_storage(case: Case, trace: StorageTrace, findings: Findings) -> None:
    """Check the capacity at every instant and the data left at the end."""
    storage, asset_id = case.problem.storage, case.problem.asset_id
    tolerance_bit = RELATIVE_TOLERANCE * storage.capacity_bit
    findings.count(Rule.STORAGE_CAPACITY, trace.time_s.size)
    for span, excess_bit in _beyond(trace.time_s, trace.stored_bit - storage.capacity_bit, tolerance_bit):
        message = f"the stored data exceeds the capacity of {storage.capacity_bit:g} bit by {excess_bit:g} bit"
        findings.report(Rule.STORAGE_CAPACITY, (asset_id,), span, excess_bit, message)
    end_bit = float(trace.stored_bit[-1])
    message = f"{end_bit:g} bit are left at the end, {storage.end_max_bit:g} bit are allowed"
    excess_bit = _above(end_bit - storage.end_max_bit, tolerance_bit)
    findings.check(Rule.STORAGE_END, excess_bit, (asset_id,), _end(case.problem), message)


def check_latency(case: Case, deliveries: tuple[Delivery, ...], findings: Findings) -> None:
    """Check that products with a latency limit that ends within the horizon are on the ground by then."""
    horizon_s = case.problem.horizon_s
    for item in deliveries:
        if item.limit_s == 0 or item.made_s <= case.problem.now_s or item.made_s + item.limit_s > horizon_s:
            continue
        late_s = (horizon_s if item.sent_s is None else item.sent_s) - item.made_s - item.limit_s
        when = "is not sent before the end of the plan" if item.sent_s is None else f"is sent {late_s:.0f} s too late"
        message = f"{item.product_id} {when}; {item.limit_s} s after the activity are allowed"
        span = (item.made_s, item.made_s + item.limit_s)
        amount = max(late_s, LATENCY_TOLERANCE_S * 2) if item.sent_s is None else _above(late_s, LATENCY_TOLERANCE_S)
        findings.check(Rule.PRODUCT_LATENCY, amount, (item.activity_id, item.product_id), span, message)


def _end(problem: PlanningProblem) -> Span:
    return problem.horizon_s, problem.horizon_s


def _above(amount: float, tolerance: float) -> float:
    return amount if amount > tolerance else 0.0


def _beyond(time_s: Samples, excess: Samples, tolerance: float) -> Iterator[tuple[Span, float]]:
    """Yield each span over which a level is beyond its limit, in whole seconds around it, with the largest excess.

    The nodes before the first and after the last beyond the limit are those at which it is passed.
    """
    beyond = np.concatenate(([False], excess > tolerance, [False]))
    steps = np.flatnonzero(np.diff(beyond.astype(np.int8)))
    for first, after in zip(steps[::2], steps[1::2], strict=True):
        start_s = time_s[max(first - 1, 0)]
        end_s = time_s[min(after, time_s.size - 1)]
        yield (math.floor(start_s), math.ceil(end_s)), float(excess[first:after].max())
