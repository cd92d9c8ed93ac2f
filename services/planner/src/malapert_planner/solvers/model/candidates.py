"""Candidate starts: the instants at which a model may start something."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.scope import Scope


def start_times(
    spans: Sequence[Span], duration_s: int, scope: Scope, step_s: int, extra: Iterable[int] = ()
) -> list[int]:
    """Return starts inside the closed spans and the scope.

    Taken are the first start of every span, multiples of the step, the last start of spans without any (so that no
    window is lost to the step), and those of ``extra`` that are allowed.
    """
    first, last = scope.span[0], scope.span[1] - duration_s
    chosen: set[int] = set()
    for low, high in spans:
        low, high = max(low, first), min(high, last)
        if low > high:
            continue
        steps = range(-(-low // step_s) * step_s, high + 1, step_s)
        chosen.update(steps or (high,))
        chosen.add(low)
        chosen.update(time for time in extra if low <= time <= high)
    return sorted(chosen)


def holds(spans: Sequence[Span], time_s: int) -> bool:
    """Return whether an instant lies in one of some sorted closed spans."""
    index = bisect_right(spans, (time_s, math.inf)) - 1
    return index >= 0 and time_s <= spans[index][1]
