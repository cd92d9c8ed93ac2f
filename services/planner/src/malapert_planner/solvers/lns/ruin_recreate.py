"""Ruin and recreate: a span is emptied, driven through anew or not, filled greedily at drawn prices, and trimmed.

What comes out is kept where it is better, or by chance where it is little worse (simulated annealing). The
temperature depends on the number of steps done alone, so that a longer search continues a shorter one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.score import BIT_S_PER_GB_D
from malapert_planner.solvers.lns.booking_windows import BookingWindows
from malapert_planner.solvers.lns.clearing import clear, remove
from malapert_planner.solvers.lns.filling import Prices
from malapert_planner.solvers.lns.recreation import Recreation
from malapert_planner.solvers.lns.route_moves import RouteMoves
from malapert_planner.solvers.lns.visits import VisitMoves
from malapert_planner.solvers.parameters import Pipeline, Recreate
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


@dataclass(frozen=True, slots=True)
class Manner:
    """How a search goes, by the steps done.

    The temperature is ``heat`` at first, in mean values of a chain; it halves in ``halving_steps``, and after
    ``reheating_steps`` the search starts anew from the best. ``visits`` is the part of the moves on the route that are
    made for a chain that is not planned.
    """

    heat: float
    halving_steps: int
    reheating_steps: int
    visits: float = Recreate.VISIT_SHARE

    def at(self, steps: int) -> float:
        """Return the temperature after so many steps."""
        return self.heat * math.pow(0.5, (steps % self.reheating_steps) / self.halving_steps)


FROM_NOTHING = Manner(0.3, 1500, 12_000, visits=0.0)
"""Where the search begins with its own construction among very many chains; visits were not measured there."""
FROM_GOOD = Manner(0.02, 400, 2000)
"""Where it goes on from a schedule that models were solved for: more heat only leads away from that."""


@dataclass
class Worth:
    """The objective of a schedule under construction."""

    instance: Instance

    def __post_init__(self) -> None:
        problem = self.instance.problem
        self._weights = problem.objective
        self._asked = {key: value for key, value in requested_values(problem).items() if value > 0}
        self._mandatory = sum(
            any(chain.mandatory for chain in modes) for group in self.instance.repetitions.values() for modes in group
        )

    def __call__(self, working: WorkingSchedule) -> float:
        """Return the objective, much lower for each mandatory chain that is missing."""
        planned = working.requests.value
        total = sum(planned.values()) - Pipeline.MANDATORY_VALUE * (self._mandatory - working.requests.mandatory)
        total -= self._weights.contact_cost_weight * sum(contact.cost for contact in working.contacts)
        if self._weights.fairness_weight and self._asked:
            shares = (1 - planned.get(key, 0.0) / value for key, value in self._asked.items())
            total -= self._weights.fairness_weight * max(shares)
        if self._weights.latency_weight_per_gb_d > 0:
            stored = working.stored_bit()
            waiting = float((stored[:-1] + stored[1:]).sum()) / 2 * working.bounds.cell_s
            total -= self._weights.latency_weight_per_gb_d * waiting / BIT_S_PER_GB_D
        return total


class RuinRecreate:
    """A search over schedules under construction; the best found so far is ``best``."""

    def __init__(self, tables: Tables, seed: int, manner: Manner = FROM_GOOD) -> None:
        self.tables, self._manner, instance = tables, manner, tables.instance
        self.worth, self._rng = Worth(instance), random.Random(seed)
        self._windows, self._prices = BookingWindows(tables), Prices(tables)
        self._routes = RouteMoves(tables, self._windows)
        self._recreation = Recreation(tables, self._windows, self._prices, self._rng)
        self._visits = VisitMoves(tables, self._routes, self._recreation, self._rng)
        self.current, self._before = WorkingSchedule(self.tables), WorkingSchedule(self.tables)
        self.best = WorkingSchedule(self.tables)
        self.value = self.best_value = -math.inf
        self.steps = 0
        chains = instance.chains
        self._mean_value = sum(chain.value for chain in chains) / max(1, len(chains))

    @property
    def tries(self) -> int:
        """How often an insertion was tried: what a search is charged for."""
        return self._recreation.filling.tries

    def start(self, incumbent: Incumbent) -> None:
        """Start from a schedule."""
        self.current.load(incumbent)
        self.best.copy_from(self.current)
        self._remember()
        self.value = self.best_value = self.worth(self.current)

    def _remember(self) -> None:
        """Have the schedule that a step returns to be the current one."""
        self._before.copy_from(self.current)
        self.current.touched()

    def construct(self, go_on: Callable[[], bool]) -> None:
        """Decide route and fill from left to right, each stretch the best of staying and of each other place.

        ``go_on`` is asked before each stretch, when what has been decided so far is a schedule.
        """
        horizon_s, since = self.tables.bounds.horizon_s, 0
        trial, found = self._before, WorkingSchedule(self.tables)
        while since < horizon_s and go_on():
            best = -math.inf
            span = (since, min(horizon_s, since + Recreate.STRETCH_S))
            for stop in [None, *self._routes.place_ids]:
                trial.copy_from(self.current)
                if not self._recreate(trial, (span[0], horizon_s), span, [] if stop is None else [stop]):
                    continue
                value = self.worth(trial)
                if value > best:
                    best = value
                    found.copy_from(trial)
            if best > -math.inf:
                self.current.copy_from(found)
                self.value = best
                self._keep()
            since += Recreate.ADVANCE_S
        self._remember()

    def _recreate(self, working: WorkingSchedule, span: Span, filled: Span, stops: list[str]) -> bool:
        cleared = clear(working, span)
        if cleared is None:
            return False
        span = cleared.span
        if not self._routes.drive_along(working, span, cleared.origin_id, stops, [float(span[0])] * len(stops)):
            return False
        self._recreation.fill(working, (max(filled[0], span[0]), filled[1]), filled[0])
        return working.is_sound() and not self._windows.silences(working, filled[1])

    def step(self) -> bool:
        """Do one step; return whether it found a better schedule than the best."""
        self.steps += 1
        if self.steps % self._manner.reheating_steps == 0:
            self.current.copy_from(self.best)
            self._remember()
            self.value = self.best_value
        value = self._changed()
        touched = self.current.touched()
        heat = self._manner.at(self.steps) * self._mean_value
        if value is None or value < self.value + heat * math.log(max(1e-12, self._rng.random())):
            self.current.copy_from(self._before, touched)
            return False
        if value > self.value + 1e-9:
            self._prices.learn()
        self.value = value
        self._before.copy_from(self.current, touched)
        return self._keep()

    def _keep(self) -> bool:
        if self.value <= self.best_value:
            return False
        self.best.copy_from(self.current)
        self.best_value = self.value
        return True

    def _changed(self) -> float | None:
        rng, horizon_s, cell_s = self._rng, self.tables.bounds.horizon_s, self.tables.bounds.cell_s
        self._prices.draw(rng)
        chance = rng.random()
        moves_route = chance < Recreate.ROUTE_SHARE and len(self._routes.place_ids) > 1
        shortest, longest = Recreate.ROUTE_SPAN_S if moves_route else Recreate.SPAN_S
        length = math.exp(rng.uniform(math.log(min(shortest, horizon_s)), math.log(min(longest, horizon_s))))
        start = rng.uniform(-length / 2, horizon_s - length / 2)
        span = int(max(0, start)) // cell_s * cell_s, int(min(horizon_s, start + length)) // cell_s * cell_s
        if span[0] >= span[1]:
            return None
        if chance > 1 - Recreate.EXCHANGE_SHARE:
            span = self._exchanged(span)
        elif moves_route and self._manner.visits and rng.random() < self._manner.visits:
            return self._judged(self.current) if self._visits.visit(self.current, span[1] - span[0]) else None
        elif moves_route:
            cleared = clear(self.current, span)
            if cleared is None:
                return None
            span = cleared.span
            if not self._routes.drive_through(self.current, span, cleared.origin_id, cleared.target_id, rng):
                return None
        else:
            self._thin(span, rng.choice(Recreate.RUIN_SHARES))
        since = span[0] if rng.random() < 0.5 else int(rng.uniform(*span))
        self._recreation.fill(self.current, span, since)
        return self._judged(self.current)

    def _judged(self, working: WorkingSchedule) -> float | None:
        """Return what a changed schedule is worth; None where it breaks a limit."""
        return self.worth(working) if working.is_sound() and not self._windows.silences(working) else None

    def _thin(self, span: Span, share: float) -> None:
        """Take some chains out of a span, and contacts that nothing there asks for."""
        working, rng = self.current, self._rng
        inside = [i for i, c in working.chains.items() if span[0] <= c.span[0] and c.span[1] <= span[1]]
        remove(working, [index for index in inside if share >= 1.0 or rng.random() < share])
        if rng.random() < 0.5:
            for contact in list(working.contacts):
                if span[0] <= contact.span[0] and contact.span[1] <= span[1] and not working.is_asked(contact):
                    working.remove_contact(contact)

    def _exchanged(self, span: Span) -> Span:
        """Take the chains that are worth least for what they take out of a long span; return that span."""
        working, rng, horizon_s = self.current, self._rng, self.tables.bounds.horizon_s
        length = Recreate.EXCHANGE_LENGTH * (span[1] - span[0])
        wide = max(0, span[0] - length), min(horizon_s, span[1] + length)
        weights, chains = self._prices.densities(self.tables.kinds), self.tables.instance.chains
        inside = [i for i, c in working.chains.items() if wide[0] <= c.span[0] and c.span[1] <= wide[1]]
        inside.sort(key=lambda i: chains[i].value / weights[self.tables.kind_of[i]])
        most = rng.choice(Recreate.EXCHANGED)
        remove(working, [i for i in inside[: 2 * most] if rng.random() < 0.5])
        return wide
