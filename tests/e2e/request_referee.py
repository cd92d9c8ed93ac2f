"""A referee of what is asked for: windows, places, chains, repetitions and relations of requests, by the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from mission_figures import Finding, Span, quantity


class RequestReferee:
    """Looks at the requested activities of a plan.

    Parameters
    ----------
    document
        The mission's document.
    items
        The requested activities, as the plan has them.
    place_ids
        Places that a request which names none may be at.
    offset_s
        Seconds from the plan's start of a time.
    is_step
        Whether an activity is a step of the document: not a warm-up or a change of modes.
    """

    def __init__(
        self,
        document: dict[str, Any],
        items: list[dict[str, Any]],
        place_ids: set[str],
        offset_s: Callable[[str], float],
        is_step: Callable[[dict[str, Any]], bool],
    ) -> None:
        self._document, self._items, self._place_ids = document, items, place_ids
        self._offset_s, self._is_step = offset_s, is_step

    def _span(self, item: dict[str, Any]) -> Span:
        return self._offset_s(item["interval"]["start_time"]), self._offset_s(item["interval"]["end_time"])

    def findings(self) -> Iterator[Finding]:
        """Yield requests that break their own windows, places, chains, repetitions and relations."""
        asked = {each["id"]: each for each in self._document["requests"]}
        chains: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in self._items:
            chains[item["chain_id"] or item["activity_id"]].append(item)
        runs: dict[str, list[Span]] = defaultdict(list)
        for chain_id, items in chains.items():
            items.sort(key=self._span)
            spans = [self._span(item) for item in items]
            request = asked[items[0]["request_id"]]
            runs[request["id"]].append((spans[0][0], spans[-1][1]))
            yield from self._chain(chain_id, items, spans, request)
        for request_id, request in asked.items():
            series = request.get("repetition", {})
            wanted = series.get("least_count", series.get("count", 1)) if request.get("mandatory") else 0
            if (missing := wanted - len(runs[request_id])) > 0:
                yield Finding("mandatory", request_id, missing)
            if series:
                yield from self._series(request, sorted(runs[request_id]))
            for relation in request.get("relations", ()):
                yield from self._relation(request_id, relation, runs)

    def _chain(
        self, chain_id: str, items: list[dict[str, Any]], spans: list[Span], request: dict[str, Any]
    ) -> Iterator[Finding]:
        places = set(request.get("places", ())) or self._place_ids
        if "campaign" in request:
            named = request["campaign"].get("place_set")
            sets = {each["id"]: each["places"] for each in self._document.get("place_sets", ())}
            places = set(sets[named] if named else request["campaign"]["places"])
        if {item["place_id"] for item in items} - places or len({item["place_id"] for item in items}) > 1:
            yield Finding("places of the request", chain_id, 1.0)
        windows = [(self._offset_s(w["start"]), self._offset_s(w["end"])) for w in request.get("windows", ())]
        for item, span in zip(items, spans, strict=True):
            if windows and not any(start_s <= span[0] and span[1] <= end_s for start_s, end_s in windows):
                yield Finding("windows of the request", item["activity_id"], 1.0)
        steps = [(item, span) for item, span in zip(items, spans, strict=True) if self._is_step(item)]
        for (_, before), (item, after) in pairwise(steps):
            if after[0] < before[1]:
                yield Finding("order of steps", item["activity_id"], before[1] - after[0])

    def _series(self, request: dict[str, Any], spans: list[Span]) -> Iterator[Finding]:
        """Yield starts that are too near to each other or too far, or, where missed ones are skipped, not in time."""
        series = request["repetition"]
        period_s, tolerance_s = quantity(series["period"]), quantity(series["tolerance"])
        if series.get("when_missed") == "skip":
            first_s = min((self._offset_s(each["start"]) for each in request.get("windows", ())), default=0.0)
            numbers = [round((start_s - first_s) / period_s) for start_s, _ in spans]
            for number, (start_s, _) in zip(numbers, spans, strict=True):
                off_s = abs(start_s - first_s - number * period_s) - tolerance_s
                if off_s > 0 or numbers.count(number) > 1 or not 0 <= number < series["count"]:
                    yield Finding("repetition in its time", request["id"], off_s)
            return
        most_s = max(period_s + tolerance_s, quantity(series.get("largest_gap", "0 s")))
        for before, after in pairwise(spans):
            apart_s = after[0] - before[0]
            if (off_s := max(period_s - tolerance_s - apart_s, apart_s - most_s)) > 0:
                yield Finding("repetition", request["id"], off_s)

    def _relation(self, request_id: str, relation: dict[str, Any], runs: dict[str, list[Span]]) -> Iterator[Finding]:
        own, other = runs[request_id], runs[relation["request"]]
        kind, name = relation["kind"], f"{request_id} {relation['kind']} {relation['request']}"
        if kind == "requires" and own and not other:
            yield Finding("relation", name, 1.0)
        if kind == "excludes" and own and other:
            yield Finding("relation", name, 1.0)
        if not own or not other:
            return
        if kind == "not_with":
            for mine in own:
                both_s = max((min(mine[1], its[1]) - max(mine[0], its[0]) for its in other), default=0.0)
                if both_s > 0:
                    yield Finding("relation", name, both_s)
        if kind in ("after", "before"):
            first, second = (other, own) if kind == "after" else (own, other)
            lag_s = min(span[0] for span in second) - max(span[1] for span in first)
            least_s = quantity(relation.get("min_lag", "0 s"))
            most_s = quantity(relation["max_lag"]) if "max_lag" in relation else np.inf
            if not least_s <= lag_s <= most_s:
                yield Finding("relation", name, max(least_s - lag_s, lag_s - most_s))
