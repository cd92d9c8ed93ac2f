"""Which place when: a unit flow through places and cell edges."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedDrive
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.candidates import start_times
from malapert_planner.solvers.model.ledger import Hints, Linear


@dataclass(frozen=True, slots=True)
class DriveOption:
    """A drive at a start: takes the whole of the cells that it touches."""

    drive: Drive
    span: Span
    cells: range
    taken: cp_model.IntVar

    @property
    def ends(self) -> tuple[str, str]:
        """From and to."""
        return self.drive.from_place_id, self.drive.to_place_id


@dataclass(slots=True)
class Itinerary:
    """``stays[place_id, cell]``: the asset rests there for the whole cell. ``by_cell``: drives that touch a cell.

    ``ends``: by place, the stays and drives of which one is taken where the span ends at the place.
    """

    stays: dict[tuple[str, int], cp_model.IntVar] = field(default_factory=dict)
    drives: list[DriveOption] = field(default_factory=list)
    by_cell: dict[int, list[DriveOption]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, list[cp_model.IntVar]] = field(default_factory=dict)

    def resting(self, places: tuple[str, ...], cell: int) -> Linear:
        """Return whether the asset rests for a whole cell at one of some places."""
        stays = [self.stays[p, cell] for p in places if (p, cell) in self.stays]
        return cp_model.LinearExpr.sum(stays) if stays else 0

    def placed(self, solver: cp_model.CpSolver) -> list[PlacedDrive]:
        """Return the chosen drives."""
        chosen = [option for option in self.drives if solver.boolean_value(option.taken)]
        return [PlacedDrive(*option.ends, option.span) for option in sorted(chosen, key=lambda o: o.span)]


def add_itinerary(model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope) -> Itinerary:
    r"""Add the place of the asset over the scope's cells.

    With nodes (place p, edge j), stays x and drives d from edge j to edge j' ≥ j + 1,

        inflow(p, j) = outflow(p, j),   one unit enters at (start place, 0) and leaves at (end place, K).
    """
    itinerary = Itinerary()
    places, count = _places(instance, scope), len(scope.cells)
    for place_id in places:
        for cell in range(count):
            itinerary.stays[place_id, cell] = model.new_bool_var("")
    _add_drives(model, hints, instance, scope, itinerary, places)
    inflow: dict[tuple[str, int], list[cp_model.IntVar]] = defaultdict(list)
    outflow: dict[tuple[str, int], list[cp_model.IntVar]] = defaultdict(list)
    for (place_id, cell), stay in itinerary.stays.items():
        outflow[place_id, cell].append(stay)
        inflow[place_id, cell + 1].append(stay)
    for option in itinerary.drives:
        outflow[option.ends[0], option.cells.start].append(option.taken)
        inflow[option.ends[1], option.cells.stop].append(option.taken)
    for node in sorted(set(inflow) | set(outflow)):
        source = 1 if node == (scope.boundary.start_place_id, 0) else 0
        if node[1] < count:
            model.add(sum(inflow[node]) + source == sum(outflow[node]))
        elif node[0] not in scope.boundary.end_charge_wh:
            model.add(sum(inflow[node]) == 0)
    itinerary.ends = {place_id: inflow[place_id, count] for place_id in sorted(instance.places)}
    model.add_exactly_one([arc for arcs in itinerary.ends.values() for arc in arcs])
    return itinerary


def _places(instance: Instance, scope: Scope) -> tuple[str, ...]:
    """Return the places where the asset may be: all, those of the scope, or those of a fixed route."""
    if scope.route is None:
        return tuple(p for p in instance.places if scope.place_ids is None or p in scope.place_ids)
    return tuple(sorted({scope.boundary.start_place_id} | {drive.to_place_id for drive in scope.route}))


def _add_drives(
    model: cp_model.CpModel,
    hints: Hints,
    instance: Instance,
    scope: Scope,
    itinerary: Itinerary,
    places: tuple[str, ...],
) -> None:
    hinted = {((d.from_place_id, d.to_place_id), d.span[0]) for d in scope.hint.drives}
    for drive, spans in zip(instance.drives, instance.drive_starts, strict=True):
        ends = (drive.from_place_id, drive.to_place_id)
        if ends[0] not in places or ends[1] not in places:
            continue
        extra = [d.span[0] for d in scope.hint.drives if (d.from_place_id, d.to_place_id) == ends]
        if scope.route is None:
            starts = start_times(spans, drive.duration_s, scope, scope.step_s, extra)
        else:
            starts = [d.span[0] for d in scope.route if (d.from_place_id, d.to_place_id) == ends]
        for start in starts:
            span = (start, start + drive.duration_s)
            option = DriveOption(drive, span, scope.cells.touched(span), model.new_bool_var(""))
            itinerary.drives.append(option)
            for cell in option.cells:
                itinerary.by_cell[cell].append(option)
            if scope.route is not None:
                model.add(option.taken == 1)
            hints.add(option.taken, (ends, start) in hinted)


def needs_contact(instance: Instance) -> tuple[tuple[str, ...], ...]:
    """Return, for each CONTACT condition of drives, the stations that fulfil it (empty: any)."""
    conditions = instance.problem.drive_rule.conditions
    return tuple(c.station_ids for c in conditions if c.kind is ConditionKind.CONTACT)
