"""The compiled check of latencies: what waits of a rank of data is sent by its due."""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from malapert_planner.solvers.state.arrays import Floats, Ints


class Backlogs(NamedTuple):
    """What waits of one rank of data at each edge, and what could be sent of it up to there, to be worked out.

    Of what is sent in each cell ``before_bit`` is of ranks that go first, ``through_bit`` comes in of all ranks up to
    this one.
    """

    before_bit: Floats
    through_bit: Floats
    stored_bit: Floats
    sendable_bit: Floats


@njit(cache=True, nogil=True)
def is_late(sent_bit: Floats, waiting: Backlogs, start_bit: float, made: Ints, due: Ints, least_bit: float) -> bool:
    """Return whether more than ``least_bit`` of a rank's data is still stored at the edge at which a product is due.

    What waits where a product is made must be sendable by its due.
    """
    stored, sendable = start_bit, 0.0
    waiting.stored_bit[0], waiting.sendable_bit[0] = stored, sendable
    last = 0
    for which in range(made.size):
        last = max(last, made[which], due[which])
    for cell in range(last):
        sent, before, through = sent_bit[cell], waiting.before_bit[cell], waiting.through_bit[cell]
        # In most cells nothing happens: passing over them is what makes this fast.
        if sent != 0.0 or before != 0.0:
            stored = max(stored - sent, 0.0)
            sendable += sent - before
        if through != 0.0:
            stored += through
        waiting.stored_bit[cell + 1], waiting.sendable_bit[cell + 1] = stored, sendable
    for which in range(made.size):
        low, high = made[which], due[which]
        if high < low or waiting.stored_bit[low] - waiting.sendable_bit[high] + waiting.sendable_bit[low] > least_bit:
            return True
    return False
