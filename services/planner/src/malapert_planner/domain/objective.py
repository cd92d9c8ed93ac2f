"""What a schedule is worth: planned value less contact cost less the fairness penalty."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from malapert_planner.domain.choices import requested_values
from malapert_planner.domain.problem import PlanningProblem
from malapert_planner.domain.schedule import Schedule


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

    ``objective`` is the sum of ``parts``: ``value``, ``contact_cost`` and ``fairness``, the last two not above zero.
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
