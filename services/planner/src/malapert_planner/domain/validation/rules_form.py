"""Rules of form: what is placed exists, once, as long as it takes, inside its windows; nothing mandatory is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.domain.simulation.coverage import merged, uncovered
from malapert_planner.domain.simulation.timeline import Case, contact_label, drive_label, sound
from malapert_planner.domain.validation.rules import Findings, Rule


def check_form(case: Case, findings: Findings) -> None:
    """Check spans, references, durations, windows and places of everything in the schedule."""
    _check_spans(case, findings)
    _check_references(case, findings)
    _check_once(case, findings)
    for activity, placed in case.activities:
        _check_activity(case, activity, placed, findings)
    for drive, placed_drive in case.drives:
        excess_s = abs(placed_drive.span[1] - placed_drive.span[0] - drive.duration_s)
        message = f"the drive takes {drive.duration_s} s"
        findings.check(Rule.DURATION, excess_s, (drive_label(placed_drive),), placed_drive.span, message)
    _check_mandatory(case, findings)


def _labelled_spans(case: Case) -> Iterator[tuple[str, Span]]:
    yield from ((placed.activity_id, placed.span) for placed in case.schedule.activities)
    yield from ((drive_label(drive), drive.span) for drive in case.schedule.drives)
    yield from ((contact_label(contact), contact.span) for contact in case.schedule.contacts)


def _check_spans(case: Case, findings: Findings) -> None:
    for label, span in _labelled_spans(case):
        findings.count(Rule.SPAN)
        if not sound(span):
            message = f"the span {span} must have whole seconds and end after it starts"
            findings.report(Rule.SPAN, (label,), span, abs(span[1] - span[0]), message)
        outside_s = max(-span[0], span[1] - case.problem.horizon_s)
        message = f"the horizon is [0, {case.problem.horizon_s}) s"
        findings.check(Rule.HORIZON, outside_s, (label,), span, message)


def _check_references(case: Case, findings: Findings) -> None:
    for placed in case.schedule.activities:
        known = placed.activity_id in case.activity_by_id and placed.place_id in case.place_by_id
        message = f"there is no activity {placed.activity_id!r} or no place {placed.place_id!r}"
        findings.check(Rule.KNOWN_OBJECT, not known, (placed.activity_id, placed.place_id), placed.span, message)
    for drive in case.schedule.drives:
        known = (drive.from_place_id, drive.to_place_id) in case.drive_by_ends
        message = f"there is no drive from {drive.from_place_id!r} to {drive.to_place_id!r}"
        findings.check(Rule.KNOWN_OBJECT, not known, (drive_label(drive),), drive.span, message)
    for contact in case.schedule.contacts:
        known = contact.window_id in case.window_by_id
        message = f"there is no contact window {contact.window_id!r}"
        findings.check(Rule.KNOWN_OBJECT, not known, (contact_label(contact), contact.window_id), contact.span, message)


def _check_once(case: Case, findings: Findings) -> None:
    counts = Counter(placed.activity_id for placed in case.schedule.activities)
    last_span = {placed.activity_id: placed.span for placed in case.schedule.activities}
    for activity_id, count in counts.items():
        message = f"the activity is placed {count} times"
        findings.check(Rule.ONCE, count - 1, (activity_id,), last_span[activity_id], message)


def _check_activity(case: Case, activity: Activity, placed: PlacedActivity, findings: Findings) -> None:
    objects = (activity.activity_id,)
    excess_s = abs(placed.span[1] - placed.span[0] - activity.duration_s)
    findings.check(Rule.DURATION, excess_s, objects, placed.span, f"the activity takes {activity.duration_s} s")
    own = [("its windows", activity.windows)] if activity.windows else []
    own += [(f"those of {place}", spans) for place, spans in activity.place_windows if place == placed.place_id]
    for whose, windows in own:
        outside_s = sum(end_s - start_s for start_s, end_s in uncovered(placed.span, merged(windows)))
        message = f"{outside_s} s of the activity lie outside {whose}"
        findings.check(Rule.ACTIVITY_WINDOW, outside_s, objects, placed.span, message)
    if activity.place_ids:
        message = f"the activity may be at {', '.join(activity.place_ids)}, not at {placed.place_id}"
        broken = placed.place_id not in activity.place_ids
        findings.check(Rule.PLACE_ALLOWED, broken, (*objects, placed.place_id), placed.span, message)


def _check_mandatory(case: Case, findings: Findings) -> None:
    planned = {activity.activity_id for activity, _ in case.activities}
    for modes in case.repetitions:
        # Of modes that are not planned at all the first stands for all.
        chain = next((c for c in modes if any(a.activity_id in planned for a in c)), modes[0])
        for activity in chain:
            if activity.mandatory:
                missing = activity.activity_id not in planned
                message = f"the activity of request {activity.request_id} is mandatory and not planned"
                objects = (activity.activity_id, activity.request_id)
                findings.check(Rule.MANDATORY, missing, objects, (0, case.problem.horizon_s), message)
