"""Contacts in coarse time: when stations can be had, and what needs a contact or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.solvers.bounds.cells import covered_s
from malapert_planner.solvers.bounds.coarse_time import NONE, CoarseTime, Work
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR


def add_contacts(coarse: CoarseTime) -> None:
    """Add contacts by station: within windows, one at a time, at their price."""
    problem, builder, hours = coarse.demands.fine.problem, coarse.builder, coarse.hours
    weight = problem.objective.contact_cost_weight
    every: list[Span] = []
    for station_id, windows in sorted(windows_by_station(problem.contact_windows).items()):
        spans = [window.span for window in windows]
        if problem.baseline is not None:
            spans += [contact.span for contact in problem.baseline.frozen.contacts if contact.station_id == station_id]
        every += spans
        held_s = covered_s(union(spans), coarse.edges_s)
        cells = np.flatnonzero(held_s)
        price = weight * min(window.cost_per_hour for window in windows)
        columns = builder.columns(cells.size, most=held_s[cells] / SECONDS_PER_HOUR, worth=-price)
        coarse.contacts[station_id] = (cells, columns)
    rows = builder.rows(hours.size, most=covered_s(union(every), coarse.edges_s) / SECONDS_PER_HOUR)
    coarse.put_contacts(rows, ())
    _add_quotas(coarse)


def _add_quotas(coarse: CoarseTime) -> None:
    """Add that contacts take no more of a quota than is left, in cells that lie in its span; set-up counts for none."""
    for quota in coarse.demands.fine.problem.antenna_quotas:
        row = coarse.builder.rows(1, most=quota.left_s / SECONDS_PER_HOUR)
        for station_id in quota.station_ids:
            cells, columns = coarse.contacts.get(station_id, (NONE, NONE))
            inside = (coarse.edges_s[cells] >= quota.span[0]) & (coarse.edges_s[cells + 1] <= quota.span[1])
            coarse.builder.put(row, columns[inside], 1.0)


def windows_by_station(windows: Sequence[ContactWindow]) -> dict[str, list[ContactWindow]]:
    """Return contact windows by station."""
    found: dict[str, list[ContactWindow]] = defaultdict(list)
    for window in windows:
        found[window.station_id].append(window)
    return found


def add_contact_needs(coarse: CoarseTime) -> None:
    """Add that drives and work that need contact have it, and that work in silence has none."""
    builder, hours = coarse.builder, coarse.hours
    rule = [c for c in coarse.demands.fine.problem.drive_rule.conditions if c.kind is ConditionKind.CONTACT]
    for condition in rule if coarse.driving else ():
        rows = builder.rows(hours.size, most=0.0)
        coarse.put_parts(rows, coarse.driving)
        coarse.put_contacts(rows, condition.station_ids, -1.0)
    for _, users in coarse.by_resource():
        for stations, needing in _asking(users, ConditionKind.CONTACT):
            rows = builder.rows(hours.size, most=0.0)
            coarse.put_hours(rows, needing)
            if any(_within(condition.station_ids, stations) for condition in rule):
                coarse.put_parts(rows, coarse.driving)
            coarse.put_contacts(rows, stations, -1.0)
        for stations, silent in _asking(users, ConditionKind.SILENCE):
            rows = builder.rows(hours.size, most=hours)
            coarse.put_hours(rows, silent)
            coarse.put_contacts(rows, stations)


def _within(some: Sequence[str], stations: Sequence[str]) -> bool:
    """Return whether a contact with one of some stations is surely one with one of others; empty means any."""
    return not stations or (bool(some) and set(some) <= set(stations))


def _asking(users: Sequence[Work], kind: ConditionKind) -> Iterator[tuple[tuple[str, ...], list[Work]]]:
    """Yield the work of a resource's users that asks for something of the same stations."""
    found: dict[tuple[str, ...], list[Work]] = defaultdict(list)
    for work in users:
        for condition in work.demand.steps[work.step].conditions:
            if condition.kind is kind:
                found[tuple(sorted(condition.station_ids))].append(work)
    yield from sorted(found.items())
