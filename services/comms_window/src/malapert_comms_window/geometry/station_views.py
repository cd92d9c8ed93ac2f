"""What a ground station requires of what it sees: its mask, night, distance from Sun and Moon."""

import numpy as np
from malapert_astro.fitted_paths import FittedPath, SpanPaths
from malapert_astro.points import Body, StationPosition
from numpy.typing import NDArray

from malapert_comms_window.domain.stations import Station
from malapert_comms_window.geometry.conditions import USUAL_STEP_S, Condition

Floats = NDArray[np.float64]

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
    step_s: float = USUAL_STEP_S,
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
    step_s
        Longest step of the search.
    least_deg
        A least elevation that the link asks for on top of the station's own.
    """
    floor_deg = max(station.min_elevation_deg.value, least_deg)

    def clearance(epoch_s: Floats) -> Floats:
        azimuth_deg, elevation_deg = path.direction_deg(epoch_s)
        return elevation_deg - np.maximum(station.mask_deg(azimuth_deg), floor_deg)

    return Condition("station_mask", clearance, error_deg, step_s, earth_rotation_error_s(paths))


def night(path_to_sun: FittedPath, highest_deg: float) -> Condition:
    """Return the condition that the Sun is at or below an elevation at a station."""
    return Condition("station_night", lambda epoch_s: highest_deg - path_to_sun.elevation_deg(epoch_s))


def apart(name: str, one: FittedPath, other: FittedPath, least_deg: float, step_s: float = USUAL_STEP_S) -> Condition:
    """Return the condition that two things are at least an angle apart."""
    return Condition(
        name,
        lambda epoch_s: separation_deg(one.vector_km(epoch_s), other.vector_km(epoch_s)) - least_deg,
        step_s=step_s,
    )


def separation_deg(one_km: Floats, other_km: Floats) -> Floats:
    """Return the angle between vectors of shape (3, n), degrees; exact for small and for straight angles."""
    across = np.linalg.norm(np.cross(one_km, other_km, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(across, np.sum(one_km * other_km, axis=0))))


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
