"""Problems whose drives have points on their way, by hand and by seed."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import Drive, DriveRule, Passage, PowerSeries, RoutePoint
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from problem_factory import HORIZON_S, make_drive, make_problem, random_problem

LIGHT = ConditionKind.ILLUMINATION
EARTH = ConditionKind.EARTH_VISIBILITY
CONTACT = ConditionKind.CONTACT
WHOLE: tuple[Span, ...] = ((0, HORIZON_S),)


def point(point_id: str, kind: ConditionKind, *spans: Span) -> RoutePoint:
    return RoutePoint(point_id, {kind: spans})


def one_way(kind: ConditionKind, *spans: Span, duration_s: int = 1800, **changes: object) -> PlanningProblem:
    """Base to ridge over three points, the one in the middle passed from 600 to 1200 s at any pace allowed."""
    drive = make_drive(
        duration_s=duration_s,
        passages=(Passage("first", 0, 900), Passage("middle", 600, 1200), Passage("last", 900, duration_s)),
    )
    points = (point("first", kind, *WHOLE), point("middle", kind, *spans), point("last", kind, *WHOLE))
    asked = {"drives": (drive,), "route_points": points, "drive_rule": DriveRule((Condition(kind),), ()), **changes}
    return make_problem(**asked)


def random_ways(seed: int) -> PlanningProblem:
    """A random problem with one to four points on each drive's way, whose windows and least light are random too."""
    problem, rng = random_problem(seed), random.Random(seed + 1)
    kinds = rng.choice(((LIGHT,), (EARTH,), (CONTACT,), (LIGHT, CONTACT)))
    points: list[RoutePoint] = []
    drives = tuple(_with_way(drive, problem.horizon_s, rng, points) for drive in problem.drives)
    rule = DriveRule(tuple(map(Condition, kinds)), (), problem.drive_rule.dark_place_ids)
    return replace(problem, drives=drives, route_points=tuple(points), drive_rule=rule)


def _with_way(drive: Drive, horizon_s: int, rng: random.Random, points: list[RoutePoint]) -> Drive:
    if drive.closed_because or drive.duration_s < 240:
        return drive
    cuts = sorted(rng.sample(range(60, drive.duration_s, 60), min(rng.randint(1, 4), drive.duration_s // 60 - 1)))
    edges = [0, *cuts, drive.duration_s]
    passages = []
    for number, (start_s, end_s) in enumerate(pairwise(edges)):
        name = f"{drive.from_place_id}-{drive.to_place_id}-{number}"
        points.append(RoutePoint(name, {kind: _spans(horizon_s, rng) for kind in (LIGHT, EARTH, CONTACT)}))
        passages.append(Passage(name, max(0, start_s - 60), min(drive.duration_s, end_s + 60)))
    offset_s = tuple(range(0, horizon_s + 1, 3600))
    least = PowerSeries(offset_s, tuple(rng.choice((0.0, 40.0, 300.0)) for _ in offset_s))
    return replace(drive, passages=tuple(passages), least_generation=least)


def _spans(horizon_s: int, rng: random.Random) -> tuple[Span, ...]:
    half_s = horizon_s // 120 * 60
    return ((0, half_s - 60 * rng.randint(0, 30)), (half_s + 60 * rng.randint(0, 30), horizon_s))
