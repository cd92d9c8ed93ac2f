"""Provenance of a result: software, inputs and parameters, enough to compute it again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input of a result, by content."""

    kind: str
    name: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Inputs, parameters, software and declared assumptions of a result."""

    inputs: tuple[InputRecord, ...]
    parameters: dict[str, str]
    software: str
    created_time: datetime
    synthetic_terrain: bool
    notes: tuple[str, ...]
