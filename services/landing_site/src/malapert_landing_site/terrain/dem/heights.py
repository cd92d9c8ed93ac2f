"""Heights read by windows of rows into float32: no copy of the whole in a wider type is ever made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import MOON_RADIUS_M, ElevationArray, FloatArray
from malapert_landing_site.terrain.dem.header import HeightSource

# LOLA's lowest and highest ground are about -9.2 km (Antoniadi) and 10.8 km: what lies outside these limits is no
# height, so that -9999 is seen as the no-data value that it is.
LOWEST_M, HIGHEST_M = -9_500.0, 11_000.0
_LEAST_RADIUS_KM, _MOST_RADIUS_KM = (1e-3 * (MOON_RADIUS_M + limit_m) for limit_m in (LOWEST_M, HIGHEST_M))
WINDOW_PX = 2_000_000
ROWS_OF_TILES = 512


@dataclass
class HeightCounts:
    """Counts of values met while heights are read."""

    known: int = 0
    radii: int = 0
    infinite: int = 0
    outside: int = 0
    outside_min_m: float = np.inf
    outside_max_m: float = -np.inf
    first_infinite: tuple[int, int] | None = None
    lowest_m: float = np.inf
    highest_m: float = -np.inf


def read_heights(source: HeightSource) -> tuple[ElevationArray, HeightCounts]:
    """Read every row; radii are turned into heights above the sphere of 1,737,400 m.

    Returns
    -------
    elevation_m : float32 (rows, columns)
        Heights above the sphere, NaN where there is no data.
    counts : HeightCounts
        What `height_faults` judges.
    """
    header, counts = source.header, HeightCounts()
    elevation_m = np.empty((header.height_px, header.width_px), dtype=np.float32)
    step = max(1, WINDOW_PX // header.width_px)
    if step > ROWS_OF_TILES:
        # Whole rows of tiles, so that none is decoded twice.
        step -= step % ROWS_OF_TILES
    for top in range(0, header.height_px, step):
        bottom = min(top + step, header.height_px)
        elevation_m[top:bottom] = _counted(source.rows(top, bottom), top, counts)
    return elevation_m, counts


def _counted(value_m: FloatArray, top: int, counts: HeightCounts) -> FloatArray:
    infinite = np.isinf(value_m)
    if infinite.any():
        if counts.first_infinite is None:
            row, column = np.argwhere(infinite)[0]
            counts.first_infinite = (top + int(row), int(column))
        counts.infinite += int(np.count_nonzero(infinite))
        value_m[infinite] = np.nan
    above_m = value_m - MOON_RADIUS_M
    radius = (above_m >= LOWEST_M) & (above_m <= HIGHEST_M)
    value_m[radius] = above_m[radius]
    outside = (value_m < LOWEST_M) | (value_m > HIGHEST_M)
    counts.known += int(np.count_nonzero(~np.isnan(value_m)))
    counts.radii += int(np.count_nonzero(radius))
    counts.lowest_m = float(np.fmin(counts.lowest_m, np.fmin.reduce(value_m, axis=None)))
    counts.highest_m = float(np.fmax(counts.highest_m, np.fmax.reduce(value_m, axis=None)))
    if outside.any():
        counts.outside += int(np.count_nonzero(outside))
        counts.outside_min_m = min(counts.outside_min_m, float(value_m[outside].min()))
        counts.outside_max_m = max(counts.outside_max_m, float(value_m[outside].max()))
    return value_m


def height_faults(counts: HeightCounts, file_name: str, unit: str) -> list[Fault]:
    """Faults of the heights of a file; empty where they can be ground of the Moon.

    Parameters
    ----------
    unit : str
        Unit that the file states; empty where it states none.
    """
    faults = []
    if counts.infinite:
        row, column = counts.first_infinite or (0, 0)
        message = (
            f"{file_name}: {counts.infinite} heights are infinite, the first in row {row}, column {column}; "
            "finite numbers are needed, and NaN or a declared value for no-data"
        )
        faults.append(Fault("elevations", "TERRAIN_INFINITE_ELEVATION", message))
    elif counts.known == 0:
        faults.append(Fault("elevations", "TERRAIN_EMPTY", f"{file_name} holds no heights, only no-data"))
    if counts.outside:
        faults.append(Fault("elevations", "TERRAIN_IMPLAUSIBLE_ELEVATION", _implausible(counts, file_name)))
    if not unit and counts.known and _LEAST_RADIUS_KM <= counts.lowest_m <= counts.highest_m <= _MOST_RADIUS_KM:
        message = (
            f"{file_name}: all heights lie between {counts.lowest_m:g} and {counts.highest_m:g}, as radii in km "
            "do, and the file states no unit: metres, stated as the unit, are needed"
        )
        faults.append(Fault("units", "TERRAIN_WRONG_UNIT", message))
    if 0 < counts.radii < counts.known - counts.outside:
        message = (
            f"{file_name}: {counts.radii} of {counts.known} heights are radii about {MOON_RADIUS_M:g} m and the others "
            "are heights above it; one of the two is needed throughout"
        )
        faults.append(Fault("elevations", "TERRAIN_MIXED_HEIGHTS", message))
    return faults


def _implausible(counts: HeightCounts, file_name: str) -> str:
    said = f"{file_name}: {counts.outside} of {counts.known} heights"
    if counts.outside_min_m == counts.outside_max_m:
        return (
            f"{said} are exactly {counts.outside_min_m:g}, which is no height on the Moon but looks like a value for "
            "no-data: it must be declared in the file"
        )
    return (
        f"{said} lie outside {LOWEST_M:g} to {HIGHEST_M:g} m ({counts.outside_min_m:g} to {counts.outside_max_m:g}): "
        "metres above the 1737400 m sphere are needed, and the value for no-data must be declared in the file"
    )
