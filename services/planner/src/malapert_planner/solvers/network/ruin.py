"""Tear out some tracks, put back as much as fits, keep what is better or, early on, not much worse.

Ruin and recreate (Schrimpf et al. 2000) with simulated annealing. All is compiled and works on arrays: resources are
the antennas and then the missions, each with its sorted list of blocks; a track takes up to three antennas and its
mission. ``asked`` holds a column per request: duration, mission, least track, set-up, teardown, whether it may be
split, and the gap between uses; ``views`` a row per view period: start, end, and the resources of a track in it.
"""

from __future__ import annotations

import numba
import numpy as np

MOST_TAKEN = 4
"""Resources of one track: up to three antennas of an array and the mission."""
NOTHING = -1


@numba.njit(nogil=True, cache=True)
def seed_thread(seed):  # type: ignore[no-untyped-def]
    """Seed this thread's generator."""
    np.random.seed(seed)


@numba.njit(nogil=True, cache=True)
def worth(asked, given, weights):  # type: ignore[no-untyped-def]
    """Share of the time given, less the weighted root mean square and maximum of the missions' shares not given."""
    duration, mission = asked[0], asked[1]
    missions = 0
    for r in range(mission.shape[0]):
        missions = max(missions, mission[r] + 1)
    wanted, got = np.zeros(missions), np.zeros(missions)
    for r in range(duration.shape[0]):
        wanted[mission[r]] += duration[r]
        got[mission[r]] += min(given[r], duration[r])
    squares, most = 0.0, 0.0
    for m in range(missions):
        share = 1 - got[m] / wanted[m]
        squares += share * share
        most = max(most, share)
    return got.sum() / wanted.sum() - weights[0] * np.sqrt(squares / missions) - weights[1] * most


@numba.njit(nogil=True, cache=True)
def _insert_block(blocks, counts, resource, start, end, track):  # type: ignore[no-untyped-def]
    k = counts[resource]
    while k > 0 and blocks[resource, k - 1, 0] > start:
        blocks[resource, k] = blocks[resource, k - 1]
        k -= 1
    blocks[resource, k, 0] = start
    blocks[resource, k, 1] = end
    blocks[resource, k, 2] = track
    counts[resource] += 1


@numba.njit(nogil=True, cache=True)
def _remove_block(blocks, counts, resource, track):  # type: ignore[no-untyped-def]
    found = False
    for k in range(counts[resource]):
        if blocks[resource, k, 2] == track:
            found = True
        elif found:
            blocks[resource, k - 1] = blocks[resource, k]
    counts[resource] -= 1


@numba.njit(nogil=True, cache=True)
def _put(asked, views, state, track, r, v, on, off):  # type: ignore[no-untyped-def]
    tracks, given, blocks, counts = state
    tracks[track, 0], tracks[track, 1], tracks[track, 2], tracks[track, 3] = r, v, on, off
    for k in range(MOST_TAKEN):
        resource = views[v, 2 + k]
        if resource != NOTHING:
            _insert_block(blocks, counts, resource, on - asked[3, r], off + asked[4, r] + asked[6, r], track)
    given[r] += off - on


@numba.njit(nogil=True, cache=True)
def _take(asked, views, state, track):  # type: ignore[no-untyped-def]
    tracks, given, blocks, counts = state
    r, v = tracks[track, 0], tracks[track, 1]
    for k in range(MOST_TAKEN):
        resource = views[v, 2 + k]
        if resource != NOTHING:
            _remove_block(blocks, counts, resource, track)
    given[r] -= tracks[track, 3] - tracks[track, 2]
    tracks[track, 0] = NOTHING


@numba.njit(nogil=True, cache=True)
def _gaps(views, v, low, high, blocks, counts, busy, gaps):  # type: ignore[no-untyped-def]
    """Fill ``gaps`` with the spans of [low, high) in which all of a view's resources are free; return how many."""
    count = 0
    for k in range(MOST_TAKEN):
        resource = views[v, 2 + k]
        if resource == NOTHING:
            continue
        left, right = 0, counts[resource]
        while left < right:
            middle = (left + right) // 2
            if blocks[resource, middle, 1] <= low:
                left = middle + 1
            else:
                right = middle
        while left < counts[resource] and blocks[resource, left, 0] < high:
            at = count
            while at > 0 and busy[at - 1, 0] > blocks[resource, left, 0]:
                busy[at, 0], busy[at, 1] = busy[at - 1, 0], busy[at - 1, 1]
                at -= 1
            busy[at, 0], busy[at, 1] = blocks[resource, left, 0], blocks[resource, left, 1]
            count += 1
            left += 1
    found, since = 0, low
    for k in range(count):
        if busy[k, 0] > since:
            gaps[found, 0], gaps[found, 1] = since, busy[k, 0]
            found += 1
        since = max(since, busy[k, 1])
    if since < high:
        gaps[found, 0], gaps[found, 1] = since, high
        found += 1
    return found


@numba.njit(nogil=True, cache=True)
def _place(asked, first_view, views, state, free_tracks, r, most, horizon, blink, busy, gaps):  # type: ignore[no-untyped-def]
    """Put the best track of a request that fits, at most ``most`` seconds long; return whether there was one."""
    tracks, _, blocks, counts = state
    setup, teardown, gap, least = asked[3, r], asked[4, r], asked[6, r], asked[2, r]
    best, best_view, best_on, best_off = -1e18, NOTHING, 0, 0
    for v in range(first_view[r], first_view[r + 1]):
        if np.random.random() < blink:
            continue
        low, high = max(horizon[0] + gap, views[v, 0] - setup), min(horizon[1] + gap, views[v, 1] + teardown + gap)
        antennas = 0
        for k in range(MOST_TAKEN - 1):
            antennas += views[v, 2 + k] != NOTHING
        found = _gaps(views, v, low, high, blocks, counts, busy, gaps)
        for g in range(found):
            first_on = max(gaps[g, 0] + setup, views[v, 0])
            last_off = min(gaps[g, 1] - gap - teardown, views[v, 1])
            room = last_off - first_on
            if room < least:
                continue
            length = min(room, most)
            spare = room - length
            fitness = length * (1 + 0.2 * np.random.random()) - 0.3 * min(spare, 14400) * np.random.random()
            fitness -= 0.5 * (antennas - 1) * length
            if fitness > best:
                best, best_view = fitness, v
                if np.random.random() < 0.5:
                    best_on, best_off = first_on, first_on + length
                else:
                    best_on, best_off = last_off - length, last_off
    if best_view == NOTHING:
        return False
    track = 0
    while tracks[track, 0] != NOTHING:
        track += 1
    _put(asked, views, state, track, r, best_view, best_on, best_off)
    return True


@numba.njit(nogil=True, cache=True)
def _stretch(asked, views, state, horizon):  # type: ignore[no-untyped-def]
    """Lengthen tracks of requests that lack time into what is free before and after them."""
    tracks, given, blocks, counts = state
    for track in range(tracks.shape[0]):
        r = tracks[track, 0]
        if r == NOTHING or given[r] >= asked[0, r]:
            continue
        v = tracks[track, 1]
        before, after = (
            max(views[v, 0], horizon[0] + asked[6, r] + asked[3, r]),
            min(views[v, 1], horizon[1] - asked[4, r]),
        )
        for k in range(MOST_TAKEN):
            resource = views[v, 2 + k]
            if resource == NOTHING:
                continue
            for b in range(counts[resource]):
                if blocks[resource, b, 2] == track:
                    if b > 0:
                        before = max(before, blocks[resource, b - 1, 1] + asked[3, r])
                    if b + 1 < counts[resource]:
                        after = min(after, blocks[resource, b + 1, 0] - asked[6, r] - asked[4, r])
                    break
        lack = asked[0, r] - given[r]
        later = max(0, min(lack, after - tracks[track, 3]))
        earlier = max(0, min(lack - later, tracks[track, 2] - before))
        if later + earlier > 0:
            on, off = tracks[track, 2] - earlier, tracks[track, 3] + later
            _take(asked, views, state, track)
            _put(asked, views, state, track, r, v, on, off)


@numba.njit(nogil=True, cache=True)
def _ruin(asked, first_view, views, state, horizon, antennas):  # type: ignore[no-untyped-def]
    """Take tracks out: of one mission, around a request that lacks time, or around an instant."""
    tracks, given, _, _ = state
    kind = np.random.random()
    requests = asked.shape[1]
    if kind < 0.08:
        mission = asked[1, np.random.randint(0, requests)]
        for track in range(tracks.shape[0]):
            if tracks[track, 0] != NOTHING and asked[1, tracks[track, 0]] == mission:
                _take(asked, views, state, track)
        return
    if kind < 0.65:
        r = np.random.randint(0, requests)
        for _ in range(30):
            if given[r] < asked[0, r]:
                break
            r = np.random.randint(0, requests)
        if first_view[r] == first_view[r + 1]:
            return
        v = np.random.randint(first_view[r], first_view[r + 1])
        centre = np.random.randint(views[v, 0], views[v, 1] + 1)
        half = np.random.randint(3600, 6 * 3600)
        low, high = max(views[v, 0], centre - half), min(views[v, 1], centre + half)
        for k in range(MOST_TAKEN):
            if views[v, 2 + k] != NOTHING:
                _clear(asked, views, state, views[v, 2 + k], low, high)
        return
    half = np.random.randint(3600, 8 * 3600)
    centre = np.random.randint(horizon[0], horizon[1])
    share = np.random.random() * 0.6
    for resource in range(antennas):
        if np.random.random() < share:
            _clear(asked, views, state, resource, centre - half, centre + half)


@numba.njit(nogil=True, cache=True)
def _clear(asked, views, state, resource, low, high):  # type: ignore[no-untyped-def]
    _, _, blocks, counts = state
    b = 0
    while b < counts[resource]:
        if blocks[resource, b, 0] < high and blocks[resource, b, 1] > low and blocks[resource, b, 2] >= 0:
            _take(asked, views, state, blocks[resource, b, 2])
        else:
            b += 1


@numba.njit(nogil=True, cache=True)
def _recreate(asked, first_view, views, state, horizon, busy, gaps):  # type: ignore[no-untyped-def]
    """Put back what fits, request by request, in an order drawn anew each time."""
    tracks, given, _, _ = state
    requests = asked.shape[1]
    lacking = np.empty(requests, np.int64)
    keys = np.empty(requests)
    missions = asked[1].max() + 1
    wanted, got = np.zeros(missions), np.zeros(missions)
    for r in range(requests):
        wanted[asked[1, r]] += asked[0, r]
        got[asked[1, r]] += min(given[r], asked[0, r])
    rule = np.random.randint(0, 5)
    count = 0
    for r in range(requests):
        lack = asked[0, r] - given[r]
        if lack >= asked[2, r] and (given[r] == 0 or asked[5, r] == 1):
            draw = np.random.random()
            if rule == 0:
                key = draw
            elif rule == 1:
                key = -(1 - got[asked[1, r]] / wanted[asked[1, r]]) + 0.3 * draw
            elif rule == 2:
                key = -asked[0, r] * (0.7 + 0.6 * draw)
            elif rule == 3:
                key = asked[0, r] * (0.7 + 0.6 * draw)
            else:
                key = (first_view[r + 1] - first_view[r]) * (0.5 + draw)
            lacking[count] = r
            keys[count] = key
            count += 1
    order = np.argsort(keys[:count])
    shortened = np.random.random() < 0.3
    for k in order:
        r = lacking[k]
        while True:
            lack = asked[0, r] - given[r]
            if lack < asked[2, r] or (given[r] > 0 and asked[5, r] == 0):
                break
            most = lack
            if asked[5, r] == 1 and lack >= 2 * asked[2, r] and np.random.random() < 0.4:
                most = np.random.randint(asked[2, r], lack - asked[2, r] + 1)
            elif shortened:
                most = max(asked[2, r], int(lack * (0.6 + 0.4 * np.random.random())))
            if not _place(asked, first_view, views, state, tracks, r, most, horizon, 0.03, busy, gaps):
                break
    _stretch(asked, views, state, horizon)


@numba.njit(nogil=True, cache=True)
def anneal(asked, first_view, views, horizon, antennas, weights, state, best, temperature, steps):  # type: ignore[no-untyped-def]
    """Take so many steps from ``state`` at a temperature; fill both states with what came of it.

    Both are tuples (tracks, given, blocks, counts). Returns the worth of ``state`` and of ``best``.
    """
    busy, gaps = np.empty((400, 2), np.int64), np.empty((400, 2), np.int64)
    now, top = worth(asked, state[1], weights), worth(asked, best[1], weights)
    trial = (state[0].copy(), state[1].copy(), state[2].copy(), state[3].copy())
    for _ in range(steps):
        _ruin(asked, first_view, views, trial, horizon, antennas)
        _recreate(asked, first_view, views, trial, horizon, busy, gaps)
        found = worth(asked, trial[1], weights)
        if found > now - temperature * -np.log(max(1e-300, np.random.random())):
            now = found
            _copy(trial, state)
            if found > top + 1e-12:
                top = found
                _copy(trial, best)
        else:
            _copy(state, trial)
    return now, top


@numba.njit(nogil=True, cache=True)
def _copy(source, target):  # type: ignore[no-untyped-def]
    target[0][:] = source[0]
    target[1][:] = source[1]
    target[2][:] = source[2]
    target[3][:] = source[3]
