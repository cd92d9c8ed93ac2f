"""Points that turn with a body: ground stations on the Earth, sites on the Moon."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from malapert_astro.surface import surface_position_km

Floats = NDArray[np.float64]

_WGS84_SEMI_MAJOR_KM = 6378.137
_WGS84_FLATTENING = 1.0 / 298.257223563


class Body(StrEnum):
    """A body by its centre."""

    SUN = "sun"
    EARTH = "earth"
    MOON = "moon"


@dataclass(frozen=True)
class StationPosition:
    """A ground station: WGS84 geodetic longitude (east positive) and latitude, degrees, ellipsoidal height, metres."""

    longitude_deg: float
    latitude_deg: float
    height_m: float

    body = Body.EARTH

    @property
    def fixed_km(self) -> Floats:
        """Position in ITRF93, km, shape (3,)."""
        return station_itrf_km(self.longitude_deg, self.latitude_deg, self.height_m)

    @property
    def local_axes(self) -> Floats:
        """East, north and up (normal of the ellipsoid) as rows in ITRF93, shape (3, 3)."""
        return local_axes(self.longitude_deg, self.latitude_deg)


@dataclass(frozen=True)
class SitePosition:
    """A lunar site: selenographic longitude and latitude, degrees, height above the 1,737,400 m sphere, metres."""

    longitude_deg: float
    latitude_deg: float
    elevation_m: float

    body = Body.MOON

    @property
    def fixed_km(self) -> Floats:
        """Position in MOON_ME, km, shape (3,)."""
        return surface_position_km(self.longitude_deg, self.latitude_deg, self.elevation_m)

    @property
    def local_axes(self) -> Floats:
        """East, north and up as rows in MOON_ME, shape (3, 3)."""
        return local_axes(self.longitude_deg, self.latitude_deg)


def station_itrf_km(longitude_deg: float, latitude_deg: float, height_m: float) -> Floats:
    """Return the Earth-fixed position of WGS84 geodetic coordinates, km, shape (3,)."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    eccentricity_squared = _WGS84_FLATTENING * (2.0 - _WGS84_FLATTENING)
    normal_km = _WGS84_SEMI_MAJOR_KM / np.sqrt(1.0 - eccentricity_squared * np.sin(latitude) ** 2)
    across_km = (normal_km + height_m / 1000.0) * np.cos(latitude)
    along_km = (normal_km * (1.0 - eccentricity_squared) + height_m / 1000.0) * np.sin(latitude)
    return np.array([across_km * np.cos(longitude), across_km * np.sin(longitude), along_km])


def local_axes(longitude_deg: float, latitude_deg: float) -> Floats:
    """Return east, north and up as rows in body-fixed axes, shape (3, 3); up has this longitude and latitude."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    sin_lon, cos_lon, sin_lat, cos_lat = np.sin(longitude), np.cos(longitude), np.sin(latitude), np.cos(latitude)
    return np.array(
        [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )
