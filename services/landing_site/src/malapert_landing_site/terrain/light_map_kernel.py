# mypy: allow-untyped-defs
"""Sun and Earth over the stored horizons of a tile, epoch by epoch, compiled.

A tile is `ROWS` rows of `COLUMNS` pixels. Its skylines come as elevations over the horizontal plane of one point, in radians,
so that one elevation of a body holds for all of its pixels. A pixel sees none, all or a part of the solar disc; only
changes of that are noted, and the part that is seen: the sum over vertical chords of the disc (Gauss-Chebyshev
quadrature of the second kind), which are the same for all pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from malapert_landing_site.domain.horizon_block import NO_DATA, STEP_DEG

ROWS, COLUMNS = 128, 32
CHORDS = 16
MOST_NODES = 4
MOST_AZIMUTHS = 1080
"""With more, the disc could span more than `MOST_NODES` nodes of a skyline."""
# What is counted of a pixel: sums of the visible fraction in two seasons, epochs with any of the Sun, with the Earth and with
# both, longest spells, spells that last, whether the Earth is up and since when. One array holds them all, so that the
# compiler sees that they do not overlap.
SUMMER, WINTER, LIT, EARTH, BOTH, LONGEST_NIGHT, LONGEST_LIT, NIGHT, DAY, UP, UP_SINCE = range(11)
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
_RAMP = np.arange(COLUMNS, dtype=np.float32)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


@njit(cache=True, nogil=True, fastmath=True)
def load_tile(steps, top, left, rows, columns, middle_row, middle_column, pixel_rad, skyline, lowest, highest):
    """Fill a tile's skylines over the plane of a point, and the limits of each row.

    Parameters
    ----------
    steps : int16 (azimuths, rows of the block, columns of the block)
        Elevations of pixels over their own horizontal planes, in steps.
    top, left, rows, columns : int
        The tile's pixels, at most `ROWS` and `COLUMNS`.
    middle_row, middle_column : float
        The point, in pixels of the block.
    pixel_rad : float
        Angle of a pixel seen from the Moon's centre.
    skyline : float32 (azimuths, ROWS, COLUMNS)
        Filled, radians.
    lowest, highest : float32 (azimuths, ROWS)
        Filled.
    """
    for k in range(steps.shape[0]):
        angle = 2.0 * math.pi * k / steps.shape[0]
        per_column, per_row = np.float32(pixel_rad * math.sin(angle)), np.float32(-pixel_rad * math.cos(angle))
        for row in range(ROWS):
            place = top + min(row, rows - 1)
            source, out = steps[k, place, left : left + columns], skyline[k, row]
            rise = np.float32(place - middle_row) * per_row + np.float32(left - middle_column) * per_column
            for column in range(columns):
                value = np.float32(source[column]) * _STEP_RAD - rise - _RAMP[column] * per_column
                out[column] = value if source[column] != _NO_DATA else _NO_GROUND_RAD
            for column in range(columns, COLUMNS):
                out[column] = out[columns - 1]
            low, high = out[0], out[0]
            for column in range(COLUMNS):
                low, high = min(low, out[column]), max(high, out[column])
            lowest[k, row], highest[k, row] = low, high


@njit(cache=True, nogil=True)
def _look(azimuth, elevation, radius, count, weights, tops, edges, nodes):
    """Lay the chords of the disc over the nodes of the skyline, once for all pixels of a tile.

    Chord j sees `tops[j] - sum over nodes of weights[node, j] * skyline[node]` of itself, cut to 0 and 1. The four nodes are
    filled in, the last one repeated where the disc spans fewer, and the shares at which the disc's edges lie in the
    first and last interval; returns the number of nodes.
    """
    per_radian = count / (2.0 * math.pi)
    stretch = radius * per_radian / max(math.cos(elevation), 1e-6)
    position = azimuth * per_radian
    first = math.floor(position - stretch)
    many = math.floor(position + stretch) + 2 - first
    edges[0], edges[1] = position - stretch - first, position + stretch - (first + many - 2)
    for node in range(MOST_NODES):
        nodes[node] = (first + min(node, many - 1)) % count
    weights[:] = _ZERO
    for j in range(CHORDS):
        half = radius * _SINE[j]
        along = position + stretch * _COSINE[j] - first
        node = min(int(along), many - 2)
        tops[j] = (elevation + half) / (2.0 * half)
        weights[node, j] = (1.0 - (along - node)) / (2.0 * half)
        weights[node + 1, j] = (along - node) / (2.0 * half)
    return many


@njit(cache=True, nogil=True, fastmath=True)
def _disc_fraction(skyline, row, column, nodes, weights, tops):
    """Visible share of the disc over the skyline of one pixel."""
    a, b = skyline[nodes[0], row, column], skyline[nodes[1], row, column]
    c, d = skyline[nodes[2], row, column], skyline[nodes[3], row, column]
    weight_a, weight_b, weight_c, weight_d = weights[0], weights[1], weights[2], weights[3]
    total = _ZERO
    for j in range(CHORDS):
        seen = tops[j] - a * weight_a[j] - b * weight_b[j] - c * weight_c[j] - d * weight_d[j]
        total += min(max(seen, _ZERO), _ONE) * _SHARE[j]
    return total


@njit(cache=True, nogil=True, fastmath=True)
def _see_sun(skyline, row, nodes, many, edges, bottom, top, weights, tops, partial, fraction):
    """Fill the visible share of the disc over the skylines of a row.

    The skyline across the disc is lowest and highest at the disc's edges or at nodes between: only where these lie on both
    sides of the disc's rim the chords are summed. Such pixels are kept in `partial`.
    """
    a, b, c = skyline[nodes[0], row], skyline[nodes[1], row], skyline[nodes[2], row]
    before, after = skyline[nodes[many - 2], row], skyline[nodes[many - 1], row]
    left, right, between = np.float32(edges[0]), np.float32(edges[1]), _ONE if many > 2 else _ZERO
    across = between if many > 3 else _ZERO
    for column in range(COLUMNS):
        at_left = a[column] + (b[column] - a[column]) * left
        at_right = before[column] + (after[column] - before[column]) * right
        node = at_left + (b[column] - at_left) * between
        next_node = node + (c[column] - node) * across
        low = min(min(at_left, at_right), min(node, next_node))
        high = max(max(at_left, at_right), max(node, next_node))
        fraction[column] = (_HALF if bottom >= high else _ZERO) + (_HALF if top > low else _ZERO)
    found = 0
    for column in range(COLUMNS):
        partial[found] = column
        found += 1 if fraction[column] == _HALF else 0
    for n in range(found):
        fraction[partial[n]] = _disc_fraction(skyline, row, partial[n], nodes, weights, tops)


@njit(cache=True, nogil=True, fastmath=True)
def _note_sun(fraction, up, sums, lit_count, both_count, night, lit_run, longest_night, longest_lit):
    """Count one epoch of a row."""
    for column in range(COLUMNS):
        lit = np.int32(1) if fraction[column] > _ZERO else np.int32(0)
        sums[column] += fraction[column]
        lit_count[column] += lit
        both_count[column] += lit & up[column]
        night[column] = (night[column] + np.int32(1)) * (np.int32(1) - lit)
        lit_run[column] = (lit_run[column] + np.int32(1)) * lit
        longest_night[column] = max(longest_night[column], night[column])
        longest_lit[column] = max(longest_lit[column], lit_run[column])


@njit(cache=True, nogil=True, fastmath=True)
def _note_spell(tile, row, full, length, season):
    """Count some epochs of a row in which all of its pixels see the whole disc, or none."""
    lit = 1 if full else 0
    sums, lit_count, both_count = tile.sums[season, row], tile.counts[0, row], tile.counts[2, row]
    run, other, longest, up = tile.run[lit, row], tile.run[1 - lit, row], tile.longest[lit, row], tile.up[row]
    epochs = np.int32(length)
    for column in range(COLUMNS):
        run[column] += epochs
        longest[column] = max(longest[column], run[column])
        other[column] = 0
        if full:
            sums[column] += np.float32(epochs)
            lit_count[column] += epochs
            both_count[column] += epochs * up[column]


@njit(cache=True, nogil=True, fastmath=True)
def _note_sun(fraction, season, counted):
    """Count one epoch of a row."""
    for column in range(COLUMNS):
        share = fraction[column]
        lit = _ONE if share > _ZERO else _ZERO
        counted[season, column] += share
        counted[LIT, column] += lit
        counted[BOTH, column] += lit * counted[UP, column]
        night, day = (counted[NIGHT, column] + _ONE) * (_ONE - lit), (counted[DAY, column] + _ONE) * lit
        counted[NIGHT, column], counted[DAY, column] = night, day
        counted[LONGEST_NIGHT, column] = max(counted[LONGEST_NIGHT, column], night)
        counted[LONGEST_LIT, column] = max(counted[LONGEST_LIT, column], day)


@njit(cache=True, nogil=True, fastmath=True)
def _note_spell(full, epochs, season, counted):
    """Count some epochs of a row in which all of its pixels see the whole disc, or none."""
    run, other, longest = (DAY, NIGHT, LONGEST_LIT) if full else (NIGHT, DAY, LONGEST_NIGHT)
    length = np.float32(epochs)
    for column in range(COLUMNS):
        counted[run, column] += length
        counted[longest, column] = max(counted[longest, column], counted[run, column])
        counted[other, column] = _ZERO
    if full:
        for column in range(COLUMNS):
            counted[season, column] += length
            counted[LIT, column] += length
            counted[BOTH, column] += length * counted[UP, column]


@njit(cache=True, nogil=True, fastmath=True)
def _see_earth(skyline, row, before, after, share, elevation, up):
    """Fill 1 where the Earth's centre is over the skylines of a row, between two nodes, else 0."""
    a, b = skyline[before, row], skyline[after, row]
    for column in range(COLUMNS):
        up[column] = _ONE if a[column] + (b[column] - a[column]) * share < elevation else _ZERO


@njit(cache=True, nogil=True)
def _turn_earth(up, t, counted):
    """Settle the Earth of the pixels of a row whose state changes at epoch t."""
    for column in range(COLUMNS):
        if up[column] != counted[UP, column]:
            counted[EARTH, column] += counted[UP, column] * (np.float32(t) - counted[UP_SINCE, column])
            counted[UP_SINCE, column], counted[UP, column] = np.float32(t), up[column]


@njit(cache=True, nogil=True, fastmath=True)
def _see_rows(lowest, highest, nodes, bottom, top, states):
    """Fill whether all pixels of each row see none or all of a body that stands over four nodes, or some may see a part."""
    low_a, low_b, low_c, low_d = lowest[nodes[0]], lowest[nodes[1]], lowest[nodes[2]], lowest[nodes[3]]
    high_a, high_b, high_c, high_d = highest[nodes[0]], highest[nodes[1]], highest[nodes[2]], highest[nodes[3]]
    for row in range(ROWS):
        low = min(min(low_a[row], low_b[row]), min(low_c[row], low_d[row]))
        high = max(max(high_a[row], high_b[row]), max(high_c[row], high_d[row]))
        states[row] = (np.int32(1) if bottom >= high else np.int32(0)) + (np.int32(1) if top > low else np.int32(0))


@njit(cache=True, nogil=True)
def _settle(state, since, t, season, counts):
    """Count what each row has been since it became all dark or all full, up to before epoch t."""
    for row in range(ROWS):
        _settle_row(row, state, since, t, season, counts)


@njit(cache=True, nogil=True)
def _settle_row(row, state, since, t, season, counts):
    """Count what a row has been since it became all dark or all full, up to before epoch t."""
    if state[row] != _PARTIAL and t > since[row]:
        _note_spell(state[row] == _FULL, t - since[row], season[since[row]], counts[row])
        since[row] = t


@njit(cache=True, nogil=True)
def light_of_tile(skyline, lowest, highest, sun, earth, season, counts):
    """Count light and Earth over all epochs.

    Where the whole disc clears every skyline of a row, or none, and did so before, a row needs no look. Else pixels are
    marked whose state changes, or which see a part of the disc: only they are looked at one by one.

    Parameters
    ----------
    skyline : float32 (azimuths, rows, columns)
        Elevations over the plane of the patch's centre, radians, from grid north clockwise.
    lowest, highest : float32 (azimuths, rows)
        Of each row.
    sun : float64 (epochs, 3)
        Grid azimuth, elevation and angular radius at the patch's centre, radians.
    earth : float64 (epochs, 2)
        Grid azimuth and elevation of the Earth's centre, radians.
    season : int64 (epochs,)
        Season of each epoch.
    counts : float32 (rows, FIELDS, columns)
        What is counted of each pixel, in epochs; zeros, to be filled.
    """
    azimuths, epochs = skyline.shape[0], sun.shape[0]
    weights, tops = np.zeros((MOST_NODES, CHORDS), np.float32), np.zeros(CHORDS, np.float32)
    edges, nodes, partial = np.zeros(2), np.zeros(MOST_NODES, np.int64), np.zeros(COLUMNS + 1, np.int64)
    fraction, now = np.zeros(COLUMNS, np.float32), np.zeros(ROWS, np.int32)
    state, earth_state, since = np.zeros(ROWS, np.int32), np.zeros(ROWS, np.int32), np.zeros(ROWS, np.int64)
    for t in range(epochs):
        if t > 0 and season[t] != season[t - 1]:
            _settle(state, since, t, season, counts)
        position, elevation = earth[t, 0] * azimuths / (2.0 * math.pi), np.float32(earth[t, 1])
        share = np.float32(position - math.floor(position))
        nodes[0] = math.floor(position) % azimuths
        nodes[1:] = (nodes[0] + 1) % azimuths
        _see_rows(lowest, highest, nodes, elevation, elevation, now)
        for row in range(ROWS):
            if now[row] == _PARTIAL or now[row] != earth_state[row]:
                earth_state[row] = now[row]
                _see_earth(skyline, row, nodes[0], nodes[1], share, elevation, fraction)
                if not np.array_equal(fraction, counts[row, UP]):
                    _settle_row(row, state, since, t, season, counts)
                    _turn_earth(fraction, t, counts[row])
        bottom, top = np.float32(sun[t, 1] - sun[t, 2]), np.float32(sun[t, 1] + sun[t, 2])
        many = _look(sun[t, 0], sun[t, 1], sun[t, 2], azimuths, weights, tops, edges, nodes)
        _see_rows(lowest, highest, nodes, bottom, top, now)
        for row in range(ROWS):
            if now[row] != state[row]:
                _settle_row(row, state, since, t, season, counts)
                state[row], since[row] = now[row], t
            if now[row] == _PARTIAL:
                _see_sun(skyline, row, nodes, many, edges, bottom, top, weights, tops, partial, fraction)
                _note_sun(fraction, season[t], counts[row])
    _settle(state, since, epochs, season, counts)
    for row in range(ROWS):
        _turn_earth(_ONE - counts[row, UP], epochs, counts[row])


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
    """Mark the pixels whose skyline (azimuths, rows, columns) nowhere falls below the envelope (a multiple of azimuths)."""
    azimuths, fine = skyline.shape[0], envelope.shape[0] // skyline.shape[0]
    dark[:, :] = True
    for k in range(azimuths):
        following = (k + 1) % azimuths
        for j in range(fine):
            share, top = np.float32(j / fine), np.float32(envelope[k * fine + j])
            for row in range(skyline.shape[1]):
                a, b, out = skyline[k, row], skyline[following, row], dark[row]
                for column in range(skyline.shape[2]):
                    out[column] &= a[column] + (b[column] - a[column]) * share >= top
