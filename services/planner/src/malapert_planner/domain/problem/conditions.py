"""Conditions that must hold during the whole of an activity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ConditionKind(StrEnum):
    """Kind of a condition for the whole time of an activity, at its place."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    NO_ILLUMINATION = "no_illumination"
    NO_DARKNESS = "no_darkness"
    NO_EARTH_VISIBILITY = "no_earth_visibility"
    CONTACT = "contact"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Condition:
    """Condition that must hold for the whole time of an activity.

    ``station_ids`` narrows a CONTACT or SILENCE to some stations; empty means any. A CONTACT is one that the plan has
    chosen, SILENCE that it has chosen none; the others hold wherever a window of the place says so. What must be absent
    has windows of its own, so that whole seconds are on the safe side of both. In ILLUMINATION at least ``least_sun``
    of the solar disc is above the skyline; 0 means any of it.
    """

    kind: ConditionKind
    station_ids: tuple[str, ...] = ()
    least_sun: float = 0.0

    @property
    def words(self) -> str:
        """What must hold, as a person would say it: ``earth visibility``, ``sunlight by 50% of the disc``."""
        if self.least_sun:
            return f"sunlight by {100.0 * self.least_sun:g}% of the disc"
        return self.kind.value.replace("_", " ")
