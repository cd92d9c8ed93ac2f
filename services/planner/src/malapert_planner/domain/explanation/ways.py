"""Why a drive can never find along its way what it needs."""

from __future__ import annotations

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.ways import departures, kinds_on_the_way

NAMES = {
    ConditionKind.ILLUMINATION: "light",
    ConditionKind.EARTH_VISIBILITY: "view of the Earth",
    ConditionKind.CONTACT: "view of the whole Earth, so of all stations,",
}


def closed_along(problem: PlanningProblem, drive: Drive) -> str:
    """Return what closes the way of a drive at all times, by name and point; empty where it is open at some time."""
    points = {point.point_id: point for point in problem.route_points}
    kinds = kinds_on_the_way(drive, problem.drive_rule)
    if not drive.passages or departures(drive, kinds, points, problem.horizon_s):
        return ""
    alone = [kind for kind in kinds if not departures(drive, (kind,), points, problem.horizon_s)]
    names = " and ".join(NAMES.get(kind, kind) for kind in alone or kinds)
    where = _dark_point(problem, drive, alone[0]) if alone else ""
    together = "" if alone else " at once"
    return (
        f"{names} never last{'s' if len(alone) == 1 else ''}{together} all along the way from {drive.from_place_id} to "
        f"{drive.to_place_id}, {drive.duration_s / 3600:.1f} h at the slowest pace{where}"
    )


def _dark_point(problem: PlanningProblem, drive: Drive, kind: ConditionKind) -> str:
    """Say at which point the longest span is the shortest, compared with what is needed there."""
    points = {point.point_id: point for point in problem.route_points}
    short = []
    for number, passage in enumerate(drive.passages, start=1):
        spans = points[passage.point_id].windows.get(kind, ())
        longest_s = max((end_s - start_s for start_s, end_s in spans), default=0)
        short.append((longest_s - (passage.until_s - passage.from_s), number, longest_s))
    left_s, number, longest_s = min(short)
    if left_s >= 0:
        return ""
    return f"; at point {number} of {len(drive.passages)} it lasts {longest_s / 60:.0f} min at the most"
