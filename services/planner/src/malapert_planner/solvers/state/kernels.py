"""Compiled passes over the levels of one asset on the fine grid.

Within a cell the worst order holds: charge is drawn before any is generated, data comes in before any is sent. With g
generated, d drawn, f filled and s sent in a cell, C the charge at its start and D the data stored there,

    C' = min(C + g, capacity) − d,           need = max(least, need' + d − g).

After a change the passes run from it until they meet the trajectory that was there before. What D becomes is told
in ``stored_data``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from malapert_planner.solvers.state.arrays import Bounds, Floats, Ints, Levels, Shape
from malapert_planner.solvers.state.stored_data import admitted_at, refresh_stored_data, stored_at

SECONDS_PER_HOUR = 3600.0
ROUNDING_WH = 1e-9
WALL_TOLERANCE = 1e-6
UNATTAINABLE = 1000.0


@njit(cache=True, nogil=True)
def _least_wh(levels: Levels, bounds: Bounds, cell: int, more_wh: float) -> float:
    drawn = levels.drawn_wh[cell] + more_wh
    return float(max(bounds.floor_wh + drawn, levels.asked_wh[cell], levels.asked_within_wh[cell] + drawn))


@njit(cache=True, nogil=True)
def refresh(levels: Levels, bounds: Bounds, first: int, last: int) -> tuple[int, int]:
    """Bring all levels up to date after a change in the cells from first to last.

    Return the first and the last cell in which, or at whose edges, anything is not as it was; levels of stored data
    may differ everywhere.
    """
    count = levels.drawn_wh.size
    cell = first
    while cell < count:
        charge = min(levels.charge_wh[cell] + levels.generated_wh[cell], bounds.capacity_wh) - levels.drawn_wh[cell]
        if cell > last and abs(charge - levels.charge_wh[cell + 1]) < ROUNDING_WH:
            break
        levels.charge_wh[cell + 1] = charge
        cell += 1
    after = cell
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
    refresh_stored_data(levels, bounds, first, last)
    return min(first, cell + 1), max(last, after - 1)


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
    charge, stored = levels.charge_wh[first], stored_at(levels, first)
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
    return bool(charge >= levels.need_wh[last + 1] and stored <= admitted_at(levels, bounds, last + 1))


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
def put_chain(levels: Levels, bounds: Bounds, shape: Shape, starts_s: Ints, sign: int, now: bool) -> tuple[int, int]:
    """Put a chain (sign 1) or take it away (−1); what its steps ask of the charge at their start is the caller's.

    Unless it is done ``now``, the levels are left to be refreshed. Return the first and the last cell touched.
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
    first, last = starts_s[0] // cell_s, (starts_s[blocks - 1] + shape.block_s[blocks - 1] - 1) // cell_s
    return refresh(levels, bounds, first, last) if now else (first, last)


@njit(cache=True, nogil=True)
def put_contact(
    levels: Levels,
    bounds: Bounds,
    start_s: int,
    end_s: int,
    power_w: float,
    sent_bit: Floats,
    station: int,
    sign: int,
    now: bool,
) -> tuple[int, int]:
    """Put a contact with a station's bit (sign 1) or take it away (−1), as :func:`put_chain` does a chain."""
    cell_s = bounds.cell_s
    first, last = start_s // cell_s, (end_s - 1) // cell_s
    add_load(levels, bounds, start_s, end_s, power_w, 0.0, sign)
    covers_last = end_s >= min((last + 1) * cell_s, bounds.horizon_s)
    for cell in range(first, last + 1):
        covered = (cell > first or start_s == first * cell_s) and (cell < last or covers_last)
        if sign > 0:
            levels.sent_bit[cell] += sent_bit[cell - first]
            levels.heard[cell] |= station
            if covered:
                levels.tracked[cell] |= station
        else:
            levels.sent_bit[cell] = max(levels.sent_bit[cell] - sent_bit[cell - first], 0.0)
            levels.heard[cell] &= ~station
            if covered:
                levels.tracked[cell] &= ~station
    return refresh(levels, bounds, first, last) if now else (first, last)


@njit(cache=True, nogil=True)
def cells_free_of_others(heard: Ints, first: int, after: int, station: int) -> int:
    """Return how many of the cells from ``first`` to before ``after`` no contact with another station touches."""
    free = 0
    for cell in range(first, after):
        free += heard[cell] & ~station == 0
    return free


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
    stored = stored_at(levels, first)
    for cell in range(first, after):
        stored += levels.filled_bit[cell]
        if stored > bounds.capacity_bit:
            return False
    return bool(stored <= admitted_at(levels, bounds, after))


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
