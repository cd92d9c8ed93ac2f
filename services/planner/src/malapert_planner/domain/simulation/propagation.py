"""Battery and storage along a schedule, exactly.

Between two nodes the generation is linear and the load constant, so the charge is a parabola; fill and drain are
constant, so the stored data is a line. Nodes lie at every bend, step and start, on a regular grid, and wherever the
charge turns (net power passes zero), reaches the capacity or passes the floor. So every level is monotone between nodes
and its extremes are those of the nodes.

Charging power is ``charge_efficiency`` times the net power (generation less load) where that is above zero; discharging
power is the net power itself where it is below. At the capacity the charge stays while net power is not below zero.
During a drive the generation is the lowest of that at its two ends and on its way, and the data rate of a contact the
lower of that at its ends; heaters draw where either end is heated. Before a replan's now nothing is accounted: the
levels are those that it starts from.

A level with one reflecting wall (charge under the capacity, data above zero) follows from the cumulative sum S of its
unbounded steps: under a wall c, level_n = S_n + min(level_0, min over k ≤ n of (c − S_k)).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.domain.simulation.coverage import merged
from malapert_planner.domain.simulation.timeline import Case

Samples = NDArray[np.float64]

_S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class BatteryTrace:
    """The charge at nodes, and the power between them.

    Attributes
    ----------
    time_s, charge_wh : ndarray, shape (n + 1,)
        Nodes in order and the charge at each.
    generation_w : ndarray, shape (n, 2)
        Generation at the start and at the end of each segment between nodes, linear between.
    load_w : ndarray, shape (n,)
        Load over each segment.
    """

    time_s: Samples
    charge_wh: Samples
    generation_w: Samples
    load_w: Samples

    def charge_at(self, time_s: float) -> float:
        """Return the charge at a node, in Wh."""
        return float(self.charge_wh[np.searchsorted(self.time_s, time_s)])


@dataclass(frozen=True, slots=True)
class StorageTrace:
    """The stored data at nodes, and what each contact of the schedule sends.

    Attributes
    ----------
    time_s, stored_bit : ndarray, shape (n + 1,)
        Nodes in order and the data stored at each.
    sent_bit : tuple of float
        What is sent in each contact, in the schedule's order.
    """

    time_s: Samples
    stored_bit: Samples
    sent_bit: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DataFlow:
    """Possible data rates between nodes.

    Attributes
    ----------
    time_s : ndarray, shape (n + 1,)
        Nodes in order: every edge of what makes or sends data, and the regular grid.
    drain_bps : ndarray, shape (n,)
        What contacts could send over each segment between nodes.
    accounted : ndarray of bool, shape (n,)
        Whether a segment is no history.
    drains : dict of PlacedContact to list of (Span, float)
        The data rate over each contact as constant steps.
    """

    time_s: Samples
    drain_bps: Samples
    accounted: NDArray[np.bool_]
    drains: dict[PlacedContact, list[tuple[Span, float]]]

    def fill_bps(self, made: Iterable[tuple[Span, float]]) -> Samples:
        """Return how fast data comes in per segment, of bits that are each made evenly over a span."""
        rates = [(span, data_bit / (span[1] - span[0])) for span, data_bit in made]
        return np.where(self.accounted, _steps(self.time_s, rates), 0.0)


def step_s(case: Case) -> float:
    """Return the step of the regular grid: a quarter of the problem's resolution."""
    return case.problem.resolution_s / 4


def propagate_battery(case: Case) -> BatteryTrace:
    """Return the charge along a schedule, which need not be valid."""
    battery = case.problem.battery
    pieces = _generation_pieces(case)
    edges = [edge_s for placed in case.placed() for edge_s in placed.span]
    edges += [edge_s for span in _heated(case) for edge_s in span]
    time_s = _nodes(case, edges, *(piece_time_s for piece_time_s, _ in pieces))
    accounted = time_s[:-1] >= case.problem.now_s
    generation_w = np.where(accounted[:, None], _generation(time_s, pieces), 0.0)
    load_w = np.where(accounted, _load(case, time_s), 0.0)
    net_w = generation_w - load_w[:, None]
    turning = net_w[:, 0] * net_w[:, 1] < 0
    fall_w = net_w[turning, 0] - net_w[turning, 1]
    into_s = np.diff(time_s)[turning] * net_w[turning, 0] / fall_w
    trace = BatteryTrace(time_s, np.zeros_like(time_s), generation_w, load_w)
    trace = _split(trace, np.flatnonzero(turning), into_s, load_w[turning], np.zeros(into_s.size))
    trace = BatteryTrace(trace.time_s, _charge(case, trace), trace.generation_w, trace.load_w)
    for level_wh in (battery.capacity_wh, battery.floor_wh):
        trace = _split_at_level(case, trace, level_wh)
    return trace


def data_flow(case: Case) -> DataFlow:
    """Return when data could be sent along a schedule, which need not be valid."""
    drains = {contact: _drain_steps(case, contact) for contact in case.contacts}
    steps = [step for steps in drains.values() for step in steps]
    spans = [placed.span for placed in case.placed()] + [span for span, _ in steps]
    time_s = _nodes(case, [edge for span in spans for edge in span])
    accounted = time_s[:-1] >= case.problem.now_s
    return DataFlow(time_s, np.where(accounted, _steps(time_s, steps), 0.0), accounted, drains)


def propagate_storage(case: Case, flow: DataFlow | None = None) -> StorageTrace:
    """Return the stored data along a schedule, which need not be valid; ``flow`` is its flow, where it is known."""
    flow = flow or data_flow(case)
    storage, time_s, drains, drain_bps = case.problem.storage, flow.time_s, flow.drains, flow.drain_bps
    made = [(placed.span, item.data_bit) for item, placed in case.activities]
    made += [(placed.span, item.data_bit) for item, placed in case.drives]
    fill_bps = flow.fill_bps(made)
    length_s = np.diff(time_s)
    total = np.concatenate(([0.0], np.cumsum((fill_bps - drain_bps) * length_s)))
    stored = total + np.maximum(storage.start_bit, np.maximum.accumulate(-total))
    sent = np.clip(stored[:-1] + fill_bps * length_s - stored[1:], 0.0, drain_bps * length_s)
    used_s = np.divide(sent, drain_bps, out=np.zeros_like(sent), where=drain_bps > 0)
    sent_bit = tuple(
        sum(rate_bps * float(used_s[_part(time_s, span)].sum()) for span, rate_bps in drains.get(contact, []))
        for contact in case.schedule.contacts
    )
    return _with_turns(time_s, stored, fill_bps - drain_bps, sent_bit, storage.capacity_bit)


def _nodes(case: Case, edges: Iterable[float], *more: Samples) -> Samples:
    """Return the regular grid with all given times inside the horizon, sorted, each once."""
    horizon_s = float(case.problem.horizon_s)
    grid_s = np.arange(0.0, horizon_s, step_s(case))
    ends_s = np.array([case.problem.now_s, horizon_s, *edges], dtype=np.float64)
    more_s = np.concatenate([ends_s, *more])
    more_s = more_s[(more_s >= 0.0) & (more_s <= horizon_s)]
    # Most lie on the grid: to sort them all would take longer than all else.
    nearest = np.minimum(np.round(more_s / step_s(case)).astype(np.int64), grid_s.size - 1)
    off_grid_s = np.unique(more_s[grid_s[nearest] != more_s])
    return np.insert(grid_s, np.searchsorted(grid_s, off_grid_s), off_grid_s)


def _part(time_s: Samples, span: tuple[float, float]) -> slice:
    """Return the segments between nodes that make up a span."""
    start, end = np.searchsorted(time_s, span)
    return slice(int(start), int(min(end, time_s.size - 1)))


def _steps(time_s: Samples, steps: Iterable[tuple[Span, float]]) -> Samples:
    """Return the sum of constant rates, each over its span, per segment between nodes."""
    total, listed = np.zeros(time_s.size - 1), list(steps)
    nodes = np.searchsorted(time_s, np.array([span for span, _ in listed], dtype=np.float64).reshape(-1, 2))
    for (first, after), (_, rate) in zip(nodes.tolist(), listed, strict=True):
        total[first : min(after, total.size)] += rate
    return total


def _load(case: Case, time_s: Samples) -> Samples:
    """Return the load per segment: base by state, and what activities, drives and contacts draw."""
    draws = [(placed.span, item.power_w) for item, placed in case.activities]
    draws += [(placed.span, item.power_w) for item, placed in case.drives]
    draws += [(contact.span, case.problem.contact_power_w) for contact in case.contacts]
    awake = _steps(time_s, [(span, 1.0) for span, _ in draws]) > 0
    base_w = np.where(awake, case.problem.battery.awake_load_w, case.problem.battery.asleep_load_w)
    heaters = [(span, case.problem.battery.heater_w) for span in _heated(case)]
    return base_w + _steps(time_s, draws) + _steps(time_s, heaters)


def _heated(case: Case) -> tuple[Span, ...]:
    """Return when heaters are on: where the asset is in what is heated, on a drive where either end is."""
    if case.problem.battery.heater_w <= 0:
        return ()
    places = [(stay, case.place_by_id.get(place_id)) for stay in case.timeline for place_id in stay.place_ids]
    heated = (intersection((stay.span,), merged(place.heated)) for stay, place in places if place is not None)
    return merged(span for spans in heated for span in spans)


def _generation_pieces(case: Case) -> list[tuple[Samples, Samples]]:
    """Return for each stay the times at which the generation bends, and the generation there."""
    nowhere = (np.zeros(1), np.zeros(1))
    series, ways = case.generation, case.way_generation
    return [
        _lowest(
            stay.span,
            [series.get(place_id, nowhere) for place_id in stay.place_ids]
            + [ways[ends] for ends in (stay.place_ids,) if ends in ways],
        )
        for stay in case.timeline
    ]


def _lowest(span: Span, series: list[tuple[Samples, Samples]]) -> tuple[Samples, Samples]:
    """Return the lowest of some piecewise linear series over a span, as nodes with values."""
    bends = [offset_s[slice(*np.searchsorted(offset_s, span))] for offset_s, _ in series]
    time_s = np.unique(np.concatenate([np.array(span, dtype=np.float64), *bends]))
    power_w = np.stack([np.interp(time_s, offset_s, values_w) for offset_s, values_w in series])
    if len(series) == 1:
        return time_s, power_w[0]
    crossings_s = [_crossings(time_s, first - second) for first, second in combinations(power_w, 2)]
    time_s = np.unique(np.concatenate([time_s, *crossings_s]))
    return time_s, np.min([np.interp(time_s, offset_s, values_w) for offset_s, values_w in series], axis=0)


def _crossings(time_s: Samples, apart_w: Samples) -> Samples:
    """Return the times between nodes at which a difference, linear between them, passes zero."""
    crossing = np.flatnonzero(apart_w[:-1] * apart_w[1:] < 0)
    fraction = apart_w[crossing] / (apart_w[crossing] - apart_w[crossing + 1])
    return np.asarray(time_s[crossing] + fraction * np.diff(time_s)[crossing])


def _generation(time_s: Samples, pieces: list[tuple[Samples, Samples]]) -> Samples:
    """Return the generation at both ends of every segment; it may step where one piece ends and the next begins."""
    generation_w = np.zeros((time_s.size - 1, 2))
    for piece_time_s, power_w in pieces:
        part = _part(time_s, (piece_time_s[0], piece_time_s[-1]))
        at_nodes_w = np.interp(time_s[part.start : part.stop + 1], piece_time_s, power_w)
        generation_w[part, 0] = at_nodes_w[:-1]
        generation_w[part, 1] = at_nodes_w[1:]
    return generation_w


def _charge(case: Case, trace: BatteryTrace) -> Samples:
    """Return the charge at every node; net power must not change sign between nodes."""
    battery = case.problem.battery
    net_w = _means(trace.generation_w) - trace.load_w
    stored_w = np.where(net_w > 0, battery.charge_efficiency * net_w, net_w)
    total = np.concatenate(([0.0], np.cumsum(stored_w * np.diff(trace.time_s) / _S_PER_H)))
    return total + np.minimum(battery.start_wh, np.minimum.accumulate(battery.capacity_wh - total))


def _means(ends: Samples) -> Samples:
    """Return the mean of both ends of every segment."""
    means: Samples = (ends[:, 0] + ends[:, 1]) / 2
    return means


def _split(
    trace: BatteryTrace, segments: NDArray[np.intp], into_s: Samples, generation_w: Samples, charge_wh: Samples
) -> BatteryTrace:
    """Return a trace with one more node in each of some segments."""
    start_w = np.insert(trace.generation_w[:, 0], segments + 1, generation_w)
    end_w = np.insert(trace.generation_w[:, 1], segments, generation_w)
    return BatteryTrace(
        np.insert(trace.time_s, segments + 1, trace.time_s[segments] + into_s),
        np.insert(trace.charge_wh, segments + 1, charge_wh),
        np.stack([start_w, end_w], axis=1),
        np.insert(trace.load_w, segments, trace.load_w[segments]),
    )


def _split_at_level(case: Case, trace: BatteryTrace, level_wh: float) -> BatteryTrace:
    """Return a trace with a node wherever the charge passes a level, or reaches it to stay there."""
    length_s = np.diff(trace.time_s)
    net_w = trace.generation_w - trace.load_w[:, None]
    mean_w = _means(net_w)
    factor = np.where(mean_w > 0, case.problem.battery.charge_efficiency, 1.0)
    unbounded_wh = trace.charge_wh[:-1] + factor * mean_w * length_s / _S_PER_H
    before_wh = level_wh - trace.charge_wh[:-1]
    segments = np.flatnonzero(before_wh * (level_wh - unbounded_wh) < 0)
    slope = np.diff(net_w[segments], axis=1)[:, 0] / length_s[segments]
    needed_ws = before_wh[segments] * _S_PER_H / factor[segments]
    first_w = net_w[segments, 0]
    # The root of first_w t + slope t² / 2 = needed_ws in the form that does not cancel.
    root = np.sqrt(np.maximum(first_w**2 + 2 * slope * needed_ws, 0.0))
    into_s = np.clip(2 * needed_ws / (first_w + np.sign(needed_ws) * root), 0.0, length_s[segments])
    generation_w = trace.generation_w[segments, 0] + slope * into_s
    return _split(trace, segments, into_s, generation_w, np.full(segments.size, level_wh))


def _drain_steps(case: Case, contact: PlacedContact) -> list[tuple[Span, float]]:
    """Return the data rate over a contact as constant steps: of a drive's two ends the lower, 0 outside windows."""
    steps: list[tuple[Span, float]] = []
    for part, stay in case.stays_during(contact.span):
        windows = [case.windows_during(contact.station_id, place_id, part) for place_id in stay.place_ids]
        bends = (
            edge_s for of_place in windows for window in of_place for edge_s in (*window.span, *window.rate.offset_s)
        )
        cuts = sorted({*part, *(edge_s for edge_s in bends if part[0] < edge_s < part[1])})
        for start_s, end_s in pairwise(cuts):
            steps.append(((start_s, end_s), min(_rate(of_place, start_s) for of_place in windows)))
    return steps


def _rate(windows: list[ContactWindow], time_s: int) -> float:
    """Return the data rate that windows of one station from one place give at a time, in bit/s."""
    for window in windows:
        if window.span[0] <= time_s < window.span[1]:
            index = int(np.searchsorted(window.rate.offset_s, time_s, side="right")) - 1
            return window.rate.rate_bps[index] if index >= 0 else 0.0
    return 0.0


def _with_turns(
    time_s: Samples, stored: Samples, net_bps: Samples, sent_bit: tuple[float, ...], capacity_bit: float
) -> StorageTrace:
    """Return the trace with nodes where the storage runs empty and where it passes its capacity."""
    unbounded = stored[:-1] + net_bps * np.diff(time_s)
    for level in (0.0, capacity_bit):
        segments = np.flatnonzero((level - stored[:-1]) * (level - unbounded) < 0)
        into_s = (level - stored[segments]) / net_bps[segments]
        time_s = np.insert(time_s, segments + 1, time_s[segments] + into_s)
        stored = np.insert(stored, segments + 1, level)
        net_bps = np.insert(net_bps, segments, net_bps[segments])
        unbounded = stored[:-1] + net_bps * np.diff(time_s)
    return StorageTrace(time_s, stored, sent_bit)
