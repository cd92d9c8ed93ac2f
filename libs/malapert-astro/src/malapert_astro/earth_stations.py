"""A ground station and a lunar site: what each sees of the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.surface import azimuth_elevation, surface_position_km

Floats = NDArray[np.float64]

_WGS84_SEMI_MAJOR_KM = 6378.137
_WGS84_FLATTENING = 1.0 / 298.257223563


@dataclass(frozen=True)
class StationPosition:
    """A ground station: WGS84 geodetic longitude (east positive) and latitude, degrees, ellipsoidal height, metres."""

    longitude_deg: float
    latitude_deg: float
    height_m: float

    @property
    def itrf_km(self) -> Floats:
        """Earth-fixed position, km, shape (3,)."""
        return station_itrf_km(self.longitude_deg, self.latitude_deg, self.height_m)


@dataclass(frozen=True)
class SitePosition:
    """A lunar site: selenographic longitude and latitude, degrees, height above the 1,737,400 m sphere, metres."""

    longitude_deg: float
    latitude_deg: float
    elevation_m: float

    @property
    def moon_me_km(self) -> Floats:
        """MOON_ME position, km, shape (3,)."""
        return surface_position_km(self.longitude_deg, self.latitude_deg, self.elevation_m)


@dataclass(frozen=True)
class LinkGeometry:
    """Geometry of the path from a lunar site to a ground station, each an array of the epochs' shape.

    Directions are apparent and airless, azimuth from north clockwise. Each end's direction is by what that end receives
    at the epoch; range, rate and light time are of the downlink, which the station receives at the epoch.
    """

    site_azimuth_deg: Floats
    site_elevation_deg: Floats
    station_azimuth_deg: Floats
    station_elevation_deg: Floats
    range_km: Floats
    range_rate_km_s: Floats
    light_time_s: Floats


class StationLink:
    """The path between one lunar site and one ground station over a span.

    Methods take Unix seconds UTC of any shape, within the span.

    Parameters
    ----------
    paths
        Fits the paths; raises EphemerisSpanError outside the kernels.
    site, station
        Both ends.
    """

    def __init__(self, paths: SpanPaths, site: SitePosition, station: StationPosition) -> None:
        self._site, self._station = site, station
        self._from_site = paths.station(site.moon_me_km, station.itrf_km)
        self._from_station = paths.site(station.itrf_km, site.moon_me_km)

    def station_direction_deg(self, utc_s: ArrayLike) -> tuple[Floats, Floats]:
        """Return azimuth and elevation of the station seen from the site, degrees."""
        vector_km = self._from_site.vector_km(utc_s)
        return azimuth_elevation(vector_km, self._site.longitude_deg, self._site.latitude_deg)

    def site_direction_deg(self, utc_s: ArrayLike) -> tuple[Floats, Floats]:
        """Return azimuth and elevation of the site seen from the station, degrees."""
        vector_km = self._from_station.vector_km(utc_s)
        return azimuth_elevation(vector_km, self._station.longitude_deg, self._station.latitude_deg)

    def geometry(self, utc_s: ArrayLike) -> LinkGeometry:
        """Return the whole geometry of the path."""
        vector_km, range_km, range_rate_km_s = self._from_station.range_and_rate(utc_s)
        station_azimuth, station_elevation = azimuth_elevation(
            vector_km, self._station.longitude_deg, self._station.latitude_deg
        )
        site_azimuth, site_elevation = self.station_direction_deg(utc_s)
        return LinkGeometry(
            site_azimuth,
            site_elevation,
            station_azimuth,
            station_elevation,
            range_km,
            range_rate_km_s,
            range_km / LIGHT_SPEED_KM_S,
        )


def station_itrf_km(longitude_deg: float, latitude_deg: float, height_m: float) -> Floats:
    """Return the Earth-fixed position of WGS84 geodetic coordinates, km, shape (3,)."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    eccentricity_squared = _WGS84_FLATTENING * (2.0 - _WGS84_FLATTENING)
    normal_km = _WGS84_SEMI_MAJOR_KM / np.sqrt(1.0 - eccentricity_squared * np.sin(latitude) ** 2)
    across_km = (normal_km + height_m / 1000.0) * np.cos(latitude)
    along_km = (normal_km * (1.0 - eccentricity_squared) + height_m / 1000.0) * np.sin(latitude)
    return np.array([across_km * np.cos(longitude), across_km * np.sin(longitude), along_km])
