"""Contacts of a schedule that is mended: those that can stay, and those that something needs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span, intersection, overlap_s, union
from malapert_planner.domain.schedule.schedule import PlacedContact, PlacedDrive, Schedule
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.state.bookings import Booking, booking
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class Bookings:
    """The contacts of a schedule under repair; ``fixed`` ones stay as they are."""

    def __init__(self, tables: Tables, working: WorkingSchedule, fixed: frozenset[PlacedContact]) -> None:
        self._tables, self._working, self._fixed = tables, working, fixed
        self.windows = BookingWindows(tables)
        self.added: list[PlacedContact] = []
        self._guards = {
            station_id: max(w.setup_s for w in windows) + max(w.teardown_s for w in windows)
            for station_id, windows in tables.instance.station_windows.items()
        }

    def may_drive(self, drive: PlacedDrive) -> bool:
        """Return whether a contact can be held over a drive, where one is asked for."""
        return not self._tables.drive_contact_bits or self.windows.for_drive(self._working, drive) is not None

    def keep(self, contacts: Sequence[PlacedContact]) -> None:
        """Hold the contacts that can be held where the asset now is: fixed ones, those that drives need, others."""
        self._keep(contact for contact in contacts if contact in self._fixed)
        drives = self._working.drives if self._tables.drive_contact_bits else []
        # What covers a drive with others is kept before a drive that is not covered takes the place of contacts.
        self._keep(contact for contact in contacts if any(overlap_s(contact.span, drive.span) for drive in drives))
        for drive in drives:
            if intersection([drive.span], union(each.span for each in self._working.contacts)) != (drive.span,):
                self._book_drive(drive)
        self._keep(contacts)

    def _book_drive(self, drive: PlacedDrive) -> None:
        held = [c for c in self._working.contacts if overlap_s(c.span, drive.span) and c.placed not in self._fixed]
        for each in held:
            self._working.remove_contact(each)
        booked = self.windows.for_drive(self._working, drive)
        for each in [booked] if booked is not None else held:
            self._working.add_contact(each)

    def _keep(self, contacts: Iterable[PlacedContact]) -> None:
        alone = Incumbent(self._tables.instance, Schedule((), tuple(self._working.drives), ()))
        held = {each.placed for each in self._working.contacts}
        for contact in contacts:
            windows = [] if contact in held else self._windows_of(alone, contact)
            named = any(window.window_id == contact.window_id for window in windows)
            if named and (contact in self._fixed or self._is_clear(contact)):
                driving = any(overlap_s(drive.span, contact.span) for drive in self._working.drives)
                self._working.add_contact(booking(contact, alone.sendable_bit(contact), windows, driving))

    def _windows_of(self, alone: Incumbent, contact: PlacedContact) -> list[ContactWindow]:
        """Return the windows in which a contact lies where the asset is, none where it lies outside of them."""
        found = []
        parts = [(place_id, stay) for place_id, stay in alone.stays]
        parts += [(place, d.span) for d in self._working.drives for place in (d.from_place_id, d.to_place_id)]
        for place_id, stay in parts:
            part = max(stay[0], contact.span[0]), min(stay[1], contact.span[1])
            if part[0] >= part[1]:
                continue
            windows = self._tables.instance.station_windows.get(contact.station_id, ())
            around = [w for w in windows if w.place_id == place_id and w.span[0] <= part[0] and part[1] <= w.span[1]]
            if not around:
                return []
            found += around
        return found

    def _is_clear(self, contact: PlacedContact) -> bool:
        return not self._in_the_way(contact.station_id, contact.span) and not self._is_closed(contact)

    def _is_closed(self, contact: PlacedContact) -> bool:
        silent = self._working.silent_spans(contact.station_id, contact.span)
        closed = (c for c in self._tables.problem.closed_spans if c.station_id == contact.station_id)
        return bool(silent) or any(overlap_s(each.span, contact.span) for each in closed)

    def _in_the_way(self, station_id: str, span: Span) -> list[Booking]:
        guard = self._guards[station_id]
        apart_s = self._tables.problem.hand_over_s
        wide = span[0] - apart_s, span[1] + apart_s
        near = self._working.contacts_near(span, max(guard, apart_s))
        # Of the same station those that are further away than its own turn-around are no trouble.
        turned = span[0] - guard, span[1] + guard
        return [c for c in near if overlap_s(c.span, turned if c.placed.station_id == station_id else wide)]

    def cover(self, place_id: str, span: Span, stations: int) -> bool:
        """Let a contact with one of some stations cover a span, in place of contacts that nothing needs."""
        cell_s = self._tables.bounds.cell_s
        cells = span[0] // cell_s, -(-span[1] // cell_s)
        if all(self._working.levels.tracked[cell] & stations for cell in range(*cells)):
            return True
        for window in self.windows.near(place_id, span):
            if self._tables.station_bit[window.station_id] & stations and self._book(window, span):
                return True
        return False

    def _book(self, window: ContactWindow, span: Span) -> bool:
        cell_s = self._tables.bounds.cell_s
        low, high = span[0] // cell_s * cell_s, -(-span[1] // cell_s) * cell_s
        high = max(high, low - (-window.min_length_s // cell_s) * cell_s)
        held = self._in_the_way(window.station_id, (low, high))
        same = [each for each in held if each.placed.window_id == window.window_id and not each.named_by_drive]
        low, high = min([low, *(c.span[0] for c in same)]), max([high, *(c.span[1] for c in same)])
        others = [each for each in held if each not in same]
        if low < window.span[0] or window.span[1] < high or any(each.placed in self._fixed for each in held):
            return False
        placed = PlacedContact(window.station_id, window.place_id, window.window_id, (low, high))
        if low % cell_s or high % cell_s or any(map(self._working.is_asked, others)) or self._is_closed(placed):
            return False
        for each in held:
            self._working.remove_contact(each)
        if self._working.may_book((low, high)):
            sent = self.windows.sent_bit(window, low // cell_s, high // cell_s)
            booked = booking(placed, sent, [window], False)
            self._working.add_contact(booked)
            if self._working.is_sound():
                self.added.append(placed)
                return True
            self._working.remove_contact(booked)
        for each in held:
            self._working.add_contact(each)
        return False

    def book_around(self, span: Span) -> None:
        """Hold as many contacts in a span as can be."""
        span = span[0], min(span[1], self._tables.bounds.horizon_s)
        before = {each.placed for each in self._working.contacts}
        self.windows.book_all(self._working, span, random.Random(0))
        self.added += [each.placed for each in self._working.contacts if each.placed not in before]

    def release(self) -> bool:
        """Let go of contacts that nothing asks for until charge and storage suffice; return whether they do."""
        for contact in sorted(self._working.contacts, key=lambda each: float(each.sent_bit.sum())):
            if contact.placed in self._fixed or self._working.is_asked(contact):
                continue
            self._working.remove_contact(contact)
            if self._working.is_sound():
                return True
        return False

    def trim(self) -> None:
        """Cut back what nothing needs of the contacts that were added."""
        for contact in [each for each in self._working.contacts if each.placed in self.added]:
            self._working.trim_contact(contact)
