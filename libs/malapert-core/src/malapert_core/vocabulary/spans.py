"""Half-open spans in seconds after some start, and their algebra."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""A half-open interval [start_s, end_s) in seconds after some start."""


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


def shifted(spans: Sequence[Span], by_s: int) -> tuple[Span, ...]:
    """Return the spans moved by ``by_s`` seconds."""
    return tuple((start + by_s, end + by_s) for start, end in spans)
