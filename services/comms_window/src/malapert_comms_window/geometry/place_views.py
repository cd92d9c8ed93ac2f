"""Geometry of one place on the Moon: Sun, Earth and stations against the terrain skyline."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from malapert_astro.clearances import AboveMask, DiscAboveMask, Negative
from malapert_astro.ephemeris import SUN_RADIUS_KM, sun_angular_radius_deg
from malapert_astro.fitted_paths import FittedPath, SpanPaths
from malapert_astro.points import Body, SitePosition
from malapert_astro.skyline import Skyline, visible_disc_fraction
from numpy.typing import NDArray

from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.geometry.conditions import Condition

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SunView:
    """The Sun's centre and angular radius, degrees, each of shape (n,)."""

    azimuth_deg: Floats
    elevation_deg: Floats
    radius_deg: Floats


class PlaceView:
    """Directions from an eye at a height above a place, and how they clear its skyline.

    Methods take TDB seconds past J2000 of shape (n,); azimuth is from north clockwise.

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

    def sun(self, epoch_s: Floats) -> SunView:
        """Return where the Sun is."""
        distance_km = np.linalg.norm(self._sun_path.vector_km(epoch_s), axis=0)
        return SunView(*self._sun_path.direction_deg(epoch_s), sun_angular_radius_deg(distance_km))

    def sun_fraction(self, sun: SunView) -> Floats:
        """Return the share of the Sun's disc above the skyline."""
        return visible_disc_fraction(self.skyline, sun.azimuth_deg, sun.elevation_deg, sun.radius_deg)

    def earth(self, epoch_s: Floats) -> tuple[Floats, Floats]:
        """Return azimuth and elevation of the Earth's centre, degrees."""
        return self.earth_path.direction_deg(epoch_s)

    def clears(self, path: FittedPath, error_deg: float = 0.0) -> Condition:
        """Return the condition that what is at the end of a path is above the skyline.

        Parameters
        ----------
        path
            What is seen.
        error_deg
            One standard deviation of its direction; that of the skyline comes on top.
        """
        error_deg = float(np.hypot(self.horizon.elevation_error_deg, error_deg))
        return Condition("site_skyline", AboveMask(path, self.skyline.mask), error_deg)

    def lit(self) -> Condition:
        """Return the condition that any of the solar disc is above the skyline."""
        return Condition("site_skyline", self._sun_clearance, self.horizon.elevation_error_deg)

    def dark(self) -> Condition:
        """Return the condition that none of it is."""
        return Condition("site_skyline", Negative(self._sun_clearance), self.horizon.elevation_error_deg)

    @cached_property
    def earth_path(self) -> FittedPath:
        """The Earth's centre as it is received."""
        return self.paths.seen(self.site, Body.EARTH)

    @cached_property
    def _sun_path(self) -> FittedPath:
        return self.paths.seen(self.site, Body.SUN)

    @cached_property
    def _sun_clearance(self) -> DiscAboveMask:
        return DiscAboveMask(self._sun_path, self.skyline.mask, SUN_RADIUS_KM)
