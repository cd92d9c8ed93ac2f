# mypy: allow-untyped-defs
"""Cheapest paths on a grid, compiled: costs of steps, a bucket queue, and joining by steepness."""

from __future__ import annotations

import numpy as np
from numba import njit

STEPS = np.array(
    [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1),
     (-2, -1), (-2, 1), (-1, -2), (-1, 2), (1, -2), (1, 2), (2, -1), (2, 1)],
    dtype=np.int64,
)  # fmt: skip


@njit(cache=True, nogil=True)
def _steepest(z, slope, pixel, i, j, di, dj):
    """Steepest ground of a step, degrees: its rise, where it ends, and what a knight's move passes between two cells.

    NaN where a hole takes part.
    """
    rise = z[i + di, j + dj] - z[i, j]
    found = max(np.degrees(np.arctan(abs(rise) / (pixel * np.sqrt(float(di * di + dj * dj))))), slope[i + di, j + dj])
    if np.isnan(rise) or np.isnan(slope[i + di, j + dj]):
        return np.nan
    if abs(di) == 2:
        ia, ja, ib, jb = i + di // 2, j, i + di // 2, j + dj
    elif abs(dj) == 2:
        ia, ja, ib, jb = i, j + dj // 2, i + di, j + dj // 2
    else:
        return found
    middle = 0.5 * (z[ia, ja] + z[ib, jb])
    if np.isnan(middle) or np.isnan(slope[ia, ja]) or np.isnan(slope[ib, jb]):
        return np.nan
    half = 0.5 * pixel * np.sqrt(5.0)
    bend = max(abs(middle - z[i, j]), abs(z[i + di, j + dj] - middle))
    return max(found, max(slope[ia, ja], slope[ib, jb]), np.degrees(np.arctan(bend / half)))


@njit(cache=True, nogil=True)
def fill_costs(z, slope, pixel, limit_deg, force, force_per_deg, energy):
    """Fill the energy of each step (rows, columns, 16), inf where it breaks the limit or leaves the grid.

    Parameters
    ----------
    force, force_per_deg : float
        Power over speed, joules per metre, on level ground and per degree uphill.
    """
    rows, columns = z.shape
    for i in range(rows):
        for j in range(columns):
            for k in range(STEPS.shape[0]):
                di, dj = STEPS[k, 0], STEPS[k, 1]
                energy[i, j, k] = np.inf
                if i + di < 0 or j + dj < 0 or i + di >= rows or j + dj >= columns or not slope[i, j] <= limit_deg:
                    continue
                if _steepest(z, slope, pixel, i, j, di, dj) <= limit_deg:
                    rise, flat = z[i + di, j + dj] - z[i, j], pixel * np.sqrt(float(di * di + dj * dj))
                    uphill_deg = max(np.degrees(np.arctan(rise / flat)), 0.0)
                    energy[i, j, k] = (force + force_per_deg * uphill_deg) * np.sqrt(flat * flat + rise * rise)


@njit(cache=True, nogil=True)
def cheapest(energy, row, column, width, buckets, cost, step):
    """Fill the cheapest cost of each cell, and the step that leads to it.

    Cells wait in buckets of equal width of cost, of which a step spans at most `buckets`. A cell whose cost falls while
    its bucket is being emptied is put in again: the result is exact whatever the width.

    Parameters
    ----------
    energy : float32 (rows, columns, 16)
    cost : float64 (rows, columns)
        inf; filled.
    step : int8 (rows, columns)
        -1; filled.
    """
    rows, columns, many = energy.shape
    ring = buckets + 2
    head = np.full(ring, -1, np.int64)
    settled = np.full((rows, columns), np.inf)
    cells, following = np.empty(rows * columns * 2 + 16, np.int64), np.empty(rows * columns * 2 + 16, np.int64)
    free, used, waiting, current = np.int64(-1), 0, 1, 0
    cost[row, column] = 0.0
    cells[0], following[0], head[0], used = row * columns + column, -1, 0, 1
    while waiting > 0:
        slot = current % ring
        entry = head[slot]
        if entry < 0:
            current += 1
            continue
        head[slot] = following[entry]
        flat = cells[entry]
        following[entry], free = free, entry
        waiting -= 1
        i, j = flat // columns, flat % columns
        here = cost[i, j]
        if not here < settled[i, j]:
            continue
        settled[i, j] = here
        for k in range(many):
            there = here + energy[i, j, k]
            ii, jj = i + STEPS[k, 0], j + STEPS[k, 1]
            if there == np.inf or not there < cost[ii, jj]:
                continue
            cost[ii, jj], step[ii, jj] = there, k
            if free >= 0:
                entry = free
                free = following[entry]
            else:
                if used == cells.shape[0]:
                    cells = np.concatenate((cells, np.empty(used, np.int64)))
                    following = np.concatenate((following, np.empty(used, np.int64)))
                entry = used
                used += 1
            place = int(there / width) % ring
            cells[entry], following[entry], head[place] = ii * columns + jj, head[place], entry
            waiting += 1


@njit(cache=True, nogil=True)
def steepness_of_steps(z, slope, pixel):
    """Ends (steps, 2) and steepest ground (steps,) of every step between two cells with ground, one way alone."""
    rows, columns = z.shape
    ends = np.empty((rows * columns * 8, 2), np.int64)
    steepest = np.empty(rows * columns * 8)
    count = 0
    for i in range(rows):
        for j in range(columns):
            for k in range(STEPS.shape[0]):
                di, dj = STEPS[k, 0], STEPS[k, 1]
                forward = di > 0 or (di == 0 and dj > 0)
                if not forward or i + di >= rows or j + dj < 0 or j + dj >= columns:
                    continue
                found = max(_steepest(z, slope, pixel, i, j, di, dj), slope[i, j])
                if not (np.isnan(found) or np.isnan(slope[i, j])):
                    ends[count, 0], ends[count, 1] = i * columns + j, (i + di) * columns + j + dj
                    steepest[count] = found
                    count += 1
    return ends[:count], steepest[:count]


@njit(cache=True, nogil=True)
def merge_by_steepness(ends, steepest, order, places, size, limits):
    """Join cells by steps in order of steepness; fill at which of them each two places are joined (places, places)."""
    above = np.arange(size)
    many = places.shape[0]
    group = places.copy()
    for n in range(many):
        limits[n, n] = 0.0
    apart = many * (many - 1) // 2
    for a in range(many):
        for b in range(a):
            if places[a] == places[b]:
                limits[a, b], limits[b, a] = 0.0, 0.0
                apart -= 1
    for e in order:
        if apart == 0:
            return
        a, b = _root(above, ends[e, 0]), _root(above, ends[e, 1])
        if a == b:
            continue
        above[a] = b
        joined = False
        for m in range(many):
            joined |= group[m] == a
        if not joined:
            continue
        for m in range(many):
            for n in range(many):
                if group[m] == a and group[n] == b and limits[m, n] == np.inf:
                    limits[m, n], limits[n, m] = steepest[e], steepest[e]
                    apart -= 1
        for m in range(many):
            if group[m] == a:
                group[m] = b


@njit(cache=True, nogil=True)
def _root(above, cell):
    while above[cell] != cell:
        above[cell] = above[above[cell]]
        cell = above[cell]
    return cell
