"""What is seen from one place on the Moon: Sun, Earth and stations against the terrain skyline."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from malapert_astro.ephemeris import sun_angular_radius_deg
from malapert_astro.fitted_paths import FittedPath, SpanPaths
from malapert_astro.points import Body, SitePosition
from malapert_astro.skyline import Skyline, clearance_deg, disc_clearance_deg, visible_disc_fraction
from numpy.typing import NDArray

from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.geometry.conditions import USUAL_STEP_S, Condition

Floats = NDArray[np.float64]

_USUAL_AZIMUTH_STEP_DEG = 0.5


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
        # A skyline is linear between its azimuths, so what moves along it has an extremum at each of them at most.
        flat = bool(np.ptp(self.skyline.elevation_deg) == 0.0)
        finer = 1.0 if flat else min(self.skyline.azimuth_step_deg / _USUAL_AZIMUTH_STEP_DEG, 1.0)
        self.step_s = USUAL_STEP_S * finer

    def sun(self, epoch_s: Floats) -> SunView:
        """Return where the Sun is."""
        distance_km = np.linalg.norm(self._sun_path.vector_km(epoch_s), axis=0)
        return SunView(*self._sun_path.direction_deg(epoch_s), sun_angular_radius_deg(distance_km))

    def sun_clearance_deg(self, epoch_s: Floats) -> Floats:
        """Return how far the most visible part of the Sun's rim is above the skyline."""
        sun = self.sun(epoch_s)
        return disc_clearance_deg(self.skyline, sun.azimuth_deg, sun.elevation_deg, sun.radius_deg)

    def sun_fraction(self, sun: SunView) -> Floats:
        """Return the share of the Sun's disc above the skyline."""
        return visible_disc_fraction(self.skyline, sun.azimuth_deg, sun.elevation_deg, sun.radius_deg)

    def earth(self, epoch_s: Floats) -> tuple[Floats, Floats]:
        """Return azimuth and elevation of the Earth's centre, degrees."""
        return self.earth_path.direction_deg(epoch_s)

    def clearance_deg(self, direction: tuple[Floats, Floats]) -> Floats:
        """Return how far a direction (azimuth, elevation) is above the skyline."""
        return clearance_deg(self.skyline, *direction)

    def clears(self, path: FittedPath, error_deg: float = 0.0, step_s: float = np.inf) -> Condition:
        """Return the condition that what is at the end of a path is above the skyline.

        Parameters
        ----------
        path
            What is seen.
        error_deg
            One standard deviation of its direction; that of the skyline comes on top.
        step_s
            Longest step of the search that its own motion allows.
        """
        return Condition(
            "site_skyline",
            lambda epoch_s: self.clearance_deg(path.direction_deg(epoch_s)),
            float(np.hypot(self.horizon.elevation_error_deg, error_deg)),
            min(self.step_s, step_s),
        )

    def lit(self) -> Condition:
        """Return the condition that any of the solar disc is above the skyline."""
        return Condition("site_skyline", self.sun_clearance_deg, self.horizon.elevation_error_deg, self.step_s)

    def dark(self) -> Condition:
        """Return the condition that none of it is."""
        return Condition(
            "site_skyline", lambda s: -self.sun_clearance_deg(s), self.horizon.elevation_error_deg, self.step_s
        )

    @cached_property
    def earth_path(self) -> FittedPath:
        """The Earth's centre as it is received."""
        return self.paths.seen(self.site, Body.EARTH)

    @cached_property
    def _sun_path(self) -> FittedPath:
        return self.paths.seen(self.site, Body.SUN)
