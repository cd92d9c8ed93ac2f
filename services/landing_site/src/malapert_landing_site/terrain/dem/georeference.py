"""Check that a raster lies on the polar grid of the Moon in metres; collects all faults of its header."""

from __future__ import annotations

import math

import numpy as np
import pyproj
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import MOON_RADIUS_M, GridGeometry
from malapert_landing_site.terrain.dem.header import RasterHeader
from malapert_landing_site.terrain.grid.projection import project

MIN_SIDE_PX = 4
MIN_PIXEL_M, MAX_PIXEL_M = 0.05, 100_000.0
# On the polar stereographic grid with true scale at the pole.
EQUATOR_M = 2.0 * MOON_RADIUS_M
METRES = {"", "m", "metre", "metres", "meter", "meters"}

# What a pixel costs: 4 bytes on disk, 4 in memory as read, and 4 more in the scene that rays are cast on. Reading a
# 16-bit GeoTIFF took 0.014 to 0.016 s a million pixels on one core, hashing 0.005 s, and the rest is for writing.
MEMORY_BYTES_PER_PIXEL = 8
DISK_BYTES_PER_PIXEL = 4
SECONDS_PER_MEGAPIXEL = 0.025


def header_faults(header: RasterHeader, file_name: str) -> list[Fault]:
    """Faults of a header; empty where the raster is one band of metres on the polar grid."""
    faults = list(header.faults)
    if header.crs is None:
        message = f"{file_name} has no coordinate reference system; IAU_2015:30135 (south) or 30130 (north) is needed"
        faults.append(Fault("crs", "TERRAIN_WITHOUT_CRS", message))
    else:
        faults += crs_faults(header.crs, file_name)
    return faults + _pixel_faults(header, file_name)


def size_faults(header: RasterHeader, file_name: str, max_pixels: int) -> list[Fault]:
    """The fault of a raster with more pixels than are allowed, with what it would cost."""
    pixels = header.width_px * header.height_px
    if pixels <= max_pixels:
        return []
    memory_gb, disk_gb = pixels * MEMORY_BYTES_PER_PIXEL / 1e9, pixels * DISK_BYTES_PER_PIXEL / 1e9
    message = (
        f"{file_name} has {header.width_px} × {header.height_px} = {pixels / 1e6:.0f} million pixels; "
        f"{max_pixels / 1e6:g} million are allowed. It would take about {memory_gb:.1f} GB of memory, {disk_gb:.1f} GB "
        f"of disk and {pixels * SECONDS_PER_MEGAPIXEL / 1e6:.0f} s to read: cut it to the region, or allow it by the "
        "setting MALAPERT_LANDING_SITE_MAX_TERRAIN_PIXELS"
    )
    return [Fault("size", "TERRAIN_TOO_LARGE", message)]


def geometry_of(header: RasterHeader) -> GridGeometry:
    """The grid of a header without faults."""
    t = header.transform
    pole = pole_of(header.crs)
    return GridGeometry(pole, t.c, t.f, t.a, header.width_px, header.height_px)


def _pixel_faults(header: RasterHeader, file_name: str) -> list[Fault]:
    faults = []
    t = header.transform
    if not all(math.isfinite(number) for number in t[:6]):
        message = f"{file_name}: the place of its pixels is {t[:6]}; finite numbers are needed"
        faults.append(Fault("transform", "TERRAIN_NOT_NORTH_UP", message))
    elif t.b != 0.0 or t.d != 0.0 or t.a <= 0.0 or t.e >= 0.0 or abs(t.a + t.e) > 1e-6 * abs(t.a):
        message = (
            f"{file_name}: pixels of {t.a:g} × {t.e:g} with rotation {t.b:g}, {t.d:g}; north-up squares are needed"
        )
        faults.append(Fault("transform", "TERRAIN_NOT_NORTH_UP", message))
    else:
        faults += _extent_faults(header, file_name)
    if header.band_count != 1:
        message = f"{file_name} has {header.band_count} bands; one band of heights is needed"
        faults.append(Fault("bands", "TERRAIN_WITH_BANDS", message))
    if min(header.width_px, header.height_px) < MIN_SIDE_PX:
        message = f"{file_name} has {header.width_px} × {header.height_px} pixels; at least 4 × 4 are needed"
        faults.append(Fault("size", "TERRAIN_TOO_SMALL", message))
    if header.unit not in METRES:
        message = f"{file_name}: the heights are in {header.unit!r}; metres are needed"
        faults.append(Fault("units", "TERRAIN_WRONG_UNIT", message))
    return faults


def _extent_faults(header: RasterHeader, file_name: str) -> list[Fault]:
    """Faults of pixels that no lunar DEM has, or that lie beyond the hemisphere of the pole."""
    t, faults = header.transform, []
    if not MIN_PIXEL_M <= t.a <= MAX_PIXEL_M:
        message = f"{file_name}: pixels of {t.a:g} m; {MIN_PIXEL_M:g} to {MAX_PIXEL_M:g} m are allowed"
        faults.append(Fault("transform", "TERRAIN_WRONG_UNIT", message))
    east_m, south_m = t.c + header.width_px * t.a, t.f + header.height_px * t.e
    farthest_m = max(abs(number) for number in (t.c, t.f, east_m, south_m))
    if farthest_m > EQUATOR_M:
        message = (
            f"{file_name} reaches {farthest_m:g} m from the pole along an axis; the equator is {EQUATOR_M:g} m from it"
        )
        faults.append(Fault("transform", "TERRAIN_OUTSIDE", message))
    return faults


def crs_faults(crs: pyproj.CRS, file_name: str) -> list[Fault]:
    """Faults of a reference system; empty where it is a polar grid of the Moon."""
    ellipsoid = crs.ellipsoid
    radius_m, polar_m = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre) if ellipsoid else (0.0, 0.0)
    if abs(radius_m - MOON_RADIUS_M) > 1.0 or abs(polar_m - MOON_RADIUS_M) > 1.0:
        message = (
            f"{file_name} is on a body of {radius_m:.0f} m by {polar_m:.0f} m ({crs.name}); "
            "the Moon's sphere of 1737400 m is needed"
        )
        return [Fault("crs.ellipsoid", "TERRAIN_WRONG_BODY", message)]
    if not (crs.is_projected or crs.is_compound):
        message = f"{file_name} is in degrees ({crs.name}), not projected; polar stereographic metres are needed"
        return [Fault("crs.projection", "TERRAIN_WRONG_PROJECTION", message)]
    if crs.is_compound or len(crs.axis_info) > 2:
        message = (
            f"{file_name} states what its heights are above ({crs.name}); heights above the 1737400 m sphere, without "
            "a vertical reference system, are needed"
        )
        return [Fault("crs.vertical", "TERRAIN_WRONG_PROJECTION", message)]
    units = {axis.unit_name for axis in crs.axis_info}
    if units != {"metre"}:
        message = f"{file_name}: the grid is in {', '.join(sorted(units))}; metres are needed"
        return [Fault("crs.unit", "TERRAIN_WRONG_UNIT", message)]
    meridian = crs.prime_meridian
    if meridian is not None and meridian.longitude != 0.0:
        message = (
            f"{file_name} counts longitudes from {meridian.longitude:g} {meridian.unit_name or 'degrees'} "
            f"({meridian.name}); those from the prime meridian of the Moon are needed"
        )
        return [Fault("crs.prime_meridian", "TERRAIN_WRONG_PROJECTION", message)]
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


def pole_of(crs: pyproj.CRS | None) -> int:
    """The pole of a polar grid: -1 for the south, +1 for the north."""
    assert crs is not None  # noqa: S101 - header_faults refuses a file without one
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return -1 if float(to_degrees.transform(0.0, 0.0)[1]) < 0.0 else 1
