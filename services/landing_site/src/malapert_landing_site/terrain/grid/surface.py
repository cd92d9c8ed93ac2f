# mypy: allow-untyped-defs
"""Slope, roughness and hazards of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray


@dataclass(frozen=True)
class PlaneFit:
    """Planes fitted around each pixel: rise per metre to grid east and north, RMS height about the plane in metres."""

    gradient_x: FloatArray
    gradient_y: FloatArray
    rms_m: FloatArray
    baseline_m: float

    @property
    def slope_deg(self) -> FloatArray:
        """Steepest slope of the plane, degrees; NaN beside holes and at the grid's rim."""
        return np.asarray(np.degrees(np.arctan(np.hypot(self.gradient_x, self.gradient_y))))


def fit_planes(grid: ElevationGrid, baseline_m: float) -> PlaneFit:
    """Fit a plane by least squares to the square window around each pixel.

    The window is an odd number of pixels; its side between outer pixel centres is the even multiple of the pixel
    nearest to `baseline_m`, at least two pixels, and is told as the fit's baseline. A window with a hole has no plane.
    """
    pixel_m = grid.geometry.pixel_size_m
    half_px = max(1, round(baseline_m / (2.0 * pixel_m)))
    gradient_x, gradient_y, rms_m = _fit(np.ascontiguousarray(grid.elevation_m, dtype=np.float32), half_px, pixel_m)
    return PlaneFit(gradient_x, gradient_y, rms_m, 2.0 * half_px * pixel_m)


@njit(cache=True, nogil=True)
def _fit(z, half, pixel):
    rows, columns = z.shape
    count = (2 * half + 1) ** 2
    squares = (2 * half + 1) * half * (half + 1) * (2 * half + 1) / 3.0
    gx, gy, rms = np.full(z.shape, np.nan), np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    for i in range(half, rows - half):
        for j in range(half, columns - half):
            center = z[i, j]
            s, sx, sy, ss = 0.0, 0.0, 0.0, 0.0
            for di in range(-half, half + 1):
                for dj in range(-half, half + 1):
                    value = z[i + di, j + dj] - center
                    s += value
                    ss += value * value
                    sx += value * dj
                    sy -= value * di
            bx, by = sx / squares, sy / squares
            residual = (ss - s * s / count - (bx * bx + by * by) * squares) / count
            if not np.isnan(residual):
                gx[i, j], gy[i, j] = bx / pixel, by / pixel
                rms[i, j] = np.sqrt(max(residual, 0.0))
    return gx, gy, rms


def hazard_fractions(
    hazardous: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
    cells: NDArray[np.int64],
    radius_px: float,
    semi_minor_px: float | None = None,
    grid_azimuth_deg: FloatArray | None = None,
) -> FloatArray:
    """Share of hazardous or unknown cells within a circle or an ellipse about each cell (row, column).

    Ground beyond the grid counts as unknown.

    Parameters
    ----------
    radius_px : float
        Radius, or the semi-major axis.
    semi_minor_px : float
        Semi-minor axis; a circle without it.
    grid_azimuth_deg : float64 (cells,)
        Direction of the semi-major axis at each cell, clockwise from grid north.
    """
    bad = np.ascontiguousarray(hazardous | unknown)
    azimuth = np.zeros(len(cells)) if grid_azimuth_deg is None else np.radians(grid_azimuth_deg)
    minor_px = radius_px if semi_minor_px is None else semi_minor_px
    cells = np.ascontiguousarray(cells, dtype=np.int64)
    return np.asarray(_share_in_ellipse(bad, cells, float(radius_px), float(minor_px), azimuth))


@njit(cache=True, nogil=True)
def _share_in_ellipse(bad, cells, major, minor, azimuth):
    share = np.empty(cells.shape[0])
    reach = int(np.floor(major))
    for n in range(cells.shape[0]):
        total, count = 0, 0
        sine, cosine = np.sin(azimuth[n]), np.cos(azimuth[n])
        for di in range(-reach, reach + 1):
            for dj in range(-reach, reach + 1):
                along, across = dj * sine - di * cosine, dj * cosine + di * sine
                # Multiplied out, so that an axis of no length holds the cell itself.
                if (along * minor) ** 2 + (across * major) ** 2 > (major * minor) ** 2 or (
                    minor == 0.0 and (di != 0 or dj != 0)
                ):
                    continue
                i, j = cells[n, 0] + di, cells[n, 1] + dj
                total += 1
                if i < 0 or j < 0 or i >= bad.shape[0] or j >= bad.shape[1] or bad[i, j]:
                    count += 1
        share[n] = count / total
    return share
