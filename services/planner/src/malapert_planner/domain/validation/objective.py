"""Objective of a schedule: planned value less contact cost, unfairness, waiting data and, in a replan, change."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.simulation.propagation import propagate_storage
from malapert_planner.domain.simulation.timeline import Case

BIT_S_PER_GB_D = 8e9 * 86_400


@dataclass(frozen=True, slots=True)
class AgencyShare:
    """The value an agency asked for, the value planned, and 1 − planned/requested (0 where nothing was asked)."""

    agency_id: str
    requested_value: float
    planned_value: float
    unsatisfied_share: float


@dataclass(frozen=True, slots=True)
class ObjectiveParts:
    """The objective, its parts, and the agencies' shares.

    ``objective`` is the sum of ``parts``: ``value``, ``contact_cost``, ``fairness``, ``latency`` where it has a weight
    and, of a replan, ``change``, all but the first not above zero.
    """

    objective: float
    parts: dict[str, float]
    agency_shares: tuple[AgencyShare, ...]
    unsatisfied_rms: float
    unsatisfied_max: float


def evaluate(problem: PlanningProblem, schedule: Schedule) -> ObjectiveParts:
    """Return the objective of a schedule.

    An activity counts once; a contact costs its length at the hourly cost of the window that it names. What the
    problem does not know counts for nothing: the validator refuses it. The root mean square and the maximum are over
    the agencies that asked for value.
    """
    shares = agency_shares(problem, schedule)
    asked = [share.unsatisfied_share for share in shares if share.requested_value > 0]
    largest = max(asked, default=0.0)
    parts = {
        "value": math.fsum(share.planned_value for share in shares),
        "contact_cost": -problem.objective.contact_cost_weight * contact_cost(problem, schedule),
        "fairness": -problem.objective.fairness_weight * largest,
    }
    if problem.objective.latency_weight_per_gb_d > 0 and not problem.is_placeless:
        parts["latency"] = -problem.objective.latency_weight_per_gb_d * waiting_gb_d(problem, schedule)
    if problem.baseline is not None:
        parts["change"] = -change_cost(problem, problem.baseline, schedule)
    rms = math.sqrt(math.fsum(share**2 for share in asked) / len(asked)) if asked else 0.0
    return ObjectiveParts(math.fsum(parts.values()), parts, shares, rms, largest)


def agency_shares(problem: PlanningProblem, schedule: Schedule) -> tuple[AgencyShare, ...]:
    """Return how each agency that has activities in the problem fares, by its identifier."""
    planned_ids = {placed.activity_id for placed in schedule.activities}
    requested = requested_values(problem)
    planned: dict[str, list[float]] = defaultdict(list)
    for activity in problem.activities:
        if activity.activity_id in planned_ids:
            planned[activity.agency_id].append(activity.value)
    return tuple(
        _share(agency_id, requested[agency_id], math.fsum(planned[agency_id])) for agency_id in sorted(requested)
    )


def _share(agency_id: str, requested_value: float, planned_value: float) -> AgencyShare:
    unsatisfied = 1.0 - planned_value / requested_value if requested_value > 0 else 0.0
    return AgencyShare(agency_id, requested_value, planned_value, unsatisfied)


def contact_cost(problem: PlanningProblem, schedule: Schedule) -> float:
    """Return what the chosen contacts cost, unweighted."""
    cost_per_hour = {window.window_id: window.cost_per_hour for window in problem.contact_windows}
    return math.fsum(
        cost_per_hour.get(contact.window_id, 0.0) * (contact.span[1] - contact.span[0]) / 3600
        for contact in schedule.contacts
    )


def waiting_gb_d(problem: PlanningProblem, schedule: Schedule) -> float:
    """Return the stored data summed over time, in gigabytes times days: what all data waits to be sent."""
    trace = propagate_storage(Case(problem, schedule))
    counted = np.where(trace.time_s[:-1] >= problem.now_s, np.diff(trace.time_s), 0.0)
    return float((counted * (trace.stored_bit[:-1] + trace.stored_bit[1:]) / 2).sum()) / BIT_S_PER_GB_D


def change_cost(problem: PlanningProblem, baseline: Baseline, schedule: Schedule) -> float:
    """Return what it costs that a schedule differs from the one that it replans."""
    before, after = _starts_s(problem, baseline.schedule), _starts_s(problem, schedule)
    moved_s = sum(abs(after[key][0] - start[0]) for key, start in before.items() if key in after)
    moved_s += contact_change_s(baseline.schedule, schedule)
    moved = sum(after.get(key, start) != start for key, start in before.items())
    moved += len(_contact_starts(schedule) - _contact_starts(baseline.schedule))
    dropped = sum(key not in after for key in before)
    return baseline.moved_weight * (moved + moved_s / 3600) + baseline.dropped_weight * dropped


def _contact_starts(schedule: Schedule) -> set[tuple[str, int]]:
    return {(contact.station_id, contact.span[0]) for contact in schedule.contacts}


def contact_change_s(before: Schedule, after: Schedule) -> int:
    """Return for how many seconds exactly one of two schedules tracks, summed over the stations."""
    steps: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for side, schedule in enumerate((before, after)):
        for contact in schedule.contacts:
            steps[contact.station_id] += [(contact.span[0], side, 1), (contact.span[1], side, -1)]
    total = 0
    for edges in steps.values():
        tracking, since_s = [0, 0], 0
        for time_s, side, change in sorted(edges):
            total += (time_s - since_s) * ((tracking[0] > 0) != (tracking[1] > 0))
            tracking[side] += change
            since_s = time_s
    return total


def _starts_s(problem: PlanningProblem, schedule: Schedule) -> dict[Hashable, tuple[int, str]]:
    """Return when, and in which mode, each planned repetition that the problem knows starts."""
    activities = {activity.activity_id: activity for activity in problem.activities}
    starts: dict[Hashable, tuple[int, str]] = {}
    for placed in schedule.activities:
        if (activity := activities.get(placed.activity_id)) is not None:
            start = (placed.span[0], activity.mode_id)
            starts[mode_key(activity)] = min(start, starts.get(mode_key(activity), start))
    return starts
