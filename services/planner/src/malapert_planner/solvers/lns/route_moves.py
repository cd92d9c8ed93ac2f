"""Itinerary moves: the drives of a span are taken out and others put in, each in a contact that sees both its ends."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import defaultdict

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedDrive
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class RouteMoves:
    """Puts drives into an emptied span of a schedule."""

    def __init__(self, tables: Tables, windows: BookingWindows) -> None:
        self._tables, self._windows = tables, windows
        self.place_ids = [place.place_id for place in tables.problem.places]
        self._lasts = {ends: [high for _, high in starts] for ends, (_, starts) in tables.drive_by_ends.items()}
        self._arrivals: dict[str, list[Span]] = defaultdict(list)
        for (_, to_place_id), (drive, starts) in tables.drive_by_ends.items():
            spans = [(low + drive.duration_s, high + drive.duration_s) for low, high in starts]
            self._arrivals[to_place_id].extend(spans)

    def arrivals(self, place_id: str) -> list[Span]:
        """Return closed spans of the instants at which a drive to a place may end."""
        return self._arrivals[place_id]

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
        early_s = (known[0].duration_s if known else 0) + rng.random() * Recreate.EARLY_S
        stops, times = [place_id], [max(span[0], visit[0] - early_s)]
        if target_id is not None:
            stops, times = [*stops, target_id], [*times, visit[1] + rng.random() * Recreate.LATE_S]
        return self.drive_along(working, span, origin_id, stops, times)

    def drive_along(
        self, working: WorkingSchedule, span: Span, origin_id: str, stops: list[str], times: list[float]
    ) -> bool:
        """Drive from stop to stop, each drive at its time or as soon after as can be; return whether that works."""
        at, since = origin_id, span[0]
        for stop, wanted in zip(stops, times, strict=True):
            if stop == at:
                continue
            arrival = self._drive_on(working, (at, stop), (max(since, int(wanted)), span[1]))
            if arrival is None and since < int(wanted):
                arrival = self._drive_on(working, (at, stop), (since, span[1]))
            if arrival is None:
                return False
            at, since = stop, arrival
        return working.is_sound()

    def _drive_on(self, working: WorkingSchedule, ends: tuple[str, str], span: Span) -> int | None:
        """Drive from one place to another within a span, maybe by others; return the arrival.

        None is returned, and nothing put in, where that does not work.
        """
        at, since = ends[0], span[0]
        driven: list[PlacedDrive] = []
        while at != ends[1] and len(driven) < Recreate.MOST_DRIVES:
            stop = self._next_stop((at, ends[1]), (since, span[1]))
            drive = None if stop is None else self._drive(working, (at, stop), (since, span[1]))
            if drive is None:
                break
            driven.append(drive)
            at, since = drive.to_place_id, drive.span[1]
        if at == ends[1]:
            return since
        self._take_out(working, driven, span)
        return None

    def _take_out(self, working: WorkingSchedule, drives: list[PlacedDrive], span: Span) -> None:
        if not drives:
            return
        starts = {drive.span[0] for drive in drives}
        for contact in [each for each in working.contacts if each.named_by_drive and each.span[0] in starts]:
            working.remove_contact(contact)
        working.set_drives((drives[0].span[0], span[1]), drives, [])

    def _next_stop(self, ends: tuple[str, str], span: Span) -> str | None:
        """Return where to drive first to be at a place soonest, each further drive reckoned as a delay."""
        direct = self._arrival_s(ends, span[0])
        if direct is not None and direct <= span[0] + Recreate.DRIVE_DELAY_S:
            return ends[1]
        reached: dict[str, tuple[int, str]] = {ends[0]: (span[0], "")}
        best: tuple[int, str] | None = None
        for hops in range(Recreate.MOST_DRIVES):
            further: dict[str, tuple[int, str]] = {}
            for origin_id, target_id in self._tables.drive_by_ends:
                if origin_id in reached and target_id != ends[0]:
                    since, first = reached[origin_id]
                    arrival = self._arrival_s((origin_id, target_id), since)
                    if arrival is not None and arrival <= span[1]:
                        found = arrival, first or target_id
                        further[target_id] = min(found, further.get(target_id, found))
            if ends[1] in further:
                arrival, first = further[ends[1]]
                found = arrival + hops * Recreate.DRIVE_DELAY_S, first
                best = found if best is None else min(best, found)
            reached = further
        return best[1] if best else None

    def _arrival_s(self, ends: tuple[str, str], since_s: int) -> int | None:
        """Return when a drive that may start from an instant on first arrives, None where none may."""
        known = self._tables.drive_by_ends.get(ends)
        if known is None:
            return None
        drive, starts = known
        at = bisect_left(self._lasts[ends], since_s)
        return max(starts[at][0], since_s) + drive.duration_s if at < len(starts) else None

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
            while start <= min(high, span[1] - drive.duration_s) and tried < Recreate.DRIVE_STARTS:
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
