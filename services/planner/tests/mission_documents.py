"""The reference missions for tests, and how to change them."""

import copy
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from malapert_core.documents.yaml_text import read_yaml_tree

MISSIONS = Path(__file__).parents[3] / "missions"
EPHEMERIS_SPAN = (datetime(2000, 1, 2, tzinfo=UTC), datetime(2050, 12, 31, tzinfo=UTC))


def load_mission(name: str) -> dict[str, Any]:
    """Return a reference mission's raw document, which a test may change."""
    return copy.deepcopy(_as_written(name))


@cache
def _as_written(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = read_yaml_tree((MISSIONS / f"{name}.yaml").read_bytes()).plain()
    return raw


def changed(raw: dict[str, Any], **changes: Any) -> bytes:
    """Return a document as JSON with values set by path, dots written as ``__``; None removes a field."""
    document = copy.deepcopy(raw)
    for path, value in changes.items():
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        target: Any = document
        for part in parents:
            target = target[part]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return json.dumps(document).encode()
