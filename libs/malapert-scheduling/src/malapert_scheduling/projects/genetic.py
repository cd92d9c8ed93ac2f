"""A genetic search over orders of a project's tasks, with forward and backward improvement.

An order is decoded by the serial schedule generation scheme (Kolisch 1996): each task as early as precedence and
resources allow. Justifying the schedule to the right and back to the left never lengthens it (Valls, Ballestin and
Quintanilla 2005). Crossover keeps a stretch of one parent and the other's order around it (Hartmann 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

FIRST_POPULATION = 250
GROWTH = 4
LARGEST_POPULATION = 64_000
SETTLED = 6
"""A population is settled after so many children per member of which none made it better."""
CHUNK = 400
"""Children between two looks at the clock."""
UNKNOWN = 2**31 - 1
"""The makespan before there is a schedule."""


@dataclass(frozen=True)
class Network:
    """A single-mode project in arrays: durations (n), demands (n × r), capacities (r), and both sides of precedence.

    ``before`` and ``after`` hold neighbours of task i at ``starts[i]:starts[i + 1]``.
    """

    durations: Ints
    demands: Ints
    capacities: Ints
    before_starts: Ints
    before: Ints
    after_starts: Ints
    after: Ints

    @classmethod
    def of(
        cls, durations: list[int], demands: list[list[int]], capacities: list[int], links: list[tuple[int, int]]
    ) -> Network:
        """Build the arrays from lists; ``links`` are pairs (before, after)."""
        before_starts, before = _grouped(len(durations), [(b, a) for a, b in links])
        after_starts, after = _grouped(len(durations), links)
        return cls(
            np.asarray(durations, dtype=np.int32),
            np.asarray(demands, dtype=np.int32).reshape(len(durations), len(capacities)),
            np.asarray(capacities, dtype=np.int32),
            before_starts,
            before,
            after_starts,
            after,
        )

    def arrays(self) -> tuple[Ints, ...]:
        """Return the arrays in the order that the compiled functions take."""
        return (
            self.durations,
            self.demands,
            self.capacities,
            self.before_starts,
            self.before,
            self.after_starts,
            self.after,
        )


def _grouped(count: int, pairs: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    groups: list[list[int]] = [[] for _ in range(count)]
    for key, value in pairs:
        groups[key].append(value)
    starts = np.concatenate([[0], np.cumsum([len(g) for g in groups])]).astype(np.int32)
    return starts, np.asarray([v for g in groups for v in g], dtype=np.int32)


@numba.njit(nogil=True, cache=True)
def _decode(order, durations, demands, capacities, linked_starts, linked, horizon, free, starts):  # type: ignore[no-untyped-def]
    """Serial generation: fill ``starts``; return the makespan. ``free`` (horizon × r) is scratch."""
    resources = capacities.shape[0]
    for time in range(horizon):
        for r in range(resources):
            free[time, r] = capacities[r]
    span = 0
    for k in range(order.shape[0]):
        task = order[k]
        duration = durations[task]
        time = 0
        for p in range(linked_starts[task], linked_starts[task + 1]):
            end = starts[linked[p]] + durations[linked[p]]
            time = max(time, end)
        if duration > 0:
            at = time
            while at < time + duration:
                for r in range(resources):
                    if free[at, r] < demands[task, r]:
                        time = at + 1
                        break
                at += 1
            for at in range(time, time + duration):
                for r in range(resources):
                    free[at, r] -= demands[task, r]
        starts[task] = time
        span = max(span, time + duration)
    return span


@numba.njit(nogil=True, cache=True)
def _improve(order, starts, span, net, horizon, free, mirrored):  # type: ignore[no-untyped-def]
    """Justify right and left; ``order`` and ``starts`` become those of the improved schedule. Return its makespan."""
    durations, demands, capacities, before_starts, before, after_starts, after = net
    count = order.shape[0]
    ends = np.empty(count, np.int32)
    for i in range(count):
        ends[i] = -(starts[i] + durations[i]) * 2 - (1 if durations[i] == 0 else 0)
    reverse = np.argsort(ends, kind="mergesort").astype(np.int32)
    _topological(reverse, after_starts, after)
    _decode(reverse, durations, demands, capacities, after_starts, after, horizon, free, mirrored)
    for i in range(count):
        ends[i] = -(mirrored[i] + durations[i])
    forward = np.argsort(ends, kind="mergesort").astype(np.int32)
    _topological(forward, before_starts, before)
    span = _decode(forward, durations, demands, capacities, before_starts, before, horizon, free, starts)
    order[:] = forward
    return span


@numba.njit(nogil=True, cache=True)
def _topological(order, linked_starts, linked):  # type: ignore[no-untyped-def]
    """Move each task behind those that must come before it, keeping the order otherwise (tasks of no duration tie)."""
    count = order.shape[0]
    seen = np.zeros(count, np.bool_)
    result = np.empty(count, np.int32)
    filled = 0
    waiting = order.copy()
    left = count
    while left > 0:
        kept = 0
        for k in range(left):
            task = waiting[k]
            ready = True
            for p in range(linked_starts[task], linked_starts[task + 1]):
                if not seen[linked[p]]:
                    ready = False
                    break
            if ready:
                seen[task] = True
                result[filled] = task
                filled += 1
            else:
                waiting[kept] = task
                kept += 1
        left = kept
    order[:] = result


@numba.njit(nogil=True, cache=True)
def _cross(first, second, child, used):  # type: ignore[no-untyped-def]
    """Two-point crossover of orders: the ends of the first parent, the middle in the second's order."""
    count = first.shape[0]
    low = np.random.randint(0, count)
    high = np.random.randint(0, count)
    if low > high:
        low, high = high, low
    used[:] = False
    for k in range(low):
        child[k] = first[k]
        used[first[k]] = True
    filled = low
    for k in range(count):
        if filled >= high:
            break
        if not used[second[k]]:
            child[filled] = second[k]
            used[second[k]] = True
            filled += 1
    for k in range(count):
        if not used[first[k]]:
            child[filled] = first[k]
            filled += 1


@numba.njit(nogil=True, cache=True)
def _mutate(order, before_starts, before, rate):  # type: ignore[no-untyped-def]
    for k in range(order.shape[0] - 1):
        if np.random.random() < rate:
            one, other = order[k], order[k + 1]
            linked = False
            for p in range(before_starts[other], before_starts[other + 1]):
                if before[p] == one:
                    linked = True
            if not linked:
                order[k], order[k + 1] = other, one


@numba.njit(nogil=True, cache=True)
def _random_order(order, before_starts, before, after_starts, after, priority):  # type: ignore[no-untyped-def]
    """A feasible order by a biased draw: of two eligible tasks the one of higher priority."""
    count = order.shape[0]
    waiting = np.empty(count, np.int32)
    eligible = np.empty(count, np.int32)
    ready = 0
    for i in range(count):
        waiting[i] = before_starts[i + 1] - before_starts[i]
        if waiting[i] == 0:
            eligible[ready] = i
            ready += 1
    for k in range(count):
        pick = np.random.randint(0, ready)
        for _ in range(2):
            other = np.random.randint(0, ready)
            if priority[eligible[other]] > priority[eligible[pick]]:
                pick = other
        task = eligible[pick]
        ready -= 1
        eligible[pick] = eligible[ready]
        order[k] = task
        for p in range(after_starts[task], after_starts[task + 1]):
            waiting[after[p]] -= 1
            if waiting[after[p]] == 0:
                eligible[ready] = after[p]
                ready += 1


@numba.njit(nogil=True, cache=True)
def _tails(durations, after_starts, after, order):  # type: ignore[no-untyped-def]
    tails = np.zeros(durations.shape[0], np.int32)
    for k in range(order.shape[0] - 1, -1, -1):
        task = order[k]
        for p in range(after_starts[task], after_starts[task + 1]):
            tails[task] = max(tails[task], tails[after[p]])
        tails[task] += durations[task]
    return tails


@numba.njit(nogil=True, cache=True)
def _seed(seed):  # type: ignore[no-untyped-def]
    np.random.seed(seed)


@numba.njit(nogil=True, cache=True)
def _populate(net, horizon, orders, starts, spans):  # type: ignore[no-untyped-def]
    durations, demands, capacities, before_starts, before, after_starts, after = net
    count, size = durations.shape[0], orders.shape[0]
    free = np.empty((horizon, capacities.shape[0]), np.int32)
    mirrored = np.empty(count, np.int32)
    none = np.zeros(count, np.int32)
    order = np.empty(count, np.int32)
    _random_order(order, before_starts, before, after_starts, after, none)
    tails = _tails(durations, after_starts, after, order)
    for i in range(size):
        _random_order(orders[i], before_starts, before, after_starts, after, tails)
        span = _decode(orders[i], durations, demands, capacities, before_starts, before, horizon, free, starts[i])
        spans[i] = _improve(orders[i], starts[i], span, net, horizon, free, mirrored)


@numba.njit(nogil=True, cache=True)
def _evolve(net, horizon, orders, starts, spans, children):  # type: ignore[no-untyped-def]
    """Breed children one by one; each replaces the worse of two drawn at random where it is no worse and differs."""
    durations, demands, capacities, before_starts, before, _, _ = net
    count, size = durations.shape[0], orders.shape[0]
    free = np.empty((horizon, capacities.shape[0]), np.int32)
    mirrored = np.empty(count, np.int32)
    child = np.empty(count, np.int32)
    child_starts = np.empty(count, np.int32)
    used = np.empty(count, np.bool_)
    for _ in range(children):
        first, second = np.random.randint(0, size), np.random.randint(0, size)
        rival = np.random.randint(0, size)
        if spans[rival] < spans[first]:
            first = rival
        rival = np.random.randint(0, size)
        if spans[rival] < spans[second]:
            second = rival
        _cross(orders[first], orders[second], child, used)
        _mutate(child, before_starts, before, 0.02)
        span = _decode(child, durations, demands, capacities, before_starts, before, horizon, free, child_starts)
        span = _improve(child, child_starts, span, net, horizon, free, mirrored)
        same = False
        for i in range(size):
            if spans[i] == span and np.array_equal(starts[i], child_starts):
                same = True
                break
        if same:
            continue
        worst = np.random.randint(0, size)
        for _ in range(3):
            rival = np.random.randint(0, size)
            if spans[rival] > spans[worst]:
                worst = rival
        if span <= spans[worst]:
            orders[worst] = child
            starts[worst] = child_starts
            spans[worst] = span


@dataclass
class Island:
    """A population that evolves in one thread; once it has converged a larger one starts anew, the best kept aside.

    How long a search lasts is thus not asked beforehand: a population of n settles after some hundreds of n children,
    and a larger one settles lower.
    """

    network: Network
    seed: int
    horizon: int
    best_span: int = UNKNOWN
    best_starts: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    chunks: int = 0
    in_vain: int = 0
    orders: Ints = field(init=False)
    starts: Ints = field(init=False)
    spans: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._begin(FIRST_POPULATION)

    def _begin(self, size: int) -> None:
        count = len(self.network.durations)
        self.orders = np.empty((size, count), np.int32)
        self.starts = np.empty((size, count), np.int32)
        self.spans = np.full(size, UNKNOWN, np.int32)
        self.in_vain = 0

    def advance(self, children: int) -> None:
        """Breed so many children."""
        _seed((self.seed * 7919 + self.chunks) % 2**31)
        if self.in_vain > SETTLED * len(self.spans) and len(self.spans) < LARGEST_POPULATION:
            self._begin(len(self.spans) * GROWTH)
        if self.spans[0] == UNKNOWN:
            _populate(self.network.arrays(), self.horizon, self.orders, self.starts, self.spans)
        before = int(self.spans.sum(dtype=np.int64))
        _evolve(self.network.arrays(), self.horizon, self.orders, self.starts, self.spans, children)
        self.chunks += 1
        self.in_vain = 0 if int(self.spans.sum(dtype=np.int64)) < before else self.in_vain + children
        best = int(self.spans.argmin())
        if self.spans[best] < self.best_span:
            self.best_span, self.best_starts = int(self.spans[best]), self.starts[best].copy()


def search(islands: list[Island], stop: Callable[[int], bool]) -> tuple[int, Ints]:
    """Let islands evolve side by side until ``stop``, asked with the best makespan after each chunk, says so."""
    with ThreadPoolExecutor(len(islands)) as pool:
        while True:
            list(pool.map(lambda island: island.advance(CHUNK), islands))
            best = min(islands, key=lambda island: island.best_span)
            if stop(best.best_span):
                return best.best_span, best.best_starts
