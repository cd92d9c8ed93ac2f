"""Contacts that could be held while the asset rests, and those that a drive needs."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact, PlacedDrive, Schedule
from malapert_planner.solvers.instance.rhythm import Silence
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.arrays import Floats
from malapert_planner.solvers.state.bookings import Booking, booking
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.kernels import cells_free_of_others
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class BookingWindows:
    """The contact windows of a problem in whole cells, with what each can send."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._starts = {p: [w.span[0] for w in windows] for p, windows in tables.windows_at.items()}
        self._longest_s = max((w.span[1] - w.span[0] for w in tables.problem.contact_windows), default=0)
        self._sent: dict[str, Floats] = {}
        self._guards = {
            station_id: max(w.setup_s for w in windows) + max(w.teardown_s for w in windows)
            for station_id, windows in tables.instance.station_windows.items()
        }

    @cached_property
    def _waking_w(self) -> float:
        return self._tables.problem.contact_power_w + self._tables.bounds.waking_w

    def sent_bit(self, window: ContactWindow, first: int, after: int) -> Floats:
        """Return what a window can send in each of some cells that lie in it."""
        if window.window_id not in self._sent:
            self._sent[window.window_id] = _cumulated_bit(window, self._tables.bounds.cell_s)
        sums, start = self._sent[window.window_id], window.span[0] // self._tables.bounds.cell_s
        return np.diff(sums[first - start : after - start + 1])

    def near(self, place_id: str, span: Span) -> list[ContactWindow]:
        """Return the windows at a place that meet a span."""
        windows = self._tables.windows_at.get(place_id, ())
        if not windows:
            return []
        starts = self._starts[place_id]
        first, after = bisect_left(starts, span[0] - self._longest_s), bisect_left(starts, span[1])
        return [window for window in windows[first:after] if window.span[1] > span[0]]

    def book_all(self, working: WorkingSchedule, span: Span, rng: random.Random) -> None:
        """Hold as many contacts in a span as there is radio, light and charge for, those of the best stations first."""
        exponent, in_the_dark = rng.choice(Recreate.COST_EXPONENTS), rng.random() < Recreate.IN_THE_DARK
        for place_id, stay in working.stays():
            part = max(span[0], stay[0]), min(span[1], stay[1])
            if part[0] >= part[1]:
                continue
            windows = self.near(place_id, part)
            for window in sorted(windows, key=lambda w: (-_worth(w, exponent), w.window_id)):
                self._book(working, window, part, in_the_dark)

    def _book(self, working: WorkingSchedule, window: ContactWindow, part: Span, in_the_dark: bool) -> None:
        cell_s = self._tables.bounds.cell_s
        low = -(-max(window.span[0], part[0]) // cell_s) * cell_s
        high = min(window.span[1], part[1]) // cell_s * cell_s
        if not self._has_room(working, window, (low, high)):
            return
        guard = self._guards[window.station_id]
        taken, held = working.silent_spans(window.station_id, (low, high)), []
        hand_over_s = self._tables.problem.hand_over_s
        for each in working.contacts_near((low, high), max(guard, hand_over_s)):
            if (
                each.placed.window_id == window.window_id
                and not each.named_by_drive
                and _inside(each.span, (low, high))
            ):
                held.append(each)
                continue
            apart = guard if each.placed.station_id == window.station_id else hand_over_s
            taken.append((each.span[0] - apart, each.span[1] + apart))
        for free in _free_parts((low, high), taken, cell_s):
            own = [each for each in held if _inside(each.span, free)]
            part = self._apart(working, window.station_id, free)
            if not all(_inside(each.span, part) for each in own):
                continue
            if in_the_dark or self._is_supplied(working, part):
                self._book_part(working, window, part, own)

    def _has_room(self, working: WorkingSchedule, window: ContactWindow, span: Span) -> bool:
        """Return whether so many cells are free of other stations' contacts as a contact takes at least."""
        cell_s = self._tables.bounds.cell_s
        station = self._tables.station_bit[window.station_id]
        free = cells_free_of_others(working.levels.heard, span[0] // cell_s, span[1] // cell_s, station)
        return bool(free * cell_s >= max(window.min_length_s, cell_s))

    def _apart(self, working: WorkingSchedule, station_id: str, free: Span) -> Span:
        """Return the part of a free span that lies far enough from the station's other contacts before and after it."""
        guard, cell_s = self._guards[station_id], self._tables.bounds.cell_s
        low, high = free
        for each in working.contacts_near(free, guard):
            if each.placed.station_id == station_id and each.span[1] <= free[0]:
                low = max(low, -(-(each.span[1] + guard) // cell_s) * cell_s)
            elif each.placed.station_id == station_id and each.span[0] >= free[1]:
                high = min(high, (each.span[0] - guard) // cell_s * cell_s)
        return low, high

    def _book_part(self, working: WorkingSchedule, window: ContactWindow, free: Span, held: list[Booking]) -> None:
        """Hold a contact over a free span in place of those in it, as far as the charge lets it."""
        cell_s = self._tables.bounds.cell_s
        if free[1] - free[0] < max(window.min_length_s, cell_s) or [each.span for each in held] == [free]:
            return
        for each in held:
            working.remove_contact(each)
        free = _with_room(working, window, free, held)
        if free[1] - free[0] >= max(window.min_length_s, cell_s) and working.may_book(free):
            placed = PlacedContact(window.station_id, window.place_id, window.window_id, free)
            sent = self.sent_bit(window, free[0] // cell_s, free[1] // cell_s)
            working.add_contact(booking(placed, sent, [window], False))
            return
        for each in held:
            working.add_contact(each)

    def silences(self, working: WorkingSchedule, until_s: int | None = None) -> list[Silence]:
        """Return the silences of a schedule up to an instant, or the horizon, that last too long."""
        rhythm = self._tables.instance.rhythm
        return rhythm.too_long(working.drives, (each.span for each in working.contacts), until_s)

    def book_passes(self, working: WorkingSchedule, until_s: int) -> None:
        """Hold a short contact in each silence up to an instant that is too long, as far as charge and radio allow."""
        while (silences := self.silences(working, until_s)) and self._book_pass(working, silences[0]):
            continue

    def _book_pass(self, working: WorkingSchedule, silence: Silence) -> bool:
        passes = self._passes(working, silence)
        for window, start_s in sorted(passes, key=lambda each: self._pass_rank(each[0], each[1], silence)):
            before = len(working.contacts)
            part = start_s, start_s + self._pass_s(window)
            self._book(working, window, part, in_the_dark=True)
            if len(working.contacts) > before:
                return True
        return False

    def _pass_s(self, window: ContactWindow) -> int:
        cell_s = self._tables.bounds.cell_s
        return max(cell_s, -(-window.min_length_s // cell_s) * cell_s)

    def _pass_rank(self, window: ContactWindow, start_s: int, silence: Silence) -> tuple[float, int, float, str]:
        """Return the order of passes: the cheapest for how far they take the asset first, of these the fastest."""
        cost = window.cost_per_hour * self._pass_s(window)
        return cost / (start_s - silence.span[0]), -start_s, -_fastest_bps(window), window.window_id

    def _passes(self, working: WorkingSchedule, silence: Silence) -> Iterator[tuple[ContactWindow, int]]:
        """Yield the windows that are open in a silence, with the last start in each that is in time."""
        cell_s, (low, high) = self._tables.bounds.cell_s, silence.span
        low = max(low, self._tables.instance.open_from_s)
        for place_id, stay in working.stays():
            part = max(low, stay[0]), min(high, stay[1])
            for window in self.near(place_id, (part[0], min(part[1], silence.due_s + 1))) if part[0] < part[1] else ():
                ends_s = min(window.span[1], part[1]) // cell_s * cell_s
                start = min(silence.due_s // cell_s * cell_s, ends_s - self._pass_s(window))
                if start > silence.span[0] and start >= max(window.span[0], part[0]):
                    yield window, start

    def _is_supplied(self, working: WorkingSchedule, span: Span) -> bool:
        cells = slice(span[0] // self._tables.bounds.cell_s, span[1] // self._tables.bounds.cell_s)
        hours = (span[1] - span[0]) / 3600
        return bool(working.levels.generated_wh[cells].sum() >= self._waking_w * hours)

    def for_drive(self, working: WorkingSchedule, drive: PlacedDrive) -> Booking | None:
        """Return the cheapest contact that covers a drive, of these the fastest; None where there is none."""
        asked, cell_s = self._tables.drive_contact_bits, self._tables.bounds.cell_s
        near = self.near(drive.from_place_id, drive.span)
        for origin in sorted(near, key=lambda w: (w.cost_per_hour, -_fastest_bps(w), w.window_id)):
            if not self._tables.station_bit[origin.station_id] & asked or origin.span[0] > drive.span[0]:
                continue
            for target in self.near(drive.to_place_id, drive.span):
                if target.station_id != origin.station_id or target.span[0] > drive.span[0]:
                    continue
                least = max(origin.min_length_s, target.min_length_s)
                end = max(-(-drive.span[1] // cell_s), -(-(drive.span[0] + least) // cell_s)) * cell_s
                if origin.span[1] < drive.span[1] or target.span[1] < end:
                    continue
                placed = PlacedContact(origin.station_id, origin.place_id, origin.window_id, (drive.span[0], end))
                if not self._is_clear(working, placed):
                    continue
                before = [each for each in working.drives if each.span[0] < drive.span[0]]
                alone = Incumbent(self._tables.instance, Schedule((), (*before, drive), ()))
                return booking(placed, alone.sendable_bit(placed), [origin, target], True)
        return None

    def _is_clear(self, working: WorkingSchedule, placed: PlacedContact) -> bool:
        guard, hand_over_s = self._guards[placed.station_id], self._tables.problem.hand_over_s
        if working.quota_room(placed.station_id, placed.span) != placed.span:
            return False
        for other in working.contacts_near(placed.span, max(guard, hand_over_s)):
            apart = guard if other.placed.station_id == placed.station_id else hand_over_s
            if other.span[0] - apart < placed.span[1] and placed.span[0] < other.span[1] + apart:
                return False
        return not working.silent_spans(placed.station_id, placed.span)


def _with_room(working: WorkingSchedule, window: ContactWindow, free: Span, held: list[Booking]) -> Span:
    """Return the part of a free span that quotas let a contact last, empty where it would not cover what is held."""
    room = working.quota_room(window.station_id, free)
    if room == free or not held:
        return room
    # What is there may hang on what is held.
    start, end = held[0].span[0], max(each.span[1] for each in held)
    longer = working.quota_room(window.station_id, (start, free[1]))
    return longer if longer[1] >= end else (start, start)


def _fastest_bps(window: ContactWindow) -> float:
    return max(window.rate.rate_bps, default=0.0)


def _worth(window: ContactWindow, exponent: float) -> float:
    return float(_fastest_bps(window) / (1.0 + window.cost_per_hour) ** exponent)


def _inside(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _free_parts(span: Span, taken: list[Span], cell_s: int) -> list[Span]:
    """Return the parts of a span in whole cells that are not taken."""
    parts, since = [], span[0]
    for start, end in sorted(taken):
        if start > since:
            parts.append((since, min(span[1], start // cell_s * cell_s)))
        since = max(since, -(-end // cell_s) * cell_s)
    parts.append((since, span[1]))
    return [part for part in parts if part[0] < part[1]]


def _cumulated_bit(window: ContactWindow, cell_s: int) -> Floats:
    """Return what a window sends up to each edge of the cells that it touches."""
    offsets, rates = np.array(window.rate.offset_s, dtype=np.float64), np.array(window.rate.rate_bps)
    knots = np.append(offsets, max(window.span[1], offsets[-1] + 1))
    sums = np.concatenate([[0.0], np.cumsum(np.diff(knots) * rates)])
    edges = np.arange(window.span[0] // cell_s, -(-window.span[1] // cell_s) + 1) * cell_s
    return np.asarray(np.interp(np.clip(edges, *window.span), knots, sums))
