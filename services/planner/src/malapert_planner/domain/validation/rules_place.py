"""Rules of place: the asset is at one place at a time and gets from one to the next by drives."""

from __future__ import annotations

from malapert_planner.domain.simulation.timeline import Case, drive_label, sound
from malapert_planner.domain.validation.rules import Findings, Rule


def check_place(case: Case, findings: Findings) -> None:
    """Check that drives join up and that activities happen where the asset is, at rest."""
    _check_drives(case, findings)
    for activity, placed in case.activities:
        findings.count(Rule.POSITION)
        findings.count(Rule.DRIVING)
        objects = (activity.activity_id, placed.place_id)
        for part, stay in case.stays_during(placed.span):
            if stay.driving:
                message = f"the asset drives from {stay.place_ids[0]} to {stay.place_ids[1]} meanwhile"
                findings.report(Rule.DRIVING, objects, part, part[1] - part[0], message)
            elif stay.place_ids[0] != placed.place_id:
                message = f"the asset is at {stay.place_ids[0]}, not at {placed.place_id}"
                findings.report(Rule.POSITION, objects, part, part[1] - part[0], message)


def _check_drives(case: Case, findings: Findings) -> None:
    place_id, reached_s = case.problem.start_place_id, 0
    placed_drives = [drive for drive in case.schedule.drives if sound(drive.span)]
    for placed in sorted(placed_drives, key=lambda drive: (drive.span, drive.from_place_id, drive.to_place_id)):
        objects = (drive_label(placed),)
        message = f"the asset is at {place_id} then, not at {placed.from_place_id}"
        findings.check(Rule.DRIVE_ORIGIN, placed.from_place_id != place_id, objects, placed.span, message)
        message = "the drive before has not ended"
        findings.check(Rule.DRIVE_OVERLAP, reached_s - placed.span[0], objects, placed.span, message)
        drive = case.drive_by_ends.get((placed.from_place_id, placed.to_place_id))
        if drive is not None:
            message = f"the way is closed: {drive.closed_because}"
            findings.check(Rule.DRIVE_CLOSED, bool(drive.closed_because), objects, placed.span, message)
        place_id, reached_s = placed.to_place_id, max(reached_s, placed.span[1])
