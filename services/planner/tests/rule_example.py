"""An example of a rule."""

from dataclasses import dataclass

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule


@dataclass(frozen=True)
class Example:
    """A rule with a problem, a schedule that breaks only it, by how much and when, and one that keeps it."""

    rule: Rule
    problem: PlanningProblem
    broken: Schedule
    amount: float
    span: Span
    mended: Schedule
    name: str = ""
