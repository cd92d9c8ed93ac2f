"""Numbers that say their unit, where they come from and how far they may be trusted."""

from dataclasses import dataclass
from enum import IntEnum


class Confidence(IntEnum):
    """Confidence in a figure, numbered as in the contract."""

    UNSPECIFIED = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    DERIVED = 4
    UNVERIFIED = 5
    ASSUMPTION = 6


DOUBTFUL = frozenset({Confidence.LOW, Confidence.UNVERIFIED, Confidence.ASSUMPTION})
"""Confidences that a reader is told of wherever a figure is shown."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit (UCUM), source and confidence."""

    value: float
    unit: str
    source: str
    confidence: Confidence
