"""Cells of coarse time, and how much of what lies in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.bounds.program import Floats

Edges = NDArray[np.int64]


def edges_between(start_s: int, end_s: int, width_s: int) -> Edges:
    """Return the edges of cells of a width; the last cell may be shorter."""
    return np.array([*range(start_s, end_s, width_s), end_s], dtype=np.int64)


def covered_s(spans: Sequence[Span], edges_s: Edges) -> NDArray[np.int64]:
    """Return for how many seconds of each cell sorted disjoint spans hold."""
    if not spans:
        return np.zeros(edges_s.size - 1, dtype=np.int64)
    starts, ends = np.array(spans, dtype=np.int64).T
    before = np.concatenate(([0], np.cumsum(ends - starts)))
    index = np.searchsorted(starts, edges_s, side="right")
    last = np.maximum(index - 1, 0)
    held = np.where(index > 0, before[last] + np.clip(edges_s - starts[last], 0, (ends - starts)[last]), 0)
    return np.diff(held)


def peak_w(series: PowerSeries, edges_s: Edges) -> Floats:
    """Return the greatest power within each cell."""
    offset_s, power_w = np.asarray(series.offset_s, dtype=np.float64), np.asarray(series.power_w, dtype=np.float64)
    at_edges = np.interp(edges_s, offset_s, power_w)
    peak = np.maximum(at_edges[:-1], at_edges[1:])
    cell = np.searchsorted(edges_s, offset_s, side="right") - 1
    inside = (cell >= 0) & (cell < peak.size)
    np.maximum.at(peak, cell[inside], power_w[inside])
    return peak


def peak_bps(windows: Iterable[ContactWindow], edges_s: Edges) -> Floats:
    """Return the greatest data rate of some contact windows within each cell."""
    peak = np.zeros(edges_s.size - 1)
    for window in windows:
        offsets = (*window.rate.offset_s[1:], window.span[1])
        for start_s, end_s, rate_bps in zip(window.rate.offset_s, offsets, window.rate.rate_bps, strict=True):
            low, high = max(start_s, window.span[0]), min(end_s, window.span[1])
            if low < high:
                first = max(0, int(np.searchsorted(edges_s, low, side="right")) - 1)
                after = int(np.searchsorted(edges_s, high, side="left"))
                part = peak[first:after]
                np.maximum(part, rate_bps, out=part)
    return peak
