"""Ways through light, contact and time: the earliest arrival that a rover's battery allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.timed_route import RoverPower
from malapert_landing_site.terrain.horizon.skyline import Progress
from malapert_landing_site.terrain.routes.path_kernel import STEPS
from malapert_landing_site.terrain.routes.paths import StepCosts
from malapert_landing_site.terrain.routes.timed_kernel import CLOSED, NONE, STEP_BASE, UNITS, UNREACHED, WAIT, advance

_BAND_ROWS = 64
Cell = tuple[int, int]


@dataclass(frozen=True)
class LightOverTime:
    """Light of a grid over steps of equal length.

    Attributes
    ----------
    sun_share : uint8 (steps, rows, columns)
        Visible share of the solar disc in 255ths.
    may_drive : bool (steps, rows, columns) or None
        Where a rover may drive during a step; None where it always may.
    step_s : float
        Length of a step, seconds.
    """

    sun_share: NDArray[np.uint8]
    may_drive: NDArray[np.bool_] | None
    step_s: float


@dataclass(frozen=True)
class TimedPath:
    """A way over time, one entry a step of time and one for its start.

    Attributes
    ----------
    cells : int64 (entries, 2)
        Row and column at each moment.
    energy_j : float64 (entries,)
        Energy in the battery, joules, rounded down by less than three 2^22nds of the capacity a step.
    first_step : int
        The step of light that follows the first entry.
    """

    cells: NDArray[np.int64]
    energy_j: NDArray[np.float64]
    first_step: int


def earliest_arrival(
    costs: StepCosts,
    light: LightOverTime,
    power: RoverPower,
    source: Cell,
    target: Cell,
    first_step: int,
    energy_j: float,
    progress: Progress | None = None,
) -> TimedPath | None:
    """Return the way that arrives first, with the most energy of those; None where the steps of light end before.

    Each step of time the rover stands or takes one of the 16 steps, which must not take longer. Its array makes power
    in proportion to the visible share of the disc, while it drives in the poorer light of both cells.

    Parameters
    ----------
    costs : StepCosts
        Energy of driving, over what standing takes.
    first_step : int
        The step of light in which it sets out.
    energy_j : float
        Energy in the battery then, joules.
    progress : callable
        Called with the share of the steps done; what it raises ends the search.
    """
    search = _Search(costs, light, power)
    return search.run(source, target, first_step, energy_j, progress)


class _Search:
    """The most energy at each cell, step by step, within the box that the rover can have reached."""

    def __init__(self, costs: StepCosts, light: LightOverTime, power: RoverPower) -> None:
        self._light, self._power = light, power
        self._unit_j = power.capacity_j / UNITS
        whole = np.ceil(costs.energy_j / np.float32(self._unit_j))
        limited = np.where(whole < CLOSED // STEP_BASE, whole * STEP_BASE, np.float32(CLOSED))
        self._costs = np.ascontiguousarray(np.moveaxis(limited.astype(np.int32), 2, 0))
        self._shape = costs.slope_deg.shape
        gain = power.array_power_w * light.step_s / self._unit_j * np.arange(256) / 255.0
        self._gains = (np.minimum(np.floor(gain), 2 * UNITS) * STEP_BASE).astype(np.int32)

    def run(
        self, source: Cell, target: Cell, first_step: int, energy_j: float, progress: Progress | None
    ) -> TimedPath | None:
        energy, after = np.full(self._shape, NONE, np.int32), np.full(self._shape, NONE, np.int32)
        start = min(int(energy_j / self._unit_j), UNITS)
        energy[source] = start * STEP_BASE
        incoming: list[NDArray[np.int8]] = []
        boxes: list[tuple[int, int, int, int]] = []
        box = (source[0], source[0] + 1, source[1], source[1] + 1)
        steps = len(self._light.sun_share)
        found = np.full(self._shape, UNREACHED, np.int8)
        with ThreadPoolExecutor(cpu_count() or 1) as pool:
            for step in range(first_step, steps):
                if energy[target] >= 0:
                    return self._path(source, target, first_step, start, incoming, boxes)
                box = self._wider(box)
                self._advance(pool, energy, after, found, step, box)
                energy, after = after, energy
                incoming.append(found[box[0] : box[1], box[2] : box[3]].copy())
                boxes.append(box)
                if progress is not None:
                    progress((step + 1 - first_step) / (steps - first_step))
        return self._path(source, target, first_step, start, incoming, boxes) if energy[target] >= 0 else None

    def _wider(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        rows, columns = self._shape
        return max(box[0] - 2, 0), min(box[1] + 2, rows), max(box[2] - 2, 0), min(box[3] + 2, columns)

    def _advance(
        self,
        pool: ThreadPoolExecutor,
        energy: NDArray[np.int32],
        after: NDArray[np.int32],
        incoming: NDArray[np.int8],
        step: int,
        box: tuple[int, int, int, int],
    ) -> None:
        gains, driving = self._gains_at(step)
        standing, capacity, floor = self._limits()

        def band(first: int) -> None:
            last = min(first + _BAND_ROWS, box[1])
            advance(
                energy,
                self._costs,
                gains,
                driving,
                standing,
                capacity,
                floor,
                first,
                last,
                box[2],
                box[3],
                after,
                incoming,
            )

        list(pool.map(band, range(box[0], box[1], _BAND_ROWS)))

    def _gains_at(self, step: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        gains = self._gains[self._light.sun_share[step]]
        if self._light.may_drive is None:
            return gains, gains
        return gains, np.where(self._light.may_drive[step], gains, np.int32(-CLOSED))

    def _limits(self) -> tuple[int, int, int]:
        standing_j = self._power.standing_power_w * self._light.step_s
        standing = min(int(np.ceil(standing_j / self._unit_j)), 2 * UNITS)
        return standing, UNITS, int(np.ceil(self._power.floor_j / self._unit_j))

    def _path(
        self,
        source: Cell,
        target: Cell,
        first_step: int,
        start: int,
        incoming: list[NDArray[np.int8]],
        boxes: list[tuple[int, int, int, int]],
    ) -> TimedPath:
        cells, taken = [target], []
        for incoming_step, box in zip(reversed(incoming), reversed(boxes), strict=True):
            row, column = cells[-1]
            step_code = int(incoming_step[row - box[0], column - box[2]])
            taken.append(step_code)
            down, across = (0, 0) if step_code == WAIT else STEPS[step_code]
            cells.append((row - int(down), column - int(across)))
        cells.reverse()
        taken.reverse()
        units = [start]
        for n, step_code in enumerate(taken):
            units.append(self._spent(units[-1], step_code, cells[n], cells[n + 1], first_step + n))
        return TimedPath(np.array(cells), np.array(units) * self._unit_j, first_step)

    def _spent(self, units: int, step_code: int, start: Cell, end: Cell, step: int) -> int:
        share = self._light.sun_share[step]
        standing, capacity, _ = self._limits()
        gain = int(self._gains[min(share[start], share[end])]) // STEP_BASE
        cost = 0 if step_code == WAIT else int(self._costs[step_code, start[0], start[1]]) // STEP_BASE
        return min(units + gain - cost - standing, capacity)
