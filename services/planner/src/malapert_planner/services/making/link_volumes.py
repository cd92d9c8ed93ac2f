"""Data or key volumes of steps that take a share of a link's yield: keys of a pass, data to a relay.

How much that is depends on the pass and on when in it the step starts: the integral of the link's rate over the step.
Each stretch of starts that give nearly the same is a mode of the chain: its step lies there, and counts for the least
that any of them gives.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2
from numpy.typing import NDArray

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.services.making.allowed_windows import allowed_windows
from malapert_planner.services.making.held_spans import HeldSpans
from malapert_planner.services.making.window_conversion import rates
from malapert_planner.services.requests_out.request_messages import interval

MOST_RANGES = 64
"""Largest number of ranges of starts that a chain is offered, since each is a mode of the model: the best of each
pass first."""
MOST_RANGES_OF_A_PASS = 2
LEAST_SHARE_OF_BEST = 0.97
"""Least share of the best volume that a start gives to be in the same range as the best: all count for the least of
them."""
KEY_RATE = "expected_key_rate_bps"
_LINKS = (
    request_pb2.CONDITION_KIND_RELAY_CONTACT,
    request_pb2.CONDITION_KIND_ORBITER_CONTACT,
    request_pb2.CONDITION_KIND_KEY_LINK,
)
_Chain = list[request_pb2.ActivityDraft]


@dataclass(frozen=True, slots=True)
class _StartRange:
    """A range of starts of a step in a pass, at a place if that matters, with the least volume of any of them."""

    starts_s: Span
    place_id: str
    volume_bit: float
    rank: int


def with_link_volumes(
    demand: request_pb2.ExpandRequestsResponse, problem: PlanningProblem, held: HeldSpans
) -> request_pb2.ExpandRequestsResponse:
    """Return a demand in which every amount is known: chains that take a share of a link are given as their modes."""
    chains: dict[str, _Chain] = defaultdict(list)
    for draft in demand.activities:
        chains[draft.chain_id or draft.activity_id].append(draft)
    modes = {
        chain_id: list(_modes(chain, problem, held)) or [chain]
        for chain_id, chain in chains.items()
        if any(use.amount_per_link_bit > 0 for draft in chain for use in draft.uses)
    }
    if not modes:
        return demand
    changed = request_pb2.ExpandRequestsResponse()
    changed.CopyFrom(demand)
    changed.ClearField("activities")
    for chain_id, chain in chains.items():
        for mode in modes.get(chain_id, [chain]):
            changed.activities.extend(mode)
    for choice in changed.choices:
        names = [
            mode[0].chain_id or mode[0].activity_id
            for name in choice.chain_ids
            for mode in modes.get(name, [chains[name]])
        ]
        del choice.chain_ids[:]
        choice.chain_ids.extend(names)
    return changed


def _modes(chain: _Chain, problem: PlanningProblem, held: HeldSpans) -> Iterator[_Chain]:
    number = next(n for n, draft in enumerate(chain) if any(use.amount_per_link_bit > 0 for use in draft.uses))
    step = chain[number]
    found = sorted(_start_ranges(step, problem, held), key=lambda each: (each.rank, -each.volume_bit, each.starts_s))
    for each in sorted(found[:MOST_RANGES], key=lambda each: (each.starts_s, each.place_id)):
        first, last = (problem.start_time + timedelta(seconds=start_s) for start_s in each.starts_s)
        mark = f"@{first:%Y%m%dT%H%M%SZ}" + (f"-{each.place_id}" if each.place_id else "")
        copies = [_copy(draft, mark, each.place_id) for draft in chain]
        del copies[number].windows[:]
        copies[number].windows.append(interval(first, last + timedelta(seconds=_duration_s(step))))
        for use in copies[number].uses:
            use.amount += use.amount_per_link_bit * each.volume_bit
        yield copies


def _start_ranges(step: request_pb2.ActivityDraft, problem: PlanningProblem, held: HeldSpans) -> Iterator[_StartRange]:
    """Yield the stretches of starts on the grid in which something is given, of each pass the best first."""
    condition = next(each for each in step.conditions if each.kind in _LINKS and not each.outside)
    horizon = ((0, problem.horizon_s),)
    here = held.place_ids if problem.is_placeless else [place.place_id for place in problem.places]
    on_moon = condition.kind == request_pb2.CONDITION_KIND_RELAY_CONTACT
    allowed = allowed_windows(step, problem, held)
    for place_id in (step.place_ids or here) if on_moon else [""]:
        spans = intersection(allowed.windows or horizon, dict(allowed.place_windows).get(place_id, horizon))
        for window in held.windows_of(condition, place_id):
            yield from _start_ranges_in(window, spans, step, problem, held, "" if problem.is_placeless else place_id)


def _start_ranges_in(
    window: window_pb2.Window,
    allowed: tuple[Span, ...],
    step: request_pb2.ActivityDraft,
    problem: PlanningProblem,
    held: HeldSpans,
    place_id: str,
) -> Iterator[_StartRange]:
    """Take the best start with those around it that give nearly as much, then the best of the rest."""
    span, duration_s, grid_s = held.problem_clock.inner_span(window.interval), _duration_s(step), problem.resolution_s
    if span is None or span[1] - span[0] < duration_s:
        return
    allowed = intersection(allowed, held.free(window, span))
    given_bit = np.concatenate([[0.0], np.cumsum(_rates_bps(window, span, held))])
    starts = np.arange(-(-span[0] // grid_s) * grid_s, span[1] - duration_s + 1, grid_s)
    volumes_bit = given_bit[starts - span[0] + duration_s] - given_bit[starts - span[0]]
    inside = [any(low <= start and start + duration_s <= high for low, high in allowed) for start in starts.tolist()]
    left = np.where(inside, volumes_bit, 0.0)
    for rank in range(MOST_RANGES_OF_A_PASS):
        best = int(np.argmax(left)) if len(left) else 0
        if not len(left) or left[best] <= 0:
            return
        first = last = best
        while first > 0 and left[first - 1] >= LEAST_SHARE_OF_BEST * left[best]:
            first -= 1
        while last + 1 < len(left) and left[last + 1] >= LEAST_SHARE_OF_BEST * left[best]:
            last += 1
        least_bit = float(left[first : last + 1].min())
        yield _StartRange((int(starts[first]), int(starts[last])), place_id, least_bit, rank)
        left[first : last + 1] = 0.0


def _rates_bps(window: window_pb2.Window, span: Span, held: HeldSpans) -> NDArray[np.float64]:
    """Return the mean rate of a link in each whole second of a span inside its window."""
    seconds = np.arange(span[0], span[1] + 1, dtype=np.float64)
    keys = next((profile for profile in window.profiles if profile.quantity == KEY_RATE), None)
    if keys is not None:
        offsets_s = np.array(keys.offset_s) + held.problem_clock.edges_s(window.interval)[0]
        at_edges = np.interp(seconds, offsets_s, np.array(keys.value))
        return np.asarray((at_edges[:-1] + at_edges[1:]) / 2)
    steps = rates(window, span, held.problem_clock)
    found = np.searchsorted(np.array(steps.offset_s), seconds[:-1], side="right") - 1
    return np.array(steps.rate_bps)[np.maximum(found, 0)]


def _duration_s(step: request_pb2.ActivityDraft) -> int:
    return max(math.ceil(step.duration_s), 1)


def _copy(draft: request_pb2.ActivityDraft, mark: str, place_id: str) -> request_pb2.ActivityDraft:
    copy = request_pb2.ActivityDraft()
    copy.CopyFrom(draft)
    copy.mode_id = f"{draft.mode_id}{mark}"
    prefix, _, step_id = draft.activity_id.rpartition("/")
    copy.activity_id = f"{prefix}{mark}/{step_id}"
    copy.chain_id = f"{draft.chain_id}{mark}" if draft.chain_id else ""
    if place_id:
        del copy.place_ids[:]
        copy.place_ids.append(place_id)
    return copy
