"""A fine grid tapered to the coarser ones about its rim, so that rays meet no step there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray, GridGeometry
from malapert_landing_site.domain.rim import RimSetting, coarser_height_m
from malapert_landing_site.domain.terrain import Terrain

LEAST_WIDTH_PX = 8
_ROWS_AT_ONCE = 256


def blend_width_m(setting: RimSetting, fine: GridGeometry, coarse: GridGeometry) -> float:
    """Width of the tapered band, metres: what was asked for, or one coarse pixel and at least eight fine ones."""
    return setting.blend_width_m or max(coarse.pixel_size_m, LEAST_WIDTH_PX * fine.pixel_size_m)


def width_faults(width_m: float, terrain: Terrain) -> list[Fault]:
    """The fault of a band that leaves nothing of a grid, or is finer than its pixels; empty where it is sound."""
    g = terrain.geometry
    widest_m = 0.5 * min(g.width_px, g.height_px) * g.pixel_size_m
    if 2.0 * g.pixel_size_m <= width_m <= widest_m:
        return []
    message = (
        f"{terrain.title!r} would be blended over {width_m:g} m; from two of its pixels, "
        f"{2.0 * g.pixel_size_m:g} m, to {widest_m:g} m, half its side, is possible"
    )
    return [Fault("blend_width_m", "BLEND_WIDTH_IMPOSSIBLE", message)]


def blended(fine: ElevationGrid, coarser: Sequence[ElevationGrid], width_m: float) -> ElevationGrid:
    """Taper the difference between a grid and the coarser ones to nothing at its rim.

    The height is z + w (Z - z) with Z the coarser height and w = 1 - t² (3 - 2 t), where t is the distance from the
    rim over `width_m`: the grid keeps its heights from `width_m` inwards, meets the coarser one in height at the rim,
    and is smooth between. Holes stay holes, and where no coarser grid has data the grid stays as it is.
    """
    g = fine.geometry
    elevation_m = np.array(fine.elevation_m, dtype=np.float32)
    x_m = g.x_of(np.arange(g.width_px))
    for top in range(0, g.height_px, _ROWS_AT_ONCE):
        rows = np.arange(top, min(top + _ROWS_AT_ONCE, g.height_px))
        weight = _weight(g, rows, width_m)
        row, column = np.nonzero(weight > 0.0)
        coarse_m = coarser_height_m(coarser, x_m[column], g.y_of(rows[row]))
        height_m = elevation_m[rows[row], column].astype(np.float64)
        change_m = weight[row, column] * (coarse_m - height_m)
        elevation_m[rows[row], column] = height_m + np.where(np.isnan(coarse_m), 0.0, change_m)
    return ElevationGrid(g, elevation_m)


def _weight(g: GridGeometry, rows: np.ndarray, width_m: float) -> FloatArray:
    """Weight of the coarser height, (rows, columns): 1 along the outermost pixel centres, 0 from `width_m` inwards."""
    columns = np.arange(g.width_px)
    from_side_px = np.minimum(columns, g.width_px - 1 - columns)
    from_end_px = np.minimum(rows, g.height_px - 1 - rows)
    distance_m = np.minimum(from_end_px[:, None], from_side_px[None, :]) * g.pixel_size_m
    t = np.clip(distance_m / width_m, 0.0, 1.0)
    return np.asarray(1.0 - t * t * (3.0 - 2.0 * t))
