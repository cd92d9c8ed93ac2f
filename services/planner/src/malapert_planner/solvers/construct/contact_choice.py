"""Contacts under choice beside a schedule that stays: what is stored and charged when, and what windows leave."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span, intersection, overlap_s, union
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.rhythm import Silence
from malapert_planner.solvers.model.contacts import data_between
from malapert_planner.solvers.parameters import Polish
from malapert_planner.solvers.state.backlog import backlog_of
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.levels import reflected

ROUNDING = 1.0 + 1e-9
"""Factor by which a slot may be worth more than its fastest rate says, by rounding."""
ROUNDING_BIT = 1.0
Levels = NDArray[np.float64]


@dataclass(slots=True)
class Slot:
    """A window as far as the asset stays at its place, and what is chosen of it."""

    window: ContactWindow
    span: Span
    chosen: Span | None = None

    @property
    def contact(self) -> PlacedContact:
        """What is chosen, as a contact."""
        assert self.chosen is not None  # noqa: S101  (asked of chosen ones alone)
        return PlacedContact(self.window.station_id, self.window.place_id, self.window.window_id, self.chosen)


@dataclass(frozen=True, slots=True)
class Piece:
    """A contact that is begun, or made longer, in a slot."""

    slot: Slot
    whole: Span
    added: Span


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be sent between two edges: so many bits at least, and no more than is stored at each edge.

    ``is_all``: nothing is gained by sending more.
    """

    since: int
    edge: int
    bit: float
    stored: Levels
    is_all: bool


def _most_worth(slot: Slot) -> float:
    """Return the most that any part of a slot sends for its cost, as `best_piece` reckons it."""
    return max(slot.window.rate.rate_bps) * SECONDS_PER_HOUR / max(1e-9, slot.window.cost_per_hour) * ROUNDING


class Choice:
    """What is stored when, and what could be sent, as contacts are chosen."""

    def __init__(self, bare: Incumbent) -> None:
        problem = bare.instance.problem
        self._bare, self.problem = bare, problem
        self._edges = np.array(bare.cells.edges_s)
        self._filled, self._drained = (levels.copy() for levels in bare.data_bit)
        self._first = bare.first
        self._busy: list[tuple[str, Span]] = [(c.station_id, c.span) for c in bare.schedule.contacts]
        self._quotas, self._rhythm = bare.instance.quotas, bare.instance.rhythm
        self._left_s = self._quotas.left_s(bare.schedule.contacts)
        self.slots = sorted(self._open_slots(), key=_most_worth, reverse=True)
        self._gaps_of: dict[int, list[Span]] = {}
        guards_s = (w.setup_s + w.teardown_s for w in problem.contact_windows)
        self._widest_guard_s = max(problem.hand_over_s, *guards_s, 0) + problem.resolution_s
        self._rates = {id(slot): self._cell_bits(slot) for slot in self.slots}
        self._stored = self._levels()
        generated, drawn = bare.energy_wh
        self._generated, self._drawn, self._awake = generated, drawn.copy(), bare.awake.copy()
        self.spare_wh = self._spare()

    def _spare(self) -> Levels:
        """Return how much more charge there is at each edge than all that follows needs."""
        charge = self._bare.charge_of(self._generated, self._drawn)
        return charge - self._bare.need_of(self._generated, self._drawn)

    def takes_wh(self, cells: slice) -> Levels:
        """Return what a contact through some cells draws in each, with what being awake for it does."""
        battery = self.problem.battery
        waking_w = max(0.0, battery.awake_load_w - battery.asleep_load_w)
        power_w = self.problem.contact_power_w + waking_w * ~self._awake[cells]
        return np.asarray(power_w * np.diff(self._edges[cells.start : cells.stop + 1]) / SECONDS_PER_HOUR)

    def _open_slots(self) -> list[Slot]:
        instance, slots = self._bare.instance, []
        grid_s, since_s = self.problem.resolution_s, instance.open_from_s
        by_place = defaultdict[str, list[ContactWindow]](list)
        for window in self.problem.contact_windows:
            by_place[window.place_id].append(window)
        for place_id, stay in self._bare.stays:
            for window in by_place[place_id]:
                low, high = max(window.span[0], stay[0], since_s), min(window.span[1], stay[1])
                span = (-(-low // grid_s) * grid_s, high // grid_s * grid_s)
                if span[1] - span[0] >= max(grid_s, window.min_length_s):
                    slots.append(Slot(window, span))
        return slots

    def _cell_bits(self, slot: Slot) -> Levels:
        """Return what each cell of a slot can send; of each window that is worked out once."""
        cells, known = self._bare.cells, self._bare.instance.window_bits
        inside = cells.touched(slot.window.span)
        if slot.window.window_id not in known:
            rate = [slot.window.rate]
            known[slot.window.window_id] = np.array([data_between(rate, cells.span(cell)) for cell in inside])
        touched = cells.touched(slot.span)
        return known[slot.window.window_id][touched.start - inside.start : touched.stop - inside.start]

    def _levels(self) -> Levels:
        start = -self.problem.storage.start_bit
        levels = -reflected(
            supplied=self._drained[self._first :], drawn=self._filled[self._first :], start=start, wall=0.0
        )
        return np.concatenate([np.full(self._first, levels[0]), levels])

    def lateness(self) -> Need | None:
        """Return what is to be sent for the first product that is late; None where none is."""
        found: list[Need] = []
        for rank in self._bare.instance.limited_ranks:
            instance, placed = self._bare.instance, self._bare.schedule.activities
            backlog = backlog_of(instance, rank, placed, self._drained, self._first)
            late = min(backlog.late(), key=lambda due: due.due_s, default=None)
            if late is not None:
                missing_bit = backlog.missing_bit(late)
                found.append(Need(late.made_edge, late.due_edge, missing_bit, backlog.stored, is_all=True))
        return min(found, key=lambda need: need.edge, default=None)

    def excess(self) -> Need | None:
        """Return what is to be sent before the first edge at which too much is stored; None where nothing is."""
        storage = self.problem.storage
        # Within a cell what is gathered may come before what is sent.
        peak = self._stored[:-1] + self._filled
        over = np.flatnonzero(peak[self._first :] > storage.capacity_bit + ROUNDING_BIT)
        if len(over):
            cell = int(over[0]) + self._first
            # Before the end, what is sent beyond the need saves sending it later.
            return Need(0, cell, float(peak[cell] - storage.capacity_bit), self._stored, is_all=False)
        left = float(self._stored[-1]) - min(storage.end_max_bit, storage.capacity_bit)
        return Need(0, len(self._stored) - 1, left, self._stored, is_all=True) if left > ROUNDING_BIT else None

    def best_piece(self, need: Need) -> Piece | None:
        """Return the piece that sends most of what is to be sent for its cost."""
        # Nothing sends what is not there, be it before or after.
        least = np.minimum.accumulate(need.stored[need.edge :: -1])[::-1]
        within = (int(self._edges[need.since]), int(self._edges[need.edge]))
        best, best_rank = None, (0.0, 0)
        for slot in self.slots:
            if _most_worth(slot) < best_rank[0]:
                break  # Nor is any further one better.
            if not overlap_s(slot.span, within):
                continue
            for piece in self._pieces(slot, within, self._longest_s(slot, need)):
                cells, sent = self.cells_of(piece.added), self.sent_bit(piece)
                useful = min(sent, float(least[min(cells.stop, need.edge)]))
                if need.is_all:
                    useful = min(useful, need.bit)
                hours = (piece.added[1] - piece.added[0]) / SECONDS_PER_HOUR
                worth = useful / (hours * max(1e-9, slot.window.cost_per_hour))
                # Of equal ones the earliest: nobody likes to wait for data.
                rank = (worth, -piece.added[0])
                better = useful > ROUNDING_BIT and rank > best_rank
                if better and self._lasts(cells) and self.within_quotas(piece):
                    best, best_rank = piece, rank
        return best

    def sent_bit(self, piece: Piece) -> float:
        """Return what a piece could send."""
        slot, cells = piece.slot, self.cells_of(piece.added)
        bits = self._rates[id(slot)] if id(slot) in self._rates else self._cell_bits(slot)
        offset = self._bare.cells.at(slot.span[0])
        return float(bits[cells.start - offset : cells.stop - offset].sum())

    def silence(self) -> Silence | None:
        """Return the first silence that lasts too long; None where none does."""
        found = self._rhythm.too_long(self._bare.schedule.drives, (span for _, span in self._busy))
        return found[0] if found else None

    def cells_of(self, span: Span) -> slice:
        """Return the cells that a span touches."""
        return slice(self._bare.cells.at(span[0]), self._bare.cells.at(span[1] - 1) + 1)

    def _lasts(self, cells: slice) -> bool:
        """Return whether the battery lasts with a contact through some cells."""
        spare_wh = float(self.spare_wh[cells.start : cells.stop + 1].min())
        return spare_wh >= float(self.takes_wh(cells).sum())

    def within_quotas(self, piece: Piece) -> bool:
        """Return whether what is left of quotas suffices for a piece."""
        return self._quotas.admit(self._without(piece.slot), piece.slot.window.station_id, piece.whole)

    def _without(self, slot: Slot) -> list[int]:
        """Return what is left of quotas, were what is chosen of a slot not."""
        if slot.chosen is None or not self._left_s:
            return self._left_s
        return self._quotas.after(self._left_s, slot.window.station_id, slot.chosen, -1)

    def _longest_s(self, slot: Slot, need: Need) -> int:
        """Return how much is added to a contact at once: no more than sends all, where nothing is gained by more."""
        fastest_bps, grid_s = max(slot.window.rate.rate_bps), self.problem.resolution_s
        most_s = Polish.PIECE_S
        if self._left_s:
            room_s = self._quotas.room_s(self._left_s, slot.window.station_id, slot.span)
            most_s = min(Polish.PIECE_S, max(grid_s, room_s // grid_s * grid_s))
        if not need.is_all or fastest_bps <= 0:
            return most_s
        return min(most_s, max(grid_s, math.ceil(need.bit / fastest_bps / grid_s) * grid_s))

    def _pieces(self, slot: Slot, within: Span, longest_s: int) -> list[Piece]:
        """Return what could be added to a slot's contact within a span, or how it could begin."""
        grid_s, window = self.problem.resolution_s, slot.window
        gaps = intersection(self.gaps(slot), [within])
        pieces = []
        if slot.chosen is None:
            for low, high in gaps:
                length_s = min(high - low, max(longest_s, -(-window.min_length_s // grid_s) * grid_s))
                if length_s >= max(grid_s, window.min_length_s):
                    span = (high - length_s, high)
                    pieces.append(Piece(slot, span, span))
            return pieces
        start, end = slot.chosen
        for low, high in gaps:
            if high == start and low < high:
                at = max(low, high - longest_s)
                pieces.append(Piece(slot, (at, end), (at, start)))
            if low == end and low < high:
                at = min(high, low + longest_s)
                pieces.append(Piece(slot, (start, at), (end, at)))
        return pieces

    def gaps(self, slot: Slot) -> list[Span]:
        """Return the parts of a slot on the grid in which radio and antenna are free."""
        if id(slot) not in self._rates:
            return self._gaps(slot)
        if id(slot) not in self._gaps_of:
            self._gaps_of[id(slot)] = self._gaps(slot)
        return self._gaps_of[id(slot)]

    def _gaps(self, slot: Slot) -> list[Span]:
        window, grid_s, span = slot.window, self.problem.resolution_s, slot.span
        guard_s = window.setup_s + window.teardown_s
        taken = [
            (low // grid_s * grid_s, -(-high // grid_s) * grid_s)
            for low, high in self._bare.silences(window.station_id)
            if low < span[1] and high > span[0]
        ]
        for station_id, (low, high) in self._busy:
            is_own = station_id == window.station_id and (low, high) == slot.chosen
            apart_s = guard_s if station_id == window.station_id else self.problem.hand_over_s
            pad_s = 0 if is_own else apart_s
            if low - pad_s < span[1] and high + pad_s > span[0]:
                taken.append(((low - pad_s) // grid_s * grid_s, -(-(high + pad_s) // grid_s) * grid_s))
        gaps, at = [], span[0]
        for low, high in union(taken):
            if low > at:
                gaps.append((at, low))
            at = max(at, high)
        if at < span[1]:
            gaps.append((at, span[1] // grid_s * grid_s))
        return gaps

    def take(self, piece: Piece) -> None:
        """Choose a piece."""
        slot = piece.slot
        if id(slot) not in self._rates:
            self.slots = sorted([*self.slots, slot], key=_most_worth, reverse=True)
            self._rates[id(slot)] = self._cell_bits(slot)
        if slot.chosen is not None:
            self._busy.remove((slot.window.station_id, slot.chosen))
        self._left_s = self._quotas.after(self._without(slot), slot.window.station_id, piece.whole)
        slot.chosen = piece.whole
        self._busy.append((slot.window.station_id, slot.chosen))
        near = (piece.whole[0] - self._widest_guard_s, piece.whole[1] + self._widest_guard_s)
        for other in self.slots:
            if overlap_s(other.span, near):
                self._gaps_of.pop(id(other), None)
        cells, offset = self.cells_of(piece.added), self._bare.cells.at(slot.span[0])
        self._drained[cells] += self._rates[id(slot)][cells.start - offset : cells.stop - offset]
        self._stored = self._levels()
        self._drawn[cells] += self.takes_wh(cells)
        self._awake[cells] = True
        self.spare_wh = self._spare()

    def chosen(self) -> list[PlacedContact]:
        """Return the contacts that were chosen."""
        return [slot.contact for slot in self.slots if slot.chosen is not None]
