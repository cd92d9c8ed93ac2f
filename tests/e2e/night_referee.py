"""The referee's own account of nights: Earth and Sun over the skylines of where the asset is, by the minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from mission_figures import MINUTE_S, Finding, Span, quantity
from sky import Sky, seen_km

EDGE_S = 300.0
"""By how much an edge may differ by the precision of skylines and the sampling by the minute."""


@dataclass(frozen=True)
class NightSky:
    """Minutes of a plan with light, and with the Earth, at its places."""

    sky: Sky
    points: dict[str, dict[str, float]]
    start_et_s: float
    end_s: float

    @property
    def times_s(self) -> np.ndarray:
        return np.arange(0.0, self.end_s, MINUTE_S)

    def lit(self, place_id: str) -> np.ndarray:
        above_deg, radius_deg = self.sky.above("light", self.points[place_id], self._seen("SUN"))
        return np.asarray(above_deg + radius_deg > 0.0)

    def earth(self, place_id: str) -> np.ndarray:
        above_deg, _ = self.sky.above("station", self.points[place_id], self._seen("EARTH"))
        return np.asarray(above_deg > 0.0)

    def _seen(self, body: str) -> np.ndarray:
        return seen_km(body, self.start_et_s + self.times_s)


def night_findings(
    rule: dict[str, Any], sky: NightSky, stays: Iterable[tuple[str, Span]], asset_id: str
) -> Iterator[Finding]:
    """Yield where the asset is away from a haven in a long night of the Earth, and where it is too long in the dark."""
    times_s, where = sky.times_s, list(stays)
    at = {place_id: np.zeros(len(times_s), bool) for place_id, _ in where}
    for place_id, span in where:
        at[place_id] |= (times_s >= span[0]) & (times_s < span[1])
    if "max_dark" in rule:
        dark = np.zeros(len(times_s), bool)
        for place_id, here in at.items():
            dark |= here & ~sky.lit(place_id)
        for start, end in _runs(dark):
            if (over_s := (end - start) * MINUTE_S - quantity(rule["max_dark"])) > EDGE_S:
                yield Finding("time in the dark", asset_id, over_s, f"from {times_s[start]:.0f} s on")
    for place_id, here in at.items() if "max_without_earth" in rule else ():
        if place_id in rule["havens"]:
            continue
        for start, end in _runs(~sky.earth(place_id)):
            if (end - start) * MINUTE_S - quantity(rule["max_without_earth"]) > EDGE_S:
                away_s = float(here[start:end].sum()) * MINUTE_S
                if away_s > EDGE_S:
                    yield Finding("haven in the Earth's night", place_id, away_s, f"from {times_s[start]:.0f} s on")


def heater_w(thermal: dict[str, Any], sky: NightSky, stays: Iterable[tuple[str, Span]]) -> np.ndarray:
    """Return what heaters draw at each minute, of a node whose temperature is followed at each place from sunset on."""
    lit, least, dark = (quantity(thermal[f"{name}_temperature"]) for name in ("lit", "least", "dark"))
    times_s, drawn = sky.times_s, np.zeros(len(sky.times_s))
    keep = np.exp(-MINUTE_S / quantity(thermal["time_constant"]))
    for place_id, span in stays:
        temperature, cold = least, np.zeros(len(times_s), bool)
        for minute, is_lit in enumerate(sky.lit(place_id)):
            temperature = lit if is_lit else max(least, dark + (temperature - dark) * keep)
            cold[minute] = not is_lit and temperature <= least
        here = (times_s >= span[0]) & (times_s < span[1]) & cold
        drawn[here] = quantity(thermal["conductance"]) * (least - dark)
    return drawn


def _runs(holds: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], holds.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
