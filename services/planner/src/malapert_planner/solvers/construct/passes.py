"""Passes: contacts that are held so that no silence lasts too long, the cheapest that do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from malapert_planner.domain.problem.spans import intersection, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule
from malapert_planner.solvers.construct.contact_choice import Choice, Piece, Slot
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.rhythm import Silence
from malapert_planner.solvers.state.incumbent import Incumbent


def in_rhythm(incumbent: Incumbent) -> Incumbent:
    """Return the schedule with what contacts it takes beside those it has to be heard often enough, if it can be."""
    if incumbent.is_heard():
        return incumbent
    choice = Choice(incumbent)
    if not with_passes(choice):
        return incumbent
    return with_contacts(incumbent, (*incumbent.schedule.contacts, *choice.chosen()))


def with_contacts(incumbent: Incumbent, contacts: Iterable[PlacedContact]) -> Incumbent:
    """Return the schedule with other contacts."""
    held = incumbent.schedule
    return replace(incumbent, schedule=Schedule.ordered(held.activities, held.drives, contacts))


def with_passes(choice: Choice) -> bool:
    """Add a contact to each silence that lasts too long; return whether none is left."""
    while (silence := choice.silence()) is not None:
        piece = best_pass(choice, silence)
        if piece is None:
            return False
        choice.take(piece)
    return True


def best_pass(choice: Choice, silence: Silence) -> Piece | None:
    """Return the contact within a silence, begun in time, that takes the asset furthest on for its cost.

    Of equal ones it is the one that sends most.
    """
    best, best_rank = None, (0.0, 0, 0.0)
    for slot in choice.slots:
        if not overlap_s(slot.span, silence.span) or slot.span[0] > silence.due_s:
            continue
        for piece in _passes(choice, slot, silence):
            waited_s = piece.whole[0] - silence.span[0]
            rank = (waited_s / max(1e-9, _cost(piece)), waited_s, choice.sent_bit(piece))
            if rank > best_rank and choice.within_quotas(piece):
                best, best_rank = piece, rank
    return best


def _cost(piece: Piece) -> float:
    return piece.slot.window.cost_per_hour * (piece.whole[1] - piece.whole[0]) / SECONDS_PER_HOUR


def _passes(choice: Choice, slot: Slot, silence: Silence) -> Iterator[Piece]:
    """Yield, for each free part of a slot, the last contact in it that begins in time and the battery lasts for."""
    if slot.chosen is not None:
        slot = Slot(slot.window, slot.span)
    grid_s = choice.problem.resolution_s
    length_s = max(grid_s, -(-slot.window.min_length_s // grid_s) * grid_s)
    for low, high in intersection(choice.gaps(slot), [silence.span]):
        low = -(-max(low, silence.span[0] + 1) // grid_s) * grid_s
        last = min(high - length_s, silence.due_s) // grid_s * grid_s
        start = _last_lasting(choice, low, last, length_s) if low <= last else None
        if start is not None:
            span = (start, start + length_s)
            yield Piece(slot, span, span)


def _last_lasting(choice: Choice, low: int, last: int, length_s: int) -> int | None:
    """Return the last of some starts at which the battery lasts with a contact; None where there is none."""
    cells = choice.cells_of((low, last + length_s))
    takes_wh = float(choice.takes_wh(cells).max()) * (length_s // choice.problem.resolution_s)
    short = np.concatenate([[0], np.cumsum(choice.spare_wh[cells.start : cells.stop + 1] < takes_wh)])
    width = length_s // choice.problem.resolution_s + 1
    lasting = np.flatnonzero(short[width:] == short[:-width])
    return low + int(lasting[-1]) * choice.problem.resolution_s if len(lasting) else None
