"""A relaxation of a planning problem over coarse time, as a linear program that no valid plan is worth more than.

Let a valid plan be given. For each class of like chains (`Demand`) and each of their steps, ``work`` is how many of
that step are carried out within a cell, parts counted as parts: a step of two hours, half an hour of which lies within
a cell, counts there for a quarter. So hours, energy and data within a cell are exact, whatever the plan does within it.
Kept are, cell by cell:

- work only where a step's windows and conditions allow it (contact as potential), all of a chain at one place;
- unary resources and windows that several share: no more hours of work than there are; shared resources likewise;
- contacts by station: within windows, one at a time, paid, drawing power; what needs contact has it;
- charge: generation of the best place (or, with the flow of places, of those where the asset is) less base load, work,
  drives and contacts; charging losses at the cell's mean power, which by Jensen's inequality are the least;
- storage: filled by work and drives, drained by contacts; what waits, for its price;
- which chains are planned: modes, relations, repetitions, limits, reservoirs, fairness (`selection`);
- with the flow of places: where the asset is and which drives it takes (`place_flow`).

Left out are the order within a cell, waits between the steps of a chain, latency limits, set-up of antennas and the
charge that an activity asks for at its start. Every limit is widened by `GUARD`, more than the validator's tolerance
and all rounding of the coefficients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.solvers.bounds.cells import Edges, covered_s
from malapert_planner.solvers.bounds.demands import Demand, Demands
from malapert_planner.solvers.bounds.program import Floats, Indices, ProgramBuilder
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.units import LEVEL_GUARD

Spans = tuple[Span, ...]
NONE = np.zeros(0, dtype=np.int64)


Parts = list[tuple[Indices, Indices, Floats | float]]
"""Cells, columns and an amount of something in the cell for each unit of the column."""


@dataclass(frozen=True, slots=True)
class Work:
    """Columns of a step's work: how many of it are carried out in which cells, at one place or at any (empty).

    ``spans`` is where it can be under way there, ``anywhere`` where it can at any place.
    """

    demand: Demand
    step: int
    place_id: str
    cells: Indices
    columns: Indices
    spans: Spans
    anywhere: Spans

    @property
    def hours(self) -> float:
        """How long one of it takes."""
        return self.demand.steps[self.step].duration_s / SECONDS_PER_HOUR


@dataclass
class CoarseTime:
    """The program under construction: its cells, and the columns that several families of rows share.

    ``driving`` are columns with the hours of driving in a cell that each stands for; ``stays`` those of the hours at a
    place, none of either without the flow of places.
    """

    demands: Demands
    edges_s: Edges
    builder: ProgramBuilder = field(default_factory=ProgramBuilder)
    counts: dict[int, int] = field(default_factory=dict)
    work: list[Work] = field(default_factory=list)
    contacts: dict[str, tuple[Indices, Indices]] = field(default_factory=dict)
    driving: Parts = field(default_factory=list)
    drive_energy_wh: Parts = field(default_factory=list)
    drive_data_bit: Parts = field(default_factory=list)
    stays: dict[str, Indices] = field(default_factory=dict)

    @property
    def hours(self) -> Floats:
        """How long each cell is."""
        return np.diff(self.edges_s) / SECONDS_PER_HOUR

    def put_hours(self, rows: Indices, works: Sequence[Work], factor: float = 1.0) -> None:
        """Put the hours of some work into a row of each cell."""
        for work in works:
            self.builder.put(rows[work.cells], work.columns, factor * work.hours)

    def put_parts(self, rows: Indices, parts: Parts, factor: float = 1.0) -> None:
        """Put amounts, such as the hours of driving, into a row of each cell."""
        for cells, columns, amounts in parts:
            self.builder.put(rows[cells], columns, factor * amounts)

    def put_contacts(self, rows: Indices, stations: Sequence[str], factor: float = 1.0) -> None:
        """Put the hours of contact with some stations, with all where none is named, into a row of each cell."""
        for station_id, (cells, columns) in self.contacts.items():
            if not stations or station_id in stations:
                self.builder.put(rows[cells], columns, factor)

    def by_resource(self) -> Iterator[tuple[str, list[Work]]]:
        """Yield each unary resource with the work of its users."""
        users: dict[str, list[Work]] = defaultdict(list)
        for work in self.work:
            for resource_id in work.demand.steps[work.step].resource_ids:
                users[resource_id].append(work)
        yield from sorted(users.items())


def add_work(coarse: CoarseTime, *, by_place: bool) -> None:
    """Add what is carried out when, and where: each step of a class as often as its chains are planned."""
    builder = coarse.builder
    for number, demand in enumerate(coarse.demands.classes):
        many = len(demand.chains)
        coarse.counts[number] = int(builder.columns(1, most=many if demand.spans else 0)[0])
        if not demand.spans:
            continue
        total = builder.rows(1, least=0.0, most=0.0)
        builder.put(total, coarse.counts[number], -1.0)
        if by_place:
            places = {place_id: [steps] for place_id, steps in demand.spans.items()}
        else:
            places = {"": list(demand.spans.values())}
        anywhere = [
            union(span for steps in demand.spans.values() for span in steps[n]) for n in range(len(demand.steps))
        ]
        for place_id, of_places in places.items():
            here = int(builder.columns(1, most=many)[0])
            builder.put(total, here, 1.0)
            for step in range(len(demand.steps)):
                spans = union(span for steps in of_places for span in steps[step])
                _add_step(coarse, Work(demand, step, place_id, NONE, NONE, spans, anywhere[step]), here)


def _add_step(coarse: CoarseTime, work: Work, here: int) -> None:
    builder, demand = coarse.builder, work.demand
    held_s = covered_s(work.spans, coarse.edges_s)
    cells = np.flatnonzero(held_s)
    most = len(demand.chains) * np.minimum(1.0, held_s[cells] / demand.steps[work.step].duration_s)
    columns = builder.columns(cells.size, most=most)
    whole = builder.rows(1, least=0.0, most=0.0)
    builder.put(whole, columns, 1.0)
    builder.put(whole, here, -1.0)
    coarse.work.append(replace(work, cells=cells, columns=columns))


def add_resources(coarse: CoarseTime) -> None:
    """Add that unary resources are used for as long as there is time, and shared ones no more than there is of them."""
    builder, hours = coarse.builder, coarse.hours
    for _, users in coarse.by_resource():
        rows = builder.rows(hours.size, most=hours)
        coarse.put_hours(rows, users)
        _add_shared_windows(coarse, users)
    free: dict[tuple[int, int], list[Work]] = defaultdict(list)
    for work in coarse.work:
        if work.place_id and not work.demand.steps[work.step].resource_ids:
            free[id(work.demand), work.step].append(work)
    for works in free.values():
        _keep_open(coarse, works, works[0].anywhere, len(works[0].demand.chains))
    for resource in coarse.demands.fine.problem.cumulative_resources:
        amounts: dict[str, float] = defaultdict(float)
        for use in resource.uses:
            amounts[use.activity_id] += use.amount
        rows = builder.rows(hours.size, most=hours * (resource.capacity + LEVEL_GUARD * max(1.0, resource.capacity)))
        for work in coarse.work:
            amount = amounts.get(work.demand.steps[work.step].activity_id, 0.0)
            builder.put(rows[work.cells], work.columns, amount * work.hours)


def _add_shared_windows(coarse: CoarseTime, users: Sequence[Work]) -> None:
    """Add that users of one resource with the same windows, at a place or at all, are at work while these are open."""
    alike: dict[tuple[str, Spans], list[Work]] = defaultdict(list)
    for work in users:
        alike[work.place_id, work.spans].append(work)
        if work.place_id:
            alike["", work.anywhere].append(work)
    for (_, spans), group in alike.items():
        if len(group) > 1 or len(group[0].demand.chains) > 1:
            _keep_open(coarse, group, spans, 1)


def _keep_open(coarse: CoarseTime, works: Sequence[Work], spans: Spans, many: int) -> None:
    """Add that some work, of which so many are under way at once, takes no longer in a cell than it is open there."""
    held_s = covered_s(spans, coarse.edges_s)
    partial = np.flatnonzero((held_s > 0) & (held_s < np.diff(coarse.edges_s)))
    rows = np.full(held_s.size, -1, dtype=np.int64)
    rows[partial] = coarse.builder.rows(partial.size, most=many * held_s[partial] / SECONDS_PER_HOUR)
    for work in works:
        here = rows[work.cells] >= 0
        coarse.builder.put(rows[work.cells][here], work.columns[here], work.hours)
