"""The rule of nights of a mission in its problem."""

from malapert_planner.domain.problem.faults import known_s
from malapert_planner.domain.problem.nights import NightRule
from malapert_planner.mission_document import nights
from malapert_planner.mission_document.quantities import Duration


def most_s(allowance: Duration | None) -> int:
    """Return an allowance in whole seconds; 0 where none is stated, which allows anything."""
    # One shorter than a second is one all the same.
    return max(1, known_s(allowance.amount)) if allowance else 0


def night_rule(stated: nights.NightRule | None) -> NightRule | None:
    """Return the limits of nights; None where a mission states none."""
    if stated is None:
        return None
    return NightRule(tuple(stated.havens), most_s(stated.max_without_earth), most_s(stated.max_dark))
