"""Compiled inner loops of horizon masks: their height, how a disc clears them, and bounds of both over a while.

A mask is ``azimuth_deg[k]``, rising through one turn, and ``elevation_deg[k]``; the last node is the first one, a turn
later. Two nodes at one azimuth are a vertical edge.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_compiled = njit(cache=True, nogil=True, error_model="numpy")

_DEGREES = 180.0 / np.pi
_TURN = 360.0
_HIGHEST_RAD = 1.55
"""Elevation limit, radians (88.8 degrees): above it rates give no bound of the azimuth, and the whole mask is
considered."""


class _Motion(NamedTuple):
    """Position of a target at an instant, with bounds of its motion about it; degrees, seconds, km."""

    azimuth: float
    elevation: float
    azimuth_rate: float
    elevation_rate: float
    azimuth_reach: float
    elevation_reach: float
    azimuth_bend: float
    elevation_bend: float
    nearest_km: float
    range_km: float


@_compiled
def heights(azimuth_deg: Floats, elevation_deg: Floats, at_deg: Floats) -> Floats:
    """Return the mask's elevation at azimuths, shape (n,)."""
    out = np.empty(at_deg.size)
    for j in range(at_deg.size):
        out[j] = _height(azimuth_deg, elevation_deg, at_deg[j])
    return out


@_compiled
def disc_clearances(
    azimuth_deg: Floats, elevation_deg: Floats, at_deg: Floats, center_deg: Floats, radius_deg: Floats
) -> Floats:
    """Return how far the most visible point of a disc's rim is above the mask, shape (n,)."""
    out = np.empty(at_deg.size)
    for j in range(at_deg.size):
        out[j] = _disc_clearance(azimuth_deg, elevation_deg, at_deg[j], center_deg[j], radius_deg[j])
    return out


@_compiled
def bounds(
    azimuth_deg: Floats,
    elevation_deg: Floats,
    floor_deg: float,
    radius_km: float,
    vector_km: Floats,
    rate_km_s: Floats,
    acceleration_km_s2: Floats,
    half_s: Floats,
) -> tuple[Floats, Floats, Flags]:
    """Return the least and greatest clearance within `half_s` of instants, degrees, and where one crossing is the most.

    Each is of shape (n,).

    Parameters
    ----------
    azimuth_deg, elevation_deg
        The mask.
    floor_deg
        A least elevation on top of it.
    radius_km
        Radius of what is seen; 0 for a point.
    vector_km, rate_km_s
        Where it is in east, north and up at the instants, and how that changes, shape (3, n).
    acceleration_km_s2
        Bound of the second derivative of the vector, shape (n,).
    half_s
        How long before and after each instant, shape (n,).
    """
    least, greatest = np.empty(half_s.size), np.empty(half_s.size)
    steady = np.zeros(half_s.size, dtype=np.bool_)
    for j in range(half_s.size):
        motion = _motion(vector_km[:, j], rate_km_s[:, j], acceleration_km_s2[j], half_s[j])
        over_floor = max(motion.elevation - motion.elevation_reach, -90.0) - floor_deg
        least[j], greatest[j] = over_floor, motion.elevation + motion.elevation_reach - floor_deg
        if greatest[j] < 0.0:
            least[j] = -_TURN  # below the floor whatever the mask
            continue
        if radius_km > 0.0:
            low, high = _disc_bounds(azimuth_deg, elevation_deg, motion, radius_km)
            way = 0
        else:
            low, high, way = _point_bounds(azimuth_deg, elevation_deg, motion, half_s[j])
        floor_way = _way(motion.elevation_rate, motion.elevation_bend * half_s[j])
        least[j], greatest[j] = min(low, over_floor), min(high, greatest[j])
        # Of mask and floor only what may be crossed counts.
        way = way if over_floor >= 0.0 else floor_way if low >= 0.0 or way == floor_way else 0
        steady[j] = way != 0
    return least, greatest, steady


@_compiled
def _motion(vector_km: Floats, rate_km_s: Floats, acceleration_km_s2: float, half_s: float) -> _Motion:
    """Return the motion of a vector within `half_s` of an instant.

    Its speed grows by at most the acceleration's bound. With the angular speed W and the tangential acceleration T, at
    most A / r + W², spherical coordinates give |el''| ≤ T + W² tan el and |az''| ≤ (T + W² tan el) / cos el.
    """
    east, north, up = vector_km[0], vector_km[1], vector_km[2]
    east_rate, north_rate, up_rate = rate_km_s[0], rate_km_s[1], rate_km_s[2]
    across2 = east * east + north * north
    across, range_km = np.sqrt(across2), np.sqrt(across2 + up * up)
    azimuth, elevation = np.arctan2(east, north), np.arctan2(up, across)
    speed = np.sqrt(east_rate * east_rate + north_rate * north_rate + up_rate * up_rate) + acceleration_km_s2 * half_s
    nearest_km = range_km - speed * half_s
    turn = speed / nearest_km if nearest_km > 0.0 else np.inf
    elevation_reach = turn * half_s
    highest = abs(elevation) + elevation_reach
    if not (highest < _HIGHEST_RAD and across > 0.0):
        reach = min(elevation_reach * _DEGREES, _TURN)
        return _Motion(
            azimuth * _DEGREES, elevation * _DEGREES, 0.0, 0.0, _TURN, reach, np.inf, np.inf, nearest_km, range_km
        )
    azimuth_rate = (east_rate * north - north_rate * east) / across2
    elevation_rate = (up_rate * across2 - up * (east * east_rate + north * north_rate)) / (range_km**2 * across)
    bend = acceleration_km_s2 / nearest_km + turn * turn * (1.0 + np.tan(highest))
    azimuth_bend = bend / np.cos(highest)
    azimuth_reach = abs(azimuth_rate) * half_s + 0.5 * azimuth_bend * half_s**2
    azimuth_reach = min(azimuth_reach, elevation_reach / np.cos(highest))
    elevation_reach = min(elevation_reach, abs(elevation_rate) * half_s + 0.5 * bend * half_s**2)
    return _Motion(
        azimuth * _DEGREES,
        elevation * _DEGREES,
        azimuth_rate * _DEGREES,
        elevation_rate * _DEGREES,
        azimuth_reach * _DEGREES,
        elevation_reach * _DEGREES,
        azimuth_bend * _DEGREES,
        bend * _DEGREES,
        nearest_km,
        range_km,
    )


@_compiled
def _way(rate: float, change: float) -> int:
    """Return 1 where a rate that changes by as much at most stays positive, −1 where negative, 0 where it may turn."""
    return 0 if abs(rate) <= change else 1 if rate > 0.0 else -1


@_compiled
def _point_bounds(
    azimuth_deg: Floats, elevation_deg: Floats, motion: _Motion, half_s: float
) -> tuple[float, float, int]:
    """Return bounds of a point's clearance, and the way that it goes: 1 up, −1 down, 0 either."""
    reach = motion.azimuth_reach
    low, high, slope, pieces = _extremes(azimuth_deg, elevation_deg, motion.azimuth - reach, motion.azimuth + reach)
    least = max(motion.elevation - motion.elevation_reach, -90.0) - high
    greatest = motion.elevation + motion.elevation_reach - low
    way = 0
    if pieces == 1 and motion.elevation_bend < np.inf:
        # Along one straight piece of the mask the clearance itself is smooth: a bound of second order.
        middle = motion.elevation - _height(azimuth_deg, elevation_deg, motion.azimuth)
        rate = motion.elevation_rate - slope * motion.azimuth_rate
        change = (motion.elevation_bend + abs(slope) * motion.azimuth_bend) * half_s
        reach = (abs(rate) + 0.5 * change) * half_s
        least, greatest, way = max(least, middle - reach), min(greatest, middle + reach), _way(rate, change)
    return least, greatest, way


@_compiled
def _disc_bounds(azimuth_deg: Floats, elevation_deg: Floats, motion: _Motion, radius_km: float) -> tuple[float, float]:
    if motion.nearest_km <= radius_km:
        return -_TURN, _TURN
    radius = np.arcsin(radius_km / motion.range_km) * _DEGREES
    radius_reach = np.arcsin(radius_km / motion.nearest_km) * _DEGREES - radius
    azimuth, reach = motion.azimuth, motion.azimuth_reach
    _, high, _, _ = _extremes(azimuth_deg, elevation_deg, azimuth - reach, azimuth + reach)
    least = motion.elevation - motion.elevation_reach + radius - radius_reach - high  # the rim's top
    highest = (abs(motion.elevation) + motion.elevation_reach) / _DEGREES
    half_width = (radius + radius_reach) / np.cos(highest) if highest < _HIGHEST_RAD else _TURN
    widest = reach + half_width
    low, _, slope, _ = _extremes(azimuth_deg, elevation_deg, azimuth - widest, azimuth + widest)
    greatest = motion.elevation + motion.elevation_reach + radius + radius_reach - low
    if widest < 0.5 * _TURN and abs(slope) < np.inf:
        lowest = max(abs(motion.elevation) - motion.elevation_reach, 0.0) / _DEGREES
        change = half_width - (radius - radius_reach) / np.cos(lowest)
        middle = _disc_clearance(azimuth_deg, elevation_deg, azimuth, motion.elevation, radius)
        away = motion.elevation_reach + radius_reach + abs(slope) * (reach + change)
        least, greatest = max(least, middle - away), min(greatest, middle + away)
    return least, greatest


@_compiled
def _extremes(
    azimuth_deg: Floats, elevation_deg: Floats, first_deg: float, last_deg: float
) -> tuple[float, float, float, int]:
    """Return the mask's least and greatest elevation between azimuths, its steepest slope there and in how many pieces.

    The slope has its sign where there is one piece, and is absolute where there are more.
    """
    pieces = azimuth_deg.size - 1
    if not last_deg - first_deg < _TURN:
        return np.min(elevation_deg), np.max(elevation_deg), np.inf, pieces + 1
    piece, here = _piece(azimuth_deg, first_deg)
    ahead = here + (last_deg - first_deg)
    height = _along(azimuth_deg, elevation_deg, piece, here)
    low, high, steepest, crossed = height, height, 0.0, 0
    while True:
        width = azimuth_deg[piece + 1] - azimuth_deg[piece]
        rise = elevation_deg[piece + 1] - elevation_deg[piece]
        slope = rise / width if width > 0.0 else (np.inf if rise != 0.0 else 0.0)
        steepest = slope if crossed == 0 else max(abs(steepest), abs(slope))
        crossed += 1
        ends = ahead < azimuth_deg[piece + 1]
        height = _along(azimuth_deg, elevation_deg, piece, ahead) if ends else elevation_deg[piece + 1]
        low, high = min(low, height), max(high, height)
        if ends:
            return low, high, steepest, crossed
        piece += 1
        if piece == pieces:
            piece = 0
            ahead -= _TURN


@_compiled
def _disc_clearance(
    azimuth_deg: Floats, elevation_deg: Floats, at_deg: float, center_deg: float, radius_deg: float
) -> float:
    """Return how far the most visible point of the upper rim is above the mask.

    Over each straight piece the rim is concave: its farthest point is where it runs along the piece, or at the end of
    the piece that is nearest to there.
    """
    half_width = radius_deg / np.cos(center_deg / _DEGREES)
    left = min(half_width, 0.5 * _TURN)
    piece, here = _piece(azimuth_deg, at_deg - left)
    offset = -left - here  # azimuth in the mask's count + offset is that from the disc's centre
    best = -np.inf
    while True:
        first, last = azimuth_deg[piece] + offset, azimuth_deg[piece + 1] + offset
        width, rise = last - first, elevation_deg[piece + 1] - elevation_deg[piece]
        slope = rise / width if width > 0.0 else 0.0
        along = -slope * half_width / np.sqrt(radius_deg**2 + (slope * half_width) ** 2)
        along = min(max(along * half_width, first, -left), last, left)
        height = elevation_deg[piece] + slope * (along - first)
        rim = radius_deg * np.sqrt(max(1.0 - (along / half_width) ** 2, 0.0))
        best = max(best, center_deg + rim - height)
        if last >= left:
            return float(best)
        piece += 1
        if piece == azimuth_deg.size - 1:
            piece = 0
            offset += _TURN


@_compiled
def _height(azimuth_deg: Floats, elevation_deg: Floats, at_deg: float) -> float:
    piece, here = _piece(azimuth_deg, at_deg)
    return _along(azimuth_deg, elevation_deg, piece, here)


@_compiled
def _along(azimuth_deg: Floats, elevation_deg: Floats, piece: int, at_deg: float) -> float:
    width = azimuth_deg[piece + 1] - azimuth_deg[piece]
    share = (at_deg - azimuth_deg[piece]) / width if width > 0.0 else 1.0
    return float(elevation_deg[piece] + (elevation_deg[piece + 1] - elevation_deg[piece]) * share)


@_compiled
def _piece(azimuth_deg: Floats, at_deg: float) -> tuple[int, float]:
    """Return the piece of the mask in which an azimuth is, and the azimuth within the mask's own turn."""
    first = azimuth_deg[0]
    here = at_deg - np.floor((at_deg - first) / _TURN) * _TURN
    low, high = 0, azimuth_deg.size - 1
    here = min(max(here, first), azimuth_deg[high])
    while high - low > 1:
        middle = (low + high) // 2
        if azimuth_deg[middle] <= here:
            low = middle
        else:
            high = middle
    return low, here
