"""Points on the lunar sphere: selenographic coordinates, MOON_ME positions, the polar grids, local directions."""

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MOON_RADIUS_M = 1_737_400.0
"""Radius of the sphere of LOLA maps and of IAU_2015:30100."""


class Pole(StrEnum):
    """A pole, and with it a polar stereographic grid."""

    SOUTH = "south"
    NORTH = "north"

    @property
    def crs(self) -> str:
        """Authority code of the grid: scale 1 at the pole, longitude 0 up in the south and down in the north."""
        return "IAU_2015:30135" if self is Pole.SOUTH else "IAU_2015:30130"

    @property
    def sign(self) -> float:
        """+1 in the north, −1 in the south."""
        return -1.0 if self is Pole.SOUTH else 1.0


def surface_position_km(longitude_deg: ArrayLike, latitude_deg: ArrayLike, elevation_m: ArrayLike = 0.0) -> Floats:
    """Return MOON_ME positions, km, shape (3, ...), of selenographic points (heights above the sphere, metres)."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    radius_km = (MOON_RADIUS_M + np.asarray(elevation_m, dtype=np.float64)) / 1000.0
    east = np.cos(latitude) * np.sin(longitude)
    return np.stack(
        np.broadcast_arrays(
            radius_km * np.cos(latitude) * np.cos(longitude), radius_km * east, radius_km * np.sin(latitude)
        )
    )


def surface_coordinates(position_km: Floats) -> tuple[Floats, Floats, Floats]:
    """Return longitude (−180 to 180 degrees), latitude (degrees) and height above the sphere (metres).

    Parameters
    ----------
    position_km
        MOON_ME positions, shape (3, ...).
    """
    x, y, z = position_km
    across = np.hypot(x, y)
    elevation_m = np.hypot(across, z) * 1000.0 - MOON_RADIUS_M
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, across)), elevation_m


def project_polar(longitude_deg: ArrayLike, latitude_deg: ArrayLike, pole: Pole) -> tuple[Floats, Floats]:
    """Return easting and northing, metres, in a polar stereographic grid.

    Spherical polar stereographic with scale 1 at the pole (Snyder, USGS Professional Paper 1395, eqs. 21-1 to 21-12):
    ρ = 2 R tan(π/4 ∓ φ/2).
    """
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    rho_m = 2.0 * MOON_RADIUS_M * np.tan(np.pi / 4.0 - pole.sign * latitude / 2.0)
    return np.asarray(rho_m * np.sin(longitude)), np.asarray(-pole.sign * rho_m * np.cos(longitude))


def unproject_polar(x_m: ArrayLike, y_m: ArrayLike, pole: Pole) -> tuple[Floats, Floats]:
    """Return longitude (−180 to 180 degrees; 0 at the pole itself) and latitude, degrees, of grid points."""
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    colatitude = 2.0 * np.arctan(np.hypot(x, y) / (2.0 * MOON_RADIUS_M))
    return np.degrees(np.arctan2(x, -pole.sign * y)), pole.sign * (90.0 - np.degrees(colatitude))


def grid_convergence_deg(longitude_deg: ArrayLike, pole: Pole) -> Floats:
    """Return the direction of true north clockwise from grid north, degrees.

    A direction's azimuth in the grid (clockwise from +y) is its true azimuth plus this angle.
    """
    return np.asarray(-pole.sign * np.asarray(longitude_deg, dtype=np.float64))


def azimuth_elevation(vector_km: Floats, longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> tuple[Floats, Floats]:
    """Return azimuth (from north clockwise, 0 to 360) and elevation, degrees, of vectors seen at points on a sphere.

    Parameters
    ----------
    vector_km
        Vectors from the point in MOON_ME axes, shape (3, ...).
    longitude_deg, latitude_deg
        The point or points, broadcast against the vectors; north is the direction of the pole of MOON_ME.
    """
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    x, y, z = vector_km
    outward = x * np.cos(longitude) + y * np.sin(longitude)
    east = y * np.cos(longitude) - x * np.sin(longitude)
    north = z * np.cos(latitude) - outward * np.sin(latitude)
    up = outward * np.cos(latitude) + z * np.sin(latitude)
    return np.degrees(np.arctan2(east, north)) % 360.0, np.degrees(np.arctan2(up, np.hypot(east, north)))
