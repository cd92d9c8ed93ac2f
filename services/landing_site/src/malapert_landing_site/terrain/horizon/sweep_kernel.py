# mypy: allow-untyped-defs
"""The sweep over a block for one azimuth, compiled; `horizon_map` says how its parts fit together.

Hulls are convex chains of samples in the vertical plane of a line: x along, y up from the sphere at the block's centre,
metres, in float32, which is 0.03 m at 300 km; the height and the arc of each vertex are kept beside. The elevation of
the skyline over an eye is that of the vertex whose line from the eye is the steepest. A hull is a stack, the farthest
sample first: a nearer sample removes those that it hides from every nearer eye.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from malapert_landing_site.domain.grid import MOON_RADIUS_M
from malapert_landing_site.domain.horizon_block import NO_DATA, STEP_DEG
from malapert_landing_site.terrain.horizon.sweep_levels import LANES, NOTHING_M
from malapert_landing_site.terrain.horizon.sweep_tables import LINE_PX

_R = MOON_RADIUS_M
_R32 = np.float32(MOON_RADIUS_M)
_PER_R = np.float32(1.0 / MOON_RADIUS_M)
_NOTHING = np.float32(NOTHING_M)
_STEPS_PER_RAD = np.float32(180.0 / math.pi / STEP_DEG)
_QUARTER_TURN = np.float32(0.5 * math.pi)
# Heights above this belong to real ground: filled nodes and what is interpolated with them lie below.
_REAL_M = np.float32(-20_000.0)
# arctan(t) / t as a polynomial in t² for t from 0 to 1, fitted so that its largest error is least.
_ARCTANGENT = tuple(
    np.float32(value)
    for value in (
        0.99999934, -0.33329861, 0.19946565, -0.13908627, 0.09642192, -0.05591225, 0.02186291, -0.00405455,
    )
)  # fmt: skip


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def cell_tangents(z, base, u_step, v_px, node, per_m, drop, eye_m, tangents):
    """Steepest tangent among samples inside the first cells of each pixel's own ray, before its scale.

    Parameters
    ----------
    node : int64 (samples,)
        The cell's first node; the others are the next one, and both one step along u.
    per_m : float32 (samples, 5)
        Shares of the four nodes over the distance, and the reciprocal of the distance; an even number of samples.
    tangents : float32 (u, v)
        Filled.
    """
    for u in range(tangents.shape[0]):
        row = base + u * u_step
        best = tangents[u]
        here = z[row : row + v_px]
        for v in range(v_px):
            best[v] = np.float32(-1e9)
        for k in range(0, node.shape[0], 2):
            a0, a1 = z[row + node[k] :][: v_px + 1], z[row + node[k] + u_step :][: v_px + 1]
            b0, b1 = z[row + node[k + 1] :][: v_px + 1], z[row + node[k + 1] + u_step :][: v_px + 1]
            p0, p1, p2, p3, pe = per_m[k, 0], per_m[k, 1], per_m[k, 2], per_m[k, 3], per_m[k, 4]
            q0, q1, q2, q3, qe = per_m[k + 1, 0], per_m[k + 1, 1], per_m[k + 1, 2], per_m[k + 1, 3], per_m[k + 1, 4]
            dp, dq = drop[k], drop[k + 1]
            for v in range(v_px):
                eye = here[v] + eye_m
                t0 = a0[v] * p0 + (a0[v + 1] * p1 + (a1[v] * p2 + (a1[v + 1] * p3 - (eye * pe + dp))))
                t1 = b0[v] * q0 + (b0[v + 1] * q1 + (b1[v] * q2 + (b1[v + 1] * q3 - (eye * qe + dq))))
                t0 = t0 if t0 > t1 else t1
                old = best[v]
                best[v] = old if old > t0 else t0


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def near_tangents(z, base, u_step, v_px, first, second, first_per_m, second_per_m, drop, per_m, eye_m, tangents):
    """Raise `tangents` (u, v) to the steepest among the samples of each pixel's own ray, before its scale.

    That of a sample of height h is (h - e) / d - d / 2R, h being shared between two nodes.
    """
    for u in range(tangents.shape[0]):
        row = base + u * u_step
        best = tangents[u]
        here = z[row : row + v_px]
        for k in range(0, first.shape[0], 4):
            a0, b0 = z[row + first[k] :][:v_px], z[row + second[k] :][:v_px]
            a1, b1 = z[row + first[k + 1] :][:v_px], z[row + second[k + 1] :][:v_px]
            a2, b2 = z[row + first[k + 2] :][:v_px], z[row + second[k + 2] :][:v_px]
            a3, b3 = z[row + first[k + 3] :][:v_px], z[row + second[k + 3] :][:v_px]
            p0, p1, p2, p3 = first_per_m[k], first_per_m[k + 1], first_per_m[k + 2], first_per_m[k + 3]
            q0, q1, q2, q3 = second_per_m[k], second_per_m[k + 1], second_per_m[k + 2], second_per_m[k + 3]
            r0, r1, r2, r3 = per_m[k], per_m[k + 1], per_m[k + 2], per_m[k + 3]
            d0, d1, d2, d3 = drop[k], drop[k + 1], drop[k + 2], drop[k + 3]
            for v in range(v_px):
                eye = here[v] + eye_m
                t0 = a0[v] * p0 + (b0[v] * q0 - (eye * r0 + d0))
                t1 = a1[v] * p1 + (b1[v] * q1 - (eye * r1 + d1))
                t2 = a2[v] * p2 + (b2[v] * q2 - (eye * r2 + d2))
                t3 = a3[v] * p3 + (b3[v] * q3 - (eye * r3 + d3))
                t0 = t0 if t0 > t1 else t1
                t2 = t2 if t2 > t3 else t3
                t0 = t0 if t0 > t2 else t2
                old = best[v]
                best[v] = old if old > t0 else t0


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _fill(z, base, step, count, offset, share, sin, cos, low, high, h, x, y):
    """Heights and places of the samples of `count` adjacent lines at columns `low` to `high`."""
    for c in range(low, high + 1):
        heights = z[base + offset[c] :][: count * step + 1]
        f = share[c]
        g = np.float32(1.0) - f
        s, k = np.float32(sin[c]), np.float32(cos[c])
        x0, y0 = np.float32(_R * sin[c]), np.float32(_R * (cos[c] - 1.0))
        hs, xs, ys = h[c - low], x[c - low], y[c - low]
        for n in range(count):
            height = heights[n * step] * g + heights[n * step + 1] * f
            hs[n] = height
            xs[n] = x0 + height * s
            ys[n] = y0 + height * k


@njit(cache=True, nogil=True, inline="always")
def _removed(xs, ys, top, x, y):
    """The stack's top once a nearer sample has removed what lies under the line from it to what stays."""
    while top >= 1 and (ys[top] - y) * (xs[top - 1] - x) <= (ys[top - 1] - y) * (xs[top] - x):
        top -= 1
    return top


@njit(cache=True, nogil=True, error_model="numpy")
def extend_hulls(z, base, step, line0, offset, share, sin, cos, arc, begin, end, parent, parent_top, parent0, ratio,
                 hulls, tops):  # fmt: skip
    """Hulls of lines on a level: that of the wider level's line which they share, and their samples on it.

    Parameters
    ----------
    begin, end : int64 (lines,)
        First and last column of each line, from far to near; begin below end leaves the parent's hull as it is.
    parent, hulls : float32 (lines, 4, vertices)
        x, y, height and arc of the vertices of the wider level's hulls, and of these.
    parent_top, tops : int64 (lines,)
        The last vertex of each hull; -1 where it is empty.
    """
    columns = offset.shape[0]
    h, x, y = (
        np.empty((columns, LANES), np.float32),
        np.empty((columns, LANES), np.float32),
        np.empty((columns, LANES), np.float32),
    )
    for first in range(0, tops.shape[0], LANES):
        count = min(LANES, tops.shape[0] - first)
        low, high = end[first : first + count].min(), begin[first : first + count].max()
        if low <= high:
            _fill(z, base + (line0 + first) * step, step, count, offset, share, sin, cos, low, high, h, x, y)
        for q in range(count):
            n = first + q
            p = (line0 + n) // ratio - parent0
            top = parent_top[p]
            hull = hulls[n]
            hull[:, : top + 1] = parent[p, :, : top + 1]
            xs, ys = hull[0], hull[1]
            for c in range(begin[n], end[n] - 1, -1):
                k = c - low
                if h[k, q] < _REAL_M:
                    continue
                top = _removed(xs, ys, top, x[k, q], y[k, q]) + 1
                xs[top], ys[top], hull[2, top], hull[3, top] = x[k, q], y[k, q], h[k, q], arc[c]
            tops[n] = top


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_block(z, base, step, line0, offset, share, sin, cos, arc, begin, near_columns, first, last, eye_m, parent,
                parent_top, parent0, ratio, vertex_h, vertex_arc):  # fmt: skip
    """Walk each line of the block from far to near and note the skyline's vertex over the ground on it.

    Parameters
    ----------
    begin, first, last : int64 (lines,)
        The column where a line begins, and the columns of the block between which it is needed.
    near_columns : int
        Columns next to the eye that are left to `near_tangents`.
    vertex_h, vertex_arc : float32 (columns of the block, lines)
        Height and arc of the vertex.
    """
    columns = offset.shape[0]
    xs, ys = np.empty(parent.shape[2] + columns, np.float32), np.empty(parent.shape[2] + columns, np.float32)
    hs, arcs = np.empty_like(xs), np.empty_like(xs)
    h, x, y = (
        np.empty((columns, LANES), np.float32),
        np.empty((columns, LANES), np.float32),
        np.empty((columns, LANES), np.float32),
    )
    for group in range(0, begin.shape[0], LANES):
        count = min(LANES, begin.shape[0] - group)
        low, high = first[group : group + count].min(), begin[group : group + count].max()
        _fill(z, base + (line0 + group) * step, step, count, offset, share, sin, cos, low, high, h, x, y)
        for q in range(count):
            n = group + q
            p = (line0 + n) // ratio - parent0
            top = parent_top[p]
            xs[: top + 1], ys[: top + 1] = parent[p, 0, : top + 1], parent[p, 1, : top + 1]
            hs[: top + 1], arcs[: top + 1] = parent[p, 2, : top + 1], parent[p, 3, : top + 1]
            at = top
            for c in range(begin[n], first[n] + near_columns - 1, -1):
                k = c - low
                if h[k, q] > _REAL_M:
                    top = _removed(xs, ys, top, x[k, q], y[k, q]) + 1
                    xs[top], ys[top], hs[top], arcs[top] = x[k, q], y[k, q], h[k, q], arc[c]
                u = c - near_columns
                if u > last[n]:
                    continue
                if top < 0:
                    vertex_h[u, n], vertex_arc[u, n] = _NOTHING, arc[c]
                    continue
                at = min(max(at, 0), top)
                eye_x = x[u - low, q] + eye_m * np.float32(sin[u])
                eye_y = y[u - low, q] + eye_m * np.float32(cos[u])
                along, up = xs[at] - eye_x, ys[at] - eye_y
                nearer = False
                while at < top:
                    next_along, next_up = xs[at + 1] - eye_x, ys[at + 1] - eye_y
                    if next_up * along <= up * next_along:
                        break
                    at, along, up, nearer = at + 1, next_along, next_up, True
                while at > 0 and not nearer:
                    next_along, next_up = xs[at - 1] - eye_x, ys[at - 1] - eye_y
                    if next_up * along <= up * next_along:
                        break
                    at, along, up = at - 1, next_along, next_up
                vertex_h[u, n], vertex_arc[u, n] = hs[at], arcs[at]


@njit(cache=True, nogil=True, inline="always")
def _tangent(height, arc, eye, here):
    """Tangent of the elevation of a vertex over an eye, in the vertical plane through both.

    ((R + h) cos θ - (R + e)) / ((R + h) sin θ) with the cosine and sine as series of θ², good to 1e-9 up to 300 km.
    """
    distance = arc - here
    angle2 = distance * _PER_R
    angle2 = angle2 * angle2
    fall = (_R32 + height) * angle2 * (np.float32(0.5) - angle2 * np.float32(1.0 / 24.0))
    along = (np.float32(1.0) + height * _PER_R) * distance * (np.float32(1.0) - angle2 * np.float32(1.0 / 6.0))
    return (height - eye - fall) / along


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _to_steps(ground, tangents, steps):
    """Elevations of tangents in steps of `STEP_DEG`; the arctangent by `_ARCTANGENT`, good to 1e-5 degrees."""
    nothing = np.int32(NO_DATA)
    c0, c1, c2, c3, c4, c5, c6, c7 = _ARCTANGENT
    one = np.float32(1.0)
    for v in range(tangents.shape[0]):
        tangent = tangents[v]
        size = tangent if tangent > np.float32(0.0) else -tangent
        t = size if size < one else one / size
        s = t * t
        angle = t * (c0 + s * (c1 + s * (c2 + s * (c3 + s * (c4 + s * (c5 + s * (c6 + s * c7)))))))
        angle = angle if size < one else _QUARTER_TURN - angle
        value = angle * _STEPS_PER_RAD + np.float32(0.5)
        whole = np.int32(value)
        whole = whole if tangent > np.float32(0.0) else -whole
        steps[v] = whole if ground[v] > _REAL_M else nothing


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def combine(z, base, u_step, column_px, across, arc, near_scale, line_scale, line0, vertex_h, vertex_arc, tangents,
            eye_m, steps):  # fmt: skip
    """The steeper of the own ray and of the two lines beside each pixel, as steps of elevation (u, v).

    Parameters
    ----------
    across, arc, near_scale : (columns of the block,)
        o(u), the arc from the block's centre, and the reciprocal scale there.
    line_scale : float32 (lines,)
        Reciprocal of each line's scale.
    tangents : float32 (u, v)
        Of the own rays, before their scale; overwritten.
    """
    v_px = steps.shape[1]
    for u in range(steps.shape[0]):
        row = base + u * u_step
        heights, arcs = vertex_h[u // column_px], vertex_arc[u // column_px]
        here, own_scale = arc[u], near_scale[u]
        for q in range(LINE_PX):
            place = (q - across[u]) / LINE_PX
            n0 = math.floor(place)
            share = np.float32(place - n0)
            n0 -= line0
            count = (v_px - q + LINE_PX - 1) // LINE_PX
            h0, h1 = heights[n0:][:count], heights[n0 + 1 :][:count]
            a0, a1 = arcs[n0:][:count], arcs[n0 + 1 :][:count]
            scale = line_scale[n0:][:count]
            ground, own = z[row + q : row + v_px], tangents[u][q:]
            for m in range(count):
                eye = ground[m * LINE_PX] + eye_m
                left, right = _tangent(h0[m], a0[m], eye, here), _tangent(h1[m], a1[m], eye, here)
                far = left + (right - left) * share
                close = own[m * LINE_PX] * own_scale * (np.float32(1.0) - eye * _PER_R)
                own[m * LINE_PX] = (close if close > far else far) * scale[m]
        _to_steps(z[row : row + v_px], tangents[u], steps[u])
