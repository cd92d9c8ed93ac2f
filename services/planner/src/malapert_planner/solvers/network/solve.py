"""Share out antenna time: search side by side on arrays, and prove how many hours no schedule can better."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.network import Network, NetworkScore, Track, score
from malapert_planner.solvers.engine import Cancel
from malapert_planner.solvers.network.bound import hours_bound
from malapert_planner.solvers.network.ruin import MOST_TAKEN, NOTHING, anneal, seed_thread

Longs = NDArray[np.int64]
State = tuple[Longs, Longs, Longs, Longs]

STEPS = 25
"""Steps of a thread between two looks at the clock."""
HOT, COLD = 4e-4, 1e-5
"""Temperatures at the beginning and the end, in worth: a share of all time asked for."""
RMS_WEIGHT, MAX_WEIGHT = 0.5, 0.15
EXCHANGES = 20
"""So often in a search the worst thread goes on from the best one's schedule."""


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

    arrays: _Arrays
    seed: int
    state: State
    best: State
    weights: NDArray[np.float64]
    worth: float = -1e9
    chunks: int = 0

    def advance(self, temperature: float) -> None:
        seed_thread((self.seed * 1_000_003 + self.chunks) % 2**31)
        a = self.arrays
        _, self.worth = anneal(
            a.asked,
            a.first_view,
            a.views,
            a.horizon,
            a.antennas,
            self.weights,
            self.state,
            self.best,
            temperature,
            STEPS,
        )
        self.chunks += 1

    def follow(self, other: _Walk) -> None:
        self.state = _copied(other.best)
        self.best = _copied(other.best)
        self.worth = other.worth


@dataclass
class _Arrays:
    """A network in arrays; resources are antennas, then missions."""

    network: Network
    asked: Longs = field(init=False)
    first_view: Longs = field(init=False)
    views: Longs = field(init=False)
    horizon: Longs = field(init=False)
    antennas: int = field(init=False)

    def __post_init__(self) -> None:
        network = self.network
        names = sorted({a for request in network.requests for view in request.views for a in view.antenna_ids})
        antenna = {name: i for i, name in enumerate(names)}
        missions = sorted({request.mission_id for request in network.requests})
        mission = {name: i for i, name in enumerate(missions)}
        self.antennas = len(names)
        self.asked = np.array(
            [
                (
                    r.duration_s,
                    mission[r.mission_id],
                    r.min_track_s,
                    r.setup_s,
                    r.teardown_s,
                    r.splittable,
                    network.gap_s,
                )
                for r in network.requests
            ],
            dtype=np.int64,
        ).T.copy()
        rows = []
        for request in network.requests:
            for view in request.views:
                taken = [antenna[a] for a in view.antenna_ids]
                taken += [NOTHING] * (MOST_TAKEN - 1 - len(taken)) + [len(names) + mission[request.mission_id]]
                rows.append((*view.span, *taken))
        self.views = np.array(rows, dtype=np.int64).reshape(-1, 2 + MOST_TAKEN)
        self.first_view = np.concatenate([[0], np.cumsum([len(r.views) for r in network.requests])]).astype(np.int64)
        self.horizon = np.array(network.horizon, dtype=np.int64)
        self._names, self._missions = names, missions

    def empty(self) -> State:
        """Return the state without a track."""
        network = self.network
        pieces = sum(max(1, r.duration_s // r.min_track_s) if r.splittable else 1 for r in network.requests)
        tracks = np.full((pieces + 1, 4), NOTHING, np.int64)
        resources = self.antennas + len(self._missions)
        most = max([*(len(spans) for spans in network.down.values()), 0]) + pieces + 1
        blocks, counts = np.zeros((resources, min(most, 400), 3), np.int64), np.zeros(resources, np.int64)
        for index, name in enumerate(self._names):
            for low, high in sorted(network.down.get(name, ())):
                blocks[index, counts[index]] = (low, high + network.gap_s, NOTHING)
                counts[index] += 1
        return tracks, np.zeros(len(network.requests), np.int64), blocks, counts

    def tracks(self, state: State) -> tuple[Track, ...]:
        """Return the tracks of a state."""
        found = []
        for r, v, on, off in state[0].tolist():
            if r != NOTHING:
                found.append(Track(self.network.requests[r].request_id, v - int(self.first_view[r]), (on, off)))
        return tuple(sorted(found, key=lambda track: (track.span, track.request_id)))


def _copied(state: State) -> State:
    return state[0].copy(), state[1].copy(), state[2].copy(), state[3].copy()


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
    arrays = _Arrays(network)
    bound_h = hours_bound(network)
    weights = np.array([RMS_WEIGHT, MAX_WEIGHT])
    walks = [_Walk(arrays, seed * 31 + i, arrays.empty(), arrays.empty(), weights) for i in range(workers)]
    search_began = time.monotonic()
    search_s = max(0.1, wall_limit_s - (search_began - began))

    def spent() -> float:
        """Return the part of the search that is over."""
        part = (time.monotonic() - search_began) / search_s
        return part if step_limit is None else max(float(part > 1), walks[0].chunks * STEPS / step_limit)

    exchanged = 0
    with ThreadPoolExecutor(workers) as pool:
        while (part := spent()) < 1 and not _asked_to_stop(cancel):
            list(pool.map(_Walk.advance, walks, [HOT * (COLD / HOT) ** part] * workers))
            if part * EXCHANGES > exchanged + 1:
                exchanged += 1
                best, worst = max(walks, key=lambda w: w.worth), min(walks, key=lambda w: w.worth)
                if best is not worst:
                    worst.follow(best)
                if on_progress is not None:
                    on_progress(score(network, arrays.tracks(best.best)), bound_h)
    tracks = arrays.tracks(max(walks, key=lambda w: w.worth).best)
    steps = sum(walk.chunks for walk in walks) * STEPS
    return NetworkResult(tracks, score(network, tracks), bound_h, time.monotonic() - began, steps)


def _asked_to_stop(cancel: Cancel | None) -> bool:
    return cancel is not None and (cancel() if callable(cancel) else cancel.is_set())
