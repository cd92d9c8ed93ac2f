"""Storage: data below the capacity at every instant."""

from __future__ import annotations

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.model.contacts import Contacts
from malapert_planner.solvers.model.itinerary import Itinerary
from malapert_planner.solvers.model.ledger import Ledger
from malapert_planner.solvers.model.placements import Placements


def enter_data(
    instance: Instance,
    scope: Scope,
    units: Units,
    ledger: Ledger,
    itinerary: Itinerary,
    placements: Placements,
    contacts: Contacts,
) -> None:
    """Enter into the ledger what each decision fills and drains in each cell."""
    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            _fill(ledger, units, placed.span, instance.activities[placed.activity_id].data_bit, None)
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for option in block.options:
                for step in block.block.steps:
                    _fill(ledger, units, step.span(option.start_s), step.activity.data_bit, option.taken)
    for drive in itinerary.drives:
        _fill(ledger, units, drive.span, drive.drive.data_bit, drive.taken)
    for piece in contacts.pieces:
        ledger.drained[piece.cell].add(piece.taken, units.drained(piece.data_bit))


def _fill(ledger: Ledger, units: Units, span: Span, data_bit: float, taken: cp_model.IntVar | None) -> None:
    if data_bit <= 0:
        return
    for cell in ledger.cells.touched(span):
        part = overlap_s(span, ledger.cells.span(cell)) / (span[1] - span[0])
        ledger.filled[cell].add(taken, units.filled(data_bit * part))


def add_storage(
    model: cp_model.CpModel, instance: Instance, scope: Scope, units: Units, ledger: Ledger
) -> list[cp_model.IntVar]:
    r"""Return the stored data at each edge, kept below the capacity at every instant, the mirror image of the battery.

    With f[k] filled and e[k] drained within cell k, S[k] is an upper bound of the data at the cell's start:

        S[k + 1] ≥ S[k] + f[k] − e[k],    S[k + 1] ≥ f[k],    S[k] + f[k] ≤ capacity.
    """
    boundary = scope.boundary
    capacity = units.drained(instance.problem.storage.capacity_bit)
    count = len(scope.cells)
    stored = [model.new_int_var(0, capacity, "") for _ in range(count + 1)]
    model.add(stored[0] >= units.filled(boundary.stored_bit))
    model.add(stored[count] <= units.drained(boundary.end_stored_bit))
    for cell in range(count):
        filled, drained = ledger.filled[cell].expression(), ledger.drained[cell].expression()
        model.add(stored[cell + 1] >= stored[cell] + filled - drained)
        model.add(stored[cell + 1] >= filled)
        model.add(stored[cell] + filled <= capacity)
    hinted = units.filled(boundary.stored_bit)
    for cell in range(count):
        ledger.hint(stored[cell], hinted)
        hinted = max(hinted - ledger.hinted(ledger.drained[cell]), 0) + ledger.hinted(ledger.filled[cell])
    ledger.hint(stored[count], hinted)
    return stored
