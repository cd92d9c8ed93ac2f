"""Darkness in a model: the asset is never too long without light where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.darkness import Darkness
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.itinerary import DriveOption, Itinerary
from malapert_planner.solvers.model.ledger import Hints, LinearSum


@dataclass(slots=True)
class _Cell:
    """What of a cell is dark, by where the asset is: up to the first light, from the last on, all of it."""

    head: LinearSum = field(default_factory=LinearSum)
    tail: LinearSum = field(default_factory=LinearSum)
    whole: LinearSum = field(default_factory=LinearSum)
    lit: list[cp_model.IntVar] = field(default_factory=list)

    def enter(self, taken: cp_model.IntVar, span: Span, lit: Sequence[Span]) -> None:
        """Enter what a decision of where the asset is makes of the cell."""
        length_s = span[1] - span[0]
        if not lit:
            for total in (self.head, self.tail, self.whole):
                total.add(taken, length_s)
            return
        self.lit.append(taken)
        self.head.add(taken, lit[0][0] - span[0])
        self.tail.add(taken, span[1] - lit[-1][1])


def add_darkness(model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, itinerary: Itinerary) -> None:
    r"""Let no time in the dark last longer than is allowed.

    With h[k] how much of cell k is dark up to its first light, t[k] from its last light on, w[k] its length where it
    has none, c[k] is no less than the time in the dark up to its start:

        c[k] + h[k] ≤ most,    c[k + 1] ≥ t[k],    c[k + 1] ≥ c[k] + w[k] if it has none.
    """
    darkness, count = instance.darkness, len(scope.cells)
    if not darkness.most_s:
        return
    cells, most_s = _cells(darkness, scope, itinerary), darkness.most_s
    clock = [model.new_int_var(0, most_s, "") for _ in range(count + 1)]
    hinted = min(most_s, scope.boundary.dark_s)
    model.add(clock[0] == hinted)
    hints.add(clock[0], hinted)
    for cell, dark in enumerate(cells):
        is_lit = cp_model.LinearExpr.sum(dark.lit)
        model.add(clock[cell] + dark.head.expression() <= most_s)
        model.add(clock[cell + 1] >= dark.tail.expression())
        model.add(clock[cell + 1] >= clock[cell] + dark.whole.expression() - most_s * is_lit)
        lit_there = any(hints.value_of.get(taken.index) for taken in dark.lit)
        hinted = min(most_s, hints.sum_of(dark.tail) if lit_there else hinted + hints.sum_of(dark.whole))
        hints.add(clock[cell + 1], hinted)
    for place_id, arcs in itinerary.ends.items():
        left_s = scope.boundary.end_dark_s.get(place_id, most_s)
        for arc in arcs if left_s < most_s else ():
            if left_s < 0:
                model.add(arc == 0)
            else:
                model.add(clock[count] <= left_s).only_enforce_if(arc)


def _cells(darkness: Darkness, scope: Scope, itinerary: Itinerary) -> list[_Cell]:
    cells = [_Cell() for _ in range(len(scope.cells))]
    for (place_id, cell), stay in itinerary.stays.items():
        span = scope.cells.span(cell)
        cells[cell].enter(stay, span, darkness.lit((place_id, place_id), span))
    for cell, options in itinerary.by_cell.items():
        for option in options:
            span = scope.cells.span(cell)
            cells[cell].enter(option.taken, span, _on_drive(darkness, option, span))
    return cells


def _on_drive(darkness: Darkness, option: DriveOption, cell: Span) -> Sequence[Span]:
    """Return when there is light in a cell that a drive touches: before, in and after it."""
    origin_id, target_id = option.ends
    cuts = [min(max(edge, cell[0]), cell[1]) for edge in (cell[0], *option.span, cell[1])]
    legs = ((origin_id, origin_id), option.ends, (target_id, target_id))
    return union(each for n, ends in enumerate(legs) for each in darkness.lit(ends, (cuts[n], cuts[n + 1])))
