"""A network in arrays, and schedules between arrays and tracks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from malapert_core.vocabulary.spans import union
from numpy.typing import NDArray

from malapert_scheduling.network.problem import Network, Track, TrackRequest, ViewPeriod
from malapert_scheduling.network.state import NOTHING

Longs = NDArray[np.int64]
State = tuple[Longs, Longs, Longs, Longs, Longs, Longs, Longs]
"""Tracks, seconds given per request and per mission, blocks and their counts per resource, journal and its length."""


@dataclass
class NetworkArrays:
    """A network in arrays; resources are antennas, then missions.

    View periods that can hold no piece of their request are left out: ``view_indices`` leads from rows of ``views``
    to those of the requests.
    """

    network: Network
    requests: Longs = field(init=False)
    views: Longs = field(init=False)
    view_indices: list[int] = field(init=False)
    wanted: NDArray[np.float64] = field(init=False)
    horizon: Longs = field(init=False)
    antenna_ids: list[str] = field(init=False)
    mission_ids: list[str] = field(init=False)
    pieces: int = field(init=False)

    def __post_init__(self) -> None:
        network = self.network
        self.antenna_ids = sorted({a for r in network.requests for view in r.views for a in view.antenna_ids})
        self.mission_ids = sorted({r.mission_id for r in network.requests})
        self.horizon = np.array(network.horizon, dtype=np.int64)
        self.pieces = max([1, *(most_pieces(r) for r in network.requests)])
        mission = {name: index for index, name in enumerate(self.mission_ids)}
        self.wanted = np.zeros(len(mission))
        rows: list[tuple[int, ...]] = []
        views: list[list[int]] = []
        self.view_indices = []
        for r in network.requests:
            self.wanted[mission[r.mission_id]] += r.duration_s
            first = len(views)
            for index, view in enumerate(r.views):
                if (row := self._view_row(r, view, mission[r.mission_id])) is not None:
                    views.append(row)
                    self.view_indices.append(index)
            columns = (r.duration_s, r.min_duration_s, least_piece_s(r), r.setup_s, r.teardown_s, int(r.splittable))
            rows.append((*columns, mission[r.mission_id], first, len(views)))
        self.requests = np.array(rows, dtype=np.int64).reshape(-1, 9)
        width = max([4, *(len(row) for row in views)])
        padded = [row[:-1] + [NOTHING] * (width - len(row)) + row[-1:] for row in views]
        self.views = np.array(padded, dtype=np.int64).reshape(-1, width)

    def _view_row(self, request: TrackRequest, view: ViewPeriod, mission: int) -> list[int] | None:
        start, end = self.network.horizon
        low = max(view.span[0], start + self.network.gap_s + request.setup_s)
        high = min(view.span[1], end - request.teardown_s)
        if high - low < least_piece_s(request):
            return None
        antennas = [self.antenna_ids.index(antenna_id) for antenna_id in view.antenna_ids]
        return [low, high, *antennas, len(self.antenna_ids) + mission]

    def empty(self) -> State:
        """Return the state without a track."""
        network, slots = self.network, self.pieces * len(self.network.requests)
        resources = len(self.antenna_ids) + len(self.mission_ids)
        # Down times may overlap, blocks may not.
        down = {
            name: union((low, high + network.gap_s) for low, high in network.down.get(name, ()))
            for name in self.antenna_ids
        }
        most = max([0, *(len(spans) for spans in down.values())]) + slots + 2
        blocks, counts = np.zeros((resources, most, 3), np.int64), np.zeros(resources, np.int64)
        for index, name in enumerate(self.antenna_ids):
            for low, high in down[name]:
                blocks[index, counts[index]] = (low, high, NOTHING)
                counts[index] += 1
        journal = np.zeros((32 * slots + 64 * resources + 64, 5), np.int64)
        given, got = np.zeros(len(network.requests), np.int64), np.zeros(len(self.mission_ids), np.int64)
        return np.full((slots, 3), NOTHING, np.int64), given, got, blocks, counts, journal, np.zeros(1, np.int64)

    def tracks(self, rows: Longs) -> tuple[Track, ...]:
        """Return the tracks that the slots of a state hold."""
        found = []
        for slot, (v, on, off) in enumerate(rows.tolist()):
            if v != NOTHING:
                request = self.network.requests[slot // self.pieces]
                found.append(Track(request.request_id, self.view_indices[v], (on, off)))
        return tuple(sorted(found, key=lambda track: (track.span, track.request_id)))


def least_piece_s(request: TrackRequest) -> int:
    """Return the shortest that a track of a request may be; unless it is split, it is the whole."""
    return max(1, request.min_track_s, 0 if request.splittable else request.min_duration_s)


def most_pieces(request: TrackRequest) -> int:
    """Return how many tracks a request may have."""
    return max(1, request.duration_s // least_piece_s(request)) if request.splittable else 1
