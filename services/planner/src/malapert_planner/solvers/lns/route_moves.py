"""Itinerary moves: the drives of a span are taken out and others put in, each in a contact that sees both its ends."""

from __future__ import annotations

import random

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedDrive
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule

MOST_STARTS = 60
"""So many starts of a drive are tried at most."""


EARLY_S, LATE_S = 6 * 3600, 24 * 3600
"""So long before a visit the asset arrives at most, and leaves after it, if no rule has it wait."""


class RouteMoves:
    """Puts drives into an emptied span of a schedule."""

    def __init__(self, tables: Tables, windows: BookingWindows) -> None:
        self._tables, self._windows = tables, windows
        self.place_ids = [place.place_id for place in tables.problem.places]

    def drive_through(
        self, working: WorkingSchedule, span: Span, origin_id: str, target_id: str | None, rng: random.Random
    ) -> bool:
        """Drive from an origin to a target (None: anywhere) with up to two visits between; return whether that works.

        What was put in stays where it does not.
        """
        stops = self._stops(origin_id, target_id, rng)
        times = sorted(rng.uniform(*span) for _ in stops)
        if stops and rng.random() < 0.5:
            times[0] = span[0]
        if len(stops) > 1 and rng.random() < 0.5:
            times[-1] = max(times[-2], span[1] - 0.15 * (span[1] - span[0]))
        return self.drive_along(working, span, origin_id, stops, times)

    def drive_by(
        self,
        working: WorkingSchedule,
        span: Span,
        places: tuple[str, str, str | None],
        visit: Span,
        rng: random.Random,
    ) -> bool:
        """Drive from an origin to a place and on to a target (None: stay there), to be there for a visit.

        Return whether that works; what was put in stays where it does not.
        """
        origin_id, place_id, target_id = places
        known = self._tables.drive_by_ends.get((origin_id, place_id))
        early_s = (known[0].duration_s if known else 0) + rng.random() * EARLY_S
        stops, times = [place_id], [max(span[0], visit[0] - early_s)]
        if target_id is not None:
            stops, times = [*stops, target_id], [*times, visit[1] + rng.random() * LATE_S]
        return self.drive_along(working, span, origin_id, stops, times)

    def drive_along(
        self, working: WorkingSchedule, span: Span, origin_id: str, stops: list[str], times: list[float]
    ) -> bool:
        """Drive from stop to stop, each drive at its time or as soon after as can be; return whether that works."""
        at, since = origin_id, span[0]
        for stop, wanted in zip(stops, times, strict=True):
            if stop == at:
                continue
            drive = self._drive(working, (at, stop), (max(since, int(wanted)), span[1]))
            drive = drive or self._drive(working, (at, stop), (since, span[1]))
            if drive is None:
                return False
            at, since = stop, drive.span[1]
        return working.is_sound()

    def _stops(self, origin_id: str, target_id: str | None, rng: random.Random) -> list[str]:
        count = rng.choice((0, 1, 1, 1, 2))
        stops = [rng.choice(self.place_ids) for _ in range(count)]
        if target_id is not None:
            stops.append(target_id)
        found, at = [], origin_id
        for stop in stops:
            if stop != at:
                found.append(stop)
                at = stop
        return found

    def _drive(self, working: WorkingSchedule, ends: tuple[str, str], span: Span) -> PlacedDrive | None:
        known = self._tables.drive_by_ends.get(ends)
        if known is None:
            return None
        drive, starts = known
        cell_s, tried = self._tables.bounds.cell_s, 0
        for low, high in starts:
            start = max(low, -(-span[0] // cell_s) * cell_s)
            while start <= min(high, span[1] - drive.duration_s) and tried < MOST_STARTS:
                tried += 1
                placed = PlacedDrive(*ends, (start, start + drive.duration_s))
                if self._put(working, placed, span):
                    return placed
                start += 6 * cell_s
        return None

    def _put(self, working: WorkingSchedule, placed: PlacedDrive, span: Span) -> bool:
        contact = None
        if self._tables.drive_contact_bits != 0:
            contact = self._windows.for_drive(working, placed)
            if contact is None or contact.span[1] > span[1]:
                return False
        working.set_drives((placed.span[0], span[1]), [], [placed])
        if contact is not None:
            working.add_contact(contact)
        return True
