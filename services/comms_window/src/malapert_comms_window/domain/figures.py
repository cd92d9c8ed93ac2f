"""Numbers that say where they come from."""

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How far a figure may be trusted."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    DERIVED = "derived"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, its source and how far it may be trusted."""

    value: float
    unit: str
    source: str
    confidence: Confidence
