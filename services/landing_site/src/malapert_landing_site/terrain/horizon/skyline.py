"""Skylines of points on nested grids."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline_kernel import cast_skylines

REACH_M = 300_000.0
SURFACE_MODEL = "bilinear"
_POINTS_PER_TASK = 16

Progress = Callable[[float], None]


@dataclass(frozen=True)
class SkylineRange:
    """Elevations between which a skyline matters, degrees: outside, it is cut to the limit."""

    lowest_deg: float = -90.0
    highest_deg: float = 90.0

    def tangents(self) -> tuple[float, float]:
        """Tangents of the limits; infinite where there is none."""
        lowest = -np.inf if self.lowest_deg <= -90.0 else float(np.tan(np.radians(self.lowest_deg)))
        highest = np.inf if self.highest_deg >= 90.0 else float(np.tan(np.radians(self.highest_deg)))
        return lowest, highest


WHOLE_SKYLINE = SkylineRange()


@dataclass(frozen=True)
class Skylines:
    """Skylines of points.

    Attributes
    ----------
    elevation_deg : float32 (points, azimuths)
        Elevation of the skyline, the first azimuth true north, clockwise seen from above; NaN without data.
    height_error_deg : float32 (points,)
        Root mean square over the azimuths of the angle that the DEM's height error takes up at the skyline.
    ground_elevation_m : float64 (points,)
        Ground under the eyes, metres above the sphere.
    """

    elevation_deg: NDArray[np.float32]
    height_error_deg: NDArray[np.float32]
    ground_elevation_m: FloatArray


def skylines(
    scene: HorizonScene,
    xy_m: FloatArray,
    height_m: float,
    azimuth_count: int,
    matters: SkylineRange = WHOLE_SKYLINE,
    progress: Progress | None = None,
) -> Skylines:
    """Cast the skylines of points by an exact ray cast out to 300 km or to the coarsest grid's edge.

    Parameters
    ----------
    scene : HorizonScene
        The nested grids.
    xy_m : float64 (points, 2)
        Points in the grid, metres.
    height_m : float
        Height of the eye above ground, metres.
    azimuth_count : int
        Azimuths, evenly spaced from true north clockwise.
    matters : SkylineRange
        Cuts what need not be known, which is faster and changes nothing in between.
    progress : callable
        Called with the share done; what it raises ends the work.
    """
    xy_m = np.ascontiguousarray(xy_m, dtype=np.float64).reshape(-1, 2)
    ground_m = scene.surface_m(xy_m[:, 0], xy_m[:, 1])
    limits = np.array([REACH_M, *matters.tangents()])
    tangents = np.empty((len(xy_m), azimuth_count))
    errors_rad = np.empty(len(xy_m))

    def cast(start: int) -> None:
        part = slice(start, start + _POINTS_PER_TASK)
        cast_skylines(
            scene.elevation_m, scene.shape, scene.frame, scene.block_max_m, scene.block_shape, scene.pole,
            xy_m[part], ground_m[part] + height_m, limits, tangents[part], errors_rad[part],
        )  # fmt: skip

    run_parts(cast, range(0, len(xy_m), _POINTS_PER_TASK), progress)
    return Skylines(
        np.degrees(np.arctan(tangents)).astype(np.float32), np.degrees(errors_rad).astype(np.float32), ground_m
    )


def run_parts(work: Callable[[int], None], starts: range, progress: Progress | None) -> None:
    """Run parts of a job that releases the interpreter's lock, one thread a core; stop at the first error."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [pool.submit(work, start) for start in starts]
        try:
            for done, future in enumerate(futures, start=1):
                future.result()
                if progress is not None:
                    progress(done / len(futures))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
