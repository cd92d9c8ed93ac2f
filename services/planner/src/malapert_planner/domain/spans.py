"""Algebra of half-open spans, and the spans in which something may start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from malapert_planner.domain.problem import Activity, Condition, ConditionKind, ContactWindow, Place, Span


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the sorted disjoint union; spans that touch are merged."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersection(left: Sequence[Span], right: Sequence[Span]) -> tuple[Span, ...]:
    """Return the intersection of two sorted disjoint sets of half-open spans."""
    result: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            result.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def overlap_s(span: Span, other: Span) -> int:
    """Return for how many seconds two spans overlap."""
    return max(0, min(span[1], other[1]) - max(span[0], other[0]))


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
    return intersection(union(place.windows.get(condition.kind, ())), (horizon,))


def grid_starts(spans: Sequence[Span], duration_s: int, resolution_s: int) -> tuple[Span, ...]:
    """Return closed spans [lo, hi] of starts on the grid whose whole duration lies inside one of ``spans``."""
    starts = []
    for start, end in spans:
        low = -(-start // resolution_s) * resolution_s
        high = (end - duration_s) // resolution_s * resolution_s
        if low <= high:
            starts.append((low, high))
    return tuple(starts)


def shifted(spans: Sequence[Span], by_s: int) -> tuple[Span, ...]:
    """Return the spans moved by ``by_s`` seconds."""
    return tuple((start + by_s, end + by_s) for start, end in spans)
