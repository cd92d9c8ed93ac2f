"""The rhythm of contacts: how long a schedule is silent while a contact could be held."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection, union
from malapert_planner.domain.schedule.schedule import PlacedContact, PlacedDrive, Schedule

Seconds = NDArray[np.float64]
Ends = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Silence:
    """A span without a contact that lasts too long; the next contact begins by ``due_s`` at the latest."""

    span: Span
    due_s: int


@dataclass(frozen=True)
class Rhythm:
    """When contacts could be held at each place, and how much of that may pass without one; 0 allows any silence."""

    most_s: int
    since_s: int
    horizon_s: int
    start_place_id: str
    reached_at: dict[str, tuple[Span, ...]]
    _sums: dict[Ends, tuple[Seconds, Seconds]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, problem: PlanningProblem) -> Rhythm:
        """Return the rhythm that a problem asks for."""
        windows: dict[str, list[Span]] = defaultdict(list)
        most_s = 0 if problem.is_placeless else problem.max_silence_s
        for window in problem.contact_windows if most_s else ():
            windows[window.place_id].append(window.span)
        reached = {place_id: union(spans) for place_id, spans in windows.items()}
        return cls(most_s, problem.now_s, problem.horizon_s, problem.start_place_id, reached)

    def legs(self, drives: Iterable[PlacedDrive]) -> list[tuple[Ends, Span]]:
        """Return where the asset is over the whole horizon."""
        place_id, since, found = self.start_place_id, 0, list[tuple[Ends, Span]]()
        for drive in drives:
            found.append(((place_id, place_id), (since, drive.span[0])))
            found.append(((drive.from_place_id, drive.to_place_id), drive.span))
            place_id, since = drive.to_place_id, drive.span[1]
        return [*found, ((place_id, place_id), (since, self.horizon_s))]

    def counted_s(self, ends: Ends, times_s: Sequence[int] | Seconds) -> Seconds:
        """Return for how long a contact could be held up to some instants at a place, or at both ends of a drive."""
        if ends not in self._sums:
            spans = intersection(self.reached_at.get(ends[0], ()), self.reached_at.get(ends[1], ()))
            edges = np.array([0, *(edge for span in spans for edge in span)], dtype=np.float64)
            steps = np.diff(edges)
            steps[::2] = 0.0
            self._sums[ends] = edges, np.concatenate([[0.0], np.cumsum(steps)])
        edges, sums = self._sums[ends]
        return np.asarray(np.interp(times_s, edges, sums))

    def along(self, drives: Iterable[PlacedDrive], times_s: Seconds) -> Seconds:
        """Return for how long a contact could be held up to some sorted instants, along drives."""
        found, before = np.zeros(times_s.size), 0.0
        for ends, span in self.legs(drives):
            first, after = np.searchsorted(times_s, span)
            begun, done = self.counted_s(ends, span)
            found[first:after] = before + self.counted_s(ends, times_s[first:after]) - begun
            before += done - begun
        found[times_s >= self.horizon_s] = before
        return found

    def too_long(
        self, drives: Sequence[PlacedDrive], contacts: Iterable[Span], until_s: int | None = None
    ) -> list[Silence]:
        """Return the silences that last too long from now, or a frozen contact on, to an instant or the horizon."""
        if not self.most_s:
            return []
        until_s = self.horizon_s if until_s is None else until_s
        held = [span for span in union(contacts) if span[1] > self.since_s and span[0] < until_s]
        edges = [self.since_s, *(min(edge, until_s) for span in held for edge in span), until_s]
        sums = self.along(drives, np.maximum(np.array(edges, dtype=np.float64), self.since_s))
        late = np.flatnonzero(sums[1::2] - sums[::2] > self.most_s)
        return [
            Silence((max(edges[2 * n], self.since_s), edges[2 * n + 1]), self._due_s(drives, float(sums[2 * n])))
            for n in late.tolist()
        ]

    def _due_s(self, drives: Sequence[PlacedDrive], begun: float) -> int:
        """Return the instant until which as much is counted as is allowed after so much was."""
        wanted, before = begun + self.most_s, 0.0
        for ends, span in self.legs(drives):
            since, done = self.counted_s(ends, span)
            if before + done - since >= wanted:
                edges, sums = self._sums[ends]
                passed = wanted - before + since
                knot = bisect_left(sums.tolist(), passed) - 1
                return int(edges[knot] + passed - sums[knot])
            before += done - since
        return self.horizon_s

    def is_kept(
        self, drives: Sequence[PlacedDrive], contacts: Iterable[PlacedContact], until_s: int | None = None
    ) -> bool:
        """Return whether no silence lasts too long."""
        return not self.most_s or not self.too_long(drives, (contact.span for contact in contacts), until_s)

    def between_s(self, drives: Iterable[PlacedDrive], span: Span) -> int:
        """Return for how long a contact could be held within a span, along drives."""
        return round(float(np.diff(self.along(drives, np.array(span, dtype=np.float64)))[0]))

    def before_s(self, schedule: Schedule, time_s: int) -> int:
        """Return what is counted at an instant of a silence since the contact before it, or since now."""
        if not self.most_s:
            return 0
        since_s = max((c.span[1] for c in schedule.contacts if c.span[0] < time_s), default=0)
        return self.between_s(schedule.drives, (min(max(since_s, self.since_s), time_s), time_s))

    def left_s(self, schedule: Schedule, time_s: int, place_ids: Iterable[str]) -> dict[str, int]:
        """Return what may be counted of a silence at an instant, by where the asset is then, as all that follows is.

        What lasts too long after it whatever was before sets no limit.
        """
        if not self.most_s:
            return {}
        until_s = min((c.span[0] for c in schedule.contacts if c.span[0] >= time_s), default=self.horizon_s)
        later, found = [drive for drive in schedule.drives if drive.span[0] >= time_s], dict[str, int]()
        for place_id in place_ids:
            after_s = replace(self, start_place_id=place_id).between_s(later, (time_s, until_s))
            found[place_id] = self.most_s - after_s if after_s <= self.most_s else self.most_s
        return found
