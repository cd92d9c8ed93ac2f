"""Rule of the way: what a drive needs it has at each point of its way, for as long as the asset may be there."""

from __future__ import annotations

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Drive, DriveRule
from malapert_planner.domain.schedule.schedule import PlacedDrive
from malapert_planner.domain.simulation.coverage import merged, uncovered
from malapert_planner.domain.simulation.timeline import Case, drive_label
from malapert_planner.domain.validation.rules import Findings, Rule

NEEDS = {
    ConditionKind.ILLUMINATION: "light",
    ConditionKind.EARTH_VISIBILITY: "the Earth",
    ConditionKind.CONTACT: "view of all stations on the Earth",
}
"""What a condition asks for at a point, for a person."""


def check_ways(case: Case, findings: Findings) -> None:
    """Check every drive whose way is stated, point by point, from the planned to the slowest pace."""
    for drive, placed in case.drives:
        for kind in needed(drive, case.problem.drive_rule):
            _check_way(case, drive, placed, kind, findings)


def needed(drive: Drive, rule: DriveRule) -> list[ConditionKind]:
    """Return what is asked at the points of a way: all that drives need, but light where one end is a dark place."""
    asked = {condition.kind for condition in rule.conditions}
    if not {drive.from_place_id, drive.to_place_id}.isdisjoint(rule.dark_place_ids):
        asked.discard(ConditionKind.ILLUMINATION)
    return sorted(asked)


def _check_way(case: Case, drive: Drive, placed: PlacedDrive, kind: ConditionKind, findings: Findings) -> None:
    start_s = placed.span[0]
    for number, passage in enumerate(drive.passages, start=1):
        findings.count(Rule.DRIVE_WAY)
        point = case.point_by_id.get(passage.point_id)
        windows = merged(point.windows.get(kind, ())) if point is not None else ()
        passing = (start_s + passage.from_s, start_s + passage.until_s)
        for gap in uncovered(passing, windows):
            message = (
                f"{NEEDS.get(kind, kind)} is missing for {gap[1] - gap[0]} s at point {number} of "
                f"{len(drive.passages)} of the way"
            )
            objects = (drive_label(placed), passage.point_id)
            findings.report(Rule.DRIVE_WAY, objects, gap, gap[1] - gap[0], message)
