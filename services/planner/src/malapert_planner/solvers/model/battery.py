"""Battery: charge above its floor at every instant."""

from __future__ import annotations

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.units import drawn_mwh, supplied_mwh
from malapert_planner.solvers.model.contacts import Contacts
from malapert_planner.solvers.model.itinerary import Itinerary
from malapert_planner.solvers.model.ledger import Ledger, LinearSum
from malapert_planner.solvers.model.placements import ChainDecision, Placements


def enter_energy(
    model: cp_model.CpModel,
    instance: Instance,
    scope: Scope,
    ledger: Ledger,
    itinerary: Itinerary,
    placements: Placements,
    contacts: Contacts,
) -> None:
    """Enter into the ledger what each decision draws and generates in each cell."""
    problem, cells = instance.problem, scope.cells
    pairs = {(place_id, place_id) for place_id, _ in itinerary.stays} | {option.ends for option in itinerary.drives}
    generated = {ends: _generated_mwh(instance, scope, ends) for ends in sorted(pairs)}
    for (place_id, cell), stay in itinerary.stays.items():
        ledger.generated[cell].add(stay, generated[place_id, place_id][cell])
    for option in itinerary.drives:
        for cell in option.cells:
            ledger.generated[cell].add(option.taken, generated[option.ends][cell])
        _draw(ledger, option.span, option.drive.power_w, option.taken)
    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            _draw(ledger, placed.span, instance.activities[placed.activity_id].power_w, None)
            for cell in cells.touched(placed.span):
                ledger.awake[cell].append(LinearSum(constant=1))
    for decision in placements.decisions.values():
        _enter_chain(ledger, decision)
    for cell, options in itinerary.by_cell.items():
        ledger.awake[cell].append(LinearSum([o.taken for o in options], [1] * len(options)))
    for piece in contacts.pieces:
        _draw(ledger, piece.span, problem.contact_power_w, piece.taken)
        ledger.awake[piece.cell].append(LinearSum([piece.taken], [1]))
    _enter_base_load(model, instance, ledger)


def _generated_mwh(instance: Instance, scope: Scope, ends: tuple[str, str]) -> list[int]:
    return [supplied_mwh(float(value)) for value in instance.supplied_wh(ends, scope.cells.edges_s)]


def _draw(ledger: Ledger, span: Span, power_w: float, taken: cp_model.IntVar | None) -> None:
    for cell in ledger.cells.touched(span):
        seconds = overlap_s(span, ledger.cells.span(cell))
        ledger.drawn[cell].add(taken, drawn_mwh(power_w * seconds / SECONDS_PER_HOUR))


def _enter_chain(ledger: Ledger, decision: ChainDecision) -> None:
    for block in decision.blocks:
        touched: dict[int, LinearSum] = {}
        for option in block.options:
            span = (option.start_s, option.start_s + block.block.duration_s)
            for cell in ledger.cells.touched(span):
                touched.setdefault(cell, LinearSum()).add(option.taken, 1)
            for step in block.block.steps:
                _draw(ledger, step.span(option.start_s), step.activity.power_w, option.taken)
        for cell, total in touched.items():
            ledger.awake[cell].append(total)


def _enter_base_load(model: cp_model.CpModel, instance: Instance, ledger: Ledger) -> None:
    """A cell that anything touches counts as awake for its whole length: awake[k] ≥ Σ (at most one taken) b[i]."""
    battery = instance.problem.battery
    extra_w = max(0.0, battery.awake_load_w - battery.asleep_load_w)
    for cell in range(len(ledger.cells)):
        start, end = ledger.cells.span(cell)
        hours = (end - start) / SECONDS_PER_HOUR
        ledger.drawn[cell].constant += drawn_mwh(battery.asleep_load_w * hours)
        if not extra_w or not ledger.awake[cell]:
            continue
        awake = model.new_bool_var("")
        ledger.hint(awake, any(ledger.hinted(total) for total in ledger.awake[cell]))
        for total in ledger.awake[cell]:
            model.add(total.expression() <= awake)
        ledger.drawn[cell].add(awake, drawn_mwh(extra_w * hours))


def add_battery(
    model: cp_model.CpModel,
    instance: Instance,
    scope: Scope,
    ledger: Ledger,
    itinerary: Itinerary,
    placements: Placements,
) -> None:
    r"""Keep the charge above its floor at every instant.

    With g[k] generated and c[k] drawn within cell k, L[k] is a lower bound of the charge at the cell's start:

        L[k + 1] ≤ L[k] + g[k] − c[k],    L[k + 1] ≤ capacity − c[k],    L[k] − c[k] ≥ floor.

    The true charge is, over s ≤ t, the least of (capacity or, at s = 0, the start) + G(s, t) − C(s, t). Within a cell
    the worst order draws everything after what overflows and before what is generated; the three lines hold for
    every order.
    """
    battery, boundary = instance.problem.battery, scope.boundary
    floor, capacity = drawn_mwh(battery.floor_wh), supplied_mwh(battery.capacity_wh)
    count = len(scope.cells)
    level = [model.new_int_var(floor, capacity, "") for _ in range(count + 1)]
    model.add(level[0] <= min(capacity, supplied_mwh(boundary.charge_wh)))
    for place_id, arcs in itinerary.ends.items():
        needed = drawn_mwh(boundary.end_charge_wh.get(place_id, 0.0))
        for arc in arcs:
            if needed > capacity:
                model.add(arc == 0)
            elif needed > floor:
                model.add(level[count] >= needed).only_enforce_if(arc)
    for cell in range(count):
        drawn, generated = ledger.drawn[cell].expression(), ledger.generated[cell].expression()
        model.add(level[cell + 1] + drawn <= level[cell] + generated)
        model.add(level[cell + 1] + drawn <= capacity)
        model.add(level[cell] - drawn >= floor)
    hinted = min(capacity, supplied_mwh(boundary.charge_wh))
    for cell in range(count):
        ledger.hint(level[cell], hinted)
        hinted = min(hinted + ledger.hinted(ledger.generated[cell]), capacity) - ledger.hinted(ledger.drawn[cell])
    ledger.hint(level[count], hinted)
    _add_start_charge(model, instance, scope, ledger, placements, level)


def _add_start_charge(
    model: cp_model.CpModel,
    instance: Instance,
    scope: Scope,
    ledger: Ledger,
    placements: Placements,
    level: list[cp_model.IntVar],
) -> None:
    """Demand the charge that activities need at their start: L[k] (− c[k] within a cell) ≥ charge, if b[i]."""

    def sure(start_s: int) -> cp_model.LinearExprT:
        cell = scope.cells.at(start_s)
        return level[cell] - (0 if start_s == scope.cells.edges_s[cell] else ledger.drawn[cell].expression())

    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            needed = drawn_mwh(instance.activities[placed.activity_id].min_start_charge_wh)
            if needed > 0 and scope.span[0] <= placed.span[0] < scope.span[1]:
                model.add(sure(placed.span[0]) >= needed)
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for step in block.block.steps:
                needed = drawn_mwh(step.activity.min_start_charge_wh)
                for option in block.options if needed > 0 else ():
                    model.add(sure(step.span(option.start_s)[0]) >= needed).only_enforce_if(option.taken)
