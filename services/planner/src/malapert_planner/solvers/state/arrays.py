"""The arrays that compiled passes read and write: levels of one asset on the fine grid, and shapes of chains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Levels(NamedTuple):
    """What one asset has in each cell, and at each edge (``charge_wh``, ``need_wh``).

    ``need_wh`` suffices for all that follows. ``users`` counts the holders of
    each unary resource, ``loads`` what keeps the asset awake. ``tracked`` and ``heard`` are bit sets of the stations
    whose contact covers a cell, or touches it. ``asked_wh`` is what activities
    want that start with the cell, ``asked_within_wh`` what those want that start within it.
    ``stored_bit``, ``admitted_bit`` (which leaves room for all that follows) and ``block_bit`` go by blocks of cells.
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
    block_bit: Floats


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
