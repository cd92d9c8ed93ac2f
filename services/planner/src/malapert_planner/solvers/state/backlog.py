"""Data of one rank that waits along a schedule: whether its latency limits are kept, and how much more may wait.

On the finest grid, worst order within each cell: with S(m) stored at the edge after a product is made that goes before
or with its rank, and G what could be sent less what comes in that goes before it, the limit that ends in the cell
after edge d is kept where G(d) − G(m) ≥ S(m).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.products import Rank, before_bit, limited, rank, through_bit
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import BacklogBoundary, Cells
from malapert_planner.solvers.state.levels import UNATTAINABLE, Levels, reflected, spread

ROUNDING_BIT = 0.1
"""Rounding of sums of all data over a hundred days: no slower link is reckoned with than a bit a second."""


@dataclass(frozen=True, slots=True)
class Due:
    """A product that is made and the instant until which it is to be on the ground, with the edges that hold for them.

    ``due_edge`` lies before ``made_edge`` where the limit is too short for the grid.
    """

    activity_id: str
    product_id: str
    made_edge: int
    due_edge: int
    due_s: int


@dataclass(frozen=True)
class Backlog:
    """What waits of one rank at each edge, and what could have been sent of it by then."""

    rank: Rank
    cells: Cells
    first: int
    stored: Levels
    through: Levels
    drained: Levels
    sendable: Levels
    dues: tuple[Due, ...]

    def late(self) -> list[Due]:
        """Return the products that are not on the ground in time."""
        return [due for due in self.dues if self.missing_bit(due) > ROUNDING_BIT]

    def missing_bit(self, due: Due) -> float:
        """Return how much too little can be sent in time; below zero where it is enough."""
        if due.due_edge < due.made_edge:
            return UNATTAINABLE
        return float(self.stored[due.made_edge] - self.sendable[due.due_edge] + self.sendable[due.made_edge])

    def sent_s(self, due: Due) -> int | None:
        """Return the first edge at which a product is surely sent; None where there is none."""
        goal = self.sendable[due.made_edge] + self.stored[due.made_edge] - ROUNDING_BIT
        reached = np.flatnonzero(self.sendable[due.made_edge :] >= goal)
        return self.cells.edges_s[due.made_edge + int(reached[0])] if len(reached) else None

    def admitted(self, since: int) -> Levels:
        """Return what may wait at each edge so that products made after an edge ``since`` are in time."""
        demands = np.full(len(self.stored), np.inf)
        for due in self.dues:
            if due.made_edge > since:
                room = self.sendable[due.due_edge] - self.sendable[due.made_edge]
                demands[due.made_edge] = min(demands[due.made_edge], room)
        sums = np.concatenate([[0.0], np.cumsum(self.drained - self.through)])
        least = np.asarray(np.minimum.accumulate((demands + sums)[::-1])[::-1] - sums)
        beyond = np.flatnonzero(self.through > least[1:] + ROUNDING_BIT)
        if len(beyond):
            least[: beyond[-1] + 1] = -UNATTAINABLE
        return least

    @cached_property
    def room(self) -> Levels:
        """How much more may wait at each edge beside all that the schedule has."""
        return self.admitted(-1) - self.stored

    def slack(self, latency_s: int, width_s: int) -> Levels:
        """Return how much more could be made until each edge and be sent within a latency limit."""
        edges = np.arange(len(self.stored))
        due = edges + latency_s // width_s
        inside = np.minimum(due, len(self.stored) - 1)
        # A limit that ends beyond the horizon is not looked after.
        return np.where(due < len(self.stored), self.sendable[inside] - self.sendable - self.stored, np.inf)

    def boundary(self, first: int, last: int) -> BacklogBoundary:
        """Return what a model of the span between two edges starts from and must leave."""
        pending = tuple(
            (due.due_s, float(self.stored[due.made_edge] - self.sendable[first] + self.sendable[due.made_edge]))
            for due in self.dues
            if due.made_edge <= first < due.due_edge
        )
        return BacklogBoundary(
            rank=self.rank,
            stored_bit=float(self.stored[first]),
            admitted_bit=float(self.admitted(last)[last]),
            pending=pending,
            later_s=self.cells.edges_s[last:],
            later_bit=tuple((self.sendable[last:] - self.sendable[last]).tolist()),
        )


def backlog_of(
    instance: Instance, which: Rank, placed: tuple[PlacedActivity, ...], drained: Levels, first: int
) -> Backlog:
    """Return the backlog of a rank for placed activities and what could be sent in each cell."""
    cells, count = instance.cells, len(instance.cells)
    before, through, dues = np.zeros(count), np.zeros(count), list[Due]()
    for item in placed:
        activity = instance.activities[item.activity_id]
        if activity.products:
            length_s = item.span[1] - item.span[0]
            spread(before, cells, item.span, before_bit(activity, which) / length_s)
            spread(through, cells, item.span, through_bit(activity, which) / length_s)
            dues += _dues(instance, activity, item.span, which)
    start = -instance.problem.storage.start_bit
    levels = -reflected(supplied=drained[first:], drawn=through[first:], start=start, wall=0.0)
    spare = np.where(np.arange(count) >= first, drained - before, 0.0)
    return Backlog(
        rank=which,
        cells=cells,
        first=first,
        stored=np.concatenate([np.full(first, levels[0]), levels]),
        through=through,
        drained=drained,
        sendable=np.concatenate([[0.0], np.cumsum(spare)]),
        dues=tuple(dues),
    )


def _dues(instance: Instance, activity: Activity, span: Span, which: Rank) -> list[Due]:
    problem, grid = instance.problem, instance.problem.resolution_s
    found = []
    for product in limited(activity):
        due_s = span[1] + product.max_latency_s
        if rank(product) == which and problem.now_s < span[1] and due_s <= problem.horizon_s:
            made_edge = -(-span[1] // grid)
            found.append(Due(activity.activity_id, product.product_id, made_edge, due_s // grid, due_s))
    return found
