"""Rhythm of contacts in a model: no silence in which a contact could be held lasts too long."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.rhythm import Rhythm
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.contacts import Contacts
from malapert_planner.solvers.model.itinerary import DriveOption, Itinerary
from malapert_planner.solvers.model.ledger import Hints, LinearSum


def add_rhythm(
    model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, itinerary: Itinerary, contacts: Contacts
) -> None:
    r"""Let no silence last longer than is allowed.

    With r[k] for how long of cell k a contact could be held where the asset is, u[i] the pieces chosen in it, c[k] is
    no less than the silence counted up to its start:

        s[k] = r[k] − Σ u[i] |i|,    c[k] + s[k] ≤ most,    c[k + 1] ≥ s[k],    c[k + 1] ≥ c[k] + s[k] if no u[i].
    """
    rhythm, count = instance.rhythm, len(scope.cells)
    if not rhythm.most_s:
        return
    silent = _silent(rhythm, scope, itinerary, contacts)
    most_s, edges = rhythm.most_s, scope.cells.edges_s
    clock = [model.new_int_var(0, most_s, "") for _ in range(count + 1)]
    hinted = min(most_s, scope.boundary.silence_s)
    model.add(clock[0] == hinted)
    hints.add(clock[0], hinted)
    for cell in range(count):
        pieces = contacts.by_cell.get(cell, ())
        expression, heard = silent[cell].expression(), [piece.taken for piece in pieces]
        model.add(clock[cell] + expression <= most_s)
        model.add(clock[cell + 1] >= expression)
        beyond_s = most_s + edges[cell + 1] - edges[cell]
        model.add(clock[cell + 1] >= clock[cell] + expression - beyond_s * cp_model.LinearExpr.sum(heard))
        is_heard = any(hints.value_of.get(piece.taken.index) for piece in pieces)
        part_s = max(0, hints.sum_of(silent[cell]))
        hinted = min(most_s, part_s if is_heard else hinted + part_s)
        hints.add(clock[cell + 1], hinted)
    for place_id, arcs in itinerary.ends.items():
        left_s = scope.boundary.end_silence_s.get(place_id, most_s)
        for arc in arcs if left_s < most_s else ():
            model.add(clock[count] <= left_s).only_enforce_if(arc)


def _silent(rhythm: Rhythm, scope: Scope, itinerary: Itinerary, contacts: Contacts) -> list[LinearSum]:
    """Return for how long of each cell a contact could be held and none is."""
    silent = [LinearSum() for _ in range(len(scope.cells))]
    edges = np.array(scope.cells.edges_s, dtype=np.float64)
    counted: dict[str, list[float]] = defaultdict(list)
    for (place_id, cell), stay in itinerary.stays.items():
        if place_id not in counted:
            counted[place_id] = np.diff(rhythm.counted_s((place_id, place_id), edges)).tolist()
        silent[cell].add(stay, round(counted[place_id][cell]))
    for cell, options in itinerary.by_cell.items():
        for option in options:
            silent[cell].add(option.taken, _on_drive_s(rhythm, option, scope.cells.span(cell)))
    for piece in contacts.pieces:
        silent[piece.cell].add(piece.taken, piece.span[0] - piece.span[1])
    return silent


def _on_drive_s(rhythm: Rhythm, option: DriveOption, cell: Span) -> int:
    """Return for how long of a cell that a drive touches a contact could be held: before, in and after it."""
    origin_id, target_id = option.ends
    cuts = [min(max(edge, cell[0]), cell[1]) for edge in (cell[0], *option.span, cell[1])]
    legs = ((origin_id, origin_id), option.ends, (target_id, target_id))
    parts = (rhythm.counted_s(ends, cuts[n : n + 2]) for n, ends in enumerate(legs))
    return round(sum(float(after - before) for before, after in parts))
