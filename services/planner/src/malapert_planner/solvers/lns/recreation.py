"""Recreating a span: contacts are held wherever they can be, chains are filled in, and contacts trimmed to the need."""

from __future__ import annotations

import random

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.lns.filling import Filling, Prices
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class Recreation:
    """Fills spans of a schedule at the prices drawn last."""

    def __init__(self, tables: Tables, windows: BookingWindows, prices: Prices, rng: random.Random) -> None:
        self._horizon_s, self._windows = tables.bounds.horizon_s, windows
        self.filling, self._prices, self._rng = Filling(tables), prices, rng

    def fill(self, working: WorkingSchedule, span: Span, since_s: int) -> None:
        """Fill a span, each chain as early as it fits from an instant on, or, where it does not, from its start."""
        booked = self.book(working, span)
        self.add_chains(working, span, since_s)
        self.trim(working, booked)

    def add_chains(self, working: WorkingSchedule, span: Span, since_s: int) -> None:
        """Fill a span in which contacts are held."""
        self.filling.fill(working, span, self._prices, since_s)

    def book(self, working: WorkingSchedule, span: Span) -> Span:
        """Hold contacts in a span and for some time after; return the whole."""
        booked = span[0], min(self._horizon_s, span[1] + self._rng.choice(Recreate.BEYOND_S))
        self._windows.book_all(working, booked, self._rng)
        return booked

    def trim(self, working: WorkingSchedule, span: Span) -> None:
        """Cut off what nothing needs of the contacts in a span, of those first that cost most for what they send."""
        inside = [each for each in working.contacts if span[0] <= each.span[0] and each.span[1] <= span[1]]
        for contact in sorted(inside, key=lambda c: (-c.cost / max(1.0, float(c.sent_bit.sum())), c.span)):
            working.trim_contact(contact)
        self._windows.book_passes(working, span[1])
