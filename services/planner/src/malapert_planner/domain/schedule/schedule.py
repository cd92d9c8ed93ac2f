"""A schedule: what is placed when and where.

Times are integer seconds after the problem's start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class PlacedActivity:
    """An activity at a place over a span as long as its duration."""

    activity_id: str
    place_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlacedDrive:
    """A drive along one of the problem's drives over a span as long as its duration."""

    from_place_id: str
    to_place_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlacedContact:
    """A chosen contact. ``place_id`` and ``window_id`` name where the asset stands when it begins."""

    station_id: str
    place_id: str
    window_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole schedule, each tuple sorted by start."""

    activities: tuple[PlacedActivity, ...] = ()
    drives: tuple[PlacedDrive, ...] = ()
    contacts: tuple[PlacedContact, ...] = ()

    @classmethod
    def ordered(
        cls, activities: Iterable[PlacedActivity], drives: Iterable[PlacedDrive], contacts: Iterable[PlacedContact]
    ) -> Schedule:
        """Return a schedule of what is placed, given in any order."""
        return cls(
            tuple(sorted(activities, key=lambda activity: (activity.span, activity.activity_id))),
            tuple(sorted(drives, key=lambda drive: drive.span)),
            tuple(sorted(contacts, key=lambda contact: (contact.span, contact.station_id))),
        )
