"""The objective of a schedule as the search sees it; the validator works it out again in its own way.

Value − contact cost − fairness penalty − waiting data − change: :class:`Objective` and :class:`Baseline` define them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise

from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.problem.spans import Span, overlap_s, union
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR

BIT_S_PER_GB_D = 8e9 * 86_400
"""Bit-seconds of waiting in a gigabyte that waits for a day."""

_Rates = dict[int, float]
"""By how much a rate changes at a time."""


def score(problem: PlanningProblem, schedule: Schedule) -> float:
    """Return a schedule's objective; what the problem does not know, such as a replan's history, counts for nothing."""
    weights = problem.objective
    activities = {activity.activity_id: activity for activity in problem.activities}
    planned: dict[str, list[float]] = defaultdict(list)
    for placed in schedule.activities:
        if (activity := activities.get(placed.activity_id)) is not None:
            planned[activity.agency_id].append(activity.value)
    values = {agency_id: math.fsum(parts) for agency_id, parts in planned.items()}
    parts = [*values.values(), -weights.contact_cost_weight * _contact_cost(problem, schedule)]
    if weights.fairness_weight:
        parts.append(-weights.fairness_weight * _largest_unsatisfied_share(problem, values))
    if weights.latency_weight_per_gb_d > 0 and not problem.is_placeless:
        parts.append(-weights.latency_weight_per_gb_d * _waiting_bit_s(problem, schedule) / BIT_S_PER_GB_D)
    if problem.baseline is not None:
        parts.append(-_change_cost(problem, problem.baseline, schedule))
    return math.fsum(parts)


def _contact_cost(problem: PlanningProblem, schedule: Schedule) -> float:
    cost = {window.window_id: window.cost_per_hour for window in problem.contact_windows}
    return math.fsum(
        cost.get(contact.window_id, 0.0) * (contact.span[1] - contact.span[0]) / SECONDS_PER_HOUR
        for contact in schedule.contacts
    )


def _largest_unsatisfied_share(problem: PlanningProblem, planned: Mapping[str, float]) -> float:
    requested = {agency_id: value for agency_id, value in requested_values(problem).items() if value > 0}
    return max((1.0 - planned.get(agency_id, 0.0) / value for agency_id, value in requested.items()), default=0.0)


def _waiting_bit_s(problem: PlanningProblem, schedule: Schedule) -> float:
    """Return the stored data summed over time from the problem's now on, in bit-seconds."""
    rates: _Rates = defaultdict(float, {problem.now_s: 0.0, problem.horizon_s: 0.0})
    data_bit = {activity.activity_id: activity.data_bit for activity in problem.activities}
    driven_bit = {(drive.from_place_id, drive.to_place_id): drive.data_bit for drive in problem.drives}
    made = [(placed.span, data_bit.get(placed.activity_id, 0.0)) for placed in schedule.activities]
    made += [(drive.span, driven_bit.get((drive.from_place_id, drive.to_place_id), 0.0)) for drive in schedule.drives]
    for span, amount_bit in made:
        _add(rates, span, amount_bit / (span[1] - span[0]))
    for span, rate_bps in _sending(problem, schedule):
        _add(rates, span, -rate_bps)
    stored_bit, net_bps, total_bit_s = problem.storage.start_bit, 0.0, 0.0
    for start_s, end_s in pairwise(sorted(rates)):
        net_bps += rates[start_s]
        if start_s < problem.now_s or end_s > problem.horizon_s:
            continue
        length_s = float(end_s - start_s)
        after_bit = stored_bit + net_bps * length_s
        if after_bit < 0.0:
            # The storage runs empty within the step.
            total_bit_s += stored_bit * stored_bit / (-2.0 * net_bps)
        else:
            total_bit_s += (stored_bit + after_bit) / 2.0 * length_s
        stored_bit = max(after_bit, 0.0)
    return total_bit_s


def _add(rates: _Rates, span: Span, rate_bps: float) -> None:
    rates[span[0]] += rate_bps
    rates[span[1]] -= rate_bps


def _sending(problem: PlanningProblem, schedule: Schedule) -> Iterator[tuple[Span, float]]:
    """Yield the steps of the data rate over all contacts; on the way between two places the lower of both holds."""
    windows: dict[tuple[str, str], list[ContactWindow]] = defaultdict(list)
    for window in problem.contact_windows:
        windows[window.station_id, window.place_id].append(window)
    stays = list(_stays(problem, schedule))
    for contact in schedule.contacts:
        for span, place_ids in stays:
            if overlap_s(span, contact.span):
                part = (max(span[0], contact.span[0]), min(span[1], contact.span[1]))
                seen = [windows[contact.station_id, place_id] for place_id in place_ids]
                yield from _steps(part, seen)


def _stays(problem: PlanningProblem, schedule: Schedule) -> Iterator[tuple[Span, tuple[str, ...]]]:
    place_id, since_s = problem.start_place_id, 0
    for drive in sorted(schedule.drives, key=lambda drive: drive.span):
        yield (since_s, drive.span[0]), (place_id,)
        yield drive.span, (drive.from_place_id, drive.to_place_id)
        place_id, since_s = drive.to_place_id, drive.span[1]
    yield (since_s, problem.horizon_s), (place_id,)


def _steps(part: Span, seen: Sequence[Sequence[ContactWindow]]) -> Iterator[tuple[Span, float]]:
    bends = {edge for windows in seen for window in windows for edge in (*window.span, *window.rate.offset_s)}
    cuts = sorted({*part, *(edge for edge in bends if part[0] < edge < part[1])})
    for start_s, end_s in pairwise(cuts):
        yield (start_s, end_s), min(_rate_bps(windows, start_s) for windows in seen)


def _rate_bps(windows: Sequence[ContactWindow], time_s: int) -> float:
    window = next((each for each in windows if each.span[0] <= time_s < each.span[1]), None)
    if window is None:
        return 0.0
    index = bisect_right(window.rate.offset_s, time_s) - 1
    return window.rate.rate_bps[index] if index >= 0 else 0.0


def _change_cost(problem: PlanningProblem, baseline: Baseline, schedule: Schedule) -> float:
    """Return what it costs that chains and contacts are moved, added or dropped."""
    before, after = _first_starts(problem, baseline.schedule), _first_starts(problem, schedule)
    kept = before.keys() & after.keys()
    moved = sum(before[key] != after[key] for key in kept)
    moved += len(_contact_starts(schedule) - _contact_starts(baseline.schedule))
    moved_s = sum(abs(before[key][0] - after[key][0]) for key in kept)
    moved_s += _tracking_change_s(baseline.schedule, schedule)
    dropped = len(before) - len(kept)
    return baseline.moved_weight * (moved + moved_s / SECONDS_PER_HOUR) + baseline.dropped_weight * dropped


def _first_starts(problem: PlanningProblem, schedule: Schedule) -> dict[Hashable, tuple[int, str]]:
    activities = {activity.activity_id: activity for activity in problem.activities}
    starts: dict[Hashable, tuple[int, str]] = {}
    for placed in sorted(schedule.activities, key=lambda placed: placed.span, reverse=True):
        if (activity := activities.get(placed.activity_id)) is not None:
            starts[mode_key(activity)] = placed.span[0], activity.mode_id
    return starts


def _contact_starts(schedule: Schedule) -> set[tuple[str, int]]:
    return {(contact.station_id, contact.span[0]) for contact in schedule.contacts}


def _tracking_change_s(before: Schedule, after: Schedule) -> int:
    """Return for how many seconds, over all stations, exactly one of two schedules tracks."""
    total_s = 0
    old, new = _tracked(before.contacts), _tracked(after.contacts)
    for station_id in old.keys() | new.keys():
        mine, other = union(old.get(station_id, ())), union(new.get(station_id, ()))
        both_s = sum(overlap_s(span, each) for span in mine for each in other)
        total_s += sum(end_s - start_s for start_s, end_s in (*mine, *other)) - 2 * both_s
    return total_s


def _tracked(contacts: Sequence[PlacedContact]) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = defaultdict(list)
    for contact in contacts:
        spans[contact.station_id].append(contact.span)
    return spans
