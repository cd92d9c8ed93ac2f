"""Integer units of the models, rounded to the safe side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.problem import PlanningProblem

MWH_PER_WH = 1000
PARTS = 10_000
"""Parts into which an amount is cut that is not whole."""
LARGEST_WHOLE = 1_000_000_000
"""Larger amounts are cut into parts even where they are whole, so that no sum of them overflows."""


@dataclass(frozen=True, slots=True)
class Units:
    """Scales: ``bit_per_unit`` bits are one unit of storage, one of value is ``value_scale`` points."""

    bit_per_unit: float
    value_scale: int

    @classmethod
    def of(cls, problem: PlanningProblem) -> Units:
        """Choose scales that keep every sum far below 2**53."""
        total = sum(abs(a.value) for a in problem.activities) + abs(problem.objective.fairness_weight)
        scale = 10 ** max(0, min(9, 9 - math.ceil(math.log10(max(total, 1e-9)))))
        return cls(bit_per_unit=max(1.0, problem.storage.capacity_bit / 1e7), value_scale=scale)

    def filled(self, data_bit: float) -> int:
        """Return storage taken, rounded up."""
        return math.ceil(data_bit / self.bit_per_unit - 1e-9)

    def drained(self, data_bit: float) -> int:
        """Return storage freed or available, rounded down."""
        return math.floor(data_bit / self.bit_per_unit + 1e-9)

    def points(self, value: float) -> int:
        """Return value in points of the objective."""
        return round(value * self.value_scale)


def drawn_mwh(energy_wh: float) -> int:
    """Return energy drawn or demanded, rounded up."""
    return math.ceil(energy_wh * MWH_PER_WH - 1e-6)


def supplied_mwh(energy_wh: float) -> int:
    """Return energy supplied or available, rounded down."""
    return math.floor(energy_wh * MWH_PER_WH + 1e-6)


def whole_unit(capacity: float, amounts: Iterable[float]) -> float:
    """Return the amount that counts as one: exact where everything is whole, else a small part of the largest."""
    values = (capacity, *amounts)
    if all(float(value).is_integer() for value in values) and max(values) <= LARGEST_WHOLE:
        return 1.0
    return max(*values, 1e-12) / PARTS
