"""Checks that points on the ways of drives are well formed."""

from __future__ import annotations

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.faults import Faults
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.problem import PlanningProblem

POINT_CONDITIONS = (ConditionKind.ILLUMINATION, ConditionKind.EARTH_VISIBILITY, ConditionKind.CONTACT)
"""What can be stated of a point on the way."""


def check_ways(problem: PlanningProblem, faults: Faults) -> None:
    """Check the points, and that the passages of each drive cover it from its start to its end."""
    for index, point in enumerate(problem.route_points):
        for kind, spans in point.windows.items():
            path = f"route_points[{index}].windows[{kind}]"
            if kind not in POINT_CONDITIONS:
                faults.add(path, "WRONG_KIND", f"{kind} is not one of: {', '.join(POINT_CONDITIONS)}")
            faults.spans(path, spans, problem.horizon_s)
    known = {point.point_id for point in problem.route_points}
    for index, drive in enumerate(problem.drives):
        _check_passages(f"drives[{index}].passages", drive, known, faults)
    stated = any(drive.passages for drive in problem.drives)
    for index, condition in enumerate(problem.drive_rule.conditions):
        if stated and condition.kind not in POINT_CONDITIONS:
            message = f"{condition.kind} cannot be kept on the way; one of: {', '.join(POINT_CONDITIONS)}"
            faults.add(f"drive_rule.conditions[{index}]", "WRONG_KIND", message)


def _check_passages(path: str, drive: Drive, known: set[str], faults: Faults) -> None:
    reached_s = 0
    for index, passage in enumerate(drive.passages):
        where = f"{path}[{index}]"
        faults.member(f"{where}.point_id", passage.point_id, known, "POINT")
        whole = faults.whole(f"{where}.from_s", passage.from_s, 0, drive.duration_s)
        if not (whole and faults.whole(f"{where}.until_s", passage.until_s, 0, drive.duration_s)):
            return
        if passage.from_s >= passage.until_s:
            faults.add(where, "EMPTY_SPAN", f"[{passage.from_s}, {passage.until_s}) must end after it starts")
        if passage.from_s > reached_s:
            faults.add(where, "PASSAGE_GAP", f"nothing is stated of the drive from {reached_s} s to {passage.from_s} s")
        reached_s = max(reached_s, passage.until_s)
    if drive.passages and reached_s < drive.duration_s:
        faults.add(path, "PASSAGE_GAP", f"nothing is stated of the drive from {reached_s} s to {drive.duration_s} s")
