"""How little and how much a reservoir may hold along a schedule, whatever course a use takes within its activity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from malapert_planner.domain.problem.resources import Reservoir
from malapert_planner.domain.schedule.schedule import PlacedActivity


def reservoir_range(reservoir: Reservoir, placed: Iterable[PlacedActivity]) -> tuple[float, float]:
    """Return the lowest and the highest level at any instant, in the reservoir's unit.

    The lowest counts what is consumed at an activity's start and what is produced at its end, the highest the other
    way round.
    """
    uses = {use.activity_id: use for use in reservoir.uses}
    lower: defaultdict[int, float] = defaultdict(float)
    upper: defaultdict[int, float] = defaultdict(float)
    for item in placed:
        use = uses.get(item.activity_id)
        if use is not None:
            start_s, end_s = item.span
            lower[start_s] -= use.consumed
            lower[end_s] += use.produced
            upper[start_s] += use.produced
            upper[end_s] -= use.consumed
    return _extreme(reservoir.start, lower, min), _extreme(reservoir.start, upper, max)


def _extreme(start: float, changes: dict[int, float], worse: Callable[[float, float], float]) -> float:
    level = found = start
    for time_s in sorted(changes):
        level += changes[time_s]
        found = worse(found, level)
    return found
