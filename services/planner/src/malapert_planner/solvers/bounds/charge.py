"""The battery's charge in coarse time."""

from __future__ import annotations

import numpy as np

from malapert_planner.solvers.bounds.cells import peak_w
from malapert_planner.solvers.bounds.coarse_time import CoarseTime, Parts
from malapert_planner.solvers.bounds.program import Indices
from malapert_planner.solvers.instance.power import PowerIntegral
from malapert_planner.solvers.instance.units import LEVEL_GUARD


def add_charge(coarse: CoarseTime) -> None:
    """Add the charge at the cells' edges: from one to the next no more comes than is generated and not drawn."""
    problem, builder, hours = coarse.demands.fine.problem, coarse.builder, coarse.hours
    battery, count = problem.battery, hours.size
    per_wh = 1.0 / battery.capacity_wh
    least = np.full(count + 1, battery.floor_wh * per_wh - LEVEL_GUARD)
    most = np.full(count + 1, 1.0 + LEVEL_GUARD)
    if problem.baseline is None or problem.now_s == coarse.edges_s[0]:
        most[0] = battery.start_wh * per_wh + LEVEL_GUARD
    least[0] = 0.0
    least[-1] = max(least[-1], battery.end_wh * per_wh - LEVEL_GUARD)
    levels = builder.columns(count + 1, least=least, most=most)
    idle_w = min(battery.awake_load_w, battery.asleep_load_w)
    gained = _generation(coarse)
    awake = _awake(coarse) if battery.awake_load_w > battery.asleep_load_w else None
    # What is generated beyond the load is charged with losses; what is drawn beyond it is drawn as it is.
    for share in sorted({1.0, min(1.0, battery.charge_efficiency)}):
        rows = builder.rows(count, most=-share * idle_w * hours * per_wh)
        builder.put(rows, levels[1:], 1.0)
        builder.put(rows, levels[:-1], -1.0)
        coarse.put_parts(rows, gained, -share * per_wh)
        for work in coarse.work:
            power_w = work.demand.steps[work.step].power_w
            builder.put(rows[work.cells], work.columns, share * power_w * work.hours * per_wh)
        coarse.put_contacts(rows, (), share * problem.contact_power_w * per_wh)
        coarse.put_parts(rows, coarse.drive_energy_wh, share * per_wh)
        if awake is not None:
            builder.put(rows, awake, share * (battery.awake_load_w - battery.asleep_load_w) * per_wh)


def _generation(coarse: CoarseTime) -> Parts:
    """Add the energy generated in each cell: that of the best place, or of those where the asset is."""
    problem, builder, hours = coarse.demands.fine.problem, coarse.builder, coarse.hours
    greatest = PowerIntegral.greatest(*(place.generation for place in problem.places))
    best_wh = greatest.between(coarse.edges_s) * (1.0 + LEVEL_GUARD)
    every = np.arange(hours.size)
    if not coarse.stays:
        return [(every, builder.columns(hours.size, least=best_wh, most=best_wh), 1.0)]
    gained: Parts = []
    total = builder.rows(hours.size, most=best_wh)
    for place in problem.places:
        peak = peak_w(place.generation, coarse.edges_s)
        most_wh = PowerIntegral.of(place.generation).between(coarse.edges_s) * (1.0 + LEVEL_GUARD)
        here = builder.columns(hours.size, most=most_wh)
        rows = builder.rows(hours.size, most=0.0)
        builder.put(rows, here, 1.0)
        builder.put(rows, coarse.stays[place.place_id], -peak)
        gained.append((every, here, 1.0))
    # On a drive it is the lower of those at its ends, and so no more than the greatest anywhere.
    peak = np.max([peak_w(place.generation, coarse.edges_s) for place in problem.places], axis=0)
    under_way = builder.columns(hours.size, most=best_wh)
    rows = builder.rows(hours.size, most=peak * hours)
    builder.put(rows, under_way, 1.0)
    for stay in coarse.stays.values():
        builder.put(rows, stay, peak)
    gained.append((every, under_way, 1.0))
    for _, columns, _ in gained:
        builder.put(total, columns, 1.0)
    return gained


def _awake(coarse: CoarseTime) -> Indices:
    """Add the hours awake of each cell: those of any resource's users with those of driving, those of contacts."""
    builder, hours = coarse.builder, coarse.hours
    awake = builder.columns(hours.size, most=hours)
    for works in [users for _, users in coarse.by_resource()] or [[]]:
        rows = builder.rows(hours.size, most=0.0)
        coarse.put_hours(rows, works)
        coarse.put_parts(rows, coarse.driving)
        builder.put(rows, awake, -1.0)
    rows = builder.rows(hours.size, most=0.0)
    coarse.put_contacts(rows, ())
    builder.put(rows, awake, -1.0)
    return awake
