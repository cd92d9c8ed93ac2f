"""The asset as a flow through places and cells of coarse time: where it is, which drives it takes, what they need.

At a cell's edge the asset is at a place, or under way to it and counted there. A drive counts in the cell in which it
starts. In a cell the asset can be at a place for as long as it is there at the cell's start, or after it has come; and
for as long as it is there at the cell's end, or before it leaves. Hours, energy and data of a drive that goes on beyond
its cell pass to the next, no more of them than the drives that can go on.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.bounds.cells import Edges
from malapert_planner.solvers.bounds.coarse_time import CoarseTime, Parts
from malapert_planner.solvers.bounds.program import Floats, Indices
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR


def add_flow(coarse: CoarseTime) -> None:
    """Add places and drives."""
    problem, builder, hours = coarse.demands.fine.problem, coarse.builder, coarse.hours
    count = hours.size
    known = problem.baseline is None
    at: dict[str, Indices] = {}
    for place in problem.places:
        most = np.ones(count + 1)
        least = np.zeros(count + 1)
        if known:
            most[0] = least[0] = float(place.place_id == problem.start_place_id)
        at[place.place_id] = builder.columns(count + 1, least=least, most=most)
        coarse.stays[place.place_id] = builder.columns(count, most=hours)
    start = builder.rows(1, least=1.0, most=1.0)
    for columns in at.values():
        builder.put(start, columns[0], 1.0)
    drives = [
        _DriveStarts.of(drive, spans, coarse)
        for drive, spans in zip(coarse.demands.fine.drives, coarse.demands.fine.drive_starts, strict=True)
    ]
    _add_balance(coarse, at, drives)
    _add_presence(coarse, at, drives)
    _add_carried(coarse, drives, known=known)
    rows = builder.rows(count, most=hours)
    coarse.put_parts(rows, coarse.driving)
    for stay in coarse.stays.values():
        builder.put(rows, stay, 1.0)


class _DriveStarts:
    """Columns of how often a drive starts in which cells, and when it can start there, s from the cell's start."""

    def __init__(self, drive: Drive, cells: Indices, columns: Indices, first_s: Floats, last_s: Floats) -> None:
        self.drive, self.cells, self.columns = drive, cells, columns
        self.first_s, self.last_s = first_s, last_s

    @classmethod
    def of(cls, drive: Drive, spans: tuple[Span, ...], coarse: CoarseTime) -> _DriveStarts:
        cells, first_s, last_s = starts_by_cell(spans, coarse.edges_s)
        width_s = np.diff(coarse.edges_s)[cells]
        # The last of them may begin at the cell's end, all others take their time within it.
        most = np.minimum((last_s - first_s) // drive.duration_s, width_s // drive.duration_s) + 1.0
        return cls(drive, cells, coarse.builder.columns(cells.size, most=most), first_s, last_s)


def starts_by_cell(spans: tuple[Span, ...], edges_s: Edges) -> tuple[Indices, Floats, Floats]:
    """Return the cells that hold some of closed spans of starts, with the first and the last there, from its start."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for low, high in spans:
        begin = max(0, int(np.searchsorted(edges_s, low, side="right")) - 1)
        end = min(edges_s.size - 2, int(np.searchsorted(edges_s, high, side="right")) - 1)
        for cell in range(begin, end + 1):
            start_s = max(low, int(edges_s[cell]))
            if start_s <= high:
                first.setdefault(cell, start_s - int(edges_s[cell]))
                last[cell] = min(high, int(edges_s[cell + 1]) - 1) - int(edges_s[cell])
    cells = np.array(sorted(first), dtype=np.int64)
    return cells, np.array([first[c] for c in cells], float), np.array([last[c] for c in cells], float)


def _add_balance(coarse: CoarseTime, at: dict[str, Indices], drives: list[_DriveStarts]) -> None:
    """Where the asset is at a cell's end is where it was, or where it drove to."""
    rows: dict[str, Indices] = {}
    for place_id, columns in at.items():
        rows[place_id] = coarse.builder.rows(coarse.hours.size, least=0.0, most=0.0)
        coarse.builder.put(rows[place_id], columns[1:], 1.0)
        coarse.builder.put(rows[place_id], columns[:-1], -1.0)
    for starts in drives:
        coarse.builder.put(rows[starts.drive.to_place_id][starts.cells], starts.columns, -1.0)
        coarse.builder.put(rows[starts.drive.from_place_id][starts.cells], starts.columns, 1.0)


def _add_presence(coarse: CoarseTime, at: dict[str, Indices], drives: list[_DriveStarts]) -> None:
    """Hours at a place are those of who is there at first, or has come; and of who is there at last, or will leave."""
    builder, hours = coarse.builder, coarse.hours
    came, left = defaultdict[str, list[_DriveStarts]](list), defaultdict[str, list[_DriveStarts]](list)
    for starts in drives:
        came[starts.drive.to_place_id].append(starts)
        left[starts.drive.from_place_id].append(starts)
    for place_id, stay in coarse.stays.items():
        since, until = builder.rows(hours.size, most=0.0), builder.rows(hours.size, most=0.0)
        for rows, edge in ((since, at[place_id][:-1]), (until, at[place_id][1:])):
            builder.put(rows, stay, 1.0)
            builder.put(rows, edge, -hours)
        for starts in came[place_id]:
            after = hours[starts.cells] - (starts.first_s + starts.drive.duration_s) / SECONDS_PER_HOUR
            builder.put(since[starts.cells], starts.columns, -np.maximum(after, 0.0))
        for starts in left[place_id]:
            builder.put(until[starts.cells], starts.columns, -starts.last_s / SECONDS_PER_HOUR)


def _add_carried(coarse: CoarseTime, drives: list[_DriveStarts], *, known: bool) -> None:
    """Hours, energy and data of drives, of which a part passes to the next cell."""
    hours = [starts.drive.duration_s / SECONDS_PER_HOUR for starts in drives]
    energy_wh = [starts.drive.power_w * each for starts, each in zip(drives, hours, strict=True)]
    data_bit = [starts.drive.data_bit for starts in drives]
    for amounts, parts in (
        (hours, coarse.driving),
        (energy_wh, coarse.drive_energy_wh),
        (data_bit, coarse.drive_data_bit),
    ):
        _add_carried_part(coarse, drives, amounts, parts, known=known)


def _add_carried_part(
    coarse: CoarseTime, drives: list[_DriveStarts], amounts: list[float], parts: Parts, *, known: bool
) -> None:
    builder, count = coarse.builder, coarse.hours.size
    most = np.full(count + 1, max(amounts, default=0.0))
    if known:
        most[0] = 0.0
    most[-1] = 0.0
    carried = builder.columns(count + 1, most=most)
    every = np.arange(count)
    parts.append((every, carried[:-1], 1.0))
    parts.append((every, carried[1:], -1.0))
    # No more is carried on than was carried here, and what of the cell's drives can lie beyond its end.
    rows = builder.rows(count, most=0.0)
    builder.put(rows, carried[1:], 1.0)
    builder.put(rows, carried[:-1], -1.0)
    for starts, whole in zip(drives, amounts, strict=True):
        parts.append((starts.cells, starts.columns, whole))
        width_s = np.diff(coarse.edges_s)[starts.cells]
        beyond = np.clip((starts.last_s + starts.drive.duration_s - width_s) / starts.drive.duration_s, 0.0, 1.0)
        builder.put(rows[starts.cells], starts.columns, -whole * beyond)


def add_places_of_work(coarse: CoarseTime) -> None:
    """Work at a place is done while the asset is there; of one unary resource no more than that takes."""
    builder, hours = coarse.builder, coarse.hours
    for _, users in coarse.by_resource():
        here = defaultdict(list)
        for work in users:
            here[work.place_id].append(work)
        for place_id, works in sorted(here.items()):
            rows = builder.rows(hours.size, most=0.0)
            coarse.put_hours(rows, works)
            builder.put(rows, coarse.stays[place_id], -1.0)
    for work in coarse.work:
        if not work.demand.steps[work.step].resource_ids:
            rows = builder.rows(work.cells.size, most=0.0)
            builder.put(rows, work.columns, work.hours)
            builder.put(rows, coarse.stays[work.place_id][work.cells], -float(len(work.demand.chains)))
