"""Ground under places, and the part of a stack's site grid that a rover drives on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import FloatArray, GridGeometry
from malapert_landing_site.domain.keep_out import KeepOut
from malapert_landing_site.domain.terrain import Place
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import StackScene
from malapert_landing_site.terrain.grid.keep_outs import keep_out_mask
from malapert_landing_site.terrain.grid.projection import place_xy
from malapert_landing_site.terrain.grid.surface import fit_planes
from malapert_landing_site.terrain.routes.paths import DriveGrid


@dataclass(frozen=True)
class Ground:
    """Ground to drive on and where it lies."""

    geometry: GridGeometry
    drive: DriveGrid
    without_keep_outs: DriveGrid

    @classmethod
    def around(cls, scene: StackScene, xy_m: FloatArray, margin_m: float, keep_outs: Sequence[KeepOut] = ()) -> Ground:
        """The box around points, widened by a margin, as far as the site grid reaches; slopes are over two pixels.

        Cells in a keep-out are closed in `drive`, not in `without_keep_outs`.
        """
        low, high = xy_m.min(axis=0) - margin_m, xy_m.max(axis=0) + margin_m
        part = scene.site_grid.window(low[0], high[0], low[1], high[1])
        slope_deg = fit_planes(part, 0.0).slope_deg
        pixel_m = part.geometry.pixel_size_m
        closed = keep_out_mask(part.geometry, keep_outs)
        return cls(
            part.geometry,
            DriveGrid(part.elevation_m, np.where(closed, np.nan, slope_deg), pixel_m),
            DriveGrid(part.elevation_m, slope_deg, pixel_m),
        )

    def cell(self, x_m: float, y_m: float) -> tuple[int, int] | None:
        """Row and column of the pixel that holds a point; None outside the grid or where it has no slope."""
        row = int(np.round(self.geometry.rows_of(np.asarray(y_m))))
        column = int(np.round(self.geometry.columns_of(np.asarray(x_m))))
        slope_deg = self.drive.slope_deg
        inside = 0 <= row < slope_deg.shape[0] and 0 <= column < slope_deg.shape[1]
        return (row, column) if inside and not np.isnan(slope_deg[row, column]) else None

    def xy(self, cell: tuple[int, int]) -> tuple[float, float]:
        """Centre of a pixel, metres."""
        return float(self.geometry.x_of(np.asarray(cell[1]))), float(self.geometry.y_of(np.asarray(cell[0])))


def places_on_ground(scene: StackScene, places: Sequence[Place], reason: str) -> FloatArray:
    """Easting and northing (places, 2) of places, metres; refuse those without ground, as `refuse` does."""
    xy_m = np.array([place_xy(place, scene.scene.pole) for place in places], dtype=np.float64).reshape(-1, 2)
    missing = np.isnan(scene.scene.surface_m(xy_m[:, 0], xy_m[:, 1]))
    message = "the point lies outside the stack's terrains or where none has data"
    refuse([Fault(f"points[{n}]", "POINT_OUTSIDE_TERRAIN", message) for n in np.nonzero(missing)[0]], reason)
    return xy_m
