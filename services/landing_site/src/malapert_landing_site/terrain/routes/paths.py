# mypy: allow-untyped-defs
"""Cheapest drivable paths on a grid.

A step goes to one of the 16 neighbours (8 and the knight's moves, whose middle between two cells must be drivable
too). It costs the energy of driving it: (level power + power per degree × degrees uphill) × length / speed, its length
taken along the slope. A cell is drivable where its own slope over two pixels, and a step where its rise, keep the
slope limit. Steps are weighed once for all sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.route import Mobility
from malapert_landing_site.terrain.routes.path_kernel import (
    STEPS,
    cheapest,
    fill_costs,
    merge_by_steepness,
    steepness_of_steps,
)

# Buckets of the queue that a step's cost may span: the narrower a bucket, the fewer cells are looked at twice.
_BUCKETS = 64


@dataclass(frozen=True)
class DriveGrid:
    """Ground to drive on: heights and slopes of cells, and their side; NaN slopes are closed."""

    elevation_m: NDArray[np.float32]
    slope_deg: FloatArray
    pixel_size_m: float


@dataclass(frozen=True)
class StepCosts:
    """Energy of each step from each cell.

    Attributes
    ----------
    energy_j : float32 (rows, columns, 16)
        Joules; inf where closed.
    limit_deg : float
        The slope limit that they keep.
    slope_deg : float64 (rows, columns)
        Slopes of the cells.
    dearest_j : float
        The most that a step costs, joules.
    """

    energy_j: NDArray[np.float32]
    limit_deg: float
    slope_deg: FloatArray
    dearest_j: float


@dataclass(frozen=True)
class PathTree:
    """Cheapest ways from a source: energy to each cell in joules (inf where closed) and the step that led to it."""

    energy_j: FloatArray
    step: NDArray[np.int8]

    def cells_to(self, cell: tuple[int, int]) -> NDArray[np.int64]:
        """Rows and columns along the way to a cell, from the source on."""
        row, column = cell
        cells = [(row, column)]
        while self.step[row, column] >= 0:
            down, right = STEPS[self.step[row, column]]
            row, column = row - int(down), column - int(right)
            cells.append((row, column))
        return np.array(cells[::-1], dtype=np.int64)


def step_costs(grid: DriveGrid, mobility: Mobility) -> StepCosts:
    """Weigh every step on a grid for a rover."""
    rows, columns = grid.elevation_m.shape
    energy_j = np.empty((rows, columns, len(STEPS)), np.float32)
    slope_deg = np.ascontiguousarray(grid.slope_deg, dtype=np.float64)
    fill_costs(
        np.ascontiguousarray(grid.elevation_m, dtype=np.float32), slope_deg, grid.pixel_size_m, mobility.max_slope_deg,
        mobility.drive_power_w / mobility.speed_mps, mobility.drive_power_w_per_deg / mobility.speed_mps, energy_j,
    )  # fmt: skip
    dearest_j = float(energy_j.max(initial=0.0, where=np.isfinite(energy_j)))
    return StepCosts(energy_j, mobility.max_slope_deg, slope_deg, dearest_j)


def cheapest_paths(costs: StepCosts, source: tuple[int, int]) -> PathTree:
    """Dijkstra's cheapest ways from a cell to all cells."""
    energy_j = np.full(costs.slope_deg.shape, np.inf)
    step = np.full(costs.slope_deg.shape, -1, dtype=np.int8)
    if costs.slope_deg[source] <= costs.limit_deg:
        width_j = costs.dearest_j / _BUCKETS or 1.0
        cheapest(costs.energy_j, source[0], source[1], width_j, _BUCKETS, energy_j, step)
    return PathTree(energy_j, step)


def least_slope_limits(grid: DriveGrid, cells: Sequence[tuple[int, int]]) -> FloatArray:
    """The least slope limits that open a way between cells, degrees (cells, cells); inf where holes close it.

    Steps are let in from the flattest to the steepest; two cells are joined by the step that first connects them.
    """
    z, slope_deg = np.ascontiguousarray(grid.elevation_m, dtype=np.float32), np.ascontiguousarray(grid.slope_deg)
    ends, steepest_deg = steepness_of_steps(z, slope_deg, grid.pixel_size_m)
    order = np.argsort(steepest_deg, kind="stable")
    places = np.array([row * z.shape[1] + column for row, column in cells], dtype=np.int64)
    limits_deg = np.full((len(cells), len(cells)), np.inf)
    merge_by_steepness(ends, steepest_deg, order, places, z.size, limits_deg)
    return limits_deg
