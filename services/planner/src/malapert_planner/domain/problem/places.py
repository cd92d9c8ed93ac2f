"""Places, the drives between them, and the sunlight that feeds the battery there."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """Power by time at a place, linear between samples, constant before the first and after the last."""

    offset_s: tuple[int, ...]
    power_w: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SunShare:
    """When at least a share of the solar disc is above a place's skyline: sorted, disjoint spans."""

    least: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place at which the asset can stop, with what holds there when.

    ``windows`` holds the spans of all conditions but CONTACT and SILENCE, sorted and disjoint; of those that must be
    absent only where something asks for it. ``sun_shares`` say when there is more light than any, by share.
    ``generation`` is the power of the solar array at the place. ``heated`` are the spans in which heaters keep the
    asset warm there.
    """

    place_id: str
    title: str
    windows: dict[ConditionKind, tuple[Span, ...]]
    generation: PowerSeries
    sun_shares: tuple[SunShare, ...] = ()
    heated: tuple[Span, ...] = ()

    def spans_of(self, condition: Condition) -> tuple[Span, ...]:
        """Return when a condition that is neither CONTACT nor SILENCE holds here; what is not stated never holds.

        Of the shares of the disc that are stated the least that is enough counts.
        """
        if not condition.least_sun:
            return self.windows.get(condition.kind, ())
        enough = [share for share in self.sun_shares if share.least >= condition.least_sun]
        return min(enough, key=lambda share: share.least).spans if enough else ()


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """A point on the way between places, with when drives find there what they need.

    ``windows`` holds sorted, disjoint spans of ILLUMINATION and EARTH_VISIBILITY; those of CONTACT say where the whole
    disc of the Earth is in view: whichever station sees the Moon is seen. What is not stated never holds.
    """

    point_id: str
    windows: dict[ConditionKind, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a drive, in seconds after its start, in which the asset may be at a point or beside it on the way.

    From when the point before is passed at the planned pace until the next one is at the slowest pace.
    """

    point_id: str
    from_s: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Drive:
    """A way between two places: a move is an activity. ``closed_because`` is empty where the way is open.

    ``duration_s`` is what it takes at the slowest pace that is allowed for. Where ``passages`` are stated the drive
    rule's conditions hold at each of their points in their part of the drive too, and generation on the way is at most
    ``least_generation``. ``margin_s`` is the part of ``duration_s`` beyond the planned pace, told where a mission plans
    with margins.
    """

    from_place_id: str
    to_place_id: str
    duration_s: int
    power_w: float
    data_bit: float
    closed_because: str = ""
    passages: tuple[Passage, ...] = ()
    least_generation: PowerSeries | None = None
    margin_s: int = 0


@dataclass(frozen=True, slots=True)
class DriveRule:
    """Requirements of every drive: conditions hold at both ends, and these unary resources are taken.

    At ``dark_place_ids`` ILLUMINATION is not asked of a drive's end: they are entered and left in the dark. Nor is it
    then asked of points on the way, whose light the battery goes by.
    """

    conditions: tuple[Condition, ...]
    resource_ids: tuple[str, ...]
    dark_place_ids: tuple[str, ...] = ()
