"""Layers of the ground itself: slope, aspect, relief, roughness, hazards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from malapert_astro.surface import grid_convergence_deg, unproject_polar
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray, GridGeometry
from malapert_landing_site.domain.maps import hillshade
from malapert_landing_site.domain.product_layers import ProductLayer
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.grid.surface import fit_planes, hazard_fractions

RELIEF_LIGHT_GRID_AZIMUTH_DEG = 315.0


def pixel_centers(geometry: GridGeometry) -> tuple[FloatArray, FloatArray]:
    """Easting and northing of the pixels' centres (rows, columns), metres."""
    x_m, y_m = geometry.x_of(np.arange(geometry.width_px)), geometry.y_of(np.arange(geometry.height_px))
    columns, rows = np.meshgrid(x_m, y_m)
    return columns, rows


def elevation_of(coarse_to_fine: Sequence[ElevationGrid], geometry: GridGeometry) -> FloatArray:
    """Height of the finest grid that covers each pixel, metres; its holes stay holes (NaN)."""
    x_m, y_m = pixel_centers(geometry)
    height_m = np.full(x_m.shape, np.nan)
    for grid in coarse_to_fine:
        g = grid.geometry
        column, row = g.columns_of(x_m), g.rows_of(y_m)
        covered = (column >= 0) & (row >= 0) & (column <= g.width_px - 1) & (row <= g.height_px - 1)
        height_m = np.where(covered, grid.sample(x_m, y_m), height_m)
    return height_m


def ground_layers(
    coarse_to_fine: Sequence[ElevationGrid],
    geometry: GridGeometry,
    baseline_m: float,
    hazard_slope_deg: float,
    hazard_radius_m: float,
) -> dict[ProductLayer, NDArray[np.float32]]:
    """Return the layers of the ground of a block, NaN where it has no data.

    Parameters
    ----------
    coarse_to_fine : sequence of ElevationGrid
    geometry : GridGeometry
        The block. Ground about it is looked at too, so that blocks fit each other.
    baseline_m : float
        Length over which planes are fitted, metres; at least two pixels are taken.
    hazard_slope_deg, hazard_radius_m : float
        Ground steeper than the one is counted within the other.
    """
    g, pixel_m = geometry, geometry.pixel_size_m
    half_px = max(1, round(baseline_m / (2.0 * pixel_m)))
    margin_px = half_px + int(hazard_radius_m / pixel_m) + 1
    side_m = margin_px * pixel_m
    wider = GridGeometry(
        g.pole, g.x_min_m - side_m, g.y_max_m + side_m, pixel_m, g.width_px + 2 * margin_px, g.height_px + 2 * margin_px
    )
    elevation_m = elevation_of(coarse_to_fine, wider)
    plane = fit_planes(ElevationGrid(wider, elevation_m.astype(np.float32)), baseline_m)
    inside = (slice(margin_px, -margin_px), slice(margin_px, -margin_px))
    slope_deg = plane.slope_deg
    rows, columns = np.mgrid[margin_px : margin_px + g.height_px, margin_px : margin_px + g.width_px]
    cells = np.column_stack([rows.ravel(), columns.ravel()])
    share = hazard_fractions(slope_deg > hazard_slope_deg, np.isnan(slope_deg), cells, hazard_radius_m / pixel_m)
    gradient_x, gradient_y, known = plane.gradient_x[inside], plane.gradient_y[inside], ~np.isnan(elevation_m[inside])
    layers = {
        ProductLayer.ELEVATION: elevation_m[inside],
        ProductLayer.SLOPE: slope_deg[inside],
        ProductLayer.ASPECT: _aspect_deg(gradient_x, gradient_y, geometry),
        ProductLayer.HILLSHADE: hillshade(gradient_x, gradient_y, RELIEF_LIGHT_GRID_AZIMUTH_DEG),
        ProductLayer.ROUGHNESS: plane.rms_m[inside],
        ProductLayer.HAZARD: np.where(known, share.reshape(g.height_px, g.width_px), np.nan),
    }
    return {layer: values.astype(np.float32) for layer, values in layers.items()}


def _aspect_deg(gradient_x: FloatArray, gradient_y: FloatArray, geometry: GridGeometry) -> FloatArray:
    """Direction in which the ground falls, clockwise from true north: the grid azimuth less the grid convergence."""
    x_m, y_m = pixel_centers(geometry)
    pole = pole_named(geometry.pole)
    convergence_deg = grid_convergence_deg(unproject_polar(x_m, y_m, pole)[0], pole)
    falls_deg = np.degrees(np.arctan2(-gradient_x, -gradient_y)) - convergence_deg
    return np.asarray(np.where((gradient_x == 0.0) & (gradient_y == 0.0), np.nan, falls_deg % 360.0))
