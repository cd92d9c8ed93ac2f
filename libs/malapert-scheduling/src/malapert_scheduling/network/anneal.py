"""Ruin and recreate (Schrimpf et al. 2000) with simulated annealing, compiled.

Each step tears out some tracks, puts back as many requests as fit, lengthens what lacks time, and keeps the result
where it is better or, early on, not much worse; else the journal is undone.
"""

from __future__ import annotations

import numba
import numpy as np

from malapert_scheduling.network.insertion import insert, is_touched
from malapert_scheduling.network.ruin import ruin
from malapert_scheduling.network.state import (
    DURATION,
    FIRST_VIEW,
    LAST_VIEW,
    LEAST_PIECE,
    MISSION,
    NOTHING,
    SPLITTABLE,
    put,
    room_around,
    take,
    undo,
)

ORDERS = 5


@numba.njit(nogil=True, cache=True)
def seed_thread(seed):  # type: ignore[no-untyped-def]
    """Seed this thread's generator."""
    np.random.seed(seed)


@numba.njit(nogil=True, cache=True)
def worth(wanted, got, served, requests, weights):  # type: ignore[no-untyped-def]
    """Return the share of the time given and of the requests served, weighted against what missions lack.

    ``weights``: of the root mean square of the missions' shares not given, of the largest, and of the requests served.
    """
    squares, most, all_wanted, all_got = 0.0, 0.0, 0.0, 0.0
    for m in range(wanted.shape[0]):
        share = 1 - got[m] / wanted[m]
        squares += share * share
        most = max(most, share)
        all_wanted += wanted[m]
        all_got += got[m]
    rms = np.sqrt(squares / wanted.shape[0])
    return all_got / all_wanted - weights[0] * rms - weights[1] * most + weights[2] * served / requests


@numba.njit(nogil=True, cache=True)
def served(given):  # type: ignore[no-untyped-def]
    """Return how many requests have something, which is their least duration or more."""
    count = 0
    for r in range(given.shape[0]):
        count += given[r] > 0
    return count


@numba.njit(nogil=True, cache=True)
def _touch(views, state, touched):  # type: ignore[no-untyped-def]
    """Widen ``touched``, per resource, to what the journal changed."""
    journal, ends = state[5], state[6]
    for j in range(ends[0]):
        v = journal[j, 2]
        for k in range(2, views.shape[1]):
            resource = views[v, k]
            if resource != NOTHING:
                touched[resource, 0] = min(touched[resource, 0], journal[j, 3] - 7200)
                touched[resource, 1] = max(touched[resource, 1], journal[j, 4] + 7200)


@numba.njit(nogil=True, cache=True)
def _recreate(requests, views, gap, state, wanted, touched, scratch, order, keys, removed):  # type: ignore[no-untyped-def]
    """Put back what fits, request by request, in an order drawn anew each time."""
    tracks, given, got, _, _, journal, ends = state
    pieces = tracks.shape[0] // given.shape[0]
    removed[:] = 0
    for j in range(ends[0]):
        removed[journal[j, 1] // pieces] = 1
    rule, count = np.random.randint(0, ORDERS), 0
    for r in range(given.shape[0]):
        lack = requests[r, DURATION] - given[r]
        if lack < requests[r, LEAST_PIECE] or (given[r] > 0 and requests[r, SPLITTABLE] == 0):
            continue
        if removed[r] == 0:
            near = False
            for v in range(requests[r, FIRST_VIEW], requests[r, LAST_VIEW]):
                if is_touched(views, v, touched):
                    near = True
                    break
            if not near:
                continue
        draw = np.random.random()
        if rule == 0:
            key = draw
        elif rule == 1:
            m = requests[r, MISSION]
            key = got[m] / wanted[m] + 0.3 * draw
        elif rule == 2:
            key = -requests[r, DURATION] * (0.7 + 0.6 * draw)
        elif rule == 3:
            key = requests[r, DURATION] * (0.7 + 0.6 * draw)
        else:
            key = (requests[r, LAST_VIEW] - requests[r, FIRST_VIEW]) * (0.5 + draw)
        at = count
        while at > 0 and keys[at - 1] > key:
            keys[at], order[at] = keys[at - 1], order[at - 1]
            at -= 1
        keys[at], order[at] = key, r
        count += 1
    for k in range(count):
        r = order[k]
        insert(requests, views, gap, state, r, 1 - removed[r], touched, scratch)


@numba.njit(nogil=True, cache=True)
def _stretch(requests, views, gap, state):  # type: ignore[no-untyped-def]
    """Lengthen tracks of requests that lack time into what is free before and after them."""
    tracks, given, _, _, _, _, _ = state
    count = given.shape[0]
    pieces = tracks.shape[0] // count
    offset = np.random.randint(0, count)
    for i in range(count):
        r = (i + offset) % count
        if given[r] == 0 or given[r] >= requests[r, DURATION]:
            continue
        for slot in range(r * pieces, (r + 1) * pieces):
            v, on, off = tracks[slot, 0], tracks[slot, 1], tracks[slot, 2]
            if v == NOTHING:
                continue
            earliest, latest = room_around(requests, views, gap, state, slot)
            lack = requests[r, DURATION] - given[r]
            later = max(0, min(lack, latest - off))
            earlier = max(0, min(lack - later, on - earliest))
            if later + earlier > 0:
                take(requests, views, state, slot)
                put(requests, views, gap, state, slot, v, on - earlier, off + later)


@numba.njit(nogil=True, cache=True)
def anneal(requests, views, gap, horizon, antennas, wanted, weights, state, best, top, temperature, steps):  # type: ignore[no-untyped-def]
    """Take so many steps from ``state`` at a temperature.

    ``best`` is filled with the tracks of the best state met where that is worth more than ``top``. Returns the worth
    of ``state`` and of ``best``.
    """
    tracks, given, got, _, counts, _, ends = state
    count = given.shape[0]
    most = state[3].shape[1] * (views.shape[1] - 2) + 2
    busy, spans = np.empty((most, 2), np.int64), np.empty((most, 2), np.int64)
    touched = np.empty((counts.shape[0], 2), np.int64)
    order, keys, removed = np.empty(count, np.int64), np.empty(count), np.empty(count, np.int64)
    now = worth(wanted, got, served(given), count, weights)
    for _ in range(steps):
        ends[0] = 0
        ruin(requests, views, gap, state, horizon, antennas, touched)
        _touch(views, state, touched)
        _recreate(requests, views, gap, state, wanted, touched, (busy, spans), order, keys, removed)
        _stretch(requests, views, gap, state)
        found = worth(wanted, got, served(given), count, weights)
        if found > now - temperature * -np.log(max(1e-300, np.random.random())):
            now = found
            if found > top + 1e-12:
                top = found
                best[:] = tracks
        else:
            undo(requests, views, gap, state, 0)
    ends[0] = 0
    return now, top
