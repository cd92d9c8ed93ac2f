"""Horizons of a block of a map, in steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import GridGeometry

STEP_DEG = 0.005
"""Quantisation step of stored elevations, degrees: an error of 0.0025° at most."""

NO_DATA = -32768
"""Value of pixels without ground."""


@dataclass(frozen=True)
class HorizonBlock:
    """Elevation of the skyline at each pixel of a block.

    Attributes
    ----------
    geometry : GridGeometry
        The block's pixels.
    height_m : float
        Height of the eye above ground, metres.
    elevation_steps : int16 (azimuths, rows, columns)
        Elevations in steps of `STEP_DEG`, `NO_DATA` without ground. Azimuth k is 360 k / azimuths degrees clockwise
        from grid north at the pixel: the grid is conformal, so a true azimuth is that less the grid convergence.
    """

    geometry: GridGeometry
    height_m: float
    elevation_steps: NDArray[np.int16]

    @property
    def azimuth_count(self) -> int:
        """Number of azimuths."""
        return int(self.elevation_steps.shape[0])

    def elevation_deg(self) -> NDArray[np.float32]:
        """Elevations in degrees (azimuths, rows, columns); NaN without ground."""
        steps = self.elevation_steps
        return np.where(steps == NO_DATA, np.float32(np.nan), steps * np.float32(STEP_DEG))
