"""A finer grid over a region: the base grid interpolated smoothly, with seeded synthetic detail."""

from __future__ import annotations

import numpy as np

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray, GridGeometry
from malapert_landing_site.domain.roughness import highland_detail
from malapert_landing_site.domain.terrain import Region, SyntheticDetail, detail_side_px
from malapert_landing_site.terrain.grid.projection import place_xy


def refined_geometry(region: Region, detail: SyntheticDetail) -> GridGeometry:
    """The square of the refined grid: the region and a margin, on whole pixels."""
    x_m, y_m = place_xy(region.center, region.pole)
    pixel_m, side_px = detail.pixel_size_m, detail_side_px(detail, region)
    west_m = (np.round(x_m / pixel_m) - side_px // 2) * pixel_m
    north_m = (np.round(y_m / pixel_m) + side_px // 2) * pixel_m
    return GridGeometry(region.pole, float(west_m), float(north_m), pixel_m, side_px, side_px)


def refine(base: ElevationGrid, region: Region, detail: SyntheticDetail) -> ElevationGrid:
    """Interpolate a base grid over the region by cubic convolution (Keys 1981) and add seeded highland detail.

    Holes of the base, and ground beyond it, stay without data. The same base, region and detail give the same bytes.
    """
    geometry = refined_geometry(region, detail)
    column = base.geometry.columns_of(geometry.x_of(np.arange(geometry.width_px)))
    row = base.geometry.rows_of(geometry.y_of(np.arange(geometry.height_px)))
    top, row_weights = _cubic_weights(row, base.geometry.height_px)
    left, column_weights = _cubic_weights(column, base.geometry.width_px)
    part = base.elevation_m[top : top + row_weights.shape[1], left : left + column_weights.shape[1]]
    hole = np.isnan(part)
    smooth = row_weights @ np.where(hole, 0.0, part).astype(np.float64) @ column_weights.T
    if hole.any():
        touched = (row_weights != 0.0) @ hole.astype(np.float64) @ (column_weights != 0.0).T
        smooth[touched > 0.0] = np.nan
    beyond = (row < 0) | (row > base.geometry.height_px - 1)
    smooth[beyond, :] = np.nan
    beyond = (column < 0) | (column > base.geometry.width_px - 1)
    smooth[:, beyond] = np.nan
    added = highland_detail(
        geometry.height_px, geometry.width_px, detail.pixel_size_m, base.geometry.pixel_size_m, detail.seed
    )
    return ElevationGrid(geometry, (smooth + added).astype(np.float32))


def _cubic_weights(position: FloatArray, size: int) -> tuple[int, FloatArray]:
    """First node in use, and the weights (positions, nodes) of Keys' kernel with a = -1/2; edges are repeated."""
    lowest = np.floor(position).astype(np.int64)
    first, last = max(int(lowest.min()) - 1, 0), min(int(lowest.max()) + 2, size - 1)
    weights = np.zeros((len(position), last - first + 1))
    for tap in range(-1, 3):
        node = np.clip(lowest + tap, first, last) - first
        np.add.at(weights, (np.arange(len(position)), node), _keys(np.abs(position - lowest - tap)))
    return first, weights


def _keys(distance: FloatArray) -> FloatArray:
    near = (1.5 * distance - 2.5) * distance**2 + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return np.where(distance <= 1.0, near, np.where(distance < 2.0, far, 0.0))
