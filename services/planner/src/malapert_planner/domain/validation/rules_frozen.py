"""Rules of a replan: what is frozen stays, and what has happened breaks no rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.simulation.timeline import Case, contact_label, drive_label
from malapert_planner.domain.validation.report import Violation
from malapert_planner.domain.validation.rules import Findings, Rule

_ALWAYS = frozenset({Rule.FROZEN, Rule.LIMIT, Rule.MANDATORY, Rule.RESERVOIR_EMPTY, Rule.RESERVOIR_FULL})
"""Rules over the whole horizon, which the past counts for too."""


def check_frozen(case: Case, findings: Findings) -> None:
    """Check that all that is frozen is in the schedule as it was, and nothing else that starts before its end."""
    baseline = case.problem.baseline
    if baseline is None:
        return
    frozen, planned = dict(_items(baseline.frozen)), dict(_items(case.schedule))
    for item, (label, span) in frozen.items():
        findings.check(Rule.FROZEN, item not in planned, (label,), span, "it is frozen, and was moved or left out")
    for item, (label, span) in planned.items():
        if span[0] < baseline.frozen_until_s:
            message = f"it starts before {baseline.frozen_until_s} s, up to which all is frozen"
            findings.check(Rule.FROZEN, item not in frozen, (label,), span, message)


def current(case: Case, violations: Iterable[Violation]) -> Iterator[Violation]:
    """Yield the violations that are not mere facts: those of what has not begun yet, or of the whole horizon."""
    baseline = case.problem.baseline
    if baseline is None:
        yield from violations
        return
    begun = {label for label, span in dict(_items(baseline.frozen)).values() if span[0] < baseline.now_s}
    for violation in violations:
        past = violation.span[0] < baseline.now_s or violation.object_ids[0] in begun
        if violation.rule_id in _ALWAYS or not past:
            yield violation


def _items(schedule: Schedule) -> Iterator[tuple[object, tuple[str, Span]]]:
    yield from ((placed, (placed.activity_id, placed.span)) for placed in schedule.activities)
    yield from ((drive, (drive_label(drive), drive.span)) for drive in schedule.drives)
    yield from (((c.station_id, c.span), (contact_label(c), c.span)) for c in schedule.contacts)
