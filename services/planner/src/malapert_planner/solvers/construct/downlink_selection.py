"""The contacts of a schedule chosen anew, the cheapest that send what it gathers, all else as it is.

What drives and activities need contact for is kept. Then, as long as a product with a latency limit is late, or the
storage too full at some instant, the piece of a window before it is added that sends most of it for its cost; and,
where a silence lasts too long, a pass in it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.solvers.construct.contact_choice import Choice, Levels
from malapert_planner.solvers.construct.passes import with_contacts, with_passes
from malapert_planner.solvers.model.contacts import data_between
from malapert_planner.solvers.state.incumbent import Incumbent


def reselect_contacts(incumbent: Incumbent) -> Incumbent | None:
    """Return the schedule with its contacts chosen anew; None where that breaks a limit."""
    kept = [trimmed for contact in incumbent.schedule.contacts if (trimmed := _needed(incumbent, contact))]
    sending = Choice(replace(incumbent, schedule=replace(incumbent.schedule, contacts=tuple(kept))))
    while (need := sending.lateness() or sending.excess()) is not None:
        piece = sending.best_piece(need)
        if piece is None:
            return None
        sending.take(piece)
    if not with_passes(sending):
        return None
    found = with_contacts(incumbent, (*kept, *sending.chosen()))
    return found if found.keeps_limits() else None


def sendable_bit(incumbent: Incumbent) -> Levels:
    """Return what the best of all stations could send in each cell in which the asset rests."""
    problem, cells = incumbent.instance.problem, incumbent.cells
    most = np.zeros(len(cells))
    for window in problem.contact_windows:
        for place_id, stay in incumbent.stays:
            span = (max(window.span[0], stay[0]), min(window.span[1], stay[1]))
            if place_id == window.place_id and span[0] < span[1]:
                for cell in cells.touched(span):
                    low, high = cells.span(cell)
                    sent = data_between([window.rate], (max(low, span[0]), min(high, span[1])))
                    most[cell] = max(most[cell], sent)
    return most


def _needed(incumbent: Incumbent, contact: PlacedContact) -> PlacedContact | None:
    """Return the part of a contact that drives and activities need, or all of one that is frozen."""
    problem, schedule = incumbent.instance.problem, incumbent.schedule
    if problem.baseline is not None and contact in problem.baseline.frozen.contacts:
        return contact
    needing: list[Span] = []
    if any(c.kind is ConditionKind.CONTACT for c in problem.drive_rule.conditions):
        needing += [drive.span for drive in schedule.drives]
    for placed in schedule.activities:
        for condition in incumbent.instance.activities[placed.activity_id].conditions:
            by_station = not condition.station_ids or contact.station_id in condition.station_ids
            if condition.kind is ConditionKind.CONTACT and by_station:
                needing.append(placed.span)
    inside = [(max(a, contact.span[0]), min(b, contact.span[1])) for a, b in needing if overlap_s((a, b), contact.span)]
    if not inside:
        return None
    start, end = min(a for a, _ in inside), max(b for _, b in inside)
    windows = incumbent.instance.station_windows[contact.station_id]
    least_s = max(w.min_length_s for w in windows if w.window_id == contact.window_id)
    if any(overlap_s(drive.span, contact.span) for drive in schedule.drives):
        # It is named after the place where it begins.
        start = min(
            start, *(max(d.span[0], contact.span[0]) for d in schedule.drives if overlap_s(d.span, contact.span))
        )
    end = min(contact.span[1], max(end, start + least_s))
    return replace(contact, span=(max(contact.span[0], min(start, end - least_s)), end))
