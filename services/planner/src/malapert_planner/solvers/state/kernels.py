"""Compiled passes over the levels of one asset on the fine grid.

Within a cell the worst order holds: charge is drawn before any is generated, data comes in before any is sent. With g
generated, d drawn, f filled and s sent in a cell, C the charge at its start and D the data stored there,

    C' = min(C + g, capacity) − d,           need = max(least, need' + d − g),
    D' = max(D − s, 0) + f,              admitted = min(capacity − f, admitted' − f + s).

After a change the passes run from it until they meet the trajectory that was there before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

SECONDS_PER_HOUR = 3600.0
ROUNDING_WH = 1e-9
ROUNDING_BIT = 1e-3
WALL_TOLERANCE = 1e-6
UNATTAINABLE = 1000.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Levels(NamedTuple):
    """What one asset has in each cell, and at each edge (``charge_wh``, ``need_wh``, ``stored_bit``, ``admitted_bit``).

    ``need_wh`` suffices for all that follows, ``admitted_bit`` leaves room for it. ``users`` counts the holders of
    each unary resource, ``loads`` what keeps the asset awake. ``tracked`` and ``heard`` are bit sets of the stations
    whose contact covers a cell, or touches it. ``asked_wh`` is what activities
    want that start with the cell, ``asked_within_wh`` what those want that start within it.
    """

    charge_wh: Floats
    need_wh: Floats
    generated_wh: Floats
    drawn_wh: Floats
    asked_wh: Floats
    asked_within_wh: Floats
    stored_bit: Floats
    admitted_bit: Floats
    filled_bit: Floats
    sent_bit: Floats
    loads: Ints
    contacts_asked: Ints
    tracked: Ints
    heard: Ints
    users: NDArray[np.int16]


class Bounds(NamedTuple):
    """Limits of the levels, the width of a cell, and what being awake draws beyond being asleep."""

    cell_s: int
    horizon_s: int
    capacity_wh: float
    floor_wh: float
    waking_w: float
    capacity_bit: float


class Shape(NamedTuple):
    """The steps and blocks of a chain at one place; starts of block b are ``low_s[i]`` to ``high_s[i]`` of its part.

    ``first_step``, ``first_start`` and ``first_resource`` point to where the part of each block or step begins;
    ``charged_step`` are the steps that ask for a charge at their start, each in its ``charged_block``.
    """

    first_step: Ints
    block_s: Ints
    wait_s: Ints
    offset_s: Ints
    duration_s: Ints
    power_w: Floats
    data_bit: Floats
    start_charge_wh: Floats
    contact: Ints
    silence: Ints
    first_resource: Ints
    resource: Ints
    first_start: Ints
    low_s: Ints
    high_s: Ints
    charged_block: Ints
    charged_step: Ints


@njit(cache=True, nogil=True)
def _least_wh(levels: Levels, bounds: Bounds, cell: int, more_wh: float) -> float:
    drawn = levels.drawn_wh[cell] + more_wh
    return float(max(bounds.floor_wh + drawn, levels.asked_wh[cell], levels.asked_within_wh[cell] + drawn))


@njit(cache=True, nogil=True)
def refresh(levels: Levels, bounds: Bounds, first: int, last: int) -> None:
    """Bring all levels up to date after a change in the cells from first to last."""
    count = levels.drawn_wh.size
    cell = first
    while cell < count:
        charge = min(levels.charge_wh[cell] + levels.generated_wh[cell], bounds.capacity_wh) - levels.drawn_wh[cell]
        if cell > last and abs(charge - levels.charge_wh[cell + 1]) < ROUNDING_WH:
            break
        levels.charge_wh[cell + 1] = charge
        cell += 1
    cell = last
    wall = bounds.capacity_wh
    while cell >= 0:
        later = levels.need_wh[cell + 1]
        need = max(_least_wh(levels, bounds, cell, 0.0), later + levels.drawn_wh[cell] - levels.generated_wh[cell])
        if later > wall + UNATTAINABLE / 2 or need > wall + WALL_TOLERANCE:
            need = wall + UNATTAINABLE
        if cell < first and abs(need - levels.need_wh[cell]) < ROUNDING_WH:
            break
        levels.need_wh[cell] = need
        cell -= 1
    _refresh_data(levels, bounds, first, last)


@njit(cache=True, nogil=True)
def _refresh_data(levels: Levels, bounds: Bounds, first: int, last: int) -> None:
    count = levels.filled_bit.size
    cell = first
    while cell < count:
        stored = max(levels.stored_bit[cell] - levels.sent_bit[cell], 0.0) + levels.filled_bit[cell]
        if cell > last and abs(stored - levels.stored_bit[cell + 1]) < ROUNDING_BIT:
            break
        levels.stored_bit[cell + 1] = stored
        cell += 1
    cell = last
    while cell >= 0:
        later = levels.admitted_bit[cell + 1]
        filled = levels.filled_bit[cell]
        admitted = min(bounds.capacity_bit - filled, later - filled + levels.sent_bit[cell])
        if later < -UNATTAINABLE / 2 or admitted < -WALL_TOLERANCE:
            admitted = -UNATTAINABLE
        if cell < first and abs(admitted - levels.admitted_bit[cell]) < ROUNDING_BIT:
            break
        levels.admitted_bit[cell] = admitted
        cell -= 1


@njit(cache=True, nogil=True)
def _up(time_s: int, cell_s: int) -> int:
    return -(-time_s // cell_s) * cell_s


@njit(cache=True, nogil=True)
def _overlap_s(cell: int, cell_s: int, start_s: int, end_s: int) -> int:
    return min(end_s, (cell + 1) * cell_s) - max(start_s, cell * cell_s)


@njit(cache=True, nogil=True)
def next_start(shape: Shape, block: int, time_s: int) -> int:
    """Return the first allowed start of a block from a time on, −1 where there is none."""
    low, high = shape.first_start[block], shape.first_start[block + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if shape.high_s[middle] < time_s:
            low = middle + 1
        else:
            high = middle
    if low == end:
        return -1
    return int(max(shape.low_s[low], time_s))


@njit(cache=True, nogil=True)
def _clear_from(levels: Levels, bounds: Bounds, shape: Shape, block: int, start_s: int) -> int:
    """Return −1 where resources and contacts let a block start, otherwise the next start that may be free."""
    cell_s = bounds.cell_s
    for step in range(shape.first_step[block], shape.first_step[block + 1]):
        begin = start_s + shape.offset_s[step]
        first, last = begin // cell_s, (begin + shape.duration_s[step] - 1) // cell_s
        contact, silence = shape.contact[step], shape.silence[step]
        if contact < 0:
            return bounds.horizon_s + cell_s
        for cell in range(last, first - 1, -1):
            taken = (contact > 0 and levels.tracked[cell] & contact == 0) or levels.heard[cell] & silence != 0
            for which in range(shape.first_resource[step], shape.first_resource[step + 1]):
                taken = taken or levels.users[shape.resource[which], cell] > 0
            if taken:
                return _up((cell + 1) * cell_s - shape.offset_s[step], cell_s)
    return -1


@njit(cache=True, nogil=True)
def _place_blocks(levels: Levels, bounds: Bounds, shape: Shape, start_s: int, end_s: int, starts_s: Ints) -> int:
    """Set the starts of all blocks, each as early as it can; return 0, a later first start to try, or −1 for none."""
    reached = start_s
    for block in range(shape.block_s.size):
        latest = start_s if block == 0 else reached + shape.wait_s[block]
        begin = next_start(shape, block, _up(reached, bounds.cell_s))
        while begin >= 0 and begin + shape.block_s[block] <= end_s:
            later = _clear_from(levels, bounds, shape, block, begin)
            if later < 0:
                break
            begin = next_start(shape, block, later)
        if begin < 0 or begin + shape.block_s[block] > end_s:
            return -1
        if begin > latest:
            return start_s + _up(begin - latest, bounds.cell_s)
        starts_s[block] = begin
        reached = begin + shape.block_s[block]
    return 0


@njit(cache=True, nogil=True)
def supplied(levels: Levels, bounds: Bounds, shape: Shape, starts_s: Ints) -> bool:
    """Return whether charge and room in the storage suffice for a chain, and for all that follows it."""
    cell_s, blocks = bounds.cell_s, shape.block_s.size
    first = starts_s[0] // cell_s
    last = (starts_s[blocks - 1] + shape.block_s[blocks - 1] - 1) // cell_s
    drawn, filled = np.zeros(last - first + 1), np.zeros(last - first + 1)
    woken = np.zeros(last - first + 1, np.bool_)
    for block in range(blocks):
        for step in range(shape.first_step[block], shape.first_step[block + 1]):
            begin = starts_s[block] + shape.offset_s[step]
            end = begin + shape.duration_s[step]
            rate = shape.data_bit[step] / shape.duration_s[step]
            for cell in range(begin // cell_s, (end - 1) // cell_s + 1):
                shared = _overlap_s(cell, cell_s, begin, end)
                drawn[cell - first] += shape.power_w[step] * shared / SECONDS_PER_HOUR
                filled[cell - first] += rate * shared
                if levels.loads[cell] == 0 and not woken[cell - first]:
                    woken[cell - first] = True
                    width = min(cell_s, bounds.horizon_s - cell * cell_s)
                    drawn[cell - first] += bounds.waking_w * width / SECONDS_PER_HOUR
    charge, stored = levels.charge_wh[first], levels.stored_bit[first]
    for cell in range(first, last + 1):
        if charge + ROUNDING_WH < _least_wh(levels, bounds, cell, drawn[cell - first]):
            return False
        for which in range(shape.charged_step.size):
            step = shape.charged_step[which]
            begin = starts_s[shape.charged_block[which]] + shape.offset_s[step]
            if begin // cell_s == cell:
                reserve = 0.0 if begin == cell * cell_s else levels.drawn_wh[cell] + drawn[cell - first]
                if charge < shape.start_charge_wh[step] + reserve:
                    return False
        more = levels.filled_bit[cell] + filled[cell - first]
        if stored + more > bounds.capacity_bit:
            return False
        charge = min(charge + levels.generated_wh[cell], bounds.capacity_wh)
        charge -= levels.drawn_wh[cell] + drawn[cell - first]
        stored = max(stored - levels.sent_bit[cell], 0.0) + more
    return bool(charge >= levels.need_wh[last + 1] and stored <= levels.admitted_bit[last + 1])


@njit(cache=True, nogil=True)
def find_start(
    levels: Levels, bounds: Bounds, shape: Shape, low_s: int, high_s: int, end_s: int, hop: int, starts_s: Ints
) -> bool:
    """Find the first start of a chain in [low, high] at which it may stand and end by ``end_s``; set all its starts.

    Where only charge or storage is lacking the next start tried lies ``hop`` cells later.
    """
    start = next_start(shape, 0, _up(low_s, bounds.cell_s))
    while 0 <= start <= high_s:
        later = _place_blocks(levels, bounds, shape, start, end_s, starts_s)
        if later < 0:
            return False
        if later == 0:
            if supplied(levels, bounds, shape, starts_s):
                return True
            later = start + hop * bounds.cell_s
        start = next_start(shape, 0, later)
    return False


@njit(cache=True, nogil=True)
def add_load(
    levels: Levels, bounds: Bounds, start_s: int, end_s: int, power_w: float, data_bit: float, sign: int
) -> None:
    """Add (sign 1) or take away (−1) a load over a span that keeps awake; the levels are left to be refreshed."""
    cell_s = bounds.cell_s
    rate = data_bit / (end_s - start_s)
    for cell in range(start_s // cell_s, (end_s - 1) // cell_s + 1):
        shared = _overlap_s(cell, cell_s, start_s, end_s)
        levels.drawn_wh[cell] += sign * power_w * shared / SECONDS_PER_HOUR
        levels.filled_bit[cell] += sign * rate * shared
        width = min(cell_s, bounds.horizon_s - cell * cell_s)
        if sign > 0 and levels.loads[cell] == 0:
            levels.drawn_wh[cell] += bounds.waking_w * width / SECONDS_PER_HOUR
        levels.loads[cell] += sign
        if sign < 0 and levels.loads[cell] == 0:
            levels.drawn_wh[cell] -= bounds.waking_w * width / SECONDS_PER_HOUR


@njit(cache=True, nogil=True)
def put_chain(levels: Levels, bounds: Bounds, shape: Shape, starts_s: Ints, sign: int, now: bool) -> None:
    """Put a chain (sign 1) or take it away (−1); what its steps ask of the charge at their start is the caller's.

    Unless it is done ``now``, the levels are left to be refreshed.
    """
    cell_s, blocks = bounds.cell_s, shape.block_s.size
    for block in range(blocks):
        for step in range(shape.first_step[block], shape.first_step[block + 1]):
            begin = starts_s[block] + shape.offset_s[step]
            end = begin + shape.duration_s[step]
            add_load(levels, bounds, begin, end, shape.power_w[step], shape.data_bit[step], sign)
            for cell in range(begin // cell_s, (end - 1) // cell_s + 1):
                levels.contacts_asked[cell] += sign * (shape.contact[step] != 0)
                for which in range(shape.first_resource[step], shape.first_resource[step + 1]):
                    levels.users[shape.resource[which], cell] += sign
    if now:
        last = (starts_s[blocks - 1] + shape.block_s[blocks - 1] - 1) // cell_s
        refresh(levels, bounds, starts_s[0] // cell_s, last)


@njit(cache=True, nogil=True)
def may_load(levels: Levels, bounds: Bounds, start_s: int, end_s: int, power_w: float) -> bool:
    """Return whether the charge suffices for a load over a span on the grid, and for all that follows it."""
    cell_s = bounds.cell_s
    first, last = start_s // cell_s, (end_s - 1) // cell_s
    charge = levels.charge_wh[first]
    for cell in range(first, last + 1):
        more = power_w * _overlap_s(cell, cell_s, start_s, end_s) / SECONDS_PER_HOUR
        if levels.loads[cell] == 0:
            more += bounds.waking_w * min(cell_s, bounds.horizon_s - cell * cell_s) / SECONDS_PER_HOUR
        if charge < _least_wh(levels, bounds, cell, more):
            return False
        charge = min(charge + levels.generated_wh[cell], bounds.capacity_wh) - levels.drawn_wh[cell] - more
    return bool(charge >= levels.need_wh[last + 1])


@njit(cache=True, nogil=True)
def may_keep(levels: Levels, bounds: Bounds, first: int, after: int) -> bool:
    """Return whether the storage suffices if nothing is sent in the cells from ``first`` to before ``after``."""
    stored = levels.stored_bit[first]
    for cell in range(first, after):
        stored += levels.filled_bit[cell]
        if stored > bounds.capacity_bit:
            return False
    return bool(stored <= levels.admitted_bit[after])


@njit(cache=True, nogil=True)
def needed_part(levels: Levels, bounds: Bounds, first: int, after: int, least: int, keep_head: bool) -> tuple[int, int]:
    """Return the cells of a contact that must stay: those asked for, and as few more as the storage allows.

    First its tail is cut off, then its head.
    """
    low, high = after, first
    for cell in range(first, after):
        if levels.contacts_asked[cell] > 0:
            low, high = min(low, cell), max(high, cell + 1)
    if low >= high and not keep_head and may_keep(levels, bounds, first, after):
        return first, first
    start, end = min(after, max(high, first + least)), after
    while start < end:
        middle = (start + end) // 2
        if may_keep(levels, bounds, middle, after):
            end = middle
        else:
            start = middle + 1
    begin = first
    if end == after and not keep_head:
        # What cannot be cut from the tail may be cut from the head.
        most = max(first, min(low, after - least))
        start = first
        while start < most:
            middle = (start + most + 1) // 2
            if may_keep(levels, bounds, first, middle):
                start = middle
            else:
                most = middle - 1
        begin = start
    return begin, end


@njit(cache=True, nogil=True)
def may_stand(levels: Levels, bounds: Bounds, shape: Shape, starts_s: Ints) -> bool:
    """Return whether resources, contacts, charge and storage let a chain stand at given starts of its blocks."""
    for block in range(shape.block_s.size):
        if _clear_from(levels, bounds, shape, block, starts_s[block]) >= 0:
            return False
    return bool(supplied(levels, bounds, shape, starts_s))
