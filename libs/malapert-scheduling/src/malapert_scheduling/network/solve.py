"""Share out antenna time: search side by side on arrays, and prove how many hours no schedule can better."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from malapert_core.jobs.stopping import Cancel, is_cancelled
from numpy.typing import NDArray

from malapert_scheduling.network.anneal import anneal, seed_thread
from malapert_scheduling.network.arrays import Longs, NetworkArrays, State
from malapert_scheduling.network.bound import hours_bound
from malapert_scheduling.network.problem import Network, NetworkScore, Track, score
from malapert_scheduling.network.state import NOTHING, put

STEPS = 200
"""Steps of a thread between two looks at the clock."""
HOT, COLD = 6e-4, 1e-5
"""Temperatures at the beginning and the end, in worth: a share of all time asked for."""
WEIGHTS = (0.5, 0.4, 0.15)
"""Of the root mean square of the missions' shares not given, of the largest, and of the share of requests served."""
EXCHANGES = 20
"""How many times in a search the worst thread goes on from the best one's schedule."""


@dataclass(frozen=True, slots=True)
class NetworkResult:
    """Tracks, what they are worth, and the hours that no schedule can better."""

    tracks: tuple[Track, ...]
    score: NetworkScore
    bound_h: float
    wall_s: float
    steps: int


@dataclass
class _Walk:
    """One thread's schedule, the best that it met, and its stream of random numbers."""

    arrays: NetworkArrays
    seed: int
    weights: NDArray[np.float64]
    state: State = field(init=False)
    best: Longs = field(init=False)
    worth: float = -1e9
    chunks: int = 0

    def __post_init__(self) -> None:
        self.state = self.arrays.empty()
        self.best = self.state[0].copy()

    def advance(self, temperature: float) -> None:
        seed_thread((self.seed * 1_000_003 + self.chunks) % 2**31)
        a = self.arrays
        _, self.worth = anneal(
            a.requests,
            a.views,
            a.network.gap_s,
            a.horizon,
            len(a.antenna_ids),
            a.wanted,
            self.weights,
            self.state,
            self.best,
            self.worth,
            temperature,
            STEPS,
        )
        self.chunks += 1

    def follow(self, other: _Walk) -> None:
        """Go on from another walk's best schedule."""
        self.best, self.worth, self.state = other.best.copy(), other.worth, self.arrays.empty()
        for slot, (v, on, off) in enumerate(self.best.tolist()):
            if v != NOTHING:
                put(self.arrays.requests, self.arrays.views, self.arrays.network.gap_s, self.state, slot, v, on, off)
        self.state[6][0] = 0


def solve_network(
    network: Network,
    *,
    seed: int = 1,
    wall_limit_s: float = 60.0,
    step_limit: int | None = None,
    workers: int = 2,
    cancel: Cancel | None = None,
    on_progress: Callable[[NetworkScore, float], None] | None = None,
) -> NetworkResult:
    """Share out antenna time among missions.

    Parameters
    ----------
    seed, step_limit
        Where so many steps of each worker end the search, and not the wall time, the same network, seed, limit and
        number of workers give the same tracks.
    wall_limit_s
        For the bound and the search together.
    cancel
        A callable or event that stops the search; the best schedule so far is returned.
    on_progress
        Called with the best schedule's score and the bound in hours at every exchange.
    """
    began = time.monotonic()
    if not network.requests:
        return NetworkResult((), score(network, ()), 0.0, 0.0, 0)
    arrays = NetworkArrays(network)
    bound_h = hours_bound(network)
    walks = [_Walk(arrays, seed * 31 + i, np.array(WEIGHTS)) for i in range(workers)]
    search_began = time.monotonic()
    search_s = max(0.1, wall_limit_s - (search_began - began))

    def spent(walk: _Walk) -> float:
        """Return the part of a walk that is over."""
        part = (time.monotonic() - search_began) / search_s
        return part if step_limit is None else max(float(part > 1), walk.chunks * STEPS / step_limit)

    def walk_on(walk: _Walk, until: float) -> None:
        while (part := spent(walk)) < until and not is_cancelled(cancel):
            walk.advance(HOT * (COLD / HOT) ** part)

    with ThreadPoolExecutor(workers) as pool:
        for turn in range(1, EXCHANGES + 1):
            list(pool.map(walk_on, walks, [turn / EXCHANGES] * workers))
            best, worst = max(walks, key=lambda w: w.worth), min(walks, key=lambda w: w.worth)
            if best is not worst and turn < EXCHANGES:
                worst.follow(best)
            if on_progress is not None:
                on_progress(score(network, arrays.tracks(best.best)), bound_h)
    tracks = arrays.tracks(max(walks, key=lambda w: w.worth).best)
    steps = sum(walk.chunks for walk in walks) * STEPS
    return NetworkResult(tracks, score(network, tracks), bound_h, time.monotonic() - began, steps)
