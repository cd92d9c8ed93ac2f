"""Contacts as they stand in a schedule under construction."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.solvers.state.arrays import Floats


@dataclass(frozen=True, slots=True)
class Booking:
    """A contact in the schedule with what it can send in each cell that it touches, and the rules of its windows."""

    placed: PlacedContact
    span: Span
    sent_bit: Floats
    cost_per_hour: float
    least_s: int
    setup_s: int
    teardown_s: int
    named_by_drive: bool = False

    @property
    def cost(self) -> float:
        """What the contact costs."""
        return self.cost_per_hour * (self.placed.span[1] - self.placed.span[0]) / 3600


def booking(contact: PlacedContact, sent_bit: Floats, windows: list[ContactWindow], driving: bool) -> Booking:
    """Return a contact with the rules of the windows that it draws on."""
    named = next(window for window in windows if window.window_id == contact.window_id)
    return Booking(
        contact,
        contact.span,
        sent_bit,
        named.cost_per_hour,
        max(window.min_length_s for window in windows),
        max(window.setup_s for window in windows),
        max(window.teardown_s for window in windows),
        driving,
    )
