"""Greedy insertion: a span is filled with the chains that are worth most for what they take, kind by kind."""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.parameters import Pipeline, Recreate
from malapert_planner.solvers.state.tables import Kind, Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class Prices:
    """Prices of an hour of each unary resource, an hour of all, a gigabit and a kilowatt-hour, by which chains rank.

    Prices are drawn around those that led to better schedules.
    """

    def __init__(self, tables: Tables) -> None:
        self._centre = [0.0, math.log(Recreate.GIGABIT_PRICE), 0.0, *([0.0] * len(tables.resource_index))]
        self._drawn = list(self._centre)

    def draw(self, rng: random.Random) -> None:
        """Draw prices anew."""
        self._drawn = [rng.gauss(centre, Recreate.PRICE_NOISE) for centre in self._centre]

    def rank(self, kinds: tuple[Kind, ...]) -> list[float]:
        """Return what the best chain of each kind is worth for what it takes."""
        weights = self.densities(kinds)
        return [chain_value(kind.chains[0]) / weights[kind.index] for kind in kinds]

    def learn(self) -> None:
        """Move towards the prices last drawn."""
        self._centre = [c + Recreate.LEARNING * (drawn - c) for c, drawn in zip(self._centre, self._drawn, strict=True)]

    def densities(self, kinds: tuple[Kind, ...]) -> list[float]:
        """Return the weight by which the value of each kind's chains is divided."""
        hour, gbit, kwh, *resources = (math.exp(each) for each in self._drawn)
        return [
            1e-9
            + sum(resources[which] * hours for which, hours in kind.hours)
            + 0.2 * hour * kind.hours_in_all
            + gbit * kind.data_gbit
            + kwh * kind.energy_kwh
            for kind in kinds
        ]


class Filling:
    """Fills spans of a schedule.

    Chains of one kind differ in value alone: where the best of a kind that no relation ties does not fit, none does.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables, self.tries = tables, 0
        self._kinds_at: dict[str, list[Kind]] = defaultdict(list)
        for kind in tables.kinds:
            for place_id in kind.chains[0].starts:
                self._kinds_at[place_id].append(kind)

    def fill(self, working: WorkingSchedule, span: Span, prices: Prices, since_s: int) -> None:
        """Fill a span, each chain as early as it fits from ``since_s`` on, or, where it does not, from its start."""
        weights = prices.densities(self._tables.kinds)
        for place_id, stay in working.stays():
            part = max(span[0], stay[0]), min(span[1], stay[1])
            if part[0] < part[1]:
                self._fill_stay(working, place_id, part, weights, max(part[0], since_s))

    def _fill_stay(
        self, working: WorkingSchedule, place_id: str, part: Span, weights: list[float], since_s: int
    ) -> None:
        heap = []
        for kind in self._kinds_at.get(place_id, ()):
            position = self._next(working, kind.index, self._tables.first_position[kind.index])
            if position >= 0 and _could_start(kind.chains[0], place_id, part):
                value = chain_value(self._tables.ordered[position])
                heap.append((-value / weights[kind.index], kind.index, position, [since_s], [0]))
        heapq.heapify(heap)
        while heap:
            _, number, position, low, missed = heapq.heappop(heap)
            chain = self._tables.ordered[position]
            fits = self.insert(working, chain, place_id, part, low)
            if not fits and not working.requests.is_bound(chain):
                continue
            missed[0] += not fits
            position = self._next(working, number, position + 1)
            if position >= 0 and missed[0] < Recreate.MOST_BOUND:
                value = chain_value(self._tables.ordered[position])
                heapq.heappush(heap, (-value / weights[number], number, position, low, missed))

    def _next(self, working: WorkingSchedule, kind: int, position: int) -> int:
        """Return the position of the best chain of a kind, from one on, that could be added, −1 where there is none."""
        end = self._tables.first_position[kind + 1]
        for _ in range(Recreate.MOST_PASSED):
            position = working.requests.next_open(position, end)
            if position == end:
                return -1
            if working.requests.may_add(self._tables.ordered[position]):
                return position
            position += 1
        return -1

    def insert(self, working: WorkingSchedule, chain: Chain, place_id: str, part: Span, low: list[int]) -> bool:
        """Insert a chain, with those that must be planned with it; ``low`` moves on to where it was found to fit."""
        self.tries += 1
        if not working.requests.may_add(chain):
            return False
        hop = max(Recreate.LEAST_HOP, (part[1] - part[0]) // (Recreate.MOST_HOPS * working.bounds.cell_s))
        standing = working.place(chain, place_id, part, low[0], hop=hop)
        if standing is None and low[0] > part[0]:
            standing = working.place(chain, place_id, part, part[0], hop=hop)
        if standing is None:
            return False
        added = [chain.index]
        for request_id in working.requests.lacking(chain):
            partner = self._insert_any(working, request_id, place_id, part)
            if partner is None:
                for index in reversed(added):
                    working.remove(index)
                return False
            added.append(partner)
        if not working.requests.is_bound(chain):
            low[0] = standing.starts_s[0]
        return True

    def _insert_any(self, working: WorkingSchedule, request_id: str, place_id: str, part: Span) -> int | None:
        for chain in self._tables.instance.request_chains.get(request_id, ()):
            fits = place_id in chain.starts and working.requests.may_add(chain)
            if fits and working.place(chain, place_id, part, part[0]) is not None:
                return chain.index
        return None


def chain_value(chain: Chain) -> float:
    """Return what a chain counts for: a mandatory one for more than all that are not."""
    return chain.value + (Pipeline.MANDATORY_VALUE if chain.mandatory else 0.0)


def _could_start(chain: Chain, place_id: str, part: Span) -> bool:
    return any(low < part[1] and high >= part[0] for low, high in chain.starts[place_id][0])
