"""Where activities could be under way, and drives begin, whatever else a schedule holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.allowed_spans import allowed_spans, grid_starts, holding_spans
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.off_limits import within_limits
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection, union
from malapert_planner.domain.problem.ways import departures, kinds_on_the_way

Spans = tuple[Span, ...]


class Opportunities:
    """The spans of a problem; what several activities or drives ask for is worked out once."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._problem = problem
        self._horizon: Spans = ((0, problem.horizon_s),)
        self._places = {place.place_id: place for place in problem.places}
        self._points = {point.point_id: point for point in problem.route_points}
        self._windows: dict[str, list[ContactWindow]] = defaultdict(list)
        for window in problem.contact_windows:
            self._windows[window.place_id].append(window)
        self._holding: dict[tuple[Condition, str], Spans] = {}
        self._spans: dict[Hashable, Spans] = {}
        self._opened: dict[str, Spans] = {}

    def of_activity(self, activity: Activity, place_id: str) -> Spans:
        """Return where an activity could be under way at a place: its windows, its conditions, contact as potential."""
        key = (activity.windows, activity.place_windows, activity.conditions, place_id)
        if key not in self._spans:
            spans = intersection(allowed_spans(activity, place_id, self._horizon[0]), self._open(place_id))
            for condition in activity.conditions:
                spans = intersection(spans, self._where(condition, place_id))
            self._spans[key] = spans
        return self._spans[key]

    def starts_of_drive(self, drive: Drive) -> Spans:
        """Return allowed starts of a drive: every condition holds at both ends; contact by stations that see both.

        Light is not asked of ends that are dark places. Where its way is stated they hold at every point of it too.
        """
        ends, rule = (drive.from_place_id, drive.to_place_id), self._problem.drive_rule
        spans = intersection(self._open(ends[0]), self._open(ends[1]))
        for condition in rule.conditions:
            if condition.kind is ConditionKind.CONTACT:
                spans = intersection(spans, self._tracked(condition, ends))
                continue
            lit = condition.kind is ConditionKind.ILLUMINATION
            for place_id in ends:
                if not (lit and place_id in rule.dark_place_ids):
                    spans = intersection(spans, self._where(condition, place_id))
        starts = grid_starts(spans, drive.duration_s, self._problem.resolution_s)
        if not drive.passages:
            return starts
        allowed = departures(drive, kinds_on_the_way(drive, rule), self._points, self._horizon[0][1])
        both = intersection(tuple((first, last + 1) for first, last in starts), allowed)
        return grid_starts(both, 1, self._problem.resolution_s)

    def _tracked(self, condition: Condition, ends: tuple[str, str]) -> Spans:
        """Return where some station of a condition could be had at both ends."""
        both: list[Span] = []
        stations = condition.station_ids or {window.station_id for window in self._windows[ends[0]]}
        for station_id in sorted(stations):
            one = Condition(ConditionKind.CONTACT, (station_id,))
            both.extend(intersection(self._where(one, ends[0]), self._where(one, ends[1])))
        return union(both)

    def _open(self, place_id: str) -> Spans:
        """Return when a place is not off limits."""
        if place_id not in self._opened:
            self._opened[place_id] = within_limits(self._problem, self._places[place_id])
        return self._opened[place_id]

    def _where(self, condition: Condition, place_id: str) -> Spans:
        key = (condition, place_id)
        if key not in self._holding:
            windows = self._windows[place_id]
            self._holding[key] = holding_spans(condition, self._places[place_id], windows, self._horizon[0])
        return self._holding[key]
