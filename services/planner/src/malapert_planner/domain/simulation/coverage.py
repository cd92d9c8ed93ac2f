"""Unions of half-open spans: what of a span they leave uncovered."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from malapert_planner.domain.problem.spans import Span


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the union of spans as sorted, disjoint spans that do not touch."""
    union: list[Span] = []
    for start_s, end_s in sorted(spans):
        if union and start_s <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end_s))
        elif start_s < end_s:
            union.append((start_s, end_s))
    return tuple(union)


def overlap_s(first: Span, second: Span) -> int:
    """Return how long two spans hold at once, 0 where they do not meet."""
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))


def uncovered(span: Span, union: Sequence[Span]) -> tuple[Span, ...]:
    """Return the parts of a span outside a union of sorted, disjoint spans."""
    gaps: list[Span] = []
    reached_s, end_s = span
    for index in range(max(0, bisect_right(union, (reached_s, math.inf)) - 1), len(union)):
        window_start_s, window_end_s = union[index]
        if window_start_s >= end_s:
            break
        if window_start_s > reached_s:
            gaps.append((reached_s, window_start_s))
        reached_s = max(reached_s, window_end_s)
    if reached_s < end_s:
        gaps.append((reached_s, end_s))
    return tuple(gaps)
