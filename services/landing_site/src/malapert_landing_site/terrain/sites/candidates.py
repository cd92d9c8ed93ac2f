"""Candidates for landing sites: the flattest and the highest cell of each tile of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from malapert_astro.surface import grid_convergence_deg, unproject_polar
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray
from malapert_landing_site.domain.keep_out import KeepOut
from malapert_landing_site.domain.site import LanderLimits
from malapert_landing_site.terrain.grid.keep_outs import keep_out_mask
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.grid.surface import fit_planes, hazard_fractions

MAX_TILES = 1500


@dataclass(frozen=True)
class Candidates:
    """Candidate places with what the ground itself says of them.

    Attributes
    ----------
    xy_m : float64 (candidates, 2)
        Places in the grid, metres.
    slope_deg, roughness_m, hazard_fraction : float64 (candidates,)
        Slope and RMS height over the lander's baseline; share of hazards in the landing circle.
    tile_xy_m : float64 (tiles, 2)
        Centres of all tiles, where shadow is sought.
    tile_side_m, baseline_m : float
        Side of a tile and the baseline in use, metres.
    """

    xy_m: FloatArray
    slope_deg: FloatArray
    roughness_m: FloatArray
    hazard_fraction: FloatArray
    tile_xy_m: FloatArray
    tile_side_m: float
    baseline_m: float


def find_candidates(
    grid: ElevationGrid,
    center_xy_m: tuple[float, float],
    radius_m: float,
    limits: LanderLimits,
    keep_outs: Sequence[KeepOut] = (),
) -> Candidates:
    """Find the candidates of a circle on a grid.

    Cells without a plane fit, or nearer to a keep-out than the landing ellipse is long, are none.
    """
    x_m, y_m = center_xy_m
    reach_m = radius_m + limits.landing_radius_m + limits.slope_baseline_m + 4 * grid.geometry.pixel_size_m
    part = grid.window(x_m - reach_m, x_m + reach_m, y_m - reach_m, y_m + reach_m)
    g = part.geometry
    plane, cell = fit_planes(part, limits.slope_baseline_m), fit_planes(part, 0.0)
    slope_deg = plane.slope_deg
    inside = np.hypot(g.x_of(np.arange(g.width_px))[None, :] - x_m, g.y_of(np.arange(g.height_px))[:, None] - y_m)
    wider = [replace(keep_out, radius_m=keep_out.radius_m + limits.landing_radius_m) for keep_out in keep_outs]
    open_ground = (inside <= radius_m) & ~keep_out_mask(g, wider)
    slope_inside = np.where(open_ground, slope_deg, np.nan)
    side_px = max(1, int(np.ceil(np.sqrt(np.pi * radius_m**2 / MAX_TILES) / g.pixel_size_m)))
    cells, tiles = _tile_cells(slope_inside, part.elevation_m, limits.max_slope_deg, side_px)
    cell_slope = cell.slope_deg
    rows, columns = cells.T
    longitude_deg = unproject_polar(g.x_of(columns), g.y_of(rows), pole_named(g.pole))[0]
    hazard = hazard_fractions(
        cell_slope > limits.hazard_slope_deg,
        np.isnan(cell_slope),
        cells,
        limits.landing_radius_m / g.pixel_size_m,
        limits.semi_minor_m / g.pixel_size_m,
        limits.landing_azimuth_deg + grid_convergence_deg(longitude_deg, pole_named(g.pole)),
    )
    return Candidates(
        xy_m=np.column_stack([g.x_of(columns), g.y_of(rows)]),
        slope_deg=slope_deg[rows, columns],
        roughness_m=plane.rms_m[rows, columns],
        hazard_fraction=hazard,
        tile_xy_m=np.column_stack([g.x_of(tiles[:, 1]), g.y_of(tiles[:, 0])]),
        tile_side_m=side_px * g.pixel_size_m,
        baseline_m=plane.baseline_m,
    )


def _tile_cells(
    slope_deg: FloatArray, elevation_m: NDArray[np.float32], max_slope_deg: float, side_px: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """Cells (row, column) of the candidates, and centres (row, column) of all tiles that hold any ground."""
    cells, tiles = set(), []
    rows, columns = slope_deg.shape
    for top in range(0, rows, side_px):
        for left in range(0, columns, side_px):
            tile = slope_deg[top : top + side_px, left : left + side_px]
            if np.isnan(tile).all():
                continue
            tiles.append((top + (tile.shape[0] - 1) / 2, left + (tile.shape[1] - 1) / 2))
            flattest = int(np.nanargmin(tile))
            cells.add((top + flattest // tile.shape[1], left + flattest % tile.shape[1]))
            gentle = tile <= max_slope_deg
            if gentle.any():
                height = np.where(gentle, elevation_m[top : top + side_px, left : left + side_px], -np.inf)
                highest = int(np.argmax(height))
                cells.add((top + highest // tile.shape[1], left + highest % tile.shape[1]))
    return np.array(sorted(cells), dtype=np.int64).reshape(-1, 2), np.array(tiles).reshape(-1, 2)
