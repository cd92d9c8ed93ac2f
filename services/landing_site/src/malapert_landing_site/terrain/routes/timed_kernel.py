# mypy: allow-untyped-defs
"""The most energy that a rover can have at each cell after each step of time, compiled.

In a step of time the rover stands still or takes one step of the 16. It gains what its array makes in the poorer light
of the two cells and spends what it needs standing, plus what the step costs. More energy is never worse, so that the
most at each cell is all that need be known.

Energy is counted in whole units. A number holds an energy times 32 plus the code of the step that led to it: the
greatest number is the most energy, together with its last step.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from malapert_landing_site.terrain.routes.path_kernel import STEPS

WAIT = 16
STEP_BASE = 32
UNREACHED = np.int8(-1)
NONE = np.int32(-(2**29))
"""Energy of a cell that the rover cannot occupy; its sum with any gain stays below every floor."""

CLOSED = np.int32(2**29)
"""Cost of a step that is closed, and, negative, the gain of a step from or to a cell where none may be driven now.

More than the fullest battery and the greatest gain together, and little enough for their sums to stay in range.
"""

UNITS = 2**22
"""Units of a full battery, the resolution of energies; a gain is at most twice that, so that sums fit an int32."""

_STEP_BASE, _WAIT = np.int32(STEP_BASE), np.int32(WAIT)


@njit(cache=True, nogil=True)
def advance(energy, costs, gains, driving_gains, standing, capacity, floor, first, last, left, right, after, incoming):
    """Fill the most energy after one more step of time in a box of cells.

    Parameters
    ----------
    energy : int32 (rows, columns)
        The most now, units times 32; `NONE` where the rover cannot be.
    costs : int32 (16, rows, columns)
        Of each step from each cell, units times 32; `CLOSED` where closed.
    gains, driving_gains : int32 (rows, columns)
        What the array makes during the step, units times 32; the latter minus `CLOSED` where none may drive.
    standing, capacity, floor : int
        Units of a step without driving, and limits of the battery.
    first, last, left, right : int
        The box, last and right excluded.
    after : int32 (rows, columns)
        Filled in the box.
    incoming : int8 (rows, columns)
        Filled in the box: the step that led here, `WAIT`, or -1.
    """
    rows, columns = energy.shape
    for i in range(first, last):
        best, here, gain, driving = after[i], energy[i], gains[i], driving_gains[i]
        for j in range(left, right):
            best[j] = here[j] + gain[j] + _WAIT
        for k in range(16):
            down, across = STEPS[k, 0], STEPS[k, 1]
            if i - down < 0 or i - down >= rows:
                continue
            start, end = max(left, across), min(right, columns + across)
            if start >= end:
                continue
            many, step_code = end - start, np.int32(k)
            into, light = best[start:end], driving[start:end]
            before = energy[i - down, start - across : end - across]
            cost = costs[k, i - down, start - across : end - across]
            their_light = driving_gains[i - down, start - across : end - across]
            for n in range(many):
                into[n] = max(into[n], before[n] - cost[n] + min(their_light[n], light[n]) + step_code)
        for j in range(left, right):
            found = best[j]
            kept = min((found >> np.int32(5)) - np.int32(standing), np.int32(capacity))
            alive = kept >= floor
            incoming[i, j] = np.int8(found & np.int32(31)) if alive else UNREACHED
            best[j] = kept * _STEP_BASE if alive else NONE
