"""Figures and times as a mission's document has them, and what is found not to hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

MINUTE_S = 60
Span = tuple[float, float]
_UNITS = {
    "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "%": 0.01, "W": 1.0, "kW": 1e3, "Wh": 1.0, "kWh": 1e3,
    "m": 1.0, "km": 1e3, "B": 8.0, "kB": 8e3, "MB": 8e6, "GB": 8e9, "bit": 1.0, "kbit": 1e3, "Mbit": 1e6, "Gbit": 1e9,
    "bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Hz": 1.0, "MHz": 1e6, "GHz": 1e9, "dB": 1.0, "dBW": 1.0, "deg": 1.0,
    "K": 1.0, "W/K": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What of a plan does not hold, of which item, and by how much."""

    rule: str
    item: str
    amount: float
    text: str = ""


def quantity(figure: Any) -> float:
    """Return a figure of the document in s, W, Wh, m, bit, bit/s, Hz, dB, as a share or as a number."""
    text = figure["value"] if isinstance(figure, dict) else figure
    found = re.fullmatch(r"\s*([-+0-9.eE]+)\s*(\S*)\s*", str(text))
    if found is None:
        raise ValueError(f"no figure: {figure!r}")
    return float(found[1]) * (_UNITS[found[2]] if found[2] else 1.0)


def value_of(figure: Any) -> float:
    return float(figure["value"]) if isinstance(figure, dict) else float(figure)


def minutes_of(span: Span) -> np.ndarray:
    """Return the minutes of a span, its very ends left a second inside."""
    return np.append(np.arange(span[0] + 1.0, span[1] - 1.0, MINUTE_S), span[1] - 1.0)


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
