"""Resource profiles for reports: the propagation's samples, thinned with every extreme kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.simulation.propagation import BatteryTrace, Samples, StorageTrace
from malapert_planner.domain.simulation.reservoirs import reservoir_levels
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.report import Profile

MOST_SAMPLES = 6000
"""Largest number of samples of a profile."""
PRECISION = 1e-4
"""Distance from the line, as part of the range of values, up to which a sample is left out where there are many."""
COARSEST = 13
"""So often that distance is doubled at first: nearly the whole range."""


def profiles(problem: PlanningProblem, battery: BatteryTrace, storage: StorageTrace) -> tuple[Profile, ...]:
    """Return charge, stored data, generation and load over the horizon.

    Where a value steps, two samples share one offset.
    """
    power_time_s = np.repeat(battery.time_s, 2)[1:-1]
    limits_wh = (problem.battery.floor_wh, problem.battery.capacity_wh)
    return (
        _profile("battery_wh", "Wh", battery.time_s, battery.charge_wh, *limits_wh),
        _profile("storage_bit", "bit", storage.time_s, storage.stored_bit, None, problem.storage.capacity_bit),
        _profile("generation_w", "W", power_time_s, battery.generation_w.ravel(), None, None),
        _profile("load_w", "W", power_time_s, np.repeat(battery.load_w, 2), None, None),
    )


def shared_profiles(case: Case) -> tuple[Profile, ...]:
    """Return what is taken of consumables and used of shared resources, and between which levels reservoirs lie.

    A consumable counts from an activity's start on. A reservoir has two profiles, ``.least`` and ``.most``.
    """
    problem, placed = case.problem, [item for _, item in case.activities]
    spans = {item.activity_id: item.span for item in placed}
    found = []
    for limit in (each for each in problem.limits if not each.is_choice):
        steps = [(spans[use.activity_id][0], use.amount) for use in limit.uses if use.activity_id in spans]
        found.append(_stepped(problem, limit.limit_id, limit.unit, 0.0, steps, None, limit.capacity))
    for resource in problem.cumulative_resources:
        uses = [(spans[use.activity_id], use.amount) for use in resource.uses if use.activity_id in spans]
        steps = [step for (start_s, end_s), amount in uses for step in ((start_s, amount), (end_s, -amount))]
        found.append(_stepped(problem, resource.resource_id, resource.unit, 0.0, steps, None, resource.capacity))
    for reservoir in problem.reservoirs:
        levels = reservoir_levels(reservoir, placed)
        for name, floor, capacity in (("least", 0.0, None), ("most", None, reservoir.capacity)):
            values = [getattr(level, name) for level in levels]
            steps = [
                (level.time_s, after - before)
                for level, before, after in zip(levels[1:], values, values[1:], strict=False)
            ]
            name = f"{reservoir.resource_id}.{name}"
            found.append(_stepped(problem, name, reservoir.unit, reservoir.start, steps, floor, capacity))
    return tuple(found)


def _stepped(
    problem: PlanningProblem,
    resource_id: str,
    unit: str,
    start: float,
    steps: Iterable[tuple[int, float]],
    floor: float | None,
    capacity: float | None,
) -> Profile:
    """Return a profile that steps at instants by amounts."""
    by_time: dict[int, float] = defaultdict(float)
    for time_s, amount in steps:
        by_time[min(max(time_s, 0), problem.horizon_s)] += amount
    times_s, values = [0.0], [start]
    for time_s in sorted(by_time):
        times_s += [time_s, time_s]
        values += [values[-1], values[-1] + by_time[time_s]]
    times_s.append(problem.horizon_s)
    values.append(values[-1])
    return _profile(resource_id, unit, np.array(times_s), np.array(values), floor, capacity)


def _profile(
    resource_id: str, unit: str, time_s: Samples, value: Samples, floor: float | None, capacity: float | None
) -> Profile:
    lowest = int(np.argmin(value))
    kept = thinned(time_s, value)
    return Profile(
        resource_id=resource_id,
        unit=unit,
        offset_s=tuple(time_s[kept].tolist()),
        value=tuple(value[kept].tolist()),
        floor=floor,
        capacity=capacity,
        minimum=float(value[lowest]),
        minimum_offset_s=float(time_s[lowest]),
        maximum=float(value.max()),
    )


def thinned(time_s: Samples, value: Samples) -> NDArray[np.intp]:
    """Return the indices of samples that draw the same line: straight runs by their ends.

    Of more than ``MOST_SAMPLES`` bends those are kept from whose line no other is off by more than ``PRECISION`` of the
    range of values, or by twice as much, and so on, if they are still too many; the lowest and the highest value are
    among them.
    """
    bends = _bends(time_s, value)
    if bends.size <= MOST_SAMPLES:
        return bends
    time_s, value = time_s[bends], value[bends]
    kept = np.unique([0, int(value.argmin()), int(value.argmax()), value.size - 1])
    for doubled in range(COARSEST, -1, -1):
        kept = _parted(time_s, value, kept, float(np.ptp(value)) * PRECISION * 2**doubled)
    picked: NDArray[np.intp] = bends[kept]
    return picked


def _parted(time_s: Samples, value: Samples, kept: NDArray[np.intp], most_off: float) -> NDArray[np.intp]:
    """Return the indices of samples whose line no other is off by more than an amount, by Ramer, Douglas and Peucker.

    All stretches between two kept samples are parted at once where they are off most, as long as there may be more.
    """
    index = np.arange(value.size)
    while kept.size < MOST_SAMPLES:
        stretch = np.clip(np.searchsorted(kept, index, side="right") - 1, 0, kept.size - 2)
        first, last = kept[stretch], kept[stretch + 1]
        length_s = time_s[last] - time_s[first]
        share = np.divide(time_s - time_s[first], length_s, out=np.zeros_like(value), where=length_s > 0)
        off = np.abs(value - value[first] - share * (value[last] - value[first]))
        worst = np.flatnonzero((off > most_off) & (off == np.maximum.reduceat(off, kept[:-1])[stretch]))
        if not worst.size:
            break
        kept = np.union1d(kept, worst[np.argsort(off[worst])[kept.size - MOST_SAMPLES :]])
    return kept


def _bends(time_s: Samples, value: Samples) -> NDArray[np.intp]:
    """Return the indices of both ends and of all samples off the line between their neighbours."""
    index = np.flatnonzero(np.append(True, (np.diff(time_s) > 0) | (np.diff(value) != 0)))
    if index.size == 1:
        return index
    time_s, value = time_s[index], value[index]
    before_s, after_s = time_s[1:-1] - time_s[:-2], time_s[2:] - time_s[1:-1]
    off = np.abs(np.diff(value)[:-1] * after_s - np.diff(value)[1:] * before_s)
    straight = (off <= 1e-12 * np.abs(value).max() * (before_s + after_s)) & (before_s > 0) & (after_s > 0)
    return index[np.concatenate(([True], ~straight, [True]))]
