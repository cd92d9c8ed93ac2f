"""Where a request fits: whole in one view period, or, where it may be split, in pieces."""

from __future__ import annotations

import numba
import numpy as np

from malapert_scheduling.network.state import (
    DURATION,
    FIRST_VIEW,
    LAST_VIEW,
    LEAST_DURATION,
    LEAST_PIECE,
    NOTHING,
    SETUP,
    SPLITTABLE,
    TEARDOWN,
    free_spans,
    put,
    undo,
)

BLINK = 0.02
"""Share of view periods that an insertion passes over, so that it is not always the same (Christiaens et al. 2020)."""
SPLIT_FIRST = 0.08
"""Share of insertions that try pieces before the whole."""
LENGTH_NOISE, SPARE_WEIGHT, ANTENNA_WEIGHT = 0.2, 0.3, 0.5
LARGE_SPARE_S = 4 * 3600


@numba.njit(nogil=True, cache=True)
def insert(requests, views, gap, state, r, whole_only, touched, scratch):  # type: ignore[no-untyped-def]
    """Put a request that has nothing, or lacks a piece; return whether it could be done.

    ``touched`` holds per resource between which instants something changed; with ``whole_only`` 1 only view periods
    there are looked at for the first piece.
    """
    given, ends = state[1], state[6]
    mark, lack = ends[0], requests[r, DURATION] - given[r]
    if given[r] > 0:
        return _piece(requests, views, gap, state, r, requests[r, LEAST_PIECE], lack, 0, touched, scratch)
    if requests[r, SPLITTABLE] == 1:
        if np.random.random() < SPLIT_FIRST and _pieces(requests, views, gap, state, r, touched, scratch):
            return True
        undo(requests, views, gap, state, mark)
    least = max(requests[r, LEAST_DURATION], requests[r, LEAST_PIECE])
    if _piece(requests, views, gap, state, r, least, lack, whole_only, touched, scratch):
        return True
    if requests[r, SPLITTABLE] == 1:
        if _pieces(requests, views, gap, state, r, touched, scratch):
            return True
        undo(requests, views, gap, state, mark)
    return False


@numba.njit(nogil=True, cache=True)
def _pieces(requests, views, gap, state, r, touched, scratch):  # type: ignore[no-untyped-def]
    """Put pieces until the least duration is reached; where that fails what was put is left to be undone."""
    given = state[1]
    most_pieces = requests[r, DURATION] // requests[r, LEAST_PIECE]
    least_piece = requests[r, LEAST_PIECE]
    for placed in range(most_pieces):
        lack = requests[r, DURATION] - given[r]
        owed = requests[r, LEAST_DURATION] - given[r]
        if owed <= 0:
            return True
        least, most = least_piece, lack
        if placed + 1 == most_pieces:
            least = max(least, owed)
        elif lack >= 2 * least_piece:
            most = lack - least_piece
            if np.random.random() < 0.5:
                most = np.random.randint(least_piece, most + 1)
        if lack < least or not _piece(requests, views, gap, state, r, least, most, 0, touched, scratch):
            return False
    return given[r] >= requests[r, LEAST_DURATION]


@numba.njit(nogil=True, cache=True)
def _piece(requests, views, gap, state, r, least, most, touched_only, touched, scratch):  # type: ignore[no-untyped-def]
    """Put the piece of between ``least`` and ``most`` seconds that suits best; return whether there was one."""
    busy, spans = scratch
    setup, teardown = requests[r, SETUP], requests[r, TEARDOWN]
    best, best_view, best_on, best_off = -1e18, NOTHING, 0, 0
    for v in range(requests[r, FIRST_VIEW], requests[r, LAST_VIEW]):
        if views[v, 1] - views[v, 0] < least or np.random.random() < BLINK:
            continue
        if touched_only == 1 and not is_touched(views, v, touched):
            continue
        low, high = views[v, 0] - setup, views[v, 1] + teardown + gap
        antennas = -1
        for k in range(2, views.shape[1]):
            antennas += views[v, k] != NOTHING
        for s in range(free_spans(views, state, v, low, high, busy, spans)):
            first_on, last_off = spans[s, 0] + setup, spans[s, 1] - gap - teardown
            room = last_off - first_on
            if room < least:
                continue
            length = min(room, most)
            fitness = length * (1 + LENGTH_NOISE * np.random.random())
            fitness -= SPARE_WEIGHT * min(room - length, LARGE_SPARE_S) * np.random.random()
            fitness -= ANTENNA_WEIGHT * (antennas - 1) * length
            if fitness > best:
                best, best_view = fitness, v
                if np.random.random() < 0.5:
                    best_on, best_off = first_on, first_on + length
                else:
                    best_on, best_off = last_off - length, last_off
    if best_view == NOTHING:
        return False
    tracks, given = state[0], state[1]
    slot = r * (tracks.shape[0] // given.shape[0])
    while tracks[slot, 0] != NOTHING:
        slot += 1
    put(requests, views, gap, state, slot, best_view, best_on, best_off)
    return True


@numba.njit(nogil=True, cache=True)
def is_touched(views, v, touched):  # type: ignore[no-untyped-def]
    """Return whether something changed on a resource of a view period within it."""
    for k in range(2, views.shape[1]):
        resource = views[v, k]
        if resource != NOTHING and views[v, 0] < touched[resource, 1] and views[v, 1] > touched[resource, 0]:
            return True
    return False
