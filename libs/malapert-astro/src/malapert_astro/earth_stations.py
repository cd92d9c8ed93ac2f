"""A ground station and a lunar site: what each sees of the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.points import SitePosition, StationPosition

Floats = NDArray[np.float64]


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

    Methods take TDB seconds past J2000 of any shape, within the span.

    Parameters
    ----------
    paths
        Fits the paths; raises EphemerisSpanError outside the kernels.
    site, station
        Both ends.
    """

    def __init__(self, paths: SpanPaths, site: SitePosition, station: StationPosition) -> None:
        self.from_site = paths.seen(site, station)
        self.from_station = paths.seen(station, site)

    def geometry(self, epoch_tdb_s: ArrayLike) -> LinkGeometry:
        """Return the whole geometry of the path."""
        _, range_km, range_rate_km_s = self.from_station.range_and_rate(epoch_tdb_s)
        return LinkGeometry(
            *self.from_site.direction_deg(epoch_tdb_s),
            *self.from_station.direction_deg(epoch_tdb_s),
            range_km,
            range_rate_km_s,
            range_km / LIGHT_SPEED_KM_S,
        )
