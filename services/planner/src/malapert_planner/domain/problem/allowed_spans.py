"""The spans in which something may be under way, or may start."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.spans import Span, intersection, union


def allowed_spans(activity: Activity, place_id: str, horizon: Span) -> tuple[Span, ...]:
    """Return the windows of an activity at a place, whatever its conditions."""
    spans = intersection(union(activity.windows), (horizon,)) if activity.windows else (horizon,)
    for named, windows in activity.place_windows:
        if named == place_id:
            spans = intersection(spans, union(windows))
    return spans


def holding_spans(
    condition: Condition, place: Place, contacts: Sequence[ContactWindow], horizon: Span
) -> tuple[Span, ...]:
    """Return where a condition can hold at a place; for CONTACT, where one of its stations could be booked."""
    if condition.kind is ConditionKind.SILENCE:
        return (horizon,)
    if condition.kind is ConditionKind.CONTACT:
        stations = condition.station_ids
        return intersection(
            union(
                w.span for w in contacts if w.place_id == place.place_id and (not stations or w.station_id in stations)
            ),
            (horizon,),
        )
    return intersection(union(place.spans_of(condition)), (horizon,))


def grid_starts(spans: Sequence[Span], duration_s: int, resolution_s: int) -> tuple[Span, ...]:
    """Return closed spans [lo, hi] of starts on the grid whose whole duration lies inside one of ``spans``."""
    starts = []
    for start, end in spans:
        low = -(-start // resolution_s) * resolution_s
        high = (end - duration_s) // resolution_s * resolution_s
        if low <= high:
            starts.append((low, high))
    return tuple(starts)
