# mypy: allow-untyped-defs
"""The compiled ray caster: the skyline of nested bilinear grids on the sphere.

A ray follows the great circle of its true azimuth. The circle is cut into chords that are straight in the grid (the
arrow of the longest, 32 km at 20° from the pole, is 13 m); along a chord each cell edge is visited, where the bilinear
surface is linear, and in each cell whose surface bulges upwards along the ray the maximum of the quotient of two
polynomials is taken in closed form. Blocks of cells whose highest node cannot rise above the skyline found so far are
passed over: that changes nothing in the result.

Angles are taken in the vertical plane through the eye: with p the unit vector to the eye, t the horizontal unit
vector along the azimuth and u that to the ground of radius r, height above the eye's horizontal plane is
``r p·u - r_eye`` and distance along it ``r t·u``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from malapert_landing_site.domain.grid import MOON_RADIUS_M
from malapert_landing_site.terrain.grid.scene import BLOCK_PX

_R = MOON_RADIUS_M
_FIRST_CHORD_M = 4_000.0
_LONGEST_CHORD_M = 32_000.0
_PROBE_GROWTH = 1.25


@njit(cache=True, nogil=True, inline="always")
def _vertical(x, y, radius, pole, axes):
    """Height (before the eye's own) and distance of ground in the vertical plane through the eye."""
    q = (x * x + y * y) / (4.0 * _R * _R)
    ux = -pole * y / _R
    uy = x / _R
    uz = pole * (1.0 - q)
    scale = radius / (1.0 + q)
    up = (axes[0] * ux + axes[1] * uy + axes[2] * uz) * scale
    along = (axes[3] * ux + axes[4] * uy + axes[5] * uz) * scale
    return up, along


@njit(cache=True, nogil=True)
def _may_rise(radius, eye_radius, xa, ya, xb, yb, pole, axes, best):
    """Whether ground of at most this radius between two points may rise above the tangent `best`."""
    up_a, along_a = _vertical(xa, ya, radius, pole, axes)
    if along_a < 1e-3:
        return True
    if radius >= eye_radius:
        return up_a - eye_radius > best * along_a
    cos_limit = radius / eye_radius * radius
    if up_a <= cos_limit:
        return up_a - eye_radius > best * along_a
    up_b, along_b = _vertical(xb, yb, radius, pole, axes)
    if up_b >= cos_limit:
        return up_b - eye_radius > best * along_b
    return -math.sqrt(eye_radius * eye_radius - radius * radius) / radius > best


@njit(cache=True, nogil=True)
def _cross_cells(z, offset, rows, cols, gx0, gy0, dgx, dgy, x0, y0, dx, dy, start, end, eye_radius, pole, axes, state):
    """Visit the cells between two chord parameters; `state` holds the best tangent and its distance."""
    middle = start + 1e-9 * (end - start)
    j = min(max(math.floor(gx0 + middle * dgx), 0), cols - 2)
    i = min(max(math.floor(gy0 + middle * dgy), 0), rows - 2)
    step_j, step_i = (1 if dgx > 0 else -1), (1 if dgy > 0 else -1)
    per_column = 1.0 / abs(dgx) if dgx != 0.0 else np.inf
    per_row = 1.0 / abs(dgy) if dgy != 0.0 else np.inf
    next_x = (j + (1 if dgx > 0 else 0) - gx0) / dgx if dgx != 0.0 else np.inf
    next_y = (i + (1 if dgy > 0 else 0) - gy0) / dgy if dgy != 0.0 else np.inf
    best = state[0]
    t = start
    known_a = False
    up_a = along_a = 0.0
    while t < end:
        t_b = max(min(next_x, next_y, end), t)
        k = offset + i * cols + j
        z00, z01, z10, z11 = z[k], z[k + 1], z[k + cols], z[k + cols + 1]
        right, down, twist = z01 - z00, z10 - z00, z11 - z10 - z01 + z00
        if not known_a:
            u, v = gy0 + t * dgy - i, gx0 + t * dgx - j
            height = z00 + right * v + (down + twist * v) * u
            up_a, along_a = _vertical(x0 + t * dx, y0 + t * dy, _R + height, pole, axes)
            up_a -= eye_radius
            known_a = True
        u, v = gy0 + t_b * dgy - i, gx0 + t_b * dgx - j
        height = z00 + right * v + (down + twist * v) * u
        up_b, along_b = _vertical(x0 + t_b * dx, y0 + t_b * dy, _R + height, pole, axes)
        up_b -= eye_radius
        if up_b > best * along_b and along_b > 0.0:
            best = up_b / along_b
            state[1] = along_b
        run = along_b - along_a
        bulge = 0.5 * run * run / _R - twist * dgx * dgy * (t_b - t) * (t_b - t)
        if bulge > 0.0 and max(up_a, up_b) + 0.25 * bulge > min(best * along_a, best * along_b):
            linear = up_b - up_a + bulge
            root = bulge * bulge * along_a * along_a + bulge * run * (linear * along_a - up_a * run)
            if root > 0.0 and run > 0.0:
                share = (math.sqrt(root) - bulge * along_a) / (bulge * run)
                tangent = (up_a + (linear - bulge * share) * share) / (along_a + run * share)
                if 0.0 < share < 1.0 and tangent > best:
                    best = tangent
                    state[1] = along_a + run * share
        up_a, along_a, t = up_b, along_b, t_b
        if t_b == next_x:
            j += step_j
            next_x += per_column
            if j < 0 or j > cols - 2:
                break
        if t_b == next_y:
            i += step_i
            next_y += per_row
            if i < 0 or i > rows - 2:
                break
    state[0] = best


@njit(cache=True, nogil=True)
def _cross_grid(
    z, shape, frame, block_max, block_shape, level, x0, y0, dx, dy, start, end, eye_radius, pole, axes, state
):
    """Visit one grid between two chord parameters, block by block."""
    offset, rows, cols = shape[level]
    pixel = frame[level, 2]
    gx0, gy0 = (x0 - frame[level, 0]) / pixel, (frame[level, 1] - y0) / pixel
    dgx, dgy = dx / pixel, -dy / pixel
    t = start
    while t < end:
        probe = t + 1e-6 / max(abs(dgx), abs(dgy))
        bj = min(max(math.floor((gx0 + probe * dgx) / BLOCK_PX), 0), (cols - 2) // BLOCK_PX)
        bi = min(max(math.floor((gy0 + probe * dgy) / BLOCK_PX), 0), (rows - 2) // BLOCK_PX)
        next_x = ((bj + (1 if dgx > 0 else 0)) * BLOCK_PX - gx0) / dgx if dgx != 0.0 else np.inf
        next_y = ((bi + (1 if dgy > 0 else 0)) * BLOCK_PX - gy0) / dgy if dgy != 0.0 else np.inf
        t_b = max(min(next_x, next_y, end), min(probe, end))
        highest = _R + block_max[block_shape[level, 0] + bi * block_shape[level, 1] + bj]
        if _may_rise(highest, eye_radius, x0 + t * dx, y0 + t * dy, x0 + t_b * dx, y0 + t_b * dy, pole, axes, state[0]):
            before = state[0]
            _cross_cells(
                z, offset, rows, cols, gx0, gy0, dgx, dgy, x0, y0, dx, dy, t, t_b, eye_radius, pole, axes, state
            )
            if state[0] != before:
                state[2] = frame[level, 3]
        t = t_b


@njit(cache=True, nogil=True)
def _span_in_grid(shape, frame, level, x0, y0, dx, dy, span):
    """Chord parameters between which a chord lies inside the pixel centres of a grid, into `span`."""
    west, north, pixel = frame[level, 0], frame[level, 1], frame[level, 2]
    east, south = west + (shape[level, 2] - 1) * pixel, north - (shape[level, 1] - 1) * pixel
    span[0], span[1] = 0.0, 1.0
    for origin, step, low, high in ((x0, dx, west, east), (y0, dy, south, north)):
        if step == 0.0:
            if origin < low or origin > high:
                span[1] = -1.0
            continue
        a, b = (low - origin) / step, (high - origin) / step
        span[0] = max(span[0], min(a, b))
        span[1] = min(span[1], max(a, b))


@njit(cache=True, nogil=True)
def _cross_chord(z, shape, frame, block_max, block_shape, x0, y0, dx, dy, eye_radius, pole, axes, state):
    """Visit a chord, at each part in the finest grid that holds it."""
    levels = shape.shape[0]
    span = np.empty(2)
    t = 0.0
    while t < 1.0:
        level, end = -1, 1.0
        for k in range(levels):
            _span_in_grid(shape, frame, k, x0, y0, dx, dy, span)
            if span[1] <= t + 1e-12 or span[0] >= span[1]:
                continue
            if span[0] <= t + 1e-12:
                level, end = k, min(end, span[1])
                break
            end = min(end, span[0])
        if level >= 0:
            _cross_grid(
                z, shape, frame, block_max, block_shape, level, x0, y0, dx, dy, t, end, eye_radius, pole, axes, state
            )
        t = max(end, t + 1e-12)


@njit(cache=True, nogil=True)
def _great_circle_point(theta, pole, axes):
    c, s = math.cos(theta), math.sin(theta)
    ux, uy, uz = c * axes[0] + s * axes[3], c * axes[1] + s * axes[4], c * axes[2] + s * axes[5]
    scale = 2.0 * _R / (1.0 + pole * uz)
    return uy * scale, -pole * ux * scale


@njit(cache=True, nogil=True)
def _probe_ray(z, shape, frame, eye_radius, reach, ceiling, pole, axes, state):
    """Look at single points of the ray, ever farther apart: a first skyline that lets most blocks be passed over."""
    distance = frame[0, 2]
    while distance < reach and state[0] < ceiling:
        x, y = _great_circle_point(distance / _R, pole, axes)
        for level in range(shape.shape[0]):
            pixel = frame[level, 2]
            gx, gy = (x - frame[level, 0]) / pixel, (frame[level, 1] - y) / pixel
            if gx < 0.0 or gy < 0.0 or gx >= shape[level, 2] - 1 or gy >= shape[level, 1] - 1:
                continue
            j, i = int(gx), int(gy)
            k = shape[level, 0] + i * shape[level, 2] + j
            below = k + shape[level, 2]
            u, v = gy - i, gx - j
            h = (1.0 - u) * (z[k] + (z[k + 1] - z[k]) * v) + u * (z[below] + (z[below + 1] - z[below]) * v)
            up, along = _vertical(x, y, _R + h, pole, axes)
            if up - eye_radius > state[0] * along:
                state[0], state[1], state[2] = (up - eye_radius) / along, along, frame[level, 3]
            break
        distance *= _PROBE_GROWTH


@njit(cache=True, nogil=True)
def cast_skylines(z, shape, frame, block_max, block_shape, pole, xy_m, eye_elevation_m, limits, tangents, errors_rad):
    """Cast the skylines of points into `tangents` (points, azimuths) and `errors_rad` (points,).

    Parameters
    ----------
    xy_m : float64 (points, 2)
        Places of the eyes in the grid, metres.
    eye_elevation_m : float64 (points,)
        Height of the eyes above the sphere, metres; NaN gives a skyline of NaN.
    limits : float64 (3,)
        Length of the rays over the sphere, metres; tangent below which a skyline does not matter (-inf: all matter);
        tangent above which how far it rises does not matter (+inf: it does).
    """
    state = np.empty(3)
    azimuths = tangents.shape[1]
    reach, floor, ceiling = limits[0], limits[1], limits[2]
    for n in range(xy_m.shape[0]):
        x, y = xy_m[n, 0], xy_m[n, 1]
        if math.isnan(eye_elevation_m[n]):
            tangents[n, :] = np.nan
            errors_rad[n] = np.nan
            continue
        q = (x * x + y * y) / (4.0 * _R * _R)
        px, py, pz = -pole * y / _R / (1.0 + q), x / _R / (1.0 + q), pole * (1.0 - q) / (1.0 + q)
        lon, cos_lat = math.atan2(py, px), math.hypot(px, py)
        eye_radius = _R + eye_elevation_m[n]
        squares = 0.0
        for a in range(azimuths):
            azimuth = 2.0 * math.pi * a / azimuths
            north, east = math.cos(azimuth), math.sin(azimuth)
            axes = (
                px,
                py,
                pz,
                -north * pz * math.cos(lon) - east * math.sin(lon),
                -north * pz * math.sin(lon) + east * math.cos(lon),
                north * cos_lat,
            )
            state[0], state[1], state[2] = floor, 1.0, 0.0
            _probe_ray(z, shape, frame, eye_radius, reach, ceiling, pole, axes, state)
            done, chord = 0.0, _FIRST_CHORD_M
            xa, ya = x, y
            while done < reach and state[0] < ceiling:
                done = min(done + chord, reach)
                xb, yb = _great_circle_point(done / _R, pole, axes)
                _cross_chord(
                    z, shape, frame, block_max, block_shape, xa, ya, xb - xa, yb - ya, eye_radius, pole, axes, state
                )
                xa, ya = xb, yb
                chord = min(2.0 * chord, _LONGEST_CHORD_M)
            tangents[n, a] = state[0] if state[0] > -np.inf else np.nan
            squares += (state[2] / max(state[1], 1.0)) ** 2
        errors_rad[n] = math.sqrt(squares / azimuths)
