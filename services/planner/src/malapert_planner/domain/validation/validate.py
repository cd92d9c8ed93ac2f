"""The independent validator: re-checks a whole schedule against its problem, sharing nothing with the solver."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from malapert_core.errors import InvalidInputError

from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.holds import Holds
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.simulation.deliveries import deliveries
from malapert_planner.domain.simulation.profiles import profiles, shared_profiles
from malapert_planner.domain.simulation.propagation import (
    BatteryTrace,
    StorageTrace,
    data_flow,
    propagate_battery,
    propagate_storage,
    step_s,
)
from malapert_planner.domain.simulation.timeline import Case, Lookups
from malapert_planner.domain.validation.figures import figures
from malapert_planner.domain.validation.margins import margins
from malapert_planner.domain.validation.report import Delivery, ValidationReport
from malapert_planner.domain.validation.rules import Findings
from malapert_planner.domain.validation.rules_contacts import check_contacts
from malapert_planner.domain.validation.rules_form import check_form
from malapert_planner.domain.validation.rules_frozen import check_frozen, current
from malapert_planner.domain.validation.rules_holds import check_holds
from malapert_planner.domain.validation.rules_nights import check_nights
from malapert_planner.domain.validation.rules_place import check_place
from malapert_planner.domain.validation.rules_relations import check_relations
from malapert_planner.domain.validation.rules_resources import (
    check_battery,
    check_cumulative,
    check_latency,
    check_limits,
    check_reservoirs,
    check_storage,
    check_unary,
)
from malapert_planner.domain.validation.rules_rhythm import check_rhythm
from malapert_planner.domain.validation.rules_states import check_states
from malapert_planner.domain.validation.rules_way import check_ways
from malapert_planner.domain.validation.rules_windows import check_conditions

VALIDATOR = "malapert-validator 11"
"""Name and version of the validator; the version changes with what it accepts."""


@dataclass(frozen=True, slots=True)
class CheckedCase:
    """Findings of every rule on a schedule, history included, and the levels that were replayed for them."""

    findings: Findings
    battery: BatteryTrace
    storage: StorageTrace
    delivered: tuple[Delivery, ...]


def check_case(case: Case) -> CheckedCase:
    """Check every rule of :class:`malapert_planner.domain.validation.rules.Rule` on a problem's schedule."""
    findings = Findings()
    check_form(case, findings)
    check_place(case, findings)
    check_conditions(case, findings)
    check_ways(case, findings)
    check_contacts(case, findings)
    check_rhythm(case, findings)
    check_nights(case, findings)
    check_relations(case, findings)
    check_states(case, findings)
    check_unary(case, findings)
    check_cumulative(case, findings)
    check_reservoirs(case, findings)
    check_limits(case, findings)
    battery, flow = propagate_battery(case), data_flow(case)
    storage, delivered = propagate_storage(case, flow), deliveries(case, flow)
    check_battery(case, battery, findings)
    check_storage(case, storage, findings)
    check_latency(case, delivered, findings)
    check_frozen(case, findings)
    check_holds(case, findings)
    return CheckedCase(findings, battery, storage, delivered)


class Validator:
    """The validator of one problem: its form is checked and its look-ups are made once, for any number of schedules.

    Raises
    ------
    InvalidInputError
        ``MALFORMED_PROBLEM`` with all faults, where the problem itself contradicts its own form.
    """

    def __init__(self, problem: PlanningProblem) -> None:
        faults = check_problem(problem)
        if faults:
            message = f"the planning problem has {len(faults)} faults"
            raise InvalidInputError("MALFORMED_PROBLEM", message, faults=faults)
        self._problem, self.lookups = problem, Lookups(problem)

    def report(self, schedule: Schedule, *, with_profiles: bool = True) -> ValidationReport:
        """Check every rule of :class:`malapert_planner.domain.validation.rules.Rule`.

        Returns
        -------
        ValidationReport
            All violations by start, rule and objects; ``checks`` counts the checks of every rule, zero where there was
            nothing to check; ``sent_bit`` is in the order of the schedule's contacts,
            ``deliveries`` by activity and product; ``profiles`` and ``margins`` are empty without profiles.
        """
        case = Case(self._problem, schedule, self.lookups)
        checked = check_case(case)
        findings, battery, storage = checked.findings, checked.battery, checked.storage
        violations = sorted(
            current(case, findings.violations), key=lambda broken: (broken.span, broken.rule_id, broken.object_ids)
        )
        return ValidationReport(
            violations=tuple(violations),
            checks=findings.checks,
            step_s=step_s(case),
            validator=VALIDATOR,
            profiles=(*profiles(self._problem, battery, storage), *shared_profiles(case)) if with_profiles else (),
            sent_bit=storage.sent_bit,
            deliveries=checked.delivered,
            margins=margins(case, battery, storage, checked.delivered) if with_profiles else (),
            figures=figures(case, storage) if with_profiles else (),
        )

    def holding(self, holds: Holds) -> Validator:
        """Return the validator of the same problem with other items held."""
        other = copy(self)
        other._problem = replace(self._problem, holds=holds)
        return other


def validate(problem: PlanningProblem, schedule: Schedule) -> ValidationReport:
    """Check a whole schedule against its problem; returns and raises as :class:`Validator`."""
    return Validator(problem).report(schedule)
