"""Reading digital elevation models: every fault of a file is found and told with the file's name."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from malapert_core.errors import Fault, InvalidInputError
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from malapert_landing_site.domain.grid import MOON_RADIUS_M, ElevationGrid, FloatArray, GridGeometry
from malapert_landing_site.terrain.projection import project

# Formats that a file cannot use to make GDAL open other files or addresses.
DRIVERS = ("GTiff", "PDS", "JP2OpenJPEG")
LIMIT_M = 15_000.0
_METRES = {"", "m", "metre", "metres", "meter", "meters"}


def read_grid(path: Path, file_name: str, max_pixels: int = 400_000_000) -> ElevationGrid:
    """Read a polar stereographic DEM of the Moon; scale and offset are applied, no-data becomes NaN.

    Heights given as radii (LOLA's PDS products add 1,737,400 m as their offset) are turned into heights above the
    sphere.

    Raises
    ------
    InvalidInputError
        INVALID_TERRAIN, or the code of the only fault, with all faults of the file.
    """
    try:
        with _opened(path) as source:
            faults = _georeference_faults(source, file_name)
            if source.width * source.height > max_pixels:
                message = f"{file_name} has {source.width} × {source.height} pixels; {max_pixels} are allowed"
                faults.append(Fault("size", "TERRAIN_TOO_LARGE", message))
            if faults:
                raise _refusal(file_name, faults)
            elevation_m = _elevation(source)
            pole = -1 if _latitude_of_center(source) < 0 else 1
            geometry = GridGeometry(
                pole, source.transform.c, source.transform.f, source.transform.a, source.width, source.height
            )
    except RasterioError as error:
        message = f"{file_name} cannot be read as any of {', '.join(DRIVERS)}"
        raise _refusal(file_name, [Fault("file", "TERRAIN_UNREADABLE", message)]) from error
    faults = _elevation_faults(elevation_m, file_name)
    if faults:
        raise _refusal(file_name, faults)
    return ElevationGrid(geometry, elevation_m)


def _opened(path: Path) -> Any:
    """Open a file by the first of the allowed formats that it has."""
    with warnings.catch_warnings():
        # A file without a georeference is refused below, with its name.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        for driver in DRIVERS[:-1]:
            try:
                return rasterio.open(path, driver=driver)
            except RasterioError:
                continue
        return rasterio.open(path, driver=DRIVERS[-1])


def _refusal(file_name: str, faults: list[Fault]) -> InvalidInputError:
    reason = faults[0].code if len(faults) == 1 else "INVALID_TERRAIN"
    return InvalidInputError(
        reason, "; ".join(f.message for f in faults), faults=faults, metadata={"file_name": file_name}
    )


def _georeference_faults(source: Any, file_name: str) -> list[Fault]:
    faults = []
    if source.crs is None or not source.crs.to_wkt():
        message = f"{file_name} has no coordinate reference system; IAU_2015:30135 (south) or 30130 (north) is needed"
        faults.append(Fault("crs", "TERRAIN_WITHOUT_CRS", message))
    else:
        try:
            faults += _crs_faults(pyproj.CRS.from_wkt(source.crs.to_wkt()), file_name)
        except pyproj.exceptions.CRSError as error:
            message = f"{file_name}: its coordinate reference system cannot be understood: {error}"
            faults.append(Fault("crs", "TERRAIN_WRONG_PROJECTION", message))
    t = source.transform
    if t.b != 0.0 or t.d != 0.0 or t.a <= 0.0 or t.e >= 0.0 or abs(t.a + t.e) > 1e-6 * abs(t.a):
        message = (
            f"{file_name}: pixels of {t.a:g} × {t.e:g} with rotation {t.b:g}, {t.d:g}; north-up squares are needed"
        )
        faults.append(Fault("transform", "TERRAIN_NOT_NORTH_UP", message))
    if source.count != 1:
        message = f"{file_name} has {source.count} bands; one band of heights is needed"
        faults.append(Fault("bands", "TERRAIN_WITH_BANDS", message))
    if min(source.width, source.height) < 4:
        message = f"{file_name} has {source.width} × {source.height} pixels; at least 4 × 4 are needed"
        faults.append(Fault("size", "TERRAIN_TOO_SMALL", message))
    unit = (source.units[0] or "").strip().lower()
    if unit not in _METRES:
        message = f"{file_name}: the heights are in {unit!r}; metres are needed"
        faults.append(Fault("units", "TERRAIN_WRONG_UNIT", message))
    return faults


def _crs_faults(crs: pyproj.CRS, file_name: str) -> list[Fault]:
    ellipsoid = crs.ellipsoid
    radius_m, polar_m = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre) if ellipsoid else (0.0, 0.0)
    if abs(radius_m - MOON_RADIUS_M) > 1.0 or abs(polar_m - MOON_RADIUS_M) > 1.0:
        message = (
            f"{file_name} is on a body of {radius_m:.0f} m by {polar_m:.0f} m ({crs.name}); "
            "the Moon's sphere of 1737400 m is needed"
        )
        return [Fault("crs.ellipsoid", "TERRAIN_WRONG_BODY", message)]
    if not crs.is_projected:
        message = f"{file_name} is in {crs.name}, not projected; polar stereographic metres are needed"
        return [Fault("crs.projection", "TERRAIN_WRONG_PROJECTION", message)]
    units = {axis.unit_name for axis in crs.axis_info}
    if units != {"metre"}:
        message = f"{file_name}: the grid is in {', '.join(sorted(units))}; metres are needed"
        return [Fault("crs.unit", "TERRAIN_WRONG_UNIT", message)]
    if not _is_polar_grid(crs):
        message = (
            f"{file_name} is in another projection, {crs.name}; polar stereographic with true scale at the pole and "
            "longitude 0 as its meridian (IAU_2015:30135 or 30130) is needed"
        )
        return [Fault("crs.projection", "TERRAIN_WRONG_PROJECTION", message)]
    return []


def _is_polar_grid(crs: pyproj.CRS) -> bool:
    """Whether a projection puts probe points where the polar grid has them."""
    probe_xy_m = np.array([[0.0, 0.0], [100_000.0, 20_000.0], [-30_000.0, 150_000.0]])
    try:
        to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        longitude_deg, latitude_deg = to_degrees.transform(probe_xy_m[:, 0], probe_xy_m[:, 1])
    except pyproj.exceptions.ProjError:
        return False
    if not np.all(np.isfinite(latitude_deg)) or abs(latitude_deg[0]) < 89.999:
        return False
    pole = -1 if latitude_deg[0] < 0 else 1
    x_m, y_m = project(np.asarray(longitude_deg), np.asarray(latitude_deg), pole)
    return bool(np.allclose(np.column_stack([x_m, y_m]), probe_xy_m, atol=0.5))


def _latitude_of_center(source: Any) -> float:
    crs = pyproj.CRS.from_wkt(source.crs.to_wkt())
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return float(to_degrees.transform(0.0, 0.0)[1])


def _elevation(source: Any) -> NDArray[np.float32]:
    band = source.read(1, masked=True)
    value: FloatArray = band.astype(np.float64).filled(np.nan) * source.scales[0] + source.offsets[0]
    value[~np.isfinite(value)] = np.nan
    if np.isfinite(value).any() and abs(float(np.nanmedian(value)) - MOON_RADIUS_M) < LIMIT_M:
        value -= MOON_RADIUS_M
    return value.astype(np.float32)


def _elevation_faults(elevation_m: NDArray[np.float32], file_name: str) -> list[Fault]:
    known = elevation_m[np.isfinite(elevation_m)]
    if known.size == 0:
        return [Fault("elevations", "TERRAIN_EMPTY", f"{file_name} holds no heights, only no-data")]
    outside = int(np.count_nonzero(np.abs(known) > LIMIT_M))
    if outside == 0:
        return []
    message = (
        f"{file_name}: {outside} of {known.size} heights lie outside ±{LIMIT_M:g} m "
        f"({known.min():g} to {known.max():g}): metres above the 1737400 m sphere are "
        "needed, and the value for no-data must be declared in the file"
    )
    return [Fault("elevations", "TERRAIN_IMPLAUSIBLE_ELEVATION", message)]
