"""Compiled passes over stored data, by blocks of cells.

With f filled and s sent in a cell, D the data stored at its start and A the most that may be stored there,

    D' = max(D − s, 0) + f,              A = min(capacity − f, A' − f + s).

What a change adds to D lasts until the storage is empty, often for weeks. Over a block of cells, however, these become

    D' = max(D + net, left),             A = min(room, A' − net), or nothing where A' < needed,

so that levels are kept at the edges of blocks alone, and worked out from there where one is asked for.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.arrays import Bounds, Floats, Levels

BLOCK = Recreate.BLOCK_CELLS
NET, LEFT, ROOM, NEEDED = ROWS = range(4)
ROUNDING_BIT = 1e-3
WALL_TOLERANCE = 1e-6
UNATTAINABLE = 1000.0


def blocks(cells: int) -> int:
    """Return how many blocks so many cells make; the last may be shorter."""
    return -(-cells // BLOCK)


@njit(cache=True, nogil=True)
def _sum_up(levels: Levels, bounds: Bounds, block: int) -> None:
    first, after = block * BLOCK, min((block + 1) * BLOCK, levels.filled_bit.size)
    net, left = 0.0, 0.0
    for cell in range(first, after):
        filled, sent = levels.filled_bit[cell], levels.sent_bit[cell]
        net += filled - sent
        left = max(left - sent, 0.0) + filled
    room, sum_bit, needed = np.inf, 0.0, -np.inf
    for cell in range(after - 1, first - 1, -1):
        filled, sent = levels.filled_bit[cell], levels.sent_bit[cell]
        room = min(bounds.capacity_bit - filled, room - filled + sent)
        sum_bit += filled - sent
        needed = max(needed, sum_bit)
        if room < -WALL_TOLERANCE:
            needed = np.inf
    levels.block_bit[NET, block], levels.block_bit[LEFT, block] = net, left
    levels.block_bit[ROOM, block], levels.block_bit[NEEDED, block] = room, needed


@njit(cache=True, nogil=True)
def refresh_stored_data(levels: Levels, bounds: Bounds, first: int, last: int) -> None:
    """Bring the levels of stored data up to date after a change in the cells from first to last."""
    low, high = first // BLOCK, last // BLOCK
    for block in range(low, high + 1):
        _sum_up(levels, bounds, block)
    for block in range(low, levels.stored_bit.size - 1):
        stored = max(levels.stored_bit[block] + levels.block_bit[NET, block], levels.block_bit[LEFT, block])
        if block > high and abs(stored - levels.stored_bit[block + 1]) < ROUNDING_BIT:
            break
        levels.stored_bit[block + 1] = stored
    for block in range(high, -1, -1):
        later = levels.admitted_bit[block + 1]
        admitted = -UNATTAINABLE
        if later >= -UNATTAINABLE / 2 and later >= levels.block_bit[NEEDED, block] - WALL_TOLERANCE:
            admitted = min(levels.block_bit[ROOM, block], later - levels.block_bit[NET, block])
        if block < low and abs(admitted - levels.admitted_bit[block]) < ROUNDING_BIT:
            break
        levels.admitted_bit[block] = admitted


@njit(cache=True, nogil=True)
def stored_at(levels: Levels, edge: int) -> float:
    """Return what is stored at an edge of the grid."""
    if edge == levels.filled_bit.size:
        return float(levels.stored_bit[-1])
    block = edge // BLOCK
    stored = levels.stored_bit[block]
    for cell in range(block * BLOCK, edge):
        stored = max(stored - levels.sent_bit[cell], 0.0) + levels.filled_bit[cell]
    return float(stored)


@njit(cache=True, nogil=True)
def admitted_at(levels: Levels, bounds: Bounds, edge: int) -> float:
    """Return the most that may be stored at an edge of the grid."""
    block = -(-edge // BLOCK)
    admitted = levels.admitted_bit[block]
    for cell in range(min(block * BLOCK, levels.filled_bit.size) - 1, edge - 1, -1):
        filled = levels.filled_bit[cell]
        later = admitted
        admitted = min(bounds.capacity_bit - filled, later - filled + levels.sent_bit[cell])
        if later < -UNATTAINABLE / 2 or admitted < -WALL_TOLERANCE:
            admitted = -UNATTAINABLE
    return float(admitted)


@njit(cache=True, nogil=True)
def stored_at_all(levels: Levels) -> Floats:
    """Return what is stored at every edge of the grid, as it follows from the first."""
    stored_bit = np.empty(levels.filled_bit.size + 1)
    stored_bit[0] = levels.stored_bit[0]
    for cell in range(levels.filled_bit.size):
        stored_bit[cell + 1] = max(stored_bit[cell] - levels.sent_bit[cell], 0.0) + levels.filled_bit[cell]
    return stored_bit
