"""Keep-outs on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import MOON_RADIUS_M, GridGeometry
from malapert_landing_site.domain.keep_out import KeepOut
from malapert_landing_site.terrain.grid.projection import place_xy


def keep_out_mask(geometry: GridGeometry, keep_outs: Sequence[KeepOut]) -> NDArray[np.bool_]:
    """Mark the pixels (rows, columns) with their centre in a keep-out, its radius stretched as the grid is there."""
    x_m, y_m = geometry.x_of(np.arange(geometry.width_px)), geometry.y_of(np.arange(geometry.height_px))
    closed = np.zeros((geometry.height_px, geometry.width_px), dtype=np.bool_)
    for keep_out in keep_outs:
        center_x_m, center_y_m = place_xy(keep_out.center, geometry.pole)
        scale = 1.0 + (center_x_m**2 + center_y_m**2) / (4.0 * MOON_RADIUS_M**2)
        dx_m, dy_m = x_m[None, :] - center_x_m, y_m[:, None] - center_y_m
        closed |= dx_m * dx_m + dy_m * dy_m <= (keep_out.radius_m * scale) ** 2
    return closed
