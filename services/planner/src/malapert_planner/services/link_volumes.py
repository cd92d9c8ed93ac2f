"""Steps that take a share of what a link gives: keys of a pass, data to a relay.

How much that is depends on the pass and on when in it the step starts. Each such start is a mode of the chain: its step
lies there and nowhere else, and uses the amount that the link gives over it, the integral of its rate.
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

from malapert_planner.domain.problem import PlanningProblem, Span
from malapert_planner.domain.spans import intersection
from malapert_planner.services.allowed_windows import allowed_windows
from malapert_planner.services.held_spans import HeldSpans
from malapert_planner.services.request_messages import interval
from malapert_planner.services.window_conversion import rates

MOST_STARTS = 96
"""So many starts of a chain are offered at most: the best of each pass first."""
KEY_RATE = "expected_key_rate_bps"
_LINKS = (
    request_pb2.CONDITION_KIND_RELAY_CONTACT,
    request_pb2.CONDITION_KIND_ORBITER_CONTACT,
    request_pb2.CONDITION_KIND_KEY_LINK,
)
_Chain = list[request_pb2.ActivityDraft]


@dataclass(frozen=True, slots=True)
class _Start:
    """A start of a step in a pass: when, where if that matters, what the link gives over it, its rank in the pass."""

    start_s: int
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
    starts = sorted(_starts(step, problem, held), key=lambda start: (start.rank, -start.volume_bit, start.start_s))
    for start in sorted(starts[:MOST_STARTS], key=lambda start: (start.start_s, start.place_id)):
        begin = problem.start_time + timedelta(seconds=start.start_s)
        mark = f"@{begin:%Y%m%dT%H%M%SZ}" + (f"-{start.place_id}" if start.place_id else "")
        copies = [_copy(draft, mark, start.place_id) for draft in chain]
        del copies[number].windows[:]
        copies[number].windows.append(interval(begin, begin + timedelta(seconds=_duration_s(step))))
        for use in copies[number].uses:
            use.amount += use.amount_per_link_bit * start.volume_bit
        yield copies


def _starts(step: request_pb2.ActivityDraft, problem: PlanningProblem, held: HeldSpans) -> Iterator[_Start]:
    """Yield the starts on the grid in which something is given, of each pass the best and others apart from it."""
    condition = next(each for each in step.conditions if each.kind in _LINKS and not each.outside)
    on_moon = condition.kind == request_pb2.CONDITION_KIND_RELAY_CONTACT
    places = list(step.place_ids) or (
        [p.place_id for p in problem.places] if not problem.is_placeless else held.place_ids
    )
    allowed = allowed_windows(step, problem, held)
    at_places = dict(allowed.place_windows)
    for place_id in places if on_moon else [""]:
        spans = intersection(
            allowed.windows or ((0, problem.horizon_s),), at_places.get(place_id, ((0, problem.horizon_s),))
        )
        for window in held.windows_of(condition, place_id):
            yield from _starts_in(window, spans, step, problem, held, "" if problem.is_placeless else place_id)


def _starts_in(
    window: window_pb2.Window,
    allowed: tuple[Span, ...],
    step: request_pb2.ActivityDraft,
    problem: PlanningProblem,
    held: HeldSpans,
    place_id: str,
) -> Iterator[_Start]:
    span, duration_s, grid_s = held.clockwork.inner_span(window.interval), _duration_s(step), problem.resolution_s
    if span is None or span[1] - span[0] < duration_s:
        return
    given_bit = np.concatenate([[0.0], np.cumsum(_rates_bps(window, span, held))])
    starts = np.arange(-(-span[0] // grid_s) * grid_s, span[1] - duration_s + 1, grid_s)
    inside = [any(low <= start and start + duration_s <= high for low, high in allowed) for start in starts.tolist()]
    starts = starts[np.array(inside, dtype=bool)]
    volumes_bit = given_bit[starts - span[0] + duration_s] - given_bit[starts - span[0]]
    taken: list[int] = []
    for index in np.argsort(-volumes_bit, kind="stable").tolist():
        start_s, volume_bit = int(starts[index]), float(volumes_bit[index])
        if volume_bit > 0 and all(abs(start_s - other) >= duration_s / 2 for other in taken):
            yield _Start(start_s, place_id, volume_bit, len(taken))
            taken.append(start_s)


def _rates_bps(window: window_pb2.Window, span: Span, held: HeldSpans) -> NDArray[np.float64]:
    """Return the mean rate of a link in each whole second of a span inside its window."""
    seconds = np.arange(span[0], span[1] + 1, dtype=np.float64)
    keys = next((profile for profile in window.profiles if profile.quantity == KEY_RATE), None)
    if keys is not None:
        offsets_s = np.array(keys.offset_s) + held.clockwork.edges_s(window.interval)[0]
        at_edges = np.interp(seconds, offsets_s, np.array(keys.value))
        return np.asarray((at_edges[:-1] + at_edges[1:]) / 2)
    steps = rates(window, span, held.clockwork)
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
