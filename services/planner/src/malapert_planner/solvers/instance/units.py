"""Integer units of the models, rounded to the safe side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from malapert_planner.domain.problem.problem import PlanningProblem

MWH_PER_WH = 1000
PARTS = 10_000
"""Parts into which an amount is cut that is not whole."""
DECIMALS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
"""Parts of one of which decimal fractions are whole multiples."""
LARGEST_DENOMINATOR = 1000
"""Other fractions, such as a third, are counted exactly up to this denominator."""
ROUNDING = 2.0**-50
"""Part of a count by which products and quotients of decimal fractions may be off."""
LEVEL_GUARD = 2e-9
"""Part of a capacity by which a level may be beyond its limits: twice the validator's tolerance."""
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


def exact_unit(capacity: float, amounts: Iterable[float]) -> float | None:
    """Return an amount that all are whole multiples of; None where there is none, or it is too small."""
    values = (capacity, *amounts)
    for parts in (*DECIMALS, _common_denominator(values)):
        if max(values) * parts <= LARGEST_WHOLE and all(_is_whole(value * parts) for value in values):
            return 1.0 / parts
    return None


def whole_unit(capacity: float, amounts: Iterable[float]) -> float:
    """Return the amount that counts as one: exact where all are multiples of it, else a small part of the largest."""
    values = (capacity, *amounts)
    return exact_unit(values[0], values[1:]) or max(*values, 1e-12) / PARTS


def counts_exactly(problem: PlanningProblem) -> bool:
    """Return whether no amount of what is shared, limited or stored is rounded in a model."""
    shared = [(each.capacity, [use.amount for use in each.uses]) for each in problem.cumulative_resources]
    limited = [(each.capacity, [use.amount for use in each.uses]) for each in problem.limits]
    stored = [
        (each.capacity, [each.start, *(amount for use in each.uses for amount in (use.consumed, use.produced))])
        for each in problem.reservoirs
    ]
    return all(exact_unit(capacity, amounts) is not None for capacity, amounts in (*shared, *limited, *stored))


def rounded_up(count: float) -> int:
    """Return a count of whole units, rounded up unless only rounding keeps it from being whole."""
    return round(count) if _is_whole(count) else math.ceil(count)


def rounded_down(count: float) -> int:
    """Return a count of whole units, rounded down unless only rounding keeps it from being whole."""
    return round(count) if _is_whole(count) else math.floor(count)


def loosened(limit: float, capacity: float) -> float:
    """Return a limit of something with a capacity, beyond which the validator surely accepts nothing."""
    return limit + LEVEL_GUARD * max(1.0, abs(capacity))


def _is_whole(count: float) -> bool:
    return abs(count - round(count)) <= ROUNDING * abs(count)


def _common_denominator(values: Iterable[float]) -> int:
    denominators = (Fraction(value).limit_denominator(LARGEST_DENOMINATOR).denominator for value in values)
    # A unit is well above the validator's tolerance.
    return min(math.lcm(*denominators), LARGEST_WHOLE // 10)
