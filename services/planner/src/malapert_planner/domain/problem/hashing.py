"""Content hashes of problems and schedules: sha256 over canonical JSON.

Canonical JSON has sorted keys, no white space, whole floats written as integers, times in UTC. Where the order of a
tuple has no meaning (objects, identifiers, spans) its items are sorted; tuples of numbers keep their order.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import numpy as np

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule

_LEFT_OUT_WHERE_EMPTY = frozenset(
    {
        "antenna_quotas",
        "closed_spans",
        "hand_over_s",
        "heated",
        "heater_w",
        "holds",
        "least_generation",
        "least_rate_bps",
        "least_sun",
        "makes",
        "margin_s",
        "margins",
        "max_silence_s",
        "needs_quiet",
        "night_rule",
        "passages",
        "route_points",
        "sun_shares",
        "unattainable",
    }
)
"""Fields that were added since: a problem without them keeps its hash."""


def problem_hash(problem: PlanningProblem) -> str:
    """Return the sha256 of a problem in hexadecimal; the order of its objects does not matter."""
    return _sha256(problem)


def schedule_hash(schedule: Schedule) -> str:
    """Return the sha256 of a schedule in hexadecimal; the order of its items does not matter."""
    return _sha256(schedule)


def canonical_json(value: Any) -> str:
    """Return the canonical JSON of a value of dataclasses, mappings, tuples, enums, times and numbers.

    Raises
    ------
    ValueError
        For a number that is not finite or a time without a zone.
    TypeError
        For any other type.
    """
    return _dump(_plain(value))


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _dump(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return _plain_number(value)
    if isinstance(value, datetime):
        return _plain_time(value)
    if dataclasses.is_dataclass(value):
        values = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: _plain(each) for name, each in values.items() if each or name not in _LEFT_OUT_WHERE_EMPTY}
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return _plain_items(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _plain_items(items: tuple[Any, ...] | list[Any]) -> list[Any]:
    plain = [_plain(item) for item in items]
    if all(isinstance(item, int | float) for item in plain):
        return plain
    return sorted(plain, key=_dump)


def _plain_number(number: float) -> int | float:
    if not math.isfinite(number):
        raise ValueError(f"{number} has no canonical form")
    return int(number) if number.is_integer() else number


def _plain_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a time needs a zone")
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
