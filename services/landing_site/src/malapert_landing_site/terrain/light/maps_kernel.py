# mypy: allow-untyped-defs
"""Sun and Earth over the stored horizons of a tile, epoch by epoch, compiled.

A tile is a square of `TILE_PX` pixels a side, cut into groups of `GROUP_ROWS` by `GROUP_COLUMNS`: most groups see all
or none of the Sun at once, and what stays so costs one look at a group's highest and lowest skylines. Skylines come as
elevations over the horizontal plane of one point, in radians, so that one elevation of a body holds for all pixels.
Where the disc meets skylines, its visible share is a sum over vertical chords (Gauss-Chebyshev quadrature of the second
kind, off by at most 0.001), which are the same for all pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from malapert_landing_site.domain.horizon_block import NO_DATA, STEP_DEG

TILE_PX = 64
GROUP_ROWS, GROUP_COLUMNS = 8, 8
PIXELS = GROUP_ROWS * GROUP_COLUMNS
GROUPS_ACROSS = TILE_PX // GROUP_COLUMNS
GROUPS = TILE_PX * TILE_PX // PIXELS
CHORDS = 16
MOST_NODES = 4
MOST_AZIMUTHS = 1080
"""Largest number of azimuths: with more, the disc could span more than `MOST_NODES` nodes of a skyline."""
# What is counted of a pixel: sums of the visible fraction in two seasons, epochs with any of the Sun, with the Earth
# and with both, longest spells, whether Sun and Earth are up and since when. One array holds them all, so that the
# compiler sees that they do not overlap.
SUMMER, WINTER, LIT, EARTH, BOTH, LONGEST_NIGHT, LONGEST_LIT, SUN_UP, SUN_SINCE, UP, UP_SINCE = range(11)
FIELDS = 11
# States of a pixel: none, a part or all of the disc over its skyline.
_DARK, _PARTIAL, _FULL = np.int32(0), np.int32(1), np.int32(2)
_ANGLE = np.pi * np.arange(1, CHORDS + 1) / (CHORDS + 1)
_SINE, _COSINE = np.sin(_ANGLE), np.cos(_ANGLE)
_SHARE = (2.0 / (CHORDS + 1) * _SINE**2).astype(np.float32)
_STEP_RAD = np.float32(math.radians(STEP_DEG))
# Skyline of pixels without ground: nothing rises above it.
_NO_GROUND_RAD = np.float32(0.5 * math.pi)
_NO_DATA = np.int16(NO_DATA)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@njit(cache=True, nogil=True, fastmath=True)
def load_tile(steps, top, left, rows, columns, middle_row, middle_column, pixel_rad, skyline, lowest, highest):
    """Fill a tile's skylines over the plane of a point, and the limits of each group.

    Parameters
    ----------
    steps : int16 (azimuths, rows of the block, columns of the block)
        Elevations of pixels over their own horizontal planes, in steps.
    top, left, rows, columns : int
        The tile's pixels, at most `TILE_PX` a side.
    middle_row, middle_column : float
        The point, in pixels of the block.
    pixel_rad : float
        Angle of a pixel seen from the Moon's centre.
    skyline : float32 (azimuths, GROUPS, PIXELS)
        Filled, radians.
    lowest, highest : float32 (azimuths, GROUPS)
        Filled.
    """
    whole = columns == TILE_PX
    line = np.empty(TILE_PX, np.float32)
    for k in range(steps.shape[0]):
        angle = 2.0 * math.pi * k / steps.shape[0]
        per_column, per_row = np.float32(pixel_rad * math.sin(angle)), np.float32(-pixel_rad * math.cos(angle))
        for row in range(TILE_PX):
            place = top + min(row, rows - 1)
            source = steps[k, place, left : left + columns]
            rise = np.float32(place - middle_row) * per_row + np.float32(left - middle_column) * per_column
            for column in range(TILE_PX if whole else columns):
                value = np.float32(source[column]) * _STEP_RAD - rise - np.float32(np.int32(column)) * per_column
                line[column] = value if source[column] != _NO_DATA else _NO_GROUND_RAD
            for column in range(columns, TILE_PX):
                line[column] = line[columns - 1]
            group, start = row // GROUP_ROWS * GROUPS_ACROSS, row % GROUP_ROWS * GROUP_COLUMNS
            # A group's eight columns at once: a loop over them would ask each time whether both arrays overlap.
            for across in range(GROUPS_ACROSS):
                n, out = across * GROUP_COLUMNS, skyline[k, group + across]
                a, b, c, d = line[n], line[n + 1], line[n + 2], line[n + 3]
                e, f, g, h = line[n + 4], line[n + 5], line[n + 6], line[n + 7]
                out[start], out[start + 1], out[start + 2], out[start + 3] = a, b, c, d
                out[start + 4], out[start + 5], out[start + 6], out[start + 7] = e, f, g, h
        for group in range(GROUPS):
            out = skyline[k, group]
            low, high = out[0], out[0]
            for pixel in range(PIXELS):
                low, high = min(low, out[pixel]), max(high, out[pixel])
            lowest[k, group], highest[k, group] = low, high


@njit(cache=True, nogil=True)
def _look(azimuth, elevation, radius, count, chords, parts, nodes):
    """Lay the chords of the disc over the nodes of the skyline, once for all pixels of a tile.

    Chord j adds `chords[0, j] - chords[1, j] * before - chords[2, j] * after`, cut to 0 and its share of the disc,
    between the skyline's nodes before and after it. Filled are these numbers, the nodes (the last one repeated where
    the disc spans fewer) and `parts`: from which chord on the interval after each node holds them.
    """
    per_radian = count / (2.0 * math.pi)
    stretch = radius * per_radian / max(math.cos(elevation), 1e-6)
    position = azimuth * per_radian
    first = math.floor(position - stretch)
    many = math.floor(position + stretch) + 2 - first
    for node in range(MOST_NODES):
        nodes[node] = (first + min(node, many - 1)) % count
    parts[:] = 0
    for j in range(CHORDS):
        per_chord = 0.5 * _SHARE[j] / (radius * _SINE[j])
        along = position - stretch * _COSINE[j] - first
        node = min(int(along), many - 2)
        for later in range(node + 1, MOST_NODES):
            parts[later] = j + 1
        chords[0, j] = 0.5 * _SHARE[j] + elevation * per_chord
        chords[1, j] = (1.0 - (along - node)) * per_chord
        chords[2, j] = (along - node) * per_chord


# Sums are left in their order: fused multiplications are faster here than sums laid out anew.
@njit(cache=True, nogil=True, fastmath={"contract", "nnan", "ninf", "nsz"})
def _see_sun(skyline, group, nodes, parts, chords, fraction):
    """Fill the visible share of the disc over the skylines of a group.

    Four chords at a time, so that a pixel's heights are read once for them; chords past the interval weigh nothing.
    """
    for pixel in range(PIXELS):
        fraction[pixel] = _ZERO
    for part in range(MOST_NODES - 1):
        end = parts[part + 1]
        if parts[part] == end:
            continue
        before, after = skyline[nodes[part], group], skyline[nodes[part + 1], group]
        for j in range(parts[part], end, 4):
            k, m, n = min(j + 1, end - 1), min(j + 2, end - 1), min(j + 3, end - 1)
            top_j, a_j, b_j, share_j = chords[0, j], chords[1, j], chords[2, j], _SHARE[j]
            top_k, a_k, b_k, share_k = chords[0, k], chords[1, k], chords[2, k], _SHARE[k] if k > j else _ZERO
            top_m, a_m, b_m, share_m = chords[0, m], chords[1, m], chords[2, m], _SHARE[m] if m > k else _ZERO
            top_n, a_n, b_n, share_n = chords[0, n], chords[1, n], chords[2, n], _SHARE[n] if n > m else _ZERO
            for pixel in range(PIXELS):
                a, b = before[pixel], after[pixel]
                seen_j = min(max(top_j - a * a_j - b * b_j, _ZERO), share_j)
                seen_k = min(max(top_k - a * a_k - b * b_k, _ZERO), share_k)
                seen_m = min(max(top_m - a * a_m - b * b_m, _ZERO), share_m)
                seen_n = min(max(top_n - a * a_n - b * b_n, _ZERO), share_n)
                fraction[pixel] += (seen_j + seen_k) + (seen_m + seen_n)


@njit(cache=True, nogil=True, fastmath=True)
def _note_sun(fraction, season, counted, lit):
    """Count one epoch of a group, fill which pixels are lit, and tell whether that changed for any."""
    start, changed = season * PIXELS, _ZERO
    for pixel in range(PIXELS):
        counted[start + pixel] += fraction[pixel]
    for pixel in range(PIXELS):
        now = _ONE if fraction[pixel] > _ZERO else _ZERO
        changed += abs(now - counted[SUN_UP * PIXELS + pixel])
        lit[pixel] = now
    return changed > _ZERO


@njit(cache=True, nogil=True, fastmath=True)
def _turn_sun(lit, t, counted):
    """Settle the light of the pixels of a group of which it begins or ends at epoch t."""
    now = np.float32(t)
    for pixel in range(PIXELS):
        was, since = counted[SUN_UP * PIXELS + pixel], counted[SUN_SINCE * PIXELS + pixel]
        turns = abs(lit[pixel] - was)
        spell, together = turns * (now - since), now - max(since, counted[UP_SINCE * PIXELS + pixel])
        counted[LIT * PIXELS + pixel] += was * spell
        counted[BOTH * PIXELS + pixel] += turns * was * counted[UP * PIXELS + pixel] * together
        counted[LONGEST_LIT * PIXELS + pixel] = max(counted[LONGEST_LIT * PIXELS + pixel], was * spell)
        counted[LONGEST_NIGHT * PIXELS + pixel] = max(counted[LONGEST_NIGHT * PIXELS + pixel], (_ONE - was) * spell)
        counted[SUN_SINCE * PIXELS + pixel] = since + spell
        counted[SUN_UP * PIXELS + pixel] = lit[pixel]


@njit(cache=True, nogil=True, fastmath=True)
def _see_earth(skyline, group, before, after, share, elevation, counted, up):
    """Fill 1 where the Earth's centre is over the skylines of a group, else 0; tell whether any changed."""
    a, b = skyline[before, group], skyline[after, group]
    changed = _ZERO
    for pixel in range(PIXELS):
        now = _ONE if a[pixel] + (b[pixel] - a[pixel]) * share < elevation else _ZERO
        changed += abs(now - counted[UP * PIXELS + pixel])
        up[pixel] = now
    return changed > _ZERO


@njit(cache=True, nogil=True, fastmath=True)
def _turn_earth(up, t, counted):
    """Settle the Earth of the pixels of a group for which it rises or sets at epoch t."""
    now = np.float32(t)
    for pixel in range(PIXELS):
        was, since = counted[UP * PIXELS + pixel], counted[UP_SINCE * PIXELS + pixel]
        turns = abs(up[pixel] - was)
        together = now - max(since, counted[SUN_SINCE * PIXELS + pixel])
        counted[EARTH * PIXELS + pixel] += turns * was * (now - since)
        counted[BOTH * PIXELS + pixel] += turns * was * counted[SUN_UP * PIXELS + pixel] * together
        counted[UP_SINCE * PIXELS + pixel] = since + turns * (now - since)
        counted[UP * PIXELS + pixel] = up[pixel]


@njit(cache=True, nogil=True, fastmath=True)
def _see_groups(lowest, highest, nodes, bottom, top, states):
    """Fill whether all pixels of each group see none or all of a body over four nodes, or some may see a part."""
    low_a, low_b, low_c, low_d = lowest[nodes[0]], lowest[nodes[1]], lowest[nodes[2]], lowest[nodes[3]]
    high_a, high_b, high_c, high_d = highest[nodes[0]], highest[nodes[1]], highest[nodes[2]], highest[nodes[3]]
    for group in range(GROUPS):
        low = min(min(low_a[group], low_b[group]), min(low_c[group], low_d[group]))
        high = max(max(high_a[group], high_b[group]), max(high_c[group], high_d[group]))
        states[group] = (np.int32(1) if bottom >= high else np.int32(0)) + (np.int32(1) if top > low else np.int32(0))


@njit(cache=True, nogil=True)
def _add_full(group, state, since, t, season, counts):
    """Add the whole disc of a group since it became all full, up to before epoch t."""
    if state[group] == _FULL and t > since[group]:
        start, length = season[since[group]] * PIXELS, np.float32(t - since[group])
        for pixel in range(PIXELS):
            counts[group, start + pixel] += length
    since[group] = t


@njit(cache=True, nogil=True)
def light_of_tile(skyline, lowest, highest, sun, earth, season, counts):
    """Count light and Earth over all epochs.

    A group of which all pixels see the whole disc, or none, is counted when that ends; the others at every epoch. What
    lasts of a pixel, its light and its Earth, is counted when it changes.

    Parameters
    ----------
    skyline : float32 (azimuths, groups, columns)
        Elevations over the plane of the patch's centre, radians, from grid north clockwise.
    lowest, highest : float32 (azimuths, groups)
        Of each group.
    sun : float64 (epochs, 3)
        Grid azimuth, elevation and angular radius at the patch's centre, radians.
    earth : float64 (epochs, 2)
        Grid azimuth and elevation of the Earth's centre, radians.
    season : int64 (epochs,)
        Season of each epoch.
    counts : float32 (groups, FIELDS * PIXELS)
        What is counted of each pixel, field by field, in epochs; zeros, to be filled.
    """
    azimuths, epochs = skyline.shape[0], sun.shape[0]
    chords, parts = np.zeros((3, CHORDS), np.float32), np.zeros(MOST_NODES, np.int64)
    nodes = np.zeros(MOST_NODES, np.int64)
    fraction, lit, up = np.zeros(PIXELS, np.float32), np.zeros(PIXELS, np.float32), np.zeros(PIXELS, np.float32)
    now, state = np.zeros(GROUPS, np.int32), np.zeros(GROUPS, np.int32)
    earth_state, since = np.zeros(GROUPS, np.int32), np.zeros(GROUPS, np.int64)
    for t in range(epochs):
        if t > 0 and season[t] != season[t - 1]:
            for group in range(GROUPS):
                _add_full(group, state, since, t, season, counts)
        position, elevation = earth[t, 0] * azimuths / (2.0 * math.pi), np.float32(earth[t, 1])
        share = np.float32(position - math.floor(position))
        nodes[0] = math.floor(position) % azimuths
        nodes[1:] = (nodes[0] + 1) % azimuths
        _see_groups(lowest, highest, nodes, elevation, elevation, now)
        for group in range(GROUPS):
            if now[group] == _PARTIAL or now[group] != earth_state[group]:
                earth_state[group] = now[group]
                if _see_earth(skyline, group, nodes[0], nodes[1], share, elevation, counts[group], up):
                    _turn_earth(up, t, counts[group])
        bottom, top = np.float32(sun[t, 1] - sun[t, 2]), np.float32(sun[t, 1] + sun[t, 2])
        _look(sun[t, 0], sun[t, 1], sun[t, 2], azimuths, chords, parts, nodes)
        _see_groups(lowest, highest, nodes, bottom, top, now)
        for group in range(GROUPS):
            if now[group] == _PARTIAL:
                _see_sun(skyline, group, nodes, parts, chords, fraction)
                changed = _note_sun(fraction, season[t], counts[group], lit)
            elif now[group] != state[group]:
                lit[:] = _ONE if now[group] == _FULL else _ZERO
                changed = True
            else:
                continue
            if now[group] != state[group]:
                _add_full(group, state, since, t, season, counts)
                state[group] = now[group]
            if changed:
                _turn_sun(lit, t, counts[group])
    for group in range(GROUPS):
        _add_full(group, state, since, epochs, season, counts)
        _turn_sun(_ONE - counts[group, SUN_UP * PIXELS : (SUN_UP + 1) * PIXELS], epochs, counts[group])
        _turn_earth(_ONE - counts[group, UP * PIXELS : (UP + 1) * PIXELS], epochs, counts[group])


@njit(cache=True, nogil=True)
def frames_of_tile(skyline, lowest, highest, sun, earth, sun_share, earth_up):
    """Fill light and Earth of every epoch; arrays as of `light_of_tile`.

    Parameters
    ----------
    sun_share : uint8 (epochs, GROUPS, PIXELS)
        Filled: visible share of the disc in 255ths, at least 1 where any of it is seen.
    earth_up : bool (epochs, GROUPS, PIXELS)
        Filled: whether the Earth's centre is above the skyline.
    """
    azimuths = skyline.shape[0]
    chords, parts = np.zeros((3, CHORDS), np.float32), np.zeros(MOST_NODES, np.int64)
    nodes, now, fraction = np.zeros(MOST_NODES, np.int64), np.zeros(GROUPS, np.int32), np.zeros(PIXELS, np.float32)
    for t in range(sun.shape[0]):
        position, elevation = earth[t, 0] * azimuths / (2.0 * math.pi), np.float32(earth[t, 1])
        share, before = np.float32(position - math.floor(position)), math.floor(position) % azimuths
        for group in range(GROUPS):
            a, b = skyline[before, group], skyline[(before + 1) % azimuths, group]
            for pixel in range(PIXELS):
                earth_up[t, group, pixel] = a[pixel] + (b[pixel] - a[pixel]) * share < elevation
        bottom, top = np.float32(sun[t, 1] - sun[t, 2]), np.float32(sun[t, 1] + sun[t, 2])
        _look(sun[t, 0], sun[t, 1], sun[t, 2], azimuths, chords, parts, nodes)
        _see_groups(lowest, highest, nodes, bottom, top, now)
        for group in range(GROUPS):
            if now[group] == _PARTIAL:
                _see_sun(skyline, group, nodes, parts, chords, fraction)
                for pixel in range(PIXELS):
                    sun_share[t, group, pixel] = np.uint8(min(math.ceil(fraction[pixel] * np.float32(254.999)), 255))
            else:
                sun_share[t, group] = np.uint8(255 if now[group] == _FULL else 0)


@njit(cache=True, nogil=True)
def upper_limb_envelope(sun, envelope):
    """Highest elevation that any of the disc reaches at each azimuth along the Sun's track, radians.

    Between two epochs the track is straight. At the azimuth of a bin the limb of a disc that passes along a track of
    slope m (in true angle) reaches `elevation + radius sqrt(1 + m²)`.

    Parameters
    ----------
    sun : float64 (epochs, 3)
        Azimuth, elevation and angular radius, radians; closer together than half a turn.
    envelope : float64 (bins,)
        Filled; minus infinity at azimuths over which the Sun never stood.
    """
    bins = envelope.shape[0]
    per_radian = bins / (2.0 * math.pi)
    envelope[:] = -np.inf
    for t in range(sun.shape[0] - 1):
        azimuth, elevation, radius = sun[t, 0], sun[t, 1], sun[t, 2]
        turn = (sun[t + 1, 0] - azimuth + math.pi) % (2.0 * math.pi) - math.pi
        if turn == 0.0:
            continue
        slope = (sun[t + 1, 1] - elevation) / turn
        first, last = azimuth * per_radian, (azimuth + turn) * per_radian
        for k in range(math.ceil(min(first, last)), math.floor(max(first, last)) + 1):
            limb = radius * math.sqrt(1.0 + (slope / math.cos(elevation)) ** 2)
            top = elevation + slope * (k / per_radian - azimuth) + limb
            envelope[k % bins] = max(envelope[k % bins], top)


@njit(cache=True, nogil=True)
def never_lit(skyline, envelope, dark):
    """Mark pixels whose skyline nowhere falls below the envelope, which has a multiple of the azimuths in bins."""
    azimuths, fine = skyline.shape[0], envelope.shape[0] // skyline.shape[0]
    dark[:, :] = True
    for k in range(azimuths):
        following = (k + 1) % azimuths
        for j in range(fine):
            share, top = np.float32(j / fine), np.float32(envelope[k * fine + j])
            for group in range(GROUPS):
                a, b, out = skyline[k, group], skyline[following, group], dark[group]
                for pixel in range(PIXELS):
                    out[pixel] &= a[pixel] + (b[pixel] - a[pixel]) * share >= top
