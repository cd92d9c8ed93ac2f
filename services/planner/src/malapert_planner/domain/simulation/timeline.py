"""A schedule held against its problem: the asset's place over time, and the objects that each item refers to."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.modes import alternatives
from malapert_planner.domain.problem.places import Drive, Place, PowerSeries, RoutePoint
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.coverage import merged

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stay:
    """A span at one place, or on the way between two (``place_ids`` from, to)."""

    span: Span
    place_ids: tuple[str, ...]

    @property
    def driving(self) -> bool:
        """True on the way between two places."""
        return len(self.place_ids) > 1


def sound(span: Span) -> bool:
    """True where a span has whole seconds and ends after it starts."""
    return all(type(edge_s) is int for edge_s in span) and span[0] < span[1]


def drive_label(drive: PlacedDrive) -> str:
    """Return a name of a placed drive for reports."""
    return f"{drive.from_place_id}->{drive.to_place_id}@{drive.span[0]}"


def contact_label(contact: PlacedContact) -> str:
    """Return a name of a chosen contact for reports."""
    return f"{contact.station_id}@{contact.span[0]}"


def stays(problem: PlanningProblem, drives: tuple[PlacedDrive, ...]) -> tuple[Stay, ...]:
    """Return where the asset is over the whole horizon, as contiguous spans.

    The drives are followed in order of their start even where one starts elsewhere than the asset is; a drive that
    starts before the one before has ended counts from there.
    """
    timeline: list[Stay] = []
    place_id, reached_s = problem.start_place_id, 0
    for drive in sorted(drives, key=lambda drive: (drive.span, drive.from_place_id, drive.to_place_id)):
        start_s = min(max(drive.span[0], reached_s), problem.horizon_s)
        end_s = min(max(drive.span[1], start_s), problem.horizon_s)
        if reached_s < start_s:
            timeline.append(Stay((reached_s, start_s), (place_id,)))
        if start_s < end_s:
            timeline.append(Stay((start_s, end_s), (drive.from_place_id, drive.to_place_id)))
        place_id, reached_s = drive.to_place_id, end_s
    if reached_s < problem.horizon_s:
        timeline.append(Stay((reached_s, problem.horizon_s), (place_id,)))
    return tuple(timeline)


def place_at(problem: PlanningProblem, drives: Iterable[PlacedDrive], time_s: int) -> str:
    """Return where the asset is at a time, the origin while it drives; drives are by start."""
    place_id = problem.start_place_id
    for drive in drives:
        if drive.span[1] > time_s:
            return drive.from_place_id if drive.span[0] <= time_s else place_id
        place_id = drive.to_place_id
    return place_id


class Lookups:
    """The objects of a problem by the names that schedules give them; made once for any number of schedules."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.activity_by_id: dict[str, Activity] = {activity.activity_id: activity for activity in problem.activities}
        self.point_by_id: dict[str, RoutePoint] = {point.point_id: point for point in problem.route_points}
        self.place_by_id: dict[str, Place] = {place.place_id: place for place in problem.places}
        self.drive_by_ends: dict[tuple[str, str], Drive] = {
            (drive.from_place_id, drive.to_place_id): drive for drive in problem.drives
        }
        self.window_by_id: dict[str, ContactWindow] = {window.window_id: window for window in problem.contact_windows}
        self.repetitions = alternatives(problem.activities)
        self.generation = {place.place_id: _arrays(place.generation) for place in problem.places}
        self.way_generation: dict[tuple[str, ...], tuple[Samples, Samples]] = {
            ends: _arrays(drive.least_generation)
            for ends, drive in self.drive_by_ends.items()
            if drive.least_generation is not None
        }
        self.windows_at: dict[tuple[str, str], list[ContactWindow]] = defaultdict(list)
        for window in sorted(problem.contact_windows, key=lambda window: window.span):
            self.windows_at[window.station_id, window.place_id].append(window)

    @cached_property
    def reached_at(self) -> dict[str, tuple[Span, ...]]:
        """When a contact with any station could be held, by place."""
        spans: dict[str, list[Span]] = defaultdict(list)
        for (_, place_id), windows in self.windows_at.items():
            spans[place_id] += [window.span for window in windows]
        return {place_id: merged(each) for place_id, each in spans.items()}


def _arrays(series: PowerSeries) -> tuple[Samples, Samples]:
    return np.asarray(series.offset_s, dtype=np.float64), np.asarray(series.power_w, dtype=np.float64)


class Case:
    """A problem and a schedule with the look-ups that the rules share.

    Only items with sound spans that refer to something in the problem are held: what is left out is reported by the
    rules of form.

    Attributes
    ----------
    activities : tuple of (Activity, PlacedActivity)
        By start; the first placement of each activity.
    drives : tuple of (Drive, PlacedDrive)
        By start.
    contacts : tuple of PlacedContact
        By start.
    timeline : tuple of Stay
        Where the asset is, contiguous from 0 to the horizon.
    """

    def __init__(self, problem: PlanningProblem, schedule: Schedule, lookups: Lookups | None = None) -> None:
        self.problem = problem
        self.schedule = schedule
        self._lookups = lookups = lookups or Lookups(problem)
        self.activity_by_id = lookups.activity_by_id
        self.place_by_id = lookups.place_by_id
        self.drive_by_ends = lookups.drive_by_ends
        self.window_by_id = lookups.window_by_id
        self.repetitions = lookups.repetitions
        self.generation, self.way_generation = lookups.generation, lookups.way_generation
        self.point_by_id = lookups.point_by_id
        self.activities = self._known_activities()
        self.drives = tuple(
            (self.drive_by_ends[placed.from_place_id, placed.to_place_id], placed)
            for placed in sorted(schedule.drives, key=lambda placed: placed.span)
            if sound(placed.span) and (placed.from_place_id, placed.to_place_id) in self.drive_by_ends
        )
        self.contacts = tuple(
            sorted((contact for contact in schedule.contacts if sound(contact.span)), key=lambda contact: contact.span)
        )
        self.timeline = stays(problem, tuple(drive for drive in schedule.drives if sound(drive.span)))
        self._stay_starts = [stay.span[0] for stay in self.timeline]

    def _known_activities(self) -> tuple[tuple[Activity, PlacedActivity], ...]:
        first: dict[str, PlacedActivity] = {}
        for placed in sorted(self.schedule.activities, key=lambda placed: (placed.span, placed.activity_id)):
            if sound(placed.span) and placed.activity_id in self.activity_by_id:
                first.setdefault(placed.activity_id, placed)
        return tuple((self.activity_by_id[activity_id], placed) for activity_id, placed in first.items())

    def placed(self) -> tuple[PlacedActivity | PlacedDrive | PlacedContact, ...]:
        """Return everything that is held: activities, drives and contacts."""
        activities = (placed for _, placed in self.activities)
        drives = (placed for _, placed in self.drives)
        return (*activities, *drives, *self.contacts)

    def stays_during(self, span: Span) -> Iterator[tuple[Span, Stay]]:
        """Yield the parts of a span with where the asset is in each."""
        for index in range(max(0, bisect_right(self._stay_starts, span[0]) - 1), len(self.timeline)):
            stay = self.timeline[index]
            if stay.span[0] >= span[1]:
                return
            part = (max(span[0], stay.span[0]), min(span[1], stay.span[1]))
            if part[0] < part[1]:
                yield part, stay

    def windows_during(self, station_id: str, place_id: str, span: Span) -> list[ContactWindow]:
        """Return the contact windows of a station from a place that meet a span, by start."""
        windows = self._lookups.windows_at.get((station_id, place_id), [])
        return [window for window in windows if window.span[0] < span[1] and window.span[1] > span[0]]

    def reached(self) -> tuple[Span, ...]:
        """Return when a contact could be held where the asset is; on a drive at both its ends."""
        found: list[Span] = []
        for stay in self.timeline:
            spans: tuple[Span, ...] = (stay.span,)
            for place_id in stay.place_ids:
                spans = intersection(spans, self._lookups.reached_at.get(place_id, ()))
            found += spans
        return merged(found)

    def windows_of(self, contact: PlacedContact) -> list[ContactWindow]:
        """Return the windows that a contact draws on, where the asset is during it."""
        return [
            window
            for part, stay in self.stays_during(contact.span)
            for place_id in stay.place_ids
            for window in self.windows_during(contact.station_id, place_id, part)
        ]

    def contact_cover(self, station_ids: tuple[str, ...]) -> tuple[Span, ...]:
        """Return the union of the chosen contacts of some stations, of all where none is named."""
        return merged(contact.span for contact in self.contacts if not station_ids or contact.station_id in station_ids)
