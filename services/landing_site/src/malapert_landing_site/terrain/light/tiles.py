"""Blocks of horizons cut into patches over which Sun and Earth each have one direction, and those into tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from malapert_astro.ephemeris import SUN_RADIUS_KM
from malapert_astro.surface import grid_convergence_deg, unproject_polar
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import MOON_RADIUS_M, FloatArray
from malapert_landing_site.domain.horizon_block import HorizonBlock
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.light import maps_kernel as kernel
from malapert_landing_site.terrain.light.points import Sky, local_frames

PATCH_M = 8000.0
"""Side of a patch: over it a far body's grid azimuth changes by less than 0.05 degrees down to 80 degrees latitude."""


class Patch:
    """A part of a block with one direction to Sun and Earth: elevations are those over the plane of its centre.

    Within it, a body stands higher by the angle that the ground falls away towards it (pixels nearer to the point under
    the body see it higher), which is linear in the place along its azimuth. That angle is taken off the skylines.
    """

    def __init__(self, block: HorizonBlock, top: int, left: int, rows: int, columns: int) -> None:
        self.block, self.top, self.left, self.rows, self.columns = block, top, left, rows, columns
        geometry = block.geometry
        x_m = float(geometry.x_of(left + 0.5 * (columns - 1)))
        y_m = float(geometry.y_of(top + 0.5 * (rows - 1)))
        self.center_m = (x_m, y_m)
        scale = 1.0 + (x_m * x_m + y_m * y_m) / (4.0 * MOON_RADIUS_M**2)
        self._pixel_rad = geometry.pixel_size_m / scale / MOON_RADIUS_M

    def sun(self, sky: Sky) -> FloatArray:
        """Grid azimuth, elevation and angular radius of the Sun (epochs, 3), radians."""
        azimuth, elevation, distance_km = self._seen(sky.sun_km, 0.0)
        return np.stack([azimuth, elevation, np.arcsin(SUN_RADIUS_KM / distance_km)], axis=1)

    def earth(self, sky: Sky, elevation_m: float) -> FloatArray:
        """Grid azimuth and elevation of the Earth's centre (epochs, 2) from ground of a height, radians."""
        azimuth, elevation, _ = self._seen(sky.earth_km, elevation_m)
        return np.stack([azimuth, elevation], axis=1)

    def _seen(self, body_km: FloatArray, elevation_m: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        center_m, pole = np.array([self.center_m]), self.block.geometry.pole
        frames, positions_km = local_frames(center_m, np.array([elevation_m]), pole)
        towards = body_km - positions_km[0]
        east, north, up = (towards @ axis for axis in frames[0])
        longitude_deg = unproject_polar(center_m[:, 0], center_m[:, 1], pole_named(pole))[0]
        turn = float(np.radians(grid_convergence_deg(longitude_deg, pole_named(pole)))[0])
        distance_km = np.sqrt((towards * towards).sum(axis=1))
        return np.arctan2(east, north) + turn, np.arcsin(up / distance_km), distance_km

    def tiles(self) -> list[tuple[slice, slice]]:
        """Rows and columns of the block that each tile fills."""
        bottom, right = self.top + self.rows, self.left + self.columns
        return [
            (slice(top, min(top + kernel.TILE_PX, bottom)), slice(left, min(left + kernel.TILE_PX, right)))
            for top in range(self.top, bottom, kernel.TILE_PX)
            for left in range(self.left, right, kernel.TILE_PX)
        ]

    def load(self, rows: slice, columns: slice, tile: Tile) -> None:
        """Fill a tile."""
        middle_row, middle_column = self.top + 0.5 * (self.rows - 1), self.left + 0.5 * (self.columns - 1)
        kernel.load_tile(
            self.block.elevation_steps, rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start,
            middle_row, middle_column, self._pixel_rad, tile.skyline, tile.lowest, tile.highest,
        )  # fmt: skip


class Tile:
    """Skylines of a tile (azimuths, groups, pixels) over the plane of its patch's centre, radians, and groups' limits.

    A tile at a rim is filled up with its last row and column.
    """

    def __init__(self, azimuth_count: int) -> None:
        self.skyline: NDArray[np.float32] = np.empty((azimuth_count, kernel.GROUPS, kernel.PIXELS), np.float32)
        self.lowest: NDArray[np.float32] = np.empty((azimuth_count, kernel.GROUPS), np.float32)
        self.highest: NDArray[np.float32] = np.empty((azimuth_count, kernel.GROUPS), np.float32)


def patches(block: HorizonBlock) -> list[Patch]:
    """Cut a block into patches."""
    geometry = block.geometry
    side = max(1, int(PATCH_M / geometry.pixel_size_m / kernel.TILE_PX)) * kernel.TILE_PX
    return [
        Patch(block, top, left, min(side, geometry.height_px - top), min(side, geometry.width_px - left))
        for top in range(0, geometry.height_px, side)
        for left in range(0, geometry.width_px, side)
    ]


def place(found: NDArray[Any], out: NDArray[Any]) -> None:
    """Put values of a tile's pixels (..., groups, pixels) where they belong (..., rows, columns)."""
    down, across, before = kernel.TILE_PX // kernel.GROUP_ROWS, kernel.GROUPS_ACROSS, found.shape[:-2]
    square = found.reshape(*before, down, across, kernel.GROUP_ROWS, kernel.GROUP_COLUMNS).swapaxes(-3, -2)
    out[:] = square.reshape(*before, kernel.TILE_PX, kernel.TILE_PX)[..., : out.shape[-2], : out.shape[-1]]
