"""Rules of windows: what activities and drives need around them holds for their whole span."""

from __future__ import annotations

from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.simulation.coverage import merged, overlap_s, uncovered
from malapert_planner.domain.simulation.timeline import Case, drive_label
from malapert_planner.domain.validation.rules import Findings, Rule

_RULES = {
    ConditionKind.ILLUMINATION: Rule.CONDITION_ILLUMINATION,
    ConditionKind.DARKNESS: Rule.CONDITION_DARKNESS,
    ConditionKind.EARTH_VISIBILITY: Rule.CONDITION_EARTH_VISIBILITY,
    ConditionKind.CONTACT: Rule.CONDITION_CONTACT,
}
"""Rule that each required condition breaks; conditions not listed here are those that must be absent."""


def check_conditions(case: Case, findings: Findings) -> None:
    """Check the conditions of every activity at its place and of every drive at both its ends.

    Light is not asked of a drive's end that is a dark place.
    """
    for activity, placed in case.activities:
        for condition in activity.conditions:
            _check_condition(case, condition, (placed.place_id,), placed.span, activity.activity_id, findings)
    rule = case.problem.drive_rule
    for _, drive in case.drives:
        for condition in rule.conditions:
            ends: tuple[str, ...] = (drive.from_place_id, drive.to_place_id)
            if condition.kind is ConditionKind.ILLUMINATION:
                ends = tuple(place_id for place_id in ends if place_id not in rule.dark_place_ids)
            _check_condition(case, condition, ends, drive.span, drive_label(drive), findings)


def _check_condition(
    case: Case, condition: Condition, place_ids: tuple[str, ...], span: Span, label: str, findings: Findings
) -> None:
    rule = _RULES.get(condition.kind, Rule.CONDITION_ABSENCE)
    stations = ", ".join(condition.station_ids) or "any station"
    if condition.kind is ConditionKind.SILENCE:
        findings.count(rule)
        for contact in case.contact_cover(condition.station_ids):
            if both_s := overlap_s(contact, span):
                shared = (max(contact[0], span[0]), min(contact[1], span[1]))
                findings.report(rule, (label,), shared, both_s, f"a contact with {stations} is held for {both_s} s")
        return
    if condition.kind is ConditionKind.CONTACT:
        _report_gaps(
            rule, (label,), span, case.contact_cover(condition.station_ids), f"contact with {stations}", findings
        )
        return
    for place_id in place_ids:
        place = case.place_by_id.get(place_id)
        windows = merged(_held(place, condition)) if place else ()
        what = condition.words if condition.least_sun else condition.kind
        _report_gaps(rule, (label, place_id), span, windows, f"{what} at {place_id}", findings)


def _held(place: Place, condition: Condition) -> tuple[Span, ...]:
    """Return when a condition holds at a place: of light by each share of the disc that is enough."""
    if not condition.least_sun:
        return place.windows.get(condition.kind, ())
    return tuple(span for each in place.sun_shares if each.least >= condition.least_sun for span in each.spans)


def _report_gaps(
    rule: Rule, objects: tuple[str, ...], span: Span, windows: tuple[Span, ...], what: str, findings: Findings
) -> None:
    findings.count(rule)
    for start_s, end_s in uncovered(span, windows):
        message = f"{what} is missing for {end_s - start_s} s"
        findings.report(rule, objects, (start_s, end_s), end_s - start_s, message)
