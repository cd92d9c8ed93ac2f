"""The stored data in coarse time, and what waits of it."""

from __future__ import annotations

import numpy as np

from malapert_planner.solvers.bounds.cells import peak_bps
from malapert_planner.solvers.bounds.coarse_time import CoarseTime
from malapert_planner.solvers.bounds.contact_time import windows_by_station
from malapert_planner.solvers.bounds.program import Floats, Indices
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.score import BIT_S_PER_GB_D
from malapert_planner.solvers.instance.units import LEVEL_GUARD


def add_storage(coarse: CoarseTime) -> None:
    """Add the stored data at the cells' edges, at least what came in and could not be sent, and its waiting."""
    problem, builder, hours = coarse.demands.fine.problem, coarse.builder, coarse.hours
    storage, count = problem.storage, hours.size
    per_bit = 1.0 / storage.capacity_bit
    least, most = np.zeros(count + 1), np.full(count + 1, 1.0 + LEVEL_GUARD)
    if problem.baseline is None or problem.now_s == coarse.edges_s[0]:
        least[0] = storage.start_bit * per_bit
    most[-1] = min(most[-1], storage.end_max_bit * per_bit + LEVEL_GUARD)
    levels = builder.columns(count + 1, least=least, most=most)
    rows = builder.rows(count, most=0.0)
    builder.put(rows, levels[:-1], 1.0)
    builder.put(rows, levels[1:], -1.0)
    _put_filled(coarse, rows, np.full(count, per_bit))
    _put_sent(coarse, rows, np.full(count, per_bit))
    _add_waiting(coarse, levels, per_bit)


def _put_filled(coarse: CoarseTime, rows: Indices, factor: Floats) -> None:
    for work in coarse.work:
        data_bit = work.demand.steps[work.step].data_bit
        coarse.builder.put(rows[work.cells], work.columns, factor[work.cells] * data_bit)
    for cells, columns, bits in coarse.drive_data_bit:
        coarse.builder.put(rows[cells], columns, factor[cells] * bits)


def _put_sent(coarse: CoarseTime, rows: Indices, factor: Floats) -> None:
    by_station = windows_by_station(coarse.demands.fine.problem.contact_windows)
    for station_id, (cells, columns) in coarse.contacts.items():
        rate_bps = peak_bps(by_station[station_id], coarse.edges_s)[cells]
        coarse.builder.put(rows[cells], columns, -factor[cells] * rate_bps * SECONDS_PER_HOUR)


def _add_waiting(coarse: CoarseTime, levels: Indices, per_bit: float) -> None:
    """Add what waits in each cell: no less than was there at first and is not sent, nor than is left and not new."""
    weight = coarse.demands.fine.problem.objective.latency_weight_per_gb_d
    if weight <= 0:
        return
    builder, hours = coarse.builder, coarse.hours
    price = weight * SECONDS_PER_HOUR / per_bit / BIT_S_PER_GB_D
    waiting = builder.columns(hours.size, most=2.0 * hours, worth=-price)
    for edge, put, sign in ((levels[:-1], _put_sent, 1.0), (levels[1:], _put_filled, -1.0)):
        rows = builder.rows(hours.size, most=0.0)
        builder.put(rows, edge, hours)
        put(coarse, rows, sign * hours * per_bit)
        builder.put(rows, waiting, -1.0)
