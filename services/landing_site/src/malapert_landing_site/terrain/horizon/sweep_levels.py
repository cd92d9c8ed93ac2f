"""Heights around a block at pixels that widen with distance: what the horizon sweep walks on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray, GridGeometry
from malapert_landing_site.terrain.grid.scene import HorizonScene

# Pixels of the block that one pixel of each level spans, and how far from the block the level reaches, in pixels of the
# block. A level begins no nearer than 128 of its own pixels, which keeps its pixel under 0.5°, and the lines that share
# it within 0.25° of its middle.
LEVEL_PX = (1, 4, 16, 64, 256)
LEVEL_REACH_PX = (512, 2048, 8192, 32_768, 131_072)

# Lines that are filled together, so that a vector of the processor takes adjacent ones.
LANES = 16

# Height given to nodes without data: far below any ground, so that they hide nothing.
NOTHING_M = -50_000.0


@dataclass(frozen=True)
class SweepLevel:
    """Heights at one spacing about a block, as an array and as its transpose.

    Attributes
    ----------
    spacing_px : int
        Pixels of the block between two nodes.
    reach_px : int
        How far from the block the level serves, pixels of the block.
    first_row, first_column : int
        Place of the first node from the block's first pixel centre, in nodes.
    elevation_m, transposed_m : float32 (rows, columns) and (columns, rows)
        Heights at the nodes, rows from north to south; `NOTHING_M` without data.
    """

    spacing_px: int
    reach_px: int
    first_row: int
    first_column: int
    elevation_m: NDArray[np.float32]
    transposed_m: NDArray[np.float32]


def sweep_levels(scene: HorizonScene, geometry: GridGeometry, reach_m: float, near_px: int) -> tuple[SweepLevel, ...]:
    """Sample the finest terrain at each level's nodes, out to `reach_m` and `near_px` pixels more."""
    reach_px = int(np.ceil(reach_m / geometry.pixel_size_m))
    levels = []
    for spacing_px, level_reach_px in zip(LEVEL_PX, LEVEL_REACH_PX, strict=True):
        last = level_reach_px >= reach_px or spacing_px == LEVEL_PX[-1]
        served_px = reach_px if last else level_reach_px
        levels.append(_level(scene, geometry, spacing_px, served_px, near_px))
        if last:
            break
    return tuple(levels)


def _level(scene: HorizonScene, geometry: GridGeometry, spacing_px: int, reach_px: int, near_px: int) -> SweepLevel:
    # More nodes on each side: samples take the node beyond, and lines are filled with their neighbours.
    pad = -(-(reach_px + near_px) // spacing_px) + 2 * LANES + 2
    rows = 2 * pad + -(-geometry.height_px // spacing_px) + 1
    columns = 2 * pad + -(-geometry.width_px // spacing_px) + 1
    step_m = spacing_px * geometry.pixel_size_m
    west_m = float(geometry.x_of(0)) - pad * step_m
    north_m = float(geometry.y_of(0)) + pad * step_m
    heights = sampled(scene, west_m, north_m, step_m, rows, columns)
    heights[np.isnan(heights)] = NOTHING_M
    return SweepLevel(spacing_px, reach_px, -pad, -pad, heights, np.ascontiguousarray(heights.T))


def sampled(
    scene: HorizonScene, west_m: float, north_m: float, step_m: float, rows: int, columns: int
) -> NDArray[np.float32]:
    """Heights of the finest grid with data at the nodes of a lattice, bilinear; NaN where no grid has any."""
    heights = np.empty((rows, columns), dtype=np.float32)
    _sample(scene.elevation_m, scene.shape, scene.frame, west_m, north_m, step_m, heights)
    return heights


@njit(cache=True, nogil=True, inline="always")
def _across(start: float, end: float, share: float) -> float:
    """Linear between two heights; at either end it is that height, whatever the rounding and even beside a hole."""
    if share < 1e-6:
        return start
    return end if share > 1.0 - 1e-6 else start + (end - start) * share


@njit(cache=True, nogil=True)
def _sample(z: NDArray[np.float32], shape: NDArray[np.int64], frame: FloatArray, west: float, north: float, step: float,
            out: NDArray[np.float32]) -> None:  # fmt: skip
    rows, columns = out.shape
    for i in range(rows):
        y = north - i * step
        for j in range(columns):
            x = west + j * step
            value = np.nan
            for level in range(shape.shape[0]):
                offset, height, width = shape[level, 0], shape[level, 1], shape[level, 2]
                gx = (x - frame[level, 0]) / frame[level, 2]
                gy = (frame[level, 1] - y) / frame[level, 2]
                if gx < -1e-6 or gy < -1e-6 or gx > width - 1 + 1e-6 or gy > height - 1 + 1e-6:
                    continue
                a, b = min(int(max(gy, 0.0)), height - 2), min(int(max(gx, 0.0)), width - 2)
                k = offset + a * width + b
                value = _across(
                    _across(z[k], z[k + 1], gx - b), _across(z[k + width], z[k + width + 1], gx - b), gy - a
                )
                if not np.isnan(value):
                    break
            out[i, j] = value
