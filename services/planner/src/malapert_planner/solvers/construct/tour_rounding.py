"""From a tour to a schedule: its drives at instants that the rules allow, each covered by the contact that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact, PlacedDrive
from malapert_planner.solvers.construct.tour import Leg
from malapert_planner.solvers.instance.antenna_time import lies_apart
from malapert_planner.solvers.parameters import TourFlow
from malapert_planner.solvers.state.incumbent import Incumbent

ROUNDING_WH = 1e-6


def round_tour(empty: Incumbent, legs: list[Leg]) -> Incumbent | None:
    """Return an empty schedule with the drives of a tour, without visits that battery or time in the dark do not allow.

    The asset stays at each place as long as its work there takes, or as large a share of that as lets it make all
    drives. None is returned where no visit can be made.
    """
    legs = list(legs)
    while legs:
        schedule, by = _driven_at_best(empty, legs)
        if schedule.keeps_levels():
            return schedule
        at_s = _fails_at_s(schedule)
        if at_s is None or not by:
            return None
        # The last drive that began before leads to where it fails.
        blamed = max((n for n, d in enumerate(schedule.schedule.drives) if d.span[0] < at_s), default=0)
        legs.pop(by[blamed])
    return None


def _fails_at_s(schedule: Incumbent) -> int | None:
    """Return when a schedule first has too little charge, or is too long in the dark; None where it is neither."""
    short = np.flatnonzero(schedule.charge_wh < schedule.instance.problem.battery.floor_wh - ROUNDING_WH)
    dark = schedule.instance.darkness.too_long(schedule.schedule.drives)
    found = [schedule.cells.edges_s[int(short[0])]] if len(short) else []
    return min([*found, *((dark[1],) if dark else ())], default=None)


def _driven_at_best(empty: Incumbent, legs: list[Leg]) -> tuple[Incumbent, list[int]]:
    best: tuple[Incumbent, list[int]] = (empty, [])
    for share in TourFlow.WORK_SHARES:
        driven = _driven(empty, legs, share)
        if len(driven[1]) > len(best[1]):
            best = driven
        if len(best[1]) == len(legs):
            break
    return best


def _driven(empty: Incumbent, legs: list[Leg], share: float) -> tuple[Incumbent, list[int]]:
    """Return the schedule with the drives that find their time and contacts, and the leg of each."""
    instance, grid_s = empty.instance, empty.instance.problem.resolution_s
    ways = {(d.from_place_id, d.to_place_id): n for n, d in enumerate(instance.drives)}
    schedule, by = empty, list[int]()
    for index, leg in enumerate(legs):
        place_id, stay = schedule.stays[-1]
        number = ways.get((place_id, leg.drive.to_place_id))
        if number is None:
            continue
        begin_s = max(stay[0] + round(share * leg.dwell_s), leg.span[0], instance.open_from_s)
        starts = drive_starts(instance.drive_starts[number], (begin_s, leg.span[1] + TourFlow.DRIVE_DELAY_S), grid_s)
        found = with_drive(schedule, instance.drives[number], starts)
        if found is not None:
            schedule = found
            by.append(index)
    return schedule, by


def drive_starts(spans: tuple[Span, ...], within: Span, grid_s: int) -> Iterator[int]:
    """Yield instants of the grid within closed spans, each only so often that not too many are tried."""
    width_s = max(grid_s, (within[1] - within[0]) // TourFlow.DRIVE_STARTS // grid_s * grid_s)
    for low, high in spans:
        first = -(-max(low, within[0]) // grid_s) * grid_s
        yield from range(first, min(high, within[1] - 1) + 1, width_s)


def with_drive(schedule: Incumbent, drive: Drive, starts: Iterator[int]) -> Incumbent | None:
    """Return the schedule with a drive at the first start at which the contact that it needs can be had."""
    is_covered = any(c.kind is ConditionKind.CONTACT for c in schedule.instance.problem.drive_rule.conditions)
    contacts = schedule.schedule.contacts
    for start_s in starts:
        span = (start_s, start_s + drive.duration_s)
        contact = _covering(schedule, drive, span) if is_covered else None
        if contact is None and is_covered:
            continue
        drives = (*schedule.schedule.drives, PlacedDrive(drive.from_place_id, drive.to_place_id, span))
        chosen = (*contacts, contact) if contact else contacts
        return replace(schedule, schedule=replace(schedule.schedule, drives=drives, contacts=chosen))
    return None


def _covering(schedule: Incumbent, drive: Drive, span: Span) -> PlacedContact | None:
    """Return the cheapest contact of one station, over a whole drive, that all of the rule's conditions take."""
    instance, grid_s = schedule.instance, schedule.instance.problem.resolution_s
    conditions = [c for c in instance.problem.drive_rule.conditions if c.kind is ConditionKind.CONTACT]
    found: list[tuple[float, PlacedContact]] = []
    for station_id, windows in instance.station_windows.items():
        if any(c.station_ids and station_id not in c.station_ids for c in conditions):
            continue
        ends = [_window_over(windows, place_id, span) for place_id in (drive.from_place_id, drive.to_place_id)]
        if ends[0] is None or ends[1] is None:
            continue
        window, there = ends[0], ends[1]
        lasts_s = max(span[1] - span[0], -(-window.min_length_s // grid_s) * grid_s)
        # Driving is over by then: the contact goes on from where the drive leads to.
        whole = (span[0], span[0] + lasts_s)
        if whole[1] > there.span[1] or whole[1] > window.span[1]:
            continue
        guard_s = window.setup_s + window.teardown_s
        others = schedule.schedule.contacts
        if not lies_apart(instance.problem, station_id, whole, guard_s, others):
            continue
        if not instance.quotas.admit(instance.quotas.left_s(others), station_id, whole):
            continue
        found.append((window.cost_per_hour, PlacedContact(station_id, window.place_id, window.window_id, whole)))
    return min(found, key=lambda item: (item[0], item[1].station_id))[1] if found else None


def _window_over(windows: tuple[ContactWindow, ...], place_id: str, span: Span) -> ContactWindow | None:
    return next((w for w in windows if w.place_id == place_id and w.span[0] <= span[0] and span[1] <= w.span[1]), None)
