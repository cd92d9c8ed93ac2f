"""What a mission's document says of margins, read by itself: factors on what a plan counts on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mission_figures import Finding, quantity

_ROUNDING = 1e-6


class StatedMargins:
    """Margins of a document; of one that states none every factor is 1."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._given = document.get("margins") or {}
        self._sigmas = quantity(self._given.get("sigmas", 0))
        self.light_edge_s = self._sigmas * quantity(self._given.get("light_edge", "0 s"))
        self.storage = 1.0 - quantity(self._given.get("storage", 0))

    def more(self, name: str) -> float:
        """Return by what factor something is counted on to be more."""
        return max(1.0, self._at(self._given.get(name), self._sigmas))

    def less(self, name: str) -> float:
        """Return by what factor something is counted on to be less."""
        return min(1.0, self._at(self._given.get(name), -self._sigmas))

    def duration(self, activity_type_id: str, resource_ids: list[str]) -> float:
        """Return the factor on an activity's duration: that of the first class that holds it."""
        for each in self._given.get("activity_classes", ()):
            if activity_type_id in each.get("activity_types", ()) or {*each.get("resources", ())} & {*resource_ids}:
                return max(1.0, self._at(each["duration"], self._sigmas))
        return self.more("activity_duration")

    def short(self, items: list[dict[str, Any]], length_s: Callable[[dict[str, Any]], float]) -> Iterator[Finding]:
        """Yield requested activities that take less than predicted with their margin, by what is published of them."""
        for item in items:
            whole_s, margin_s = length_s(item), item.get("margin_s", 0.0)
            wanted_s = (whole_s - margin_s) * self.duration(item["activity_type_id"], item["resource_ids"])
            if whole_s < wanted_s - _ROUNDING:
                yield Finding("margin of the duration", item["activity_id"], wanted_s - whole_s)

    @staticmethod
    def _at(spread: dict[str, Any] | None, sigmas: float) -> float:
        if spread is None:
            return 1.0
        factor = quantity(spread["mean"]) + sigmas * quantity(spread["sigma"])
        return min(max(factor, quantity(spread.get("least", 0))), quantity(spread.get("most", 10)))
