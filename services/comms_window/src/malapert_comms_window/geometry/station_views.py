"""Visibility conditions of a ground station: its mask, night, angular distance from Sun and Moon."""

import numpy as np
from malapert_astro.clearances import AboveMask, AngularSeparation, Negative
from malapert_astro.fitted_paths import FittedPath, SpanPaths
from malapert_astro.masks import HorizonMask
from malapert_astro.orbits import Orbit
from malapert_astro.points import Body, StationPosition

from malapert_comms_window.domain.stations import Station
from malapert_comms_window.geometry.conditions import Condition

_DAY_S = 86_400.0


def position_of(station: Station) -> StationPosition:
    """Return where a station is."""
    return StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)


def rises(
    station: Station,
    path: FittedPath,
    paths: SpanPaths,
    *,
    error_deg: float = 0.0,
    least_deg: float = -90.0,
) -> Condition:
    """Return the condition that what a station receives is at or above its mask.

    Parameters
    ----------
    station
        Gives the mask.
    path
        From the station to what it receives.
    paths
        Says from which file the Earth's orientation comes.
    error_deg
        One standard deviation of the direction.
    least_deg
        A least elevation that the link asks for on top of the station's own.
    """
    floor_deg = max(station.min_elevation_deg.value, least_deg)
    return Condition(
        "station_mask", AboveMask(path, mask_of(station), floor_deg), error_deg, earth_rotation_error_s(paths)
    )


def mask_of(station: Station) -> HorizonMask:
    """Return the horizon mask of a station, without its least elevation."""
    if not station.mask:
        return HorizonMask.flat(-90.0)
    return HorizonMask(
        np.array([point.azimuth_deg for point in station.mask]),
        np.array([point.elevation_deg for point in station.mask]),
    )


def night(path_to_sun: FittedPath, highest_deg: float) -> Condition:
    """Return the condition that the Sun is at or below an elevation at a station."""
    return Condition("station_night", Negative(AboveMask(path_to_sun, HorizonMask.flat(highest_deg))))


def apart(
    name: str, station: Station, paths: SpanPaths, things: tuple[Body | Orbit, Body], least_deg: float
) -> Condition:
    """Return the condition that a station sees two things at least an angle apart."""
    one, other = (paths.seen_inertial(position_of(station), each) for each in things)
    return Condition(name, AngularSeparation(one, other, least_deg))


def earth_rotation_error_s(paths: SpanPaths) -> float:
    """Return one standard deviation of UT1 at the end of a span, seconds; 0 where it was measured.

    IERS Bulletin A states 0.00025 s · days^0.75 for its predictions of UT1−UTC.
    """
    predicted_since_s = paths.ephemeris.earth_prediction_start_tdb_s
    days = max(paths.end_tdb_s - predicted_since_s, 0.0) / _DAY_S
    return float(0.00025 * days**0.75)


def moon_path(station: Station, paths: SpanPaths) -> FittedPath:
    """Return the Moon's centre as a station receives it."""
    return paths.seen(position_of(station), Body.MOON)


def sun_path(station: Station, paths: SpanPaths) -> FittedPath:
    """Return the Sun as a station receives it."""
    return paths.seen(position_of(station), Body.SUN)
