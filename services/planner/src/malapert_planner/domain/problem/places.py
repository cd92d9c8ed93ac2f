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
class Place:
    """A place at which the asset can stop, with what holds there when.

    ``windows`` holds the spans of all conditions but CONTACT and SILENCE, sorted and disjoint; of those that must be
    absent only where something asks for it.
    ``generation`` is the power of the solar array at the place.
    """

    place_id: str
    title: str
    windows: dict[ConditionKind, tuple[Span, ...]]
    generation: PowerSeries


@dataclass(frozen=True, slots=True)
class Drive:
    """A way between two places: a move is an activity. ``closed_because`` is empty where the way is open."""

    from_place_id: str
    to_place_id: str
    duration_s: int
    power_w: float
    data_bit: float
    closed_because: str = ""


@dataclass(frozen=True, slots=True)
class DriveRule:
    """Requirements of every drive: conditions hold at both ends, and these unary resources are taken.

    At ``dark_place_ids`` ILLUMINATION is not asked of a drive's end: they are entered and left in the dark.
    """

    conditions: tuple[Condition, ...]
    resource_ids: tuple[str, ...]
    dark_place_ids: tuple[str, ...] = ()
