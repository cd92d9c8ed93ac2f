"""History of a replan: what lies before its now is told as the plan before it told it, and items keep their names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.problem.problem import PlanningProblem

_DRIVE = plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE
_DRIVE_PREFIX = "drive/"
_TRACED = frozenset({"battery_wh", "storage_bit", "generation_w", "load_w"})
"""Profiles that a replan's propagation has from its now on."""
_Edges = tuple[int, int]


def take_history(plan: plan_pb2.Plan, before: plan_pb2.Plan, problem: PlanningProblem) -> None:
    """Complete a replan's message by the past of the plan that it was made from.

    Drives keep their identifiers. What ended before now has the deliveries and sent volumes that it had; of a contact
    under way its share by time. Profiles are the plan's before up to now, with the extremes of both parts.
    """
    if problem.baseline is None or (not before.activities and not before.contacts):
        return
    _name_drives(plan.activities, before.activities)
    now_s = problem.baseline.now_s
    now_ns = to_timestamp(problem.start_time + timedelta(seconds=now_s)).ToNanoseconds()
    _complete_contacts(plan.contacts, before.contacts, now_ns)
    _complete_deliveries(plan, before, now_ns)
    past = {profile.resource_id: profile for profile in before.profiles}
    for profile in plan.profiles:
        if profile.resource_id in _TRACED and profile.resource_id in past:
            _complete_profile(profile, past[profile.resource_id], now_s, problem)


def _edges(interval: type_pb2.Interval) -> _Edges:
    return interval.start_time.ToNanoseconds(), interval.end_time.ToNanoseconds()


def _name_drives(activities: Iterable[plan_pb2.PlannedActivity], before: Iterable[plan_pb2.PlannedActivity]) -> None:
    """Give each drive the name of the one that it was before: at the same time, else the nearest between its places."""
    drives = [each for each in activities if each.kind == _DRIVE]
    left: dict[tuple[str, str], list[plan_pb2.PlannedActivity]] = defaultdict(list)
    names = set[str]()
    for drive in before:
        if drive.kind == _DRIVE:
            left[drive.place_id, drive.to_place_id].append(drive)
            names.add(drive.activity_id)
    named: dict[int, str] = {}
    for exactly in (True, False):
        for index, drive in enumerate(drives):
            found = left[drive.place_id, drive.to_place_id]
            start_ns = _edges(drive.interval)[0]
            match = min(found, key=lambda each: abs(_edges(each.interval)[0] - start_ns), default=None)
            if index in named or match is None or (exactly and _edges(match.interval)[0] != start_ns):
                continue
            found.remove(match)
            named[index] = match.activity_id
    numbers = [int(name.removeprefix(_DRIVE_PREFIX)) for name in names if name.removeprefix(_DRIVE_PREFIX).isdecimal()]
    free = max(numbers, default=-1) + 1
    for index, drive in enumerate(drives):
        if index not in named:
            named[index] = f"{_DRIVE_PREFIX}{free}"
            free += 1
        drive.activity_id = named[index]


def _complete_contacts(
    contacts: Iterable[plan_pb2.PlannedContact], before: Iterable[plan_pb2.PlannedContact], now_ns: int
) -> None:
    known = {(each.station_id, _edges(each.interval)[0]): each for each in before}
    for contact in contacts:
        start_ns, end_ns = _edges(contact.interval)
        was = known.get((contact.station_id, start_ns))
        if was is None or start_ns >= now_ns:
            continue
        was_end_ns = _edges(was.interval)[1]
        if end_ns <= now_ns and was_end_ns == end_ns:
            contact.sent_bit, contact.capacity_bit, contact.cost = was.sent_bit, was.capacity_bit, was.cost
            continue
        share = (min(end_ns, now_ns) - start_ns) / (was_end_ns - start_ns)
        contact.sent_bit += was.sent_bit * min(share, 1.0)


def _complete_deliveries(plan: plan_pb2.Plan, before: plan_pb2.Plan, now_ns: int) -> None:
    """Give activities of the past their deliveries: those that were over, or rest on contacts that stayed."""
    known = {(each.activity_id, _edges(each.interval)): each for each in before.activities}
    kept = {(each.station_id, _edges(each.interval)) for each in plan.contacts}
    lost_ns = [
        _edges(each.interval)[0] for each in before.contacts if (each.station_id, _edges(each.interval)) not in kept
    ]
    first_lost_ns = min((each for each in lost_ns if each >= now_ns), default=None)
    for activity in plan.activities:
        edges = _edges(activity.interval)
        was = known.get((activity.activity_id, edges))
        if was is None or edges[1] > now_ns or activity.deliveries:
            continue
        for delivery in was.deliveries:
            sent_ns = delivery.sent_time.ToNanoseconds() if delivery.HasField("sent_time") else None
            if sent_ns is not None and (sent_ns <= now_ns or first_lost_ns is None or sent_ns <= first_lost_ns):
                activity.deliveries.append(delivery)


def _complete_profile(
    profile: plan_pb2.ResourceProfile, was: plan_pb2.ResourceProfile, now_s: int, problem: PlanningProblem
) -> None:
    past = [each for each in zip(was.offset_s, was.value, strict=True) if each[0] < now_s]
    present = [each for each in zip(profile.offset_s, profile.value, strict=True) if each[0] >= now_s]
    if not past or not present:
        return
    if (edge := _at(was.offset_s, was.value, now_s)) is not None and past[-1][0] < now_s:
        past.append((float(now_s), edge))
    samples = past + present
    del profile.offset_s[:], profile.value[:]
    profile.offset_s.extend(offset_s for offset_s, _ in samples)
    profile.value.extend(value for _, value in samples)
    lowest = min(past, key=lambda each: each[1])
    if lowest[1] < profile.minimum:
        profile.minimum = lowest[1]
        time = problem.start_time + timedelta(seconds=lowest[0])
        profile.minimum_time.CopyFrom(to_timestamp(time))
    profile.maximum = max(profile.maximum, *(value for _, value in past))


def _at(offsets_s: Sequence[float], values: Sequence[float], time_s: float) -> float | None:
    """Return a profile's value at an instant, just before a step there; None where it does not reach so far."""
    for index, offset_s in enumerate(offsets_s):
        if offset_s >= time_s:
            if index == 0 or offset_s == time_s:
                return values[index]
            low_s, low = offsets_s[index - 1], values[index - 1]
            return low + (values[index] - low) * (time_s - low_s) / (offset_s - low_s)
    return None
