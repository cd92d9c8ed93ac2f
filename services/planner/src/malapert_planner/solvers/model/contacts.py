"""Which station when: contact windows cut into pieces at the edges of cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.spans import Span, overlap_s, union
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.itinerary import Itinerary, needs_contact
from malapert_planner.solvers.model.ledger import Hints
from malapert_planner.solvers.model.placements import Placements


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a station's windows within a cell, seen from ``places``; figures are the windows' least favourable."""

    station_id: str
    cell: int
    span: Span
    places: frozenset[str]
    data_bit: float
    cost_per_hour: float
    setup_s: int
    teardown_s: int
    min_length_s: int
    taken: cp_model.IntVar
    begins: cp_model.IntVar


@dataclass(slots=True)
class Contacts:
    """Pieces by station in order of time, and by cell."""

    by_station: dict[str, list[Piece]] = field(default_factory=dict)
    by_cell: dict[int, list[Piece]] = field(default_factory=lambda: defaultdict(list))

    @property
    def pieces(self) -> list[Piece]:
        """All pieces, station by station."""
        return [piece for pieces in self.by_station.values() for piece in pieces]

    def covering(self, span: Span, stations: tuple[str, ...], cell: int, places: set[str]) -> list[cp_model.IntVar]:
        """Return the pieces of a cell that cover a span by some stations (empty: any) as seen from all places."""
        return [
            piece.taken
            for piece in self.by_cell.get(cell, ())
            if piece.span[0] <= span[0]
            and span[1] <= piece.span[1]
            and (not stations or piece.station_id in stations)
            and places <= piece.places
        ]

    def spans(self, solver: cp_model.CpSolver) -> list[tuple[str, Span]]:
        """Return the chosen contacts: pieces that touch are one."""
        chosen: list[tuple[str, Span]] = []
        for station, pieces in self.by_station.items():
            taken = union(piece.span for piece in pieces if solver.boolean_value(piece.taken))
            chosen.extend((station, span) for span in taken)
        return chosen


def data_between(rates: list[RateSeries], span: Span) -> float:
    """Return the bits that the least of some step functions of rates carries over a span."""
    edges = {span[0], span[1]}
    for rate in rates:
        edges.update(rate.offset_s[bisect_right(rate.offset_s, span[0]) : bisect_left(rate.offset_s, span[1])])
    ordered = sorted(edges)
    return sum((end - at) * min(_rate_at(rate, at) for rate in rates) for at, end in pairwise(ordered))


def _rate_at(rate: RateSeries, time_s: int) -> float:
    index = bisect_right(rate.offset_s, time_s) - 1
    return rate.rate_bps[index] if index >= 0 else 0.0


def add_contacts(
    model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, itinerary: Itinerary
) -> Contacts:
    r"""Add the chosen contacts.

    With u[i] piece i of a station, n[i] the beginning of a contact there and V(i) the places that see it,

        u[i] ≤ Σ_{p ∈ V(i)} x[p, k] + Σ_{d with both ends in V(i)} d,     Σ u ≤ 1 over pieces that overlap (one radio),
        n[i] ≥ u[i] − u[i − 1],     n[i] ⇒ u[j] until the minimum length is reached,
        n[i] ⇒ ¬u[j] for earlier j that end within setup + teardown before i,
        u[i] + u[j] ≤ 1 for j of another station that begins within the hand-over after i.
    """
    contacts = Contacts()
    cuts = _cuts(scope)
    place_ids = {place_id for place_id, _ in itinerary.stays}
    for station, all_windows in instance.station_windows.items():
        if scope.station_ids is not None and station not in scope.station_ids:
            continue
        windows = tuple(w for w in all_windows if w.place_id in place_ids and overlap_s(w.span, scope.span))
        pieces = _pieces(model, hints, instance, scope, station, windows, cuts.get(station, ()))
        contacts.by_station[station] = pieces
        for piece in pieces:
            contacts.by_cell[piece.cell].append(piece)
        _add_runs(model, scope, pieces)
    for piece in contacts.pieces:
        at = [itinerary.stays[p, piece.cell] for p in sorted(piece.places) if (p, piece.cell) in itinerary.stays]
        driving = [d.taken for d in itinerary.by_cell.get(piece.cell, ()) if set(d.ends) <= piece.places]
        model.add_bool_or([*at, *driving, piece.taken.negated()])
    for cell in sorted(contacts.by_cell):
        _add_radio(model, contacts.by_cell[cell])
    if instance.problem.hand_over_s:
        _add_hand_over(model, contacts.pieces, instance.problem.hand_over_s)
    return contacts


def _cuts(scope: Scope) -> dict[str, list[int]]:
    cuts: dict[str, list[int]] = defaultdict(list)
    for contact in scope.hint.contacts:
        cuts[contact.station_id].extend(contact.span)
    return cuts


def _pieces(
    model: cp_model.CpModel,
    hints: Hints,
    instance: Instance,
    scope: Scope,
    station: str,
    windows: tuple[ContactWindow, ...],
    cuts: list[int] | tuple[int, ...],
) -> list[Piece]:
    grid = instance.problem.resolution_s
    by_cell: dict[int, list[tuple[Span, ContactWindow]]] = defaultdict(list)
    guard = max((w.setup_s + w.teardown_s for w in windows), default=0)
    apart_s = instance.problem.hand_over_s
    aparts = ((c.span, guard if c.station_id == station else apart_s) for c in scope.outside_contacts)
    guarded = [(span[0] - pad_s, span[1] + pad_s) for span, pad_s in aparts if pad_s]
    for window in windows:
        span = (-(-window.span[0] // grid) * grid, window.span[1] // grid * grid)
        for cell in scope.cells.touched(span):
            low, high = scope.cells.span(cell)
            by_cell[cell].append(((max(span[0], low), min(span[1], high)), window))
    hinted = [c.span for c in scope.hint.contacts if c.station_id == station]
    pieces = []
    for cell in sorted(by_cell):
        low, high = scope.cells.span(cell)
        edges = {edge for span, _ in by_cell[cell] for edge in span} | {cut for cut in cuts if low < cut < high}
        ordered = sorted(edges)
        for part in pairwise(ordered):
            seen = [w for span, w in by_cell[cell] if span[0] <= part[0] and part[1] <= span[1]]
            if not seen or any(overlap_s(part, span) for span in guarded):
                continue
            piece = Piece(
                station_id=station,
                cell=cell,
                span=part,
                places=frozenset(w.place_id for w in seen),
                data_bit=data_between([w.rate for w in seen], part),
                cost_per_hour=max(w.cost_per_hour for w in seen),
                setup_s=max(w.setup_s for w in seen),
                teardown_s=max(w.teardown_s for w in seen),
                min_length_s=max(w.min_length_s for w in seen),
                taken=model.new_bool_var(""),
                begins=model.new_bool_var(""),
            )
            taken = any(span[0] <= part[0] and part[1] <= span[1] for span in hinted)
            hints.add(piece.taken, taken)
            if any(c.station_id == station and overlap_s(c.span, part) for c in scope.kept_contacts):
                model.add(piece.taken == 1)
            hints.add(piece.begins, any(span[0] == part[0] for span in hinted))
            pieces.append(piece)
    return pieces


def _add_runs(model: cp_model.CpModel, scope: Scope, pieces: list[Piece]) -> None:
    for i, piece in enumerate(pieces):
        joined = i > 0 and pieces[i - 1].span[1] == piece.span[0]
        if joined:
            model.add_bool_or([piece.begins, piece.taken.negated(), pieces[i - 1].taken])
        else:
            model.add_implication(piece.taken, piece.begins)
        model.add_implication(piece.begins, piece.taken)
        end, j = piece.span[1], i
        while end - piece.span[0] < _least(pieces, i, j):
            j += 1
            if j == len(pieces) or pieces[j].span[0] != end:
                model.add(piece.begins == 0)
                break
            model.add_implication(piece.begins, pieces[j].taken)
            end = pieces[j].span[1]
        for j in range(i - 1, -1, -1):
            if (
                pieces[j].span[1] + pieces[j].teardown_s + piece.setup_s <= piece.span[0]
                and pieces[j].span[1] < piece.span[0]
            ):
                break
            model.add_bool_or([piece.begins.negated(), pieces[j].taken.negated()])


def _least(pieces: list[Piece], first: int, last: int) -> int:
    return max(piece.min_length_s for piece in pieces[first : last + 1])


def _add_radio(model: cp_model.CpModel, pieces: list[Piece]) -> None:
    for start in sorted({piece.span[0] for piece in pieces}):
        active = [piece.taken for piece in pieces if piece.span[0] <= start < piece.span[1]]
        if len(active) > 1:
            model.add_at_most_one(active)


def _add_hand_over(model: cp_model.CpModel, pieces: list[Piece], hand_over_s: int) -> None:
    ordered = sorted(pieces, key=lambda piece: piece.span)
    starts = [piece.span[0] for piece in ordered]
    for piece in ordered:
        first, after = bisect_left(starts, piece.span[1]), bisect_left(starts, piece.span[1] + hand_over_s)
        for other in ordered[first:after]:
            if other.station_id != piece.station_id:
                model.add_bool_or([piece.taken.negated(), other.taken.negated()])


def add_contact_conditions(
    model: cp_model.CpModel,
    instance: Instance,
    scope: Scope,
    placements: Placements,
    itinerary: Itinerary,
    contacts: Contacts,
) -> None:
    r"""Cover what needs a contact, and hold none where there must be silence.

    b[i] ≤ Σ u[j] over pieces j of its stations that cover i's part of each cell; b[i] + u[j] ≤ 1 where j must not be.
    """
    for stations in needs_contact(instance):
        for option in itinerary.drives:
            _cover(model, scope, contacts, option.span, stations, set(option.ends), option.taken)
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for step in block.block.steps:
                for condition in step.activity.conditions:
                    for o in block.options if condition.kind in (ConditionKind.CONTACT, ConditionKind.SILENCE) else ():
                        span = step.span(o.start_s)
                        if condition.kind is ConditionKind.CONTACT:
                            _cover(model, scope, contacts, span, condition.station_ids, set(), o.taken)
                        else:
                            _silence(model, scope, contacts, span, condition.station_ids, o.taken)
    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            for condition in instance.activities[placed.activity_id].conditions:
                if condition.kind is ConditionKind.CONTACT:
                    _cover(model, scope, contacts, placed.span, condition.station_ids, {placed.place_id}, None)
                elif condition.kind is ConditionKind.SILENCE:
                    _silence(model, scope, contacts, placed.span, condition.station_ids, None)


def _silence(
    model: cp_model.CpModel,
    scope: Scope,
    contacts: Contacts,
    span: Span,
    stations: tuple[str, ...],
    taken: cp_model.IntVar | None,
) -> None:
    for cell in scope.cells.touched(span):
        for piece in contacts.by_cell.get(cell, ()):
            if (not stations or piece.station_id in stations) and overlap_s(piece.span, span):
                quiet = piece.taken.negated()
                model.add_bool_or([quiet] if taken is None else [quiet, taken.negated()])


def _cover(
    model: cp_model.CpModel,
    scope: Scope,
    contacts: Contacts,
    span: Span,
    stations: tuple[str, ...],
    places: set[str],
    taken: cp_model.IntVar | None,
) -> None:
    for cell in scope.cells.touched(span):
        low, high = scope.cells.span(cell)
        for part in _parts(contacts, cell, (max(span[0], low), min(span[1], high))):
            pieces = contacts.covering(part, stations, cell, places)
            if taken is None:
                model.add_bool_or(pieces)
            elif pieces:
                model.add_bool_or([*pieces, taken.negated()])
            else:
                model.add(taken == 0)
                return


def _parts(contacts: Contacts, cell: int, span: Span) -> list[Span]:
    """Cut a span at the edges of the cell's pieces, so that one station may follow another in it."""
    edges = {span[0], span[1]}
    for piece in contacts.by_cell.get(cell, ()):
        edges.update(edge for edge in piece.span if span[0] < edge < span[1])
    ordered = sorted(edges)
    return list(pairwise(ordered))


def name_contacts(
    instance: Instance, spans: list[tuple[str, Span]], place_at: Callable[[int], str]
) -> list[PlacedContact]:
    """Name the place and the window in which each contact begins."""
    placed = []
    for station, span in spans:
        place_id = place_at(span[0])
        windows = instance.station_windows[station]
        window = next(w for w in windows if w.place_id == place_id and w.span[0] <= span[0] < w.span[1])
        placed.append(PlacedContact(station, place_id, window.window_id, span))
    return sorted(placed, key=lambda c: (c.span, c.station_id))
