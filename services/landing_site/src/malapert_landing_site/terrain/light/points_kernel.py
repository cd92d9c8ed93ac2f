# mypy: allow-untyped-defs
"""Sun and Earth over skylines, compiled."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Photosphere radius, the same as malapert_astro.ephemeris.sun_angular_radius_deg uses.
SUN_RADIUS_KM = 695_700.0
# At the equator, WGS84.
EARTH_RADIUS_KM = 6_378.137
_CHORDS = 15


@njit(cache=True, nogil=True)
def _skyline_at(skyline, azimuth_rad):
    count = skyline.shape[0]
    position = azimuth_rad / (2.0 * math.pi) * count
    position -= count * math.floor(position / count)
    k = int(position)
    share = position - k
    k %= count
    return skyline[k] * (1.0 - share) + skyline[(k + 1) % count] * share


@njit(cache=True, nogil=True)
def _disc_fraction(skyline, azimuth, elevation, radius):
    """Visible share of a disc, by Gauss-Chebyshev quadrature over its vertical chords; radians.

    A disc wholly above or below the nodes of the skyline that it spans needs no quadrature.
    """
    count = skyline.shape[0]
    stretch = 1.0 / max(math.cos(elevation), 1e-6)
    per_radian = count / (2.0 * math.pi)
    lowest, highest = np.inf, -np.inf
    first = math.floor((azimuth - radius * stretch) * per_radian)
    last = math.ceil((azimuth + radius * stretch) * per_radian)
    for k in range(first, last + 1):
        node = skyline[k % count]
        lowest, highest = min(lowest, node), max(highest, node)
    if elevation - radius >= highest:
        return 1.0
    if elevation + radius <= lowest:
        return 0.0
    total = 0.0
    for k in range(1, _CHORDS + 1):
        angle = k * math.pi / (_CHORDS + 1)
        half = radius * math.sin(angle)
        sky = _skyline_at(skyline, azimuth + radius * math.cos(angle) * stretch)
        total += math.sin(angle) ** 2 * min(max((elevation + half - sky) / (2.0 * half), 0.0), 1.0)
    return total * 2.0 / (_CHORDS + 1)


@njit(cache=True, nogil=True)
def light_over_skylines(skyline_rad, frames, positions_km, sun_km, earth_km, sun_fraction, earth_visible):
    """Fill the visible fraction of the Sun and whether the Earth's centre is above the skyline.

    Parameters
    ----------
    skyline_rad : float64 (points, azimuths)
        Skylines; a point whose skyline is NaN has no light and no Earth.
    frames : float64 (points, 3, 3)
        Unit vectors to east, north and up of the points, MOON_ME.
    positions_km : float64 (points, 3)
        The points, MOON_ME.
    sun_km, earth_km : float64 (epochs, 3)
        Sun and Earth from the Moon's centre, MOON_ME; one of no rows is left out.
    sun_fraction, earth_visible : float32 and bool (points, epochs)
        Filled.
    """
    for n in range(skyline_rad.shape[0]):
        skyline = skyline_rad[n]
        if math.isnan(skyline[0]):
            sun_fraction[n, :] = 0.0
            earth_visible[n, :] = False
            continue
        for body, vectors in ((0, sun_km), (1, earth_km)):
            for t in range(vectors.shape[0]):
                dx = vectors[t, 0] - positions_km[n, 0]
                dy = vectors[t, 1] - positions_km[n, 1]
                dz = vectors[t, 2] - positions_km[n, 2]
                east = dx * frames[n, 0, 0] + dy * frames[n, 0, 1] + dz * frames[n, 0, 2]
                north = dx * frames[n, 1, 0] + dy * frames[n, 1, 1] + dz * frames[n, 1, 2]
                up = dx * frames[n, 2, 0] + dy * frames[n, 2, 1] + dz * frames[n, 2, 2]
                azimuth, elevation = math.atan2(east, north), math.atan2(up, math.hypot(east, north))
                if body == 0:
                    radius = math.asin(SUN_RADIUS_KM / math.sqrt(dx * dx + dy * dy + dz * dz))
                    sun_fraction[n, t] = _disc_fraction(skyline, azimuth, elevation, radius)
                else:
                    earth_visible[n, t] = elevation >= _skyline_at(skyline, azimuth)


@njit(cache=True, nogil=True)
def earth_over_skylines(skyline_rad, frames, positions_km, earth_km, slack_rad, centre, whole):
    """Fill whether the Earth's centre, and whether its whole disc, is above the skyline by at least a slack.

    The disc counts as above where its lowest point is above every node of the skyline that it spans.

    Parameters
    ----------
    skyline_rad, frames, positions_km, earth_km
        As of `light_over_skylines`.
    slack_rad : float
        Least angle above the skyline.
    centre, whole : bool (points, epochs)
        Filled.
    """
    for n in range(skyline_rad.shape[0]):
        skyline = skyline_rad[n]
        count = skyline.shape[0]
        per_radian = count / (2.0 * math.pi)
        for t in range(earth_km.shape[0]):
            dx = earth_km[t, 0] - positions_km[n, 0]
            dy = earth_km[t, 1] - positions_km[n, 1]
            dz = earth_km[t, 2] - positions_km[n, 2]
            east = dx * frames[n, 0, 0] + dy * frames[n, 0, 1] + dz * frames[n, 0, 2]
            north = dx * frames[n, 1, 0] + dy * frames[n, 1, 1] + dz * frames[n, 1, 2]
            up = dx * frames[n, 2, 0] + dy * frames[n, 2, 1] + dz * frames[n, 2, 2]
            azimuth, elevation = math.atan2(east, north), math.atan2(up, math.hypot(east, north))
            centre[n, t] = elevation - slack_rad >= _skyline_at(skyline, azimuth)
            radius = math.asin(EARTH_RADIUS_KM / math.sqrt(dx * dx + dy * dy + dz * dz))
            wide = radius / max(math.cos(elevation), 1e-6)
            clear = centre[n, t]
            for k in range(math.floor((azimuth - wide) * per_radian), math.ceil((azimuth + wide) * per_radian) + 1):
                # Not above a skyline without data: NaN compares as false.
                if not elevation - radius - slack_rad >= skyline[k % count]:
                    clear = False
                    break
            whole[n, t] = clear


@njit(cache=True, nogil=True)
def elevation_range(frames, positions_km, body_km):
    """Lowest and highest elevation of a body over all epochs and points, radians."""
    low, high = np.inf, -np.inf
    for n in range(frames.shape[0]):
        for t in range(body_km.shape[0]):
            dx = body_km[t, 0] - positions_km[n, 0]
            dy = body_km[t, 1] - positions_km[n, 1]
            dz = body_km[t, 2] - positions_km[n, 2]
            up = dx * frames[n, 2, 0] + dy * frames[n, 2, 1] + dz * frames[n, 2, 2]
            sine = up / math.sqrt(dx * dx + dy * dy + dz * dz)
            low, high = min(low, sine), max(high, sine)
    return math.asin(low), math.asin(high)
