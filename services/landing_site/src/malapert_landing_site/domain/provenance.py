"""Provenance of a result: software, inputs and parameters, enough to compute it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True)
class InputRecord:
    """One input of a result, by content."""

    kind: str
    name: str
    content_hash: str


@dataclass(frozen=True)
class Provenance:
    """Inputs, parameters, software and declared assumptions of a result."""

    inputs: tuple[InputRecord, ...]
    parameters: dict[str, str]
    software: str
    created_time: datetime
    synthetic_terrain: bool
    notes: tuple[str, ...]

    def tag(self) -> str:
        """Return it as JSON in ASCII, for a file that carries it."""
        values = asdict(self)
        del values["created_time"]
        return json.dumps(values)


def content_key(*parts: object) -> str:
    """Hex digest of values that determine a result; datetimes and dataclasses must be given as text or dicts."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
