# mypy: allow-untyped-defs
"""Cheapest drivable paths on a grid, compiled.

A step goes to one of the 16 neighbours (8 and the knight's moves, whose middle between two cells must be drivable
too). It costs the energy of driving it: (level power + power per degree × degrees uphill) × length / speed, its length
taken along the slope. A cell is drivable where its own slope over two pixels, and a step where its rise, keep the
slope limit.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.route import Mobility

_STEPS = np.array(
    [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1),
     (-2, -1), (-2, 1), (-1, -2), (-1, 2), (1, -2), (1, 2), (2, -1), (2, 1)],
    dtype=np.int64,
)  # fmt: skip


@dataclass(frozen=True)
class DriveGrid:
    """Ground to drive on: heights and slopes of cells, and their side."""

    elevation_m: NDArray[np.float32]
    slope_deg: FloatArray
    pixel_size_m: float


@dataclass(frozen=True)
class PathTree:
    """Cheapest ways from a source: energy to each cell in joules (inf where closed) and the cell before it."""

    energy_j: FloatArray
    before: NDArray[np.int64]

    def cells_to(self, cell: tuple[int, int]) -> NDArray[np.int64]:
        """Rows and columns along the way to a cell, from the source on."""
        columns = self.energy_j.shape[1]
        flat, cells = cell[0] * columns + cell[1], []
        while flat >= 0:
            cells.append(divmod(flat, columns))
            flat = int(self.before.flat[flat])
        return np.array(cells[::-1], dtype=np.int64)


def cheapest_paths(grid: DriveGrid, source: tuple[int, int], mobility: Mobility) -> PathTree:
    """Dijkstra's cheapest ways from a cell to all cells under the rover's slope limit."""
    power = np.array([mobility.drive_power_w, mobility.drive_power_w_per_deg, mobility.speed_mps])
    energy_j, before = _search(
        np.ascontiguousarray(grid.elevation_m, dtype=np.float32), np.ascontiguousarray(grid.slope_deg),
        grid.pixel_size_m, source[0], source[1], mobility.max_slope_deg, power, False,
    )  # fmt: skip
    return PathTree(energy_j, before)


def least_slope_limits(grid: DriveGrid, source: tuple[int, int]) -> FloatArray:
    """The least slope limit that opens a way from a cell to each cell, degrees; inf where holes close it."""
    limits_deg, _ = _search(
        np.ascontiguousarray(grid.elevation_m, dtype=np.float32), np.ascontiguousarray(grid.slope_deg),
        grid.pixel_size_m, source[0], source[1], 90.0, np.ones(3), True,
    )  # fmt: skip
    return np.asarray(limits_deg)


@njit(cache=True, nogil=True)
def _steepest_between(z, slope, pixel, i, j, di, dj):
    """Steepest of the ground that a knight's move passes between two cells; 0 for a step to a direct neighbour."""
    if abs(di) == 2:
        ia, ja, ib, jb = i + di // 2, j, i + di // 2, j + dj
    elif abs(dj) == 2:
        ia, ja, ib, jb = i, j + dj // 2, i + di, j + dj // 2
    else:
        return 0.0
    middle = 0.5 * (z[ia, ja] + z[ib, jb])
    half = 0.5 * pixel * np.sqrt(5.0)
    rise = max(abs(middle - z[i, j]), abs(z[i + di, j + dj] - middle))
    return max(slope[ia, ja], slope[ib, jb], np.degrees(np.arctan(rise / half)))


@njit(cache=True, nogil=True)
def _search(z, slope, pixel, row, column, limit_deg, power, bottleneck):
    rows, columns = z.shape
    cost = np.full((rows, columns), np.inf)
    before = np.full((rows, columns), -1, dtype=np.int64)
    done = np.zeros((rows, columns), dtype=np.bool_)
    if not slope[row, column] <= limit_deg:
        return cost, before
    cost[row, column] = slope[row, column] if bottleneck else 0.0
    heap = [(cost[row, column], row * columns + column)]
    while len(heap) > 0:
        here, flat = heapq.heappop(heap)
        i, j = flat // columns, flat % columns
        if done[i, j]:
            continue
        done[i, j] = True
        for k in range(_STEPS.shape[0]):
            di, dj = _STEPS[k, 0], _STEPS[k, 1]
            ii, jj = i + di, j + dj
            if ii < 0 or jj < 0 or ii >= rows or jj >= columns or done[ii, jj]:
                continue
            rise = z[ii, jj] - z[i, j]
            flat_m = pixel * np.sqrt(float(di * di + dj * dj))
            step_deg = np.degrees(np.arctan(rise / flat_m))
            steepest = max(abs(step_deg), slope[ii, jj], _steepest_between(z, slope, pixel, i, j, di, dj))
            if not steepest <= limit_deg or np.isnan(rise) or np.isnan(slope[ii, jj]):
                continue
            if bottleneck:
                there = max(here, steepest)
            else:
                length = np.sqrt(flat_m * flat_m + rise * rise)
                there = here + (power[0] + power[1] * max(step_deg, 0.0)) * length / power[2]
            if there < cost[ii, jj]:
                cost[ii, jj] = there
                before[ii, jj] = flat
                heapq.heappush(heap, (there, ii * columns + jj))
    return cost, before
