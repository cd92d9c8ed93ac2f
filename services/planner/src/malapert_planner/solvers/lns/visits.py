"""Visits: a chain that is not planned is driven to and put in first; what stood in its way is put in elsewhere."""

from __future__ import annotations

import math
import random

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.lns.clearing import clear, remove
from malapert_planner.solvers.lns.filling import chain_value
from malapert_planner.solvers.lns.recreation import Recreation
from malapert_planner.solvers.lns.route_moves import RouteMoves
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.tables import Tables
from malapert_planner.solvers.state.working import WorkingSchedule


class VisitMoves:
    """Brings chains that are not planned into a schedule, with the drives that this takes."""

    def __init__(self, tables: Tables, routes: RouteMoves, recreation: Recreation, rng: random.Random) -> None:
        self._tables, self._routes, self._recreation, self._rng = tables, routes, recreation, rng
        self._aside = WorkingSchedule(tables)
        self._dearest = max((chain.value for chain in tables.ordered), default=0.0)

    def visit(self, working: WorkingSchedule, length_s: int) -> bool:
        """Put a drawn chain into a schedule; return whether that works, with what it then holds anyhow if not."""
        wanted = self._waiting(working)
        if wanted is None:
            return False
        drawn = self._start(working, wanted, within_rules=False)
        if drawn is None:
            return False
        place_id, start_s = drawn
        ejected = self._eject(working, wanted, (start_s, start_s + _length_s(wanted)))
        if len(ejected) > Recreate.MOST_REPLACED or not self._drive_to(working, wanted, place_id, start_s, length_s):
            return False
        chains = [self._tables.instance.chains[index] for index in ejected]
        for chain in sorted(chains, key=lambda c: (-chain_value(c), c.index)):
            if working.requests.may_add(chain):
                self._replace(working, chain)
        return True

    def _waiting(self, working: WorkingSchedule) -> Chain | None:
        """Draw a chain that is not planned, two times in three the rather the more it is worth."""
        least = self._dearest * self._rng.choice((0.0, 1.0, 1.0))
        for _ in range(Recreate.MOST_DRAWN if self._tables.ordered else 0):
            chain = self._rng.choice(self._tables.ordered)
            if self._rng.random() * least > chain_value(chain):  # a mandatory one is always wanted
                continue
            modes = [mode for mode in self._tables.instance.modes[chain.index] if mode.index in working.chains]
            is_better = all(chain_value(mode) < chain_value(chain) for mode in modes)
            if is_better and working.requests.may_add_instead(chain):
                return chain
        return None

    def _eject(self, working: WorkingSchedule, chain: Chain, span: Span) -> set[int]:
        """Take out the planned chains that keep a chain from a span; return those that left."""
        modes = {mode.index for mode in self._tables.instance.modes[chain.index]}
        return remove(working, working.requests.in_the_way(chain, span) | (modes & working.chains.keys()))

    def _start(self, working: WorkingSchedule, chain: Chain, *, within_rules: bool) -> tuple[str, int] | None:
        """Draw where and when a chain starts, soon after an arrival or anywhere, maybe as the planned ones allow it."""
        low, high = working.requests.start_range(chain)[:2] if within_rules else (0, self._tables.bounds.horizon_s)
        rng = self._rng
        for _ in range(Recreate.VISIT_STARTS):
            place_id = rng.choice(sorted(chain.starts))
            starts, arrivals = chain.starts[place_id][0], self._routes.arrivals(place_id)
            if arrivals and rng.random() < Recreate.AT_ARRIVALS:
                since = max(low, rng.randint(*rng.choice(arrivals)))
                start = next((max(since, first) for first, last in starts if last >= since), -1)
            else:
                start = rng.randint(*rng.choice(starts))
            if low <= start <= high:
                return place_id, start
        return None

    def _drive_to(self, working: WorkingSchedule, chain: Chain, place_id: str, start_s: int, length_s: float) -> bool:
        """Clear a span about a start, drive there and on, put the chain in, and fill; return whether that works."""
        rng, cell_s, end_s = self._rng, working.bounds.cell_s, start_s + _length_s(chain)
        low = max(0, start_s - int(rng.random() * length_s)) // cell_s * cell_s
        high = min(working.bounds.horizon_s, end_s + int(rng.random() * length_s)) // cell_s * cell_s
        cleared = clear(working, (low, high))
        if cleared is None:
            return False
        places = cleared.origin_id, place_id, cleared.target_id
        if not self._routes.drive_by(working, cleared.span, places, (start_s, end_s), rng):
            return False
        booked = self._recreation.book(working, cleared.span)
        if not self._insert(working, chain, place_id, cleared.span, start_s):
            return False
        self._recreation.add_chains(working, cleared.span, cleared.span[0])
        self._recreation.trim(working, booked)
        return working.is_sound()

    def _insert(self, working: WorkingSchedule, chain: Chain, place_id: str, span: Span, start_s: int) -> bool:
        stays = [stay for at, stay in working.stays() if at == place_id and stay[0] < span[1] and stay[1] > span[0]]
        parts = [(max(span[0], stay[0]), min(span[1], stay[1])) for stay in stays]
        insert = self._recreation.filling.insert
        return any(insert(working, chain, place_id, part, [max(part[0], start_s)]) for part in parts)

    def _replace(self, working: WorkingSchedule, chain: Chain) -> None:
        """Put a chain that was in the way where the asset is anyhow, or else drive to it; it may be left out."""
        for place_id, stay in working.stays():
            if place_id in chain.starts and self._recreation.filling.insert(working, chain, place_id, stay, [stay[0]]):
                return
        self._aside.copy_from(working)
        shortest, longest = Recreate.REPLACED_SPAN_S
        for _ in range(Recreate.REPLACEMENTS):
            drawn = self._start(working, chain, within_rules=True)
            if drawn is None:
                return
            length_s = math.exp(self._rng.uniform(math.log(shortest), math.log(longest)))
            if self._drive_to(working, chain, *drawn, length_s):
                return
            working.copy_from(self._aside)


def _length_s(chain: Chain) -> int:
    return sum(block.duration_s for block in chain.blocks)
