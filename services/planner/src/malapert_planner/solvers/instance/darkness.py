"""How long a schedule is in the dark: without any of the Sun where the asset is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection, union
from malapert_planner.domain.schedule.schedule import PlacedDrive

Ends = tuple[str, str]


@dataclass(frozen=True)
class Darkness:
    """When there is light at each place, and how long the asset may be without; ``most_s`` 0 allows any time."""

    most_s: int
    since_s: int
    horizon_s: int
    start_place_id: str
    lit_at: dict[str, tuple[Span, ...]]
    _both: dict[Ends, tuple[Span, ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, problem: PlanningProblem) -> Darkness:
        """Return the limit of a problem."""
        rule = problem.night_rule
        most_s = rule.max_dark_s if rule and not problem.is_placeless else 0
        lit = {
            place.place_id: union(place.windows.get(ConditionKind.ILLUMINATION, ()))
            for place in (problem.places if most_s else ())
        }
        return cls(most_s, problem.now_s, problem.horizon_s, problem.start_place_id, lit)

    def lit(self, ends: Ends, span: Span) -> Sequence[Span]:
        """Return when within a span there is light at a place, or at both ends of a drive."""
        if ends not in self._both:
            self._both[ends] = intersection(self.lit_at.get(ends[0], ()), self.lit_at.get(ends[1], ()))
        spans = self._both[ends]
        first = max(0, bisect_right(spans, (span[0], span[0])) - 1)
        after = bisect_right(spans, (span[1], span[1]))
        return intersection(spans[first:after], (span,))

    def spells(self, drives: Iterable[PlacedDrive]) -> Iterator[Span]:
        """Yield the spans, from now to the horizon, without light where the asset is along drives in order."""
        dark_since_s = self.since_s
        for ends, span in self._legs(drives):
            for start_s, end_s in self.lit(ends, span) if span[0] < span[1] else ():
                if start_s > dark_since_s:
                    yield dark_since_s, start_s
                dark_since_s = max(dark_since_s, end_s)
        if dark_since_s < self.horizon_s:
            yield dark_since_s, self.horizon_s

    def too_long(self, drives: Iterable[PlacedDrive]) -> Span | None:
        """Return the first span that is too long without light, None where none is."""
        if not self.most_s:
            return None
        return next((spell for spell in self.spells(drives) if spell[1] - spell[0] > self.most_s), None)

    def is_kept(self, drives: Iterable[PlacedDrive]) -> bool:
        """Return whether the asset is never too long in the dark."""
        return self.too_long(drives) is None

    def before_s(self, drives: Iterable[PlacedDrive], time_s: int) -> int:
        """Return for how long the asset is in the dark at an instant."""
        if not self.most_s:
            return 0
        return next((time_s - start_s for start_s, end_s in self.spells(drives) if start_s < time_s <= end_s), 0)

    def left_s(self, drives: Sequence[PlacedDrive], time_s: int, place_ids: Iterable[str]) -> dict[str, int]:
        """Return for how long the asset may have been in the dark at an instant, by where it is then.

        Below zero where all that follows is too long by itself.
        """
        if not self.most_s:
            return {}
        later = [drive for drive in drives if drive.span[0] >= time_s]
        found = dict[str, int]()
        for place_id in place_ids:
            here = Darkness(self.most_s, time_s, self.horizon_s, place_id, self.lit_at, self._both)
            first = next(here.spells(later), (time_s, time_s))
            found[place_id] = self.most_s - (first[1] - first[0] if first[0] == time_s else 0)
        return found

    def _legs(self, drives: Iterable[PlacedDrive]) -> Iterator[tuple[Ends, Span]]:
        place_id, since_s = self.start_place_id, 0
        for drive in drives:
            yield (place_id, place_id), (since_s, drive.span[0])
            yield (drive.from_place_id, drive.to_place_id), drive.span
            place_id, since_s = drive.to_place_id, drive.span[1]
        yield (place_id, place_id), (since_s, self.horizon_s)
