"""What is seen from one place on the Moon: Sun, Earth and stations against the terrain skyline."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from malapert_astro.earth_stations import SitePosition
from malapert_astro.ephemeris import sun_angular_radius_deg
from malapert_astro.fitted_paths import FittedPath, SpanPaths
from malapert_astro.skyline import Skyline, clearance_deg, disc_clearance_deg, visible_disc_fraction
from malapert_astro.surface import azimuth_elevation
from numpy.typing import NDArray

from malapert_comms_window.domain.horizons import Horizon

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SunView:
    """The Sun's centre and angular radius, degrees, each of shape (n,)."""

    azimuth_deg: Floats
    elevation_deg: Floats
    radius_deg: Floats


class PlaceView:
    """Directions from an eye at a height above a place, and how they clear its skyline.

    Methods take Unix seconds UTC of shape (n,); azimuth is from north clockwise.

    Parameters
    ----------
    paths
        Fits the directions over the span in which the view may be asked.
    horizon
        The place, the eye's height and the skyline seen by it.
    """

    def __init__(self, paths: SpanPaths, horizon: Horizon) -> None:
        self.paths = paths
        self.horizon = horizon
        self.site = SitePosition(horizon.longitude_deg, horizon.latitude_deg, horizon.elevation_m + horizon.height_m)
        self.skyline = Skyline(horizon.skyline_deg)

    def sun(self, utc_s: Floats) -> SunView:
        """Return where the Sun is."""
        vector_km = self._sun_path.vector_km(utc_s)
        azimuth, elevation = self._direction(vector_km)
        return SunView(azimuth, elevation, sun_angular_radius_deg(np.linalg.norm(vector_km, axis=0)))

    def sun_clearance_deg(self, utc_s: Floats) -> Floats:
        """Return how far the most visible part of the Sun's rim is above the skyline."""
        sun = self.sun(utc_s)
        return disc_clearance_deg(self.skyline, sun.azimuth_deg, sun.elevation_deg, sun.radius_deg)

    def sun_fraction(self, sun: SunView) -> Floats:
        """Return the share of the Sun's disc above the skyline."""
        return visible_disc_fraction(self.skyline, sun.azimuth_deg, sun.elevation_deg, sun.radius_deg)

    def earth(self, utc_s: Floats) -> tuple[Floats, Floats]:
        """Return azimuth and elevation of the Earth's centre, degrees."""
        return self._direction(self._earth_path.vector_km(utc_s))

    def clearance_deg(self, direction: tuple[Floats, Floats]) -> Floats:
        """Return how far a direction (azimuth, elevation) is above the skyline."""
        return clearance_deg(self.skyline, *direction)

    @cached_property
    def _sun_path(self) -> FittedPath:
        return self.paths.sun(self.site.moon_me_km)

    @cached_property
    def _earth_path(self) -> FittedPath:
        return self.paths.earth(self.site.moon_me_km)

    def _direction(self, vector_km: Floats) -> tuple[Floats, Floats]:
        return azimuth_elevation(vector_km, self.site.longitude_deg, self.site.latitude_deg)
