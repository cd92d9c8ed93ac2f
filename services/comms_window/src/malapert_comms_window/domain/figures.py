"""Numbers that say where they come from."""

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How far a figure may be trusted, by the words of the catalogue; not stated is not better than assumed."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    DERIVED = "derived"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"
    UNSPECIFIED = ASSUMPTION


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, its source and how far it may be trusted."""

    value: float
    unit: str
    source: str
    confidence: Confidence
