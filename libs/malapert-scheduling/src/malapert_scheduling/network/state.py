"""A schedule of antenna time on arrays: blocks on resources, puts and takes that can be undone.

Resources are the antennas and then the missions, each with a sorted list of blocks (start, end, slot). ``requests``
holds a row per request (columns ``DURATION`` to ``LAST_VIEW``), ``views`` a row per view period: first and last instant
of tracking, then the resources of a track in it, ``NOTHING`` where there are fewer. Slot ``r * pieces + p`` of
``tracks`` is piece p of request r: its view, and when tracking begins and ends.
"""

from __future__ import annotations

import numba

NOTHING = -1
DURATION, LEAST_DURATION, LEAST_PIECE, SETUP, TEARDOWN, SPLITTABLE, MISSION, FIRST_VIEW, LAST_VIEW = range(9)
"""Columns of ``requests``; times in seconds."""
PUT, TAKEN = 0, 1


@numba.njit(nogil=True, cache=True)
def first_block_from(blocks, counts, resource, start):  # type: ignore[no-untyped-def]
    """Return the index of a resource's first block that starts at ``start`` or later."""
    left, right = 0, counts[resource]
    while left < right:
        middle = (left + right) // 2
        if blocks[resource, middle, 0] < start:
            left = middle + 1
        else:
            right = middle
    return left


@numba.njit(nogil=True, cache=True)
def put(requests, views, gap, state, slot, v, on, off):  # type: ignore[no-untyped-def]
    """Put a piece into its slot and on its resources, and write that into the journal."""
    tracks, given, _, _, _, journal, ends = state
    r = slot // (tracks.shape[0] // given.shape[0])
    _occupy(requests, views, gap, state, r, slot, v, on, off)
    _write(journal, ends, PUT, slot, v, on, off)


@numba.njit(nogil=True, cache=True)
def take(requests, views, state, slot):  # type: ignore[no-untyped-def]
    """Take a piece out of its slot and off its resources, and write that into the journal."""
    tracks, given, _, _, _, journal, ends = state
    r = slot // (tracks.shape[0] // given.shape[0])
    v, on, off = tracks[slot, 0], tracks[slot, 1], tracks[slot, 2]
    _vacate(requests, views, state, r, slot)
    _write(journal, ends, TAKEN, slot, v, on, off)


@numba.njit(nogil=True, cache=True)
def take_request(requests, views, state, r):  # type: ignore[no-untyped-def]
    """Take out every piece of a request: fewer than all may be less than its least duration."""
    pieces = state[0].shape[0] // state[1].shape[0]
    for slot in range(r * pieces, (r + 1) * pieces):
        if state[0][slot, 0] != NOTHING:
            take(requests, views, state, slot)


@numba.njit(nogil=True, cache=True)
def undo(requests, views, gap, state, mark):  # type: ignore[no-untyped-def]
    """Undo what the journal holds beyond ``mark``, the last first."""
    tracks, given, _, _, _, journal, ends = state
    pieces = tracks.shape[0] // given.shape[0]
    while ends[0] > mark:
        ends[0] -= 1
        slot = journal[ends[0], 1]
        if journal[ends[0], 0] == PUT:
            _vacate(requests, views, state, slot // pieces, slot)
        else:
            v, on, off = journal[ends[0], 2], journal[ends[0], 3], journal[ends[0], 4]
            _occupy(requests, views, gap, state, slot // pieces, slot, v, on, off)


@numba.njit(nogil=True, cache=True)
def _write(journal, ends, kind, slot, v, on, off):  # type: ignore[no-untyped-def]
    at = ends[0]
    journal[at, 0], journal[at, 1], journal[at, 2], journal[at, 3], journal[at, 4] = kind, slot, v, on, off
    ends[0] = at + 1


@numba.njit(nogil=True, cache=True)
def _occupy(requests, views, gap, state, r, slot, v, on, off):  # type: ignore[no-untyped-def]
    tracks, given, got, blocks, counts, _, _ = state
    tracks[slot, 0], tracks[slot, 1], tracks[slot, 2] = v, on, off
    start, end = on - requests[r, SETUP], off + requests[r, TEARDOWN] + gap
    for k in range(2, views.shape[1]):
        resource = views[v, k]
        if resource == NOTHING:
            continue
        at = counts[resource]
        while at > 0 and blocks[resource, at - 1, 0] > start:
            for column in range(3):
                blocks[resource, at, column] = blocks[resource, at - 1, column]
            at -= 1
        blocks[resource, at, 0], blocks[resource, at, 1], blocks[resource, at, 2] = start, end, slot
        counts[resource] += 1
    given[r] += off - on
    got[requests[r, MISSION]] += off - on


@numba.njit(nogil=True, cache=True)
def _vacate(requests, views, state, r, slot):  # type: ignore[no-untyped-def]
    tracks, given, got, blocks, counts, _, _ = state
    v, on, off = tracks[slot, 0], tracks[slot, 1], tracks[slot, 2]
    for k in range(2, views.shape[1]):
        resource = views[v, k]
        if resource == NOTHING:
            continue
        at = first_block_from(blocks, counts, resource, on - requests[r, SETUP])
        counts[resource] -= 1
        for b in range(at, counts[resource]):
            for column in range(3):
                blocks[resource, b, column] = blocks[resource, b + 1, column]
    given[r] -= off - on
    got[requests[r, MISSION]] -= off - on
    tracks[slot, 0] = NOTHING


@numba.njit(nogil=True, cache=True)
def free_spans(views, state, v, low, high, busy, spans):  # type: ignore[no-untyped-def]
    """Fill ``spans`` with what of [low, high) is free on all resources of a view; return how many there are."""
    blocks, counts = state[3], state[4]
    count = 0
    for k in range(2, views.shape[1]):
        resource = views[v, k]
        if resource == NOTHING:
            continue
        b = first_block_from(blocks, counts, resource, low)
        if b > 0 and blocks[resource, b - 1, 1] > low:
            b -= 1
        while b < counts[resource] and blocks[resource, b, 0] < high:
            at = count
            while at > 0 and busy[at - 1, 0] > blocks[resource, b, 0]:
                busy[at, 0], busy[at, 1] = busy[at - 1, 0], busy[at - 1, 1]
                at -= 1
            busy[at, 0], busy[at, 1] = blocks[resource, b, 0], blocks[resource, b, 1]
            count += 1
            b += 1
    found, since = 0, low
    for k in range(count):
        if busy[k, 0] > since:
            spans[found, 0], spans[found, 1] = since, busy[k, 0]
            found += 1
        since = max(since, busy[k, 1])
    if since < high:
        spans[found, 0], spans[found, 1] = since, high
        found += 1
    return found


@numba.njit(nogil=True, cache=True)
def room_around(requests, views, gap, state, slot):  # type: ignore[no-untyped-def]
    """Return between which instants a placed piece could track if its neighbours stay where they are."""
    tracks, given, _, blocks, counts, _, _ = state
    r, v = slot // (tracks.shape[0] // given.shape[0]), tracks[slot, 0]
    setup, teardown = requests[r, SETUP], requests[r, TEARDOWN]
    earliest, latest = views[v, 0], views[v, 1]
    for k in range(2, views.shape[1]):
        resource = views[v, k]
        if resource == NOTHING:
            continue
        b = first_block_from(blocks, counts, resource, tracks[slot, 1] - setup)
        if b > 0:
            earliest = max(earliest, blocks[resource, b - 1, 1] + setup)
        if b + 1 < counts[resource]:
            latest = min(latest, blocks[resource, b + 1, 0] - gap - teardown)
    return earliest, latest
