"""Antenna time of a network shared by many missions: requests for tracks, schedules, their score and violations.

A track lies inside a view period; its antennas are taken from set-up to teardown. Times are integer seconds after any
epoch; intervals are half-open.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from malapert_core.vocabulary.spans import Span, overlap_s


@dataclass(frozen=True, slots=True)
class ViewPeriod:
    """View period of a mission's spacecraft at antennas, several of which track together as an array."""

    antenna_ids: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """A mission's request for tracking: between ``min_duration_s`` and ``duration_s`` in all, or none.

    It is tracked once, or in several tracks where it is ``splittable``; no track is shorter than ``min_track_s``.
    """

    request_id: str
    mission_id: str
    duration_s: int
    min_duration_s: int
    min_track_s: int
    setup_s: int
    teardown_s: int
    splittable: bool
    views: tuple[ViewPeriod, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """Requests to a network within a horizon, and the downtimes of its antennas.

    Between two uses of an antenna, a down time being one, and after the start of the horizon lie at least ``gap_s``. A
    mission is tracked on one antenna or array at a time, set-up and teardown included.
    """

    horizon: Span
    requests: tuple[TrackRequest, ...]
    down: Mapping[str, tuple[Span, ...]]
    gap_s: int = 1


@dataclass(frozen=True, slots=True)
class Track:
    """A track of a request in one of its view periods: ``span`` is the tracking without set-up and teardown."""

    request_id: str
    view_index: int
    span: Span


@dataclass(frozen=True, slots=True)
class NetworkScore:
    """Score of a network's schedule: hours tracked of those asked for, requests satisfied, shares not satisfied.

    A request is satisfied from its least duration on. ``unsatisfied_rms`` and ``unsatisfied_max`` are over missions,
    of 1 − tracked/requested.
    """

    tracked_h: float
    satisfied: int
    unsatisfied_rms: float
    unsatisfied_max: float


def occupied(request: TrackRequest, track: Track) -> Span:
    """Return for how long a track takes its antennas."""
    return track.span[0] - request.setup_s, track.span[1] + request.teardown_s


def score(network: Network, tracks: Iterable[Track]) -> NetworkScore:
    """Return how well missions are served; of a request no more counts than it asked for."""
    tracked: dict[str, int] = defaultdict(int)
    for track in tracks:
        tracked[track.request_id] += track.span[1] - track.span[0]
    got: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    satisfied = 0
    for request in network.requests:
        counted = min(tracked[request.request_id], request.duration_s)
        got[request.mission_id] += counted
        asked[request.mission_id] += request.duration_s
        satisfied += counted >= request.min_duration_s
    shares = [1 - got[mission] / asked[mission] for mission in asked]
    rms = math.sqrt(math.fsum(share**2 for share in shares) / max(1, len(shares)))
    return NetworkScore(sum(got.values()) / 3600, satisfied, rms, max(shares, default=0.0))


def violations(network: Network, tracks: Iterable[Track]) -> tuple[str, ...]:
    """Return every rule that tracks break, in words; empty where they keep all. Nothing here comes from a solver."""
    requests = {request.request_id: request for request in network.requests}
    found: list[str] = []
    on_antenna: dict[str, list[tuple[Span, str]]] = defaultdict(list)
    of_mission: dict[str, list[tuple[Span, str]]] = defaultdict(list)
    tracked: dict[str, list[int]] = defaultdict(list)
    for track in tracks:
        request = requests[track.request_id]
        view, taken = request.views[track.view_index], occupied(request, track)
        tracked[track.request_id].append(track.span[1] - track.span[0])
        if track.span[1] - track.span[0] < request.min_track_s:
            found.append(f"{track.request_id}: a track of {track.span[1] - track.span[0]} s")
        if not view.span[0] <= track.span[0] <= track.span[1] <= view.span[1]:
            found.append(f"{track.request_id}: tracking outside of its view period")
        if taken[0] < network.horizon[0] + network.gap_s or taken[1] > network.horizon[1]:
            found.append(f"{track.request_id}: outside of the horizon")
        of_mission[request.mission_id].append((taken, track.request_id))
        for antenna_id in view.antenna_ids:
            on_antenna[antenna_id].append((taken, track.request_id))
            found += [
                f"{track.request_id}: {antenna_id} is down"
                for low, high in network.down.get(antenna_id, ())
                if overlap_s(taken, (low - network.gap_s, high + network.gap_s))
            ]
    found += _wrong_totals(requests, tracked)
    found += _overlaps(on_antenna, network.gap_s) + _overlaps(of_mission, 0)
    return tuple(found)


def _wrong_totals(requests: Mapping[str, TrackRequest], tracked: Mapping[str, list[int]]) -> list[str]:
    found = []
    for request_id, lengths in tracked.items():
        request, total = requests[request_id], sum(lengths)
        if len(lengths) > 1 and not request.splittable:
            found.append(f"{request_id}: {len(lengths)} tracks")
        if total < request.min_duration_s:
            found.append(f"{request_id}: tracked {total} s in all, less than {request.min_duration_s} s")
        if total > request.duration_s:
            found.append(f"{request_id}: tracked {total} s in all, more than {request.duration_s} s")
    return found


def _overlaps(taken: Mapping[str, list[tuple[Span, str]]], gap_s: int) -> list[str]:
    found = []
    for name, spans in taken.items():
        ordered = sorted(spans)
        for (one, first), (other, second) in pairwise(ordered):
            if other[0] < one[1] + gap_s:
                found.append(f"{name}: {first} and {second} overlap")
    return found
