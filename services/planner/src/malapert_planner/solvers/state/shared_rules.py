"""What chains share besides the asset's levels: states, cumulative resources, reservoirs, the backlog of products."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.products import before_bit, limited, rank, through_bit
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.model.states import Disturbances, is_quiet
from malapert_planner.solvers.state.arrays import Floats
from malapert_planner.solvers.state.backlog import ROUNDING_BIT
from malapert_planner.solvers.state.latency import Backlogs, is_late
from malapert_planner.solvers.state.levels import spread
from malapert_planner.solvers.state.reservoir_range import reservoir_range
from malapert_planner.solvers.state.tables import Tables

ROUNDING = 1e-9


class SharedRules:
    """Amounts taken at once, levels of reservoirs, and what waits of each rank that has a latency limit."""

    def __init__(self, tables: Tables) -> None:
        problem, count = tables.problem, len(tables.instance.cells)
        self._tables = tables
        self._amounts: list[dict[str, float]] = []
        for resource in problem.cumulative_resources:
            amounts: dict[str, float] = defaultdict(float)
            for use in resource.uses:
                amounts[use.activity_id] += use.amount
            self._amounts.append(dict(amounts))
        self._heard = Disturbances.of(problem).touched
        self._states: dict[str, PlacedActivity] = {}
        self._stored_by = [{use.activity_id for use in each.uses} for each in problem.reservoirs]
        self._takers: list[dict[str, PlacedActivity]] = [{} for _ in problem.cumulative_resources]
        self._changers: list[dict[str, PlacedActivity]] = [{} for _ in problem.reservoirs]
        self._ranks = tables.instance.limited_ranks
        self._backlogs = [
            Backlogs(np.zeros(count), np.zeros(count), np.empty(count + 1), np.empty(count + 1)) for _ in self._ranks
        ]
        self._dues: list[dict[str, list[tuple[int, int]]]] = [{} for _ in self._ranks]
        self._asked: dict[tuple[int, bool], dict[str, float]] = {}

    def copy_from(self, other: SharedRules, cells: slice) -> None:
        """Take over what is used in another schedule of the same tables, in cells beyond which nothing differs."""
        self._takers = [dict(each) for each in other._takers]
        self._states = dict(other._states)
        self._changers = [dict(each) for each in other._changers]
        self._dues = [dict(each) for each in other._dues]
        self._asked = {key: dict(each) for key, each in other._asked.items()}
        for mine, theirs in zip(self._backlogs, other._backlogs, strict=True):
            mine.before_bit[cells] = theirs.before_bit[cells]
            mine.through_bit[cells] = theirs.through_bit[cells]

    def uses(self, chain: Chain) -> bool:
        """Return whether a chain uses anything of what is looked after here."""
        names = [activity.activity_id for activity in chain.activities]
        if self._ranks and any(activity.products for activity in chain.activities):
            return True
        return any(name in users for users in (*self._amounts, *self._stored_by, self._heard) for name in names)

    def ask_charge(self, activity: Activity, key: tuple[int, bool], sign: int, *, nothing: float) -> float:
        """Record what an activity asks of the charge at its start; return the most that is asked there."""
        asked = self._asked.setdefault(key, {})
        if sign > 0:
            asked[activity.activity_id] = activity.min_start_charge_wh
        else:
            asked.pop(activity.activity_id, None)
        return max(asked.values(), default=nothing)

    def add(self, chain: Chain, steps: list[PlacedActivity]) -> None:
        """Record the use of a chain."""
        self._record(chain, steps, 1)

    def drop(self, chain: Chain, steps: list[PlacedActivity]) -> None:
        """Forget the use of a chain."""
        self._record(chain, steps, -1)

    def _record(self, chain: Chain, steps: list[PlacedActivity], sign: int) -> None:
        looked_after = (*self._amounts, *self._stored_by, self._heard)
        for names, users in zip(looked_after, (*self._takers, *self._changers, self._states), strict=True):
            for step in steps:
                if step.activity_id in names and sign > 0:
                    users[step.activity_id] = step
                elif step.activity_id in names:
                    del users[step.activity_id]
        if self._ranks:
            for activity, step in zip(chain.activities, steps, strict=True):
                if activity.products:
                    self._record_products(activity, step, sign)

    def _record_products(self, activity: Activity, step: PlacedActivity, sign: int) -> None:
        cells, grid = self._tables.instance.cells, self._tables.problem.resolution_s
        length_s = step.span[1] - step.span[0]
        for number, which in enumerate(self._ranks):
            spread(self._backlogs[number].before_bit, cells, step.span, sign * before_bit(activity, which) / length_s)
            spread(self._backlogs[number].through_bit, cells, step.span, sign * through_bit(activity, which) / length_s)
            dues = [
                (-(-step.span[1] // grid), (step.span[1] + product.max_latency_s) // grid)
                for product in limited(activity)
                if rank(product) == which and step.span[1] + product.max_latency_s <= self._tables.problem.horizon_s
            ]
            if dues and sign > 0:
                self._dues[number][activity.activity_id] = dues
            elif dues:
                del self._dues[number][activity.activity_id]

    def are_kept_by(self, chain: Chain, sent_bit: Floats) -> bool:
        """Return whether what a chain uses keeps its limits."""
        names = {activity.activity_id for activity in chain.activities}
        own = [self._states[name] for name in names & self._states.keys()]
        if not is_quiet(self._tables.instance, own, self._states.values()):
            return False
        for resource, amounts, takers in zip(
            self._tables.problem.cumulative_resources, self._amounts, self._takers, strict=True
        ):
            if names & amounts.keys() and _most_at_once(takers, amounts) > resource.capacity + ROUNDING:
                return False
        return self._reservoirs_hold(names) and self.are_in_time(sent_bit)

    def are_kept(self, sent_bit: Floats) -> bool:
        """Return whether reservoirs and latencies keep their limits; no chain that leaves breaks another."""
        return self._reservoirs_hold(None) and self.are_in_time(sent_bit)

    def _reservoirs_hold(self, names: set[str] | None) -> bool:
        for reservoir, users, changers in zip(
            self._tables.problem.reservoirs, self._stored_by, self._changers, strict=True
        ):
            if names is None or names & users:
                lowest, highest = reservoir_range(reservoir, changers.values())
                if lowest < -ROUNDING or highest > reservoir.capacity + ROUNDING:
                    return False
        return True

    def are_in_time(self, sent_bit: Floats, since: int = -1) -> bool:
        """Return whether every product that has a latency limit is sent by then.

        It is enough to look at those that are due after the cell ``since``, from which on something has changed.
        """
        start_bit = self._tables.problem.storage.start_bit
        for waiting, dues in zip(self._backlogs, self._dues, strict=True):
            open_dues = [pair for pairs in dues.values() for pair in pairs if pair[1] > since]
            if open_dues:
                made, due = np.ascontiguousarray(np.array(open_dues, dtype=np.int64).T)
                if is_late(sent_bit, waiting, start_bit, made, due, ROUNDING_BIT):
                    return False
        return True


def _most_at_once(takers: dict[str, PlacedActivity], amounts: dict[str, float]) -> float:
    spans = [(step.span, amounts[name]) for name, step in takers.items()]
    starts = [span[0] for span, _ in spans]
    return max((sum(a for span, a in spans if span[0] <= at < span[1]) for at in starts), default=0.0)
