"""Which place when: the asset as a flow through places and days, and the chains that each visit makes possible.

A cell is about a day long. Within it the asset may drive on, at the price of its drives; between drives that the rules
allow it stays where it is, through a whole night where need be. A chain that some places alone allow is planned at most
where the asset visits one of them when the chain could start. Left out are the times within a cell, charge but for what
a stay itself takes, and storage: every schedule is a solution, so that the model's bound is one of the whole problem.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.bounds.interval_relaxation import (
    add_energy,
    add_objective,
    cheapest_contact,
    proved_bound,
    trivial_bound,
)
from malapert_planner.solvers.bounds.relaxed_chains import ChosenChain, add_modes
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import Instance, compile_problem
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.parameters import TourFlow

Node = tuple[str, int]
Var = cp_model.IntVar


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive of a tour: in which span it starts, and how long the asset has something to do where it leaves from."""

    drive: Drive
    span: Span
    dwell_s: int


@dataclass(frozen=True)
class Tour:
    """The model: a cell's edges, stays from cell to cell, drives by place, place and cell, and what is planned."""

    model: cp_model.CpModel
    instance: Instance
    units: Units
    edges_s: list[int]
    stays: dict[Node, Var]
    drives: dict[tuple[int, int], Var]
    planned: dict[int, Var]
    homes: dict[int, dict[str, list[int]]]
    """For each chain that not every place allows, the cells in which it could start, by place."""

    def before(self, node: Node) -> Var | int:
        """Return whether the asset is at a place when a cell begins."""
        place_id, cell = node
        if not cell:
            return int(place_id == self.instance.problem.start_place_id)
        return self.stays[place_id, cell - 1]

    def cut(self, solver: cp_model.CpSolver) -> int:
        """Forbid the drives of a solution that no way of the asset leads to; return how many such rings there were."""
        rings = set[frozenset[str]]()
        for _cell, place_id, ways in self._walked(solver):
            reached, drives = {place_id}, [self.instance.drives[number] for number in ways]
            while more := {d.to_place_id for d in drives if d.from_place_id in reached} - reached:
                reached |= more
            if left := {p for d in drives for p in (d.from_place_id, d.to_place_id)} - reached:
                rings.add(frozenset(left))
        # What is a way out once is one in every cell.
        for places in sorted(rings, key=sorted):
            for cell in sorted({cell for _, cell in self.drives}):
                self._lead_to(places, cell)
        return len(rings)

    def _lead_to(self, places: frozenset[str], cell: int) -> None:
        """Whoever drives between some places is at one of them before, or comes from elsewhere."""
        leading = [self.before((place_id, cell)) for place_id in sorted(places)]
        within: list[Var] = []
        most = 1
        for (number, at), used in self.drives.items():
            drive = self.instance.drives[number]
            if at == cell and drive.to_place_id in places:
                if drive.from_place_id in places:
                    within.append(used)
                    most = max(most, max(used.proto.domain))
                else:
                    leading.append(used)
        for used in within:
            self.model.add(used <= most * cp_model.LinearExpr.sum(leading))

    def _walked(self, solver: cp_model.CpSolver) -> Iterator[tuple[int, str, Counter[int]]]:
        """Yield for each cell with drives where the asset is before, and how often each drive is taken."""
        by_cell = defaultdict[int, Counter[int]](Counter)
        for (number, cell), used in self.drives.items():
            if times := solver.value(used):
                by_cell[cell][number] = times
        for cell, ways in sorted(by_cell.items()):
            there = (p for p in self.instance.places if solver.value(self.stays[p, cell - 1])) if cell else ()
            yield cell, next(iter(there), self.instance.problem.start_place_id), ways

    def legs(self, solver: cp_model.CpSolver) -> list[Leg]:
        """Return the drives of a solution in order; rings that nothing leads to are left out."""
        done: set[int] = set()
        found: list[Leg] = []
        for cell, start, ways in self._walked(solver):
            span = (self.edges_s[cell], self.edges_s[cell + 1])
            for number in _round(self.instance.drives, start, ways):
                drive = self.instance.drives[number]
                found.append(Leg(drive, span, self._work_s(solver, drive.from_place_id, cell, done)))
        return found

    def _work_s(self, solver: cp_model.CpSolver, place_id: str, cell: int, done: set[int]) -> int:
        """Return how long the chains take that are planned here and could start in this cell."""
        total_s = 0
        for index, homes in self.homes.items():
            if index not in done and cell in homes.get(place_id, ()) and solver.value(self.planned[index]):
                done.add(index)
                total_s += sum(block.duration_s for block in self.instance.chains[index].blocks)
        return total_s


def build_tour(instance: Instance) -> tuple[Tour, cp_model.LinearExpr]:
    """Build the model and return it with its objective, in points."""
    problem = instance.problem
    model, units = cp_model.CpModel(), Units.of(problem)
    edges_s = _edges(instance)
    cells = range(len(edges_s) - 1)
    stays = {(place_id, cell): model.new_bool_var("") for place_id in instance.places for cell in cells}
    drives: dict[tuple[int, int], Var] = {}
    for number, spans in enumerate(instance.drive_starts):
        # There and back, and there again.
        most = 1 + (edges_s[1] - edges_s[0]) // (2 * instance.drives[number].duration_s)
        for cell in _cells_of(spans, edges_s):
            drives[number, cell] = model.new_int_var(0, most, "")
    tour = Tour(model, instance, units, edges_s, stays, drives, {}, {})
    _add_flow(tour)
    _add_endurance(tour)
    relaxed: dict[int, ChosenChain] = {}
    for chain in instance.chains:
        planned = model.new_bool_var("")
        tour.planned[chain.index] = planned
        relaxed[chain.index] = ChosenChain(chain, planned)
        if chain is (modes := instance.modes[chain.index])[-1] and chain.mandatory:
            model.add_at_least_one([tour.planned[mode.index] for mode in modes])
        if not chain.starts:
            model.add(planned == 0)
        elif len(chain.starts) < len(instance.places):
            tour.homes[chain.index] = {p: list(_cells_of(s[0], edges_s)) for p, s in chain.starts.items()}
    add_modes(model, instance, tour.planned)
    _add_visits(tour)
    add_energy(model, instance, relaxed)
    return tour, add_objective(model, instance, units, relaxed, _drive_cost(tour))


def _edges(instance: Instance) -> list[int]:
    horizon_s = instance.problem.horizon_s
    width_s = max(-(-horizon_s // TourFlow.MOST_CELLS), TourFlow.CELL_S)
    return [*range(0, horizon_s, width_s), horizon_s]


def _cells_of(spans: tuple[Span, ...], edges_s: list[int]) -> Iterator[int]:
    """Yield the cells with a start in closed spans."""
    last = -1
    for low, high in spans:
        first = int(np.searchsorted(edges_s, low, side="right")) - 1
        end = int(np.searchsorted(edges_s, high, side="right")) - 1
        for cell in range(max(first, last + 1), min(end, len(edges_s) - 2) + 1):
            yield cell
            last = cell


def _add_flow(tour: Tour) -> None:
    """What comes to a place in a cell stays to the next cell or drives on within this one."""
    model, instance = tour.model, tour.instance
    into, out = defaultdict[Node, list[Var]](list), defaultdict[Node, list[Var]](list)
    per_cell = defaultdict[int, list[tuple[int, Var]]](list)
    for (number, cell), used in tour.drives.items():
        drive = instance.drives[number]
        into[drive.to_place_id, cell].append(used)
        out[drive.from_place_id, cell].append(used)
        per_cell[cell].append((drive.duration_s, used))
    for place_id, cell in tour.stays:
        left = tour.stays[place_id, cell] + cp_model.LinearExpr.sum(out[place_id, cell])
        model.add(tour.before((place_id, cell)) + cp_model.LinearExpr.sum(into[place_id, cell]) == left)
    for cell, used_s in per_cell.items():
        # The last drive may go on after the cell's end.
        width_s = tour.edges_s[cell + 1] - tour.edges_s[cell]
        longest_s = max(duration_s for duration_s, _ in used_s)
        model.add(cp_model.LinearExpr.sum([d * v for d, v in used_s]) <= width_s + longest_s)


def _add_endurance(tour: Tour) -> None:
    """No stay is longer than a full battery lasts asleep: before, the asset leaves and comes back."""
    instance, battery = tour.instance, tour.instance.problem.battery
    idle_w = min(battery.asleep_load_w, battery.awake_load_w)
    into = defaultdict[Node, list[Var]](list)
    for (number, cell), used in tour.drives.items():
        into[instance.drives[number].to_place_id, cell].append(used)
    for place_id in instance.places:
        gained_wh = instance.generation(place_id, place_id).between(tour.edges_s)
        heated_s = instance.heating.between_s((place_id, place_id), tour.edges_s)
        drawn_ws = idle_w * np.diff(tour.edges_s) + battery.heater_w * heated_s
        balance_wh = gained_wh - drawn_ws / SECONDS_PER_HOUR
        for first in range(len(balance_wh)):
            level_wh = battery.capacity_wh
            for cell in range(first, len(balance_wh)):
                level_wh = min(battery.capacity_wh, level_wh + balance_wh[cell])
                if level_wh < battery.floor_wh - 1.0:
                    _forbid_stay(tour, place_id, first, cell, into)
                    break


def _forbid_stay(tour: Tour, place_id: str, first: int, last: int, into: dict[Node, list[Var]]) -> None:
    """Being there at the begin of the first and the end of the last cell takes a return in one of them."""
    if not first:
        return
    there = [tour.stays[place_id, cell] for cell in range(first - 1, last + 1)]
    returns = [used for cell in range(first, last + 1) for used in into[place_id, cell]]
    tour.model.add(cp_model.LinearExpr.sum(there) - cp_model.LinearExpr.sum(returns) <= len(there) - 1)


def _add_visits(tour: Tour) -> None:
    """Chains are planned where a place that allows them is visited when it does.

    Where many ask for the same visits one decision says for all whether there is one: the model stays small.
    """
    model, instance = tour.model, tour.instance
    traffic = _Traffic.of(tour)
    alike: dict[tuple[tuple[str, tuple[Span, ...], int], ...], list[int]] = defaultdict(list)
    for index, homes in tour.homes.items():
        chain = instance.chains[index]
        took_s = sum(block.duration_s for block in chain.blocks)
        alike[tuple((place_id, chain.starts[place_id][0], took_s) for place_id in homes)].append(index)
    for keys, indices in alike.items():
        visits = cp_model.LinearExpr.sum([visit for key in keys for visit in traffic.visits(*key)])
        if len(indices) <= TourFlow.MOST_ALIKE:
            for index in indices:
                model.add(tour.planned[index] <= visits)
            continue
        visited = model.new_bool_var("")
        model.add(visited <= visits)
        for index in indices:
            model.add_implication(tour.planned[index], visited)


@dataclass(frozen=True)
class _Traffic:
    """When the asset may come to a place and leave it, cell by cell."""

    tour: Tour
    into: dict[Node, list[Var]]
    first_arrival_s: dict[Node, int]
    last_departure_s: dict[Node, int]

    @classmethod
    def of(cls, tour: Tour) -> _Traffic:
        traffic = cls(tour, defaultdict(list), {}, {})
        edges_s = tour.edges_s
        for (number, cell), used in tour.drives.items():
            drive = tour.instance.drives[number]
            starts = _within(tour.instance.drive_starts[number], (edges_s[cell], edges_s[cell + 1] - 1))
            came, left = (drive.to_place_id, cell), (drive.from_place_id, cell)
            arrival_s = starts[0] + drive.duration_s
            traffic.into[came].append(used)
            traffic.first_arrival_s[came] = min(arrival_s, traffic.first_arrival_s.get(came, arrival_s))
            traffic.last_departure_s[left] = max(starts[1], traffic.last_departure_s.get(left, starts[1]))
        return traffic

    def visits(self, place_id: str, spans: tuple[Span, ...], took_s: int) -> Iterator[cp_model.LinearExprT]:
        """Yield what adds up to the visits of a place in which a chain with such starts could be carried out.

        Who comes too late for the last start of a cell was there before; who cannot leave after the end stays on.
        """
        tour, stayed = self.tour, -2
        for cell in _cells_of(spans, tour.edges_s):
            node = (place_id, cell)
            first_s, last_s = _within(spans, (tour.edges_s[cell], tour.edges_s[cell + 1] - 1))
            comes = self.first_arrival_s.get(node, last_s + 1) <= last_s
            leaves = self.last_departure_s.get(node, -1) >= first_s + took_s
            if leaves:
                yield tour.before(node)
                if comes:
                    yield from self.into[node]
            elif stayed != cell - 1 or self.into[node]:
                yield tour.stays[node]
            if not leaves or comes:
                stayed = cell  # who stays on here was counted


def _within(spans: tuple[Span, ...], cell: Span) -> Span:
    """Return the first and the last start of closed spans within a cell that holds one."""
    inside = [(max(low, cell[0]), min(high, cell[1])) for low, high in spans if low <= cell[1] and high >= cell[0]]
    return inside[0][0], inside[-1][1]


def _drive_cost(tour: Tour) -> cp_model.LinearExpr:
    """The least cost of the contacts that drives need, in points."""
    per_s = cheapest_contact(tour.instance) * tour.units.value_scale
    return cp_model.LinearExpr.sum(
        [
            math.floor(per_s * tour.instance.drives[number].duration_s) * used
            for (number, _), used in tour.drives.items()
        ]
    )


def _round(drives: Sequence[Drive], start: str, ways: Counter[int]) -> list[int]:
    """Return drives that are connected in the order of a walk from a place, each as often as it is taken."""
    left, path, walk = Counter(ways), [(start, -1)], list[int]()
    while path:
        place_id, by = path[-1]
        onward = next((n for n in sorted(left) if left[n] and drives[n].from_place_id == place_id), None)
        if onward is None:
            path.pop()
            if by >= 0:
                walk.append(by)
        else:
            left[onward] -= 1
            path.append((drives[onward].to_place_id, onward))
    return walk[::-1]


def _burden(tour: Tour) -> cp_model.LinearExpr:
    points = max(1, tour.units.points(TourFlow.BURDEN * trivial_bound(tour.instance)))
    return _drive_cost(tour) + points * cp_model.LinearExpr.sum(list(tour.drives.values()))


def solve_tour(instance: Instance, engine: Engine, work: float) -> tuple[float, list[Leg]]:
    """Return a bound on the objective of every schedule, on the grid or off it, and the drives of a tour near it.

    The first solve proves the bound. From then on only what starts on the grid is planned, drives, which cost little in
    the relaxation, are a burden as they are to a schedule, and those that no way of the asset leads to are cut off
    until there are none.
    """
    since = engine.work
    tour, worth = build_tour(compile_problem(replace(instance.problem, resolution_s=1)))
    solver, status = engine.run(tour.model, work, linear=True)
    bound = min(trivial_bound(instance), proved_bound(solver, status, tour.units, len(instance.chains)))
    for chain in instance.chains:
        if not chain.starts:
            tour.model.add(tour.planned[chain.index] == 0)
    tour.model.maximize(worth - _burden(tour))
    legs = list[Leg]()
    for number in range(1, TourFlow.MOST_ROUNDS):
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        legs = tour.legs(solver)
        left = work - (engine.work - since)
        if (not tour.cut(solver) and number > 1) or left <= 0 or engine.exhausted():
            break
        # Some is kept for another round.
        solver, status = engine.run(tour.model, left / 2, number, linear=True, gap=TourFlow.NEAR)
    return bound, legs
