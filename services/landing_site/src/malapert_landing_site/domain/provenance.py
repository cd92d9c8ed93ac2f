"""Provenance of a result: software, inputs and parameters, enough to compute it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from malapert_core.vocabulary.provenance import Provenance


def provenance_tag(provenance: Provenance) -> str:
    """Return a provenance as JSON in ASCII, for a file that carries it."""
    values = asdict(provenance)
    del values["created_time"]
    return json.dumps(values)


def content_key(*parts: object) -> str:
    """Hex digest of values that determine a result; datetimes and dataclasses must be given as text or dicts."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
