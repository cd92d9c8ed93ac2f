"""Fill what a schedule leaves free: unplanned chains one by one, each as early as it fits along the route as it is.

Whether a chain fits at a start is read off arrays over the finest grid, for all starts at once: it needs as many free
cells in a row as it lasts, and a cumulative count of those that are not free says so for every start. A cell is free of
charge where what is there is so much above what all later needs; of storage where so much room is left for all later.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import RelationKind
from malapert_planner.domain.problem.choices import whole
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.products import limited, rank, through_bit
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule
from malapert_planner.solvers.instance.antenna_time import lies_apart
from malapert_planner.solvers.instance.compiled import Chain, Step
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.model.contacts import data_between
from malapert_planner.solvers.model.limits import chain_amounts
from malapert_planner.solvers.model.states import is_quiet
from malapert_planner.solvers.parameters import Polish
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.reservoir_range import reservoir_range

Mask = NDArray[np.bool_]


def insert_greedily(incumbent: Incumbent, chains: list[Chain]) -> Incumbent:
    """Return the schedule with as many of some unplanned chains as fit, tried in the order given.

    Where only room in the storage is missing, a contact that makes it is chosen beside.
    """
    for chain in chains:
        if not may_be_added(incumbent, chain):
            continue
        partners = _partners(incumbent, chain)
        found = _with_partners(incumbent, chain, partners) if partners else _with_chain(incumbent, chain)
        if found is None and not partners and any(activity.data_bit for activity in chain.activities):
            found = _with_contact(incumbent, chain)
        incumbent = found or incumbent
    return incumbent


def _with_chain(incumbent: Incumbent, chain: Chain) -> Incumbent | None:
    starts_s = _possible_starts_s(incumbent, chain, heed_storage=True)
    return with_placed(incumbent, chain, placed_at(incumbent, chain, starts_s[0])) if starts_s else None


def _partners(incumbent: Incumbent, chain: Chain) -> list[Chain]:
    """Return the chains without which a chain may not be planned, since they are wanted together, one with the next."""
    instance, names = incumbent.instance, [chain.request_id]
    for name in names:
        for relation in instance.problem.relations:
            pair = {relation.request_id, relation.other_request_id}
            if relation.kind is RelationKind.TOGETHER and name in pair:
                names += sorted(pair.difference(names))
    if len(names) == 1:
        return []
    # All repetitions of each, in its first mode.
    every = [modes for name in names for modes in instance.repetitions.get(name, ())]
    return [modes[0] for modes in every if all(mode.index != chain.index for mode in modes)]


def _with_partners(incumbent: Incumbent, chain: Chain, partners: list[Chain]) -> Incumbent | None:
    """Return the schedule with a chain and all that is wanted together with it, if some start suits all."""
    starts_s = _possible_starts_s(incumbent, chain, heed_storage=True)
    for start_s in starts_s[:: -(-len(starts_s) // Polish.MOST_TOGETHER)] if starts_s else ():
        found = with_placed(incumbent, chain, placed_at(incumbent, chain, start_s))
        for partner in partners:
            found = found and (_with_chain(found, partner) if may_be_added(found, partner) else None)
        if found is not None:
            return found
    return None


def _with_contact(incumbent: Incumbent, chain: Chain) -> Incumbent | None:
    """Return the schedule with a chain and a contact that sends what it makes, or what was in its way."""
    starts_s = _possible_starts_s(incumbent, chain, heed_storage=False)
    limits_s = [product.max_latency_s for activity in chain.activities for product in limited(activity)]
    if not starts_s:
        return None
    if not limits_s:
        sending = add_contact(incumbent, (starts_s[0] - Polish.CONTACT_REACH_S, starts_s[0] + Polish.CONTACT_REACH_S))
        return _with_chain(sending, chain) if sending else None
    for start_s in starts_s[:: -(-len(starts_s) // Polish.LATENCY_STARTS)]:
        made_s = start_s + chain_length_s(chain)
        sending = add_contact(incumbent, (made_s, made_s + min(limits_s)))
        found = with_placed(sending, chain, placed_at(incumbent, chain, start_s)) if sending else None
        if found is not None:
            return found
    return None


def with_placed(incumbent: Incumbent, chain: Chain, placed: list[PlacedActivity]) -> Incumbent | None:
    """Return the schedule with a chain placed; None where that breaks a limit."""
    candidate = incumbent.with_added(tuple(placed))
    return candidate if candidate.keeps_limits() and keeps_shared(candidate, chain) else None


def _possible_starts_s(incumbent: Incumbent, chain: Chain, *, heed_storage: bool) -> list[int]:
    problem, grid = incumbent.instance.problem, incumbent.instance.problem.resolution_s
    low, high = related_span(incumbent, chain, chain_length_s(chain))
    low, high = max(low, incumbent.instance.open_from_s), min(high, problem.horizon_s)
    if high < low:
        return []
    first = -(-low // grid)
    cells = np.flatnonzero(open_starts(incumbent, chain, heed_storage=heed_storage)[first : high // grid + 1])
    return [(first + cell) * grid for cell in cells.tolist()]


def placed_at(incumbent: Incumbent, chain: Chain, start_s: int) -> list[PlacedActivity]:
    """Return a chain's activities from an instant on, where the asset is then."""
    place_id = incumbent.place_at(start_s)
    return [PlacedActivity(s.activity.activity_id, place_id, s.span(start_s)) for s in chain_steps(chain)]


def chain_length_s(chain: Chain) -> int:
    """Return how long a chain takes without a wait between its blocks."""
    return sum(block.duration_s for block in chain.blocks)


def open_starts(incumbent: Incumbent, chain: Chain, *, heed_storage: bool) -> Mask:
    """Return at which instants of the grid a chain could start beside all else, relations apart."""
    grid, total_s, count = incumbent.instance.problem.resolution_s, chain_length_s(chain), len(incumbent.cells)
    opened = np.zeros(count, np.bool_)
    for place_id, stay in incumbent.stays:
        if place_id in chain.starts and stay[1] - stay[0] >= total_s:
            for low, high in chain_starts(chain, place_id):
                low, high = max(low, stay[0]), min(high, stay[1] - total_s)
                if low <= high:
                    opened[-(-low // grid) : high // grid + 1] = True
    if opened.any():
        opened &= _free(incumbent, chain_steps(chain), total_s, heed_storage=heed_storage)
    return opened


def add_contact(incumbent: Incumbent, near: Span) -> Incumbent | None:
    """Return the schedule with one contact more in a span, the one that could send most; None where none fits."""
    instance, grid = incumbent.instance, incumbent.instance.problem.resolution_s
    quotas, options = instance.quotas, []
    left_s = quotas.left_s(incumbent.schedule.contacts)
    for place_id, stay in incumbent.stays:
        for station_id, windows in instance.station_windows.items():
            for window in windows:
                if window.place_id != place_id or window.span[1] <= near[0] or window.span[0] >= near[1]:
                    continue
                low = max(window.span[0], stay[0], near[0], instance.open_from_s)
                high = min(window.span[1], stay[1], near[1])
                span = (-(-low // grid) * grid, high // grid * grid)
                span = (span[0], min(span[1], span[0] + max(Polish.CONTACT_S, -(-window.min_length_s // grid) * grid)))
                if left_s:
                    span = (span[0], span[0] + quotas.room_s(left_s, station_id, span) // grid * grid)
                if span[1] - span[0] >= max(grid, window.min_length_s):
                    guard = window.setup_s + window.teardown_s
                    options.append((data_between([window.rate], span), span, station_id, window, guard))
    for data_bit, span, station_id, window, guard in sorted(options, key=lambda o: (-o[0], o[1], o[2]))[
        : Polish.MOST_CONTACTS
    ]:
        contacts = incumbent.schedule.contacts
        if data_bit <= 0 or any(overlap_s(quiet, span) for quiet in incumbent.silences(station_id)):
            continue
        if not lies_apart(instance.problem, station_id, span, guard, contacts):
            continue
        chosen = PlacedContact(station_id, window.place_id, window.window_id, span)
        candidate = incumbent.with_added((), (chosen,))
        if candidate.keeps_limits():
            return candidate
    return None


def chain_steps(chain: Chain) -> list[Step]:
    """Return a chain's steps without a wait between its blocks."""
    steps, since = [], 0
    for block in chain.blocks:
        steps += [Step(step.activity, since + step.offset_s) for step in block.steps]
        since += block.duration_s
    return steps


def chain_starts(chain: Chain, place_id: str) -> list[Span]:
    """Return closed spans in which a chain may start where its blocks follow each other without a wait."""
    allowed, since = list(chain.starts[place_id][0]), chain.blocks[0].duration_s
    for block, spans in zip(chain.blocks[1:], chain.starts[place_id][1:], strict=True):
        shifted = [(low - since, high - since) for low, high in spans]
        allowed = [(max(a, c), min(b, d)) for a, b in allowed for c, d in shifted if max(a, c) <= min(b, d)]
        since += block.duration_s
    return allowed


def _free(incumbent: Incumbent, steps: list[Step], total_s: int, *, heed_storage: bool) -> Mask:
    """Return at which cells of the finest grid a chain could start by resources, contacts, charge and storage."""
    problem, grid, count = incumbent.instance.problem, incumbent.instance.problem.resolution_s, len(incumbent.cells)
    battery = problem.battery
    waking_w = max(0.0, battery.awake_load_w - battery.asleep_load_w)
    energy_wh = sum(s.activity.power_w * s.activity.duration_s for s in steps) / SECONDS_PER_HOUR
    energy_wh += waking_w * math.ceil(total_s / grid) * grid / SECONDS_PER_HOUR
    data_bit = sum(s.activity.data_bit for s in steps)
    lacking = incumbent.charge_wh - incumbent.needed_wh < energy_wh
    if heed_storage:
        lacking |= incumbent.admitted_bit - incumbent.stored_bit < data_bit
        for backlog in incumbent.backlogs:
            waiting_bit = sum(through_bit(step.activity, backlog.rank) for step in steps)
            if waiting_bit > 0:
                lacking |= backlog.room < waiting_bit
    # The edges from the start to the end count, so that a chain of n cells asks for n + 1.
    free = _unbroken(lacking, 0, -(-total_s // grid) + 1, count)
    spent_wh = 0.0
    for step in steps:
        first, last = step.offset_s // grid, -(-(step.offset_s + step.activity.duration_s) // grid)
        for busy in _in_use(incumbent, step):
            free &= _unbroken(busy, first, last - first, count)
        if step.activity.min_start_charge_wh > 0:
            short = incumbent.charge_wh - spent_wh < step.activity.min_start_charge_wh
            free &= _unbroken(short, first, 1, count)
        spent_wh += (step.activity.power_w + waking_w) * step.activity.duration_s / SECONDS_PER_HOUR
        if heed_storage:
            for late in _late(incumbent, step, steps):
                free &= _unbroken(late, last, 1, count)
    return free


def _late(incumbent: Incumbent, step: Step, steps: list[Step]) -> Iterator[Mask]:
    """Yield the edges until which each limited product of a step is made too late to be sent in time."""
    width_s = incumbent.instance.problem.resolution_s
    for product in limited(step.activity):
        for backlog in incumbent.backlogs:
            if rank(product) == backlog.rank:
                waiting_bit = sum(through_bit(each.activity, backlog.rank) for each in steps)
                yield backlog.slack(product.max_latency_s, width_s) < waiting_bit


def _unbroken(bad: Mask, offset: int, length: int, count: int) -> Mask:
    """Return for each cell whether none of ``length`` cells from ``offset`` cells later on is bad."""
    sums = np.concatenate([[0], np.cumsum(bad)])
    first = np.minimum(np.arange(count) + offset, len(bad))
    last = first + length
    return np.asarray((last <= len(bad)) & (sums[np.minimum(last, len(bad))] == sums[first]))


def _in_use(incumbent: Incumbent, step: Step) -> list[Mask]:
    """Return the cells in which something that a step needs is not to be had: a unary resource, or a chosen contact."""
    instance, schedule, cells = incumbent.instance, incumbent.schedule, incumbent.cells
    masks = []
    wanted = set(step.activity.resource_ids)
    if wanted:
        busy = np.zeros(len(cells), np.bool_)
        for placed in schedule.activities:
            if wanted & set(instance.activities[placed.activity_id].resource_ids):
                touched = cells.touched(placed.span)
                busy[touched.start : touched.stop] = True
        if wanted & set(instance.problem.drive_rule.resource_ids):
            for drive in schedule.drives:
                touched = cells.touched(drive.span)
                busy[touched.start : touched.stop] = True
        masks.append(busy)
    for condition in step.activity.conditions:
        if condition.kind is ConditionKind.CONTACT:
            masks.append(_untracked(incumbent, condition.station_ids))
        elif condition.kind is ConditionKind.SILENCE:
            masks.append(_tracked(incumbent, condition.station_ids))
    return masks


def _tracked(incumbent: Incumbent, station_ids: tuple[str, ...]) -> Mask:
    tracked = np.zeros(len(incumbent.cells), np.bool_)
    for contact in incumbent.schedule.contacts:
        if not station_ids or contact.station_id in station_ids:
            touched = incumbent.cells.touched(contact.span)
            tracked[touched.start : touched.stop] = True
    return tracked


def _untracked(incumbent: Incumbent, station_ids: tuple[str, ...]) -> Mask:
    cells = incumbent.cells
    untracked = np.ones(len(cells), np.bool_)
    for contact in incumbent.schedule.contacts:
        if not station_ids or contact.station_id in station_ids:
            inside = [c for c in cells.touched(contact.span) if _within(cells.span(c), contact.span)]
            if inside:
                untracked[inside[0] : inside[-1] + 1] = False
    return untracked


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def may_be_added(incumbent: Incumbent, chain: Chain) -> bool:
    """Return whether modes, relations, repetitions and limits let a chain be added at all."""
    instance, problem = incumbent.instance, incumbent.instance.problem
    if chain.index in incumbent.satisfied:
        return False
    requests = {instance.chains[index].request_id for index in incumbent.chains}
    planned = frozenset(incumbent.placed)
    for relation in problem.relations:
        if chain.request_id not in (relation.request_id, relation.other_request_id):
            continue
        if relation.kind is RelationKind.TOGETHER:
            continue
        other = relation.other_request_id if relation.request_id == chain.request_id else relation.request_id
        if relation.kind is RelationKind.EXCLUDES and other in requests:
            return False
        needs = relation.kind is RelationKind.REQUIRES and relation.request_id == chain.request_id
        if needs and not whole(problem, other, planned):
            return False
    periodic = any(repetition.request_id == chain.request_id for repetition in problem.repetitions)
    if periodic and chain.repetition_index:
        before = [c for c in instance.request_chains[chain.request_id] if c.repetition_index < chain.repetition_index]
        if any(c.index not in incumbent.satisfied for c in before):
            return False
    for limit in problem.limits:
        amounts = chain_amounts(instance, limit)
        if chain.index in amounts:
            taken = math.fsum(amount for index, amount in amounts.items() if index in incumbent.chains)
            if taken + amounts[chain.index] > limit.capacity:
                return False
    return True


def related_span(incumbent: Incumbent, chain: Chain, total_s: int) -> Span:
    """Return the first and the last start that relations and repetitions to what is planned allow."""
    instance, problem = incumbent.instance, incumbent.instance.problem
    low, high = 0, problem.horizon_s
    planned = defaultdict(list)
    for fixed in incumbent.chains.values():
        planned[instance.chains[fixed.chain_index].request_id].append(fixed)
    for relation in problem.relations:
        own, other = planned[relation.request_id], planned[relation.other_request_id]
        if relation.kind is RelationKind.TOGETHER and chain.request_id in (
            relation.request_id,
            relation.other_request_id,
        ):
            mine, theirs = (own, other) if relation.request_id == chain.request_id else (other, own)
            if theirs:
                first = min(fixed.first_start_s for fixed in theirs)
                low = max(low, first - relation.max_lag_s)
                # A later one of several does not change when the first of them starts.
                high = high if mine else min(high, first + relation.max_lag_s)
        if relation.kind is not RelationKind.AFTER:
            continue
        if relation.request_id == chain.request_id and other:
            end = max(fixed.span[1] for fixed in other)
            low = max(low, end + relation.min_lag_s)
            high = min(high, end + relation.max_lag_s) if relation.max_lag_s else high
        if relation.other_request_id == chain.request_id and own:
            start = min(fixed.span[0] for fixed in own)
            high = min(high, start - relation.min_lag_s - total_s)
            if relation.max_lag_s:
                low = max(low, start - relation.max_lag_s - total_s)
    for repetition in problem.repetitions:
        if repetition.request_id != chain.request_id:
            continue
        for fixed in planned[chain.request_id]:
            apart = instance.chains[fixed.chain_index].repetition_index - chain.repetition_index
            if abs(apart) == 1:
                middle = fixed.first_start_s - apart * repetition.period_s
                low, high = max(low, middle - repetition.tolerance_s), min(high, middle + repetition.tolerance_s)
    return low, high


def keeps_shared(incumbent: Incumbent, chain: Chain) -> bool:
    """Return whether states, cumulative resources and reservoirs that a chain touches are kept with it."""
    problem, own = incumbent.instance.problem, {activity.activity_id for activity in chain.activities}
    if any(activity.makes or activity.needs_quiet for activity in chain.activities):
        placed = [item for item in incumbent.schedule.activities if item.activity_id in own]
        if not is_quiet(incumbent.instance, placed, incumbent.schedule.activities):
            return False
    for resource in problem.cumulative_resources:
        amounts: dict[str, float] = defaultdict(float)
        for use in resource.uses:
            amounts[use.activity_id] += use.amount
        if own & amounts.keys() and _most_at_once(incumbent.schedule, amounts) > resource.capacity:
            return False
    for reservoir in problem.reservoirs:
        if own & {use.activity_id for use in reservoir.uses}:
            lowest, highest = reservoir_range(reservoir, incumbent.schedule.activities)
            if lowest < 0 or highest > reservoir.capacity:
                return False
    return True


def _most_at_once(schedule: Schedule, amounts: dict[str, float]) -> float:
    takers = [(item.span, amounts[item.activity_id]) for item in schedule.activities if item.activity_id in amounts]
    starts = [span[0] for span, _ in takers]
    return max((math.fsum(a for span, a in takers if span[0] <= at < span[1]) for at in starts), default=0.0)
