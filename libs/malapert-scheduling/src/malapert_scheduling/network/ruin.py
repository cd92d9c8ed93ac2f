"""What a step tears out: tracks around a request that lacks time, around an instant, or of a mission.

Beside what is torn out, neighbours may be cut to their least duration or pushed aside, so that the hole is one.
"""

from __future__ import annotations

import numba
import numpy as np

from malapert_scheduling.network.state import (
    DURATION,
    FIRST_VIEW,
    LAST_VIEW,
    LEAST_DURATION,
    LEAST_PIECE,
    MISSION,
    NOTHING,
    SETUP,
    SPLITTABLE,
    TEARDOWN,
    first_block_from,
    put,
    room_around,
    take,
    take_request,
)

HOUR_S = 3600
OF_MISSION, AROUND_REQUEST, AT_RANDOM = 0.06, 0.70, 0.80
"""Up to these draws a mission's tracks, those in a request's way, or some anywhere are torn out; else a time span's."""
CUT, PUSHED = 0.35, 0.5
NEIGHBOURS = 3
NEVER = 2**62


@numba.njit(nogil=True, cache=True)
def ruin(requests, views, gap, state, horizon, antennas, touched):  # type: ignore[no-untyped-def]
    """Tear out some tracks; ``touched`` becomes, per resource, the span that was cleared."""
    touched[:, 0], touched[:, 1] = NEVER, -NEVER
    tracks, given, _, _, _, _, _ = state
    pieces = tracks.shape[0] // given.shape[0]
    kind = np.random.random()
    count = requests.shape[0]
    if kind < OF_MISSION:
        mission, share = requests[np.random.randint(0, count), MISSION], 0.2 + 0.8 * np.random.random()
        for r in range(count):
            if requests[r, MISSION] == mission and given[r] > 0 and np.random.random() < share:
                take_request(requests, views, state, r)
        return
    if kind < AROUND_REQUEST:
        _ruin_in_the_way(requests, views, gap, state, touched)
        return
    if kind < AT_RANDOM:
        for _ in range(np.random.randint(1, 6)):
            r = np.random.randint(0, count)
            if given[r] > 0:
                slot = r * pieces
                v = tracks[slot, 0]
                if v == NOTHING:
                    continue
                low, high = tracks[slot, 1] - HOUR_S, tracks[slot, 2] + HOUR_S
                take_request(requests, views, state, r)
                if np.random.random() < PUSHED:
                    _push(requests, views, gap, state, views[v, 2], low, high)
        return
    half = np.random.randint(HOUR_S // 2, 6 * HOUR_S)
    centre = np.random.randint(horizon[0], horizon[1])
    share = 0.05 + 0.45 * np.random.random()
    for resource in range(antennas):
        if np.random.random() < share:
            touched[resource, 0], touched[resource, 1] = centre - half, centre + half
            _clear(requests, views, gap, state, resource, centre - half, centre + half)


@numba.njit(nogil=True, cache=True)
def _ruin_in_the_way(requests, views, gap, state, touched):  # type: ignore[no-untyped-def]
    """Clear about as much of one of a request's view periods as it wants; mostly of one that lacks time."""
    given = state[1]
    r = np.random.randint(0, requests.shape[0])
    for _ in range(40):
        if given[r] < requests[r, DURATION]:
            break
        r = np.random.randint(0, requests.shape[0])
    if requests[r, FIRST_VIEW] == requests[r, LAST_VIEW]:
        return
    v = np.random.randint(requests[r, FIRST_VIEW], requests[r, LAST_VIEW])
    least = max(requests[r, LEAST_DURATION], requests[r, LEAST_PIECE])
    if requests[r, SPLITTABLE] == 1 and np.random.random() < 0.3:
        least = requests[r, LEAST_PIECE]
    span = views[v, 1] - views[v, 0]
    if span < least:
        return
    length = min(span, np.random.randint(least, 2 * requests[r, DURATION] + 1))
    low = views[v, 0] + np.random.randint(0, span - length + 1)
    take_request(requests, views, state, r)
    for k in range(2, views.shape[1]):
        if views[v, k] != NOTHING:
            start, end = low - requests[r, SETUP], low + length + requests[r, TEARDOWN]
            touched[views[v, k], 0], touched[views[v, k], 1] = start, end
            _clear(requests, views, gap, state, views[v, k], start, end)


@numba.njit(nogil=True, cache=True)
def _clear(requests, views, gap, state, resource, low, high):  # type: ignore[no-untyped-def]
    """Take out, or cut short, what lies on a resource within a span, and push aside what lies beside it."""
    tracks, given, _, blocks, counts, _, _ = state
    pieces = tracks.shape[0] // given.shape[0]
    cut = np.random.random() < CUT
    b = first_block_from(blocks, counts, resource, low)
    if b > 0 and blocks[resource, b - 1, 1] > low:
        b -= 1
    while b < counts[resource] and blocks[resource, b, 0] < high:
        slot = blocks[resource, b, 2]
        before = counts[resource]
        if slot == NOTHING:
            b += 1
        elif cut and np.random.random() < 0.7 and _cut(requests, views, gap, state, slot, low, high):
            b = first_block_from(blocks, counts, resource, tracks[slot, 1] - requests[slot // pieces, SETUP]) + 1
        else:
            take_request(requests, views, state, slot // pieces)
            if before - counts[resource] > 1:
                b = max(0, b - (before - counts[resource] - 1))
    if np.random.random() < PUSHED:
        _push(requests, views, gap, state, resource, low, high)


@numba.njit(nogil=True, cache=True)
def _cut(requests, views, gap, state, slot, low, high):  # type: ignore[no-untyped-def]
    """Cut a track to its least length, away from the middle of a span; return whether it was longer."""
    tracks, given, _, _, _, _, _ = state
    r = slot // (tracks.shape[0] // given.shape[0])
    v, on, off = tracks[slot, 0], tracks[slot, 1], tracks[slot, 2]
    spare = min(given[r] - requests[r, LEAST_DURATION], off - on - requests[r, LEAST_PIECE])
    if spare <= 0:
        return False
    take(requests, views, state, slot)
    if on + off < low + high:
        put(requests, views, gap, state, slot, v, on, off - spare)
    else:
        put(requests, views, gap, state, slot, v, on + spare, off)
    return True


@numba.njit(nogil=True, cache=True)
def _push(requests, views, gap, state, resource, low, high):  # type: ignore[no-untyped-def]
    """Push the tracks on a resource next to a span away from it, the farthest first."""
    tracks, _, _, blocks, counts, _, _ = state
    middle = first_block_from(blocks, counts, resource, (low + high) // 2)
    for b in range(max(0, middle - NEIGHBOURS), middle):
        slot = blocks[resource, b, 2]
        if slot == NOTHING:
            continue
        earliest, _ = room_around(requests, views, gap, state, slot)
        shift = tracks[slot, 1] - earliest
        if shift > 0:
            _shift(requests, views, gap, state, slot, -shift)
    for b in range(min(counts[resource], middle + NEIGHBOURS) - 1, middle - 1, -1):
        slot = blocks[resource, b, 2]
        if slot == NOTHING:
            continue
        _, latest = room_around(requests, views, gap, state, slot)
        shift = latest - tracks[slot, 2]
        if shift > 0:
            _shift(requests, views, gap, state, slot, shift)


@numba.njit(nogil=True, cache=True)
def _shift(requests, views, gap, state, slot, by):  # type: ignore[no-untyped-def]
    tracks = state[0]
    v, on, off = tracks[slot, 0], tracks[slot, 1], tracks[slot, 2]
    take(requests, views, state, slot)
    put(requests, views, gap, state, slot, v, on + by, off + by)
