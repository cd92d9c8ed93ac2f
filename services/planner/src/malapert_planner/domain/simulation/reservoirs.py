"""Levels of reservoirs along a schedule, whatever course an activity's use takes within its span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.resources import Reservoir
from malapert_planner.domain.schedule.schedule import PlacedActivity


@dataclass(frozen=True, slots=True)
class Level:
    """Level of a reservoir from an instant on: ``least`` at the worst for its bottom, ``most`` for its brim."""

    time_s: int
    least: float
    most: float


def reservoir_levels(reservoir: Reservoir, placed: Iterable[PlacedActivity]) -> list[Level]:
    """Return the levels at the start and after every instant at which a use begins or ends, in order.

    The least level counts what is consumed from an activity's start and what is produced from its end; the most
    counts it the other way round. However the use is spread over the activity, the true level lies between.
    """
    uses = {use.activity_id: use for use in reservoir.uses}
    least: dict[int, float] = defaultdict(float)
    most: dict[int, float] = defaultdict(float)
    for item in placed:
        if (use := uses.get(item.activity_id)) is not None:
            start_s, end_s = item.span
            least[start_s] -= use.consumed
            least[end_s] += use.produced
            most[start_s] += use.produced
            most[end_s] -= use.consumed
    levels = [Level(0, reservoir.start, reservoir.start)]
    for time_s in sorted({*least, *most}):
        before = levels[-1]
        levels.append(Level(time_s, before.least + least[time_s], before.most + most[time_s]))
    return levels
