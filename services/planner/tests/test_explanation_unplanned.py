"""Reasons for what is not planned, each in a problem made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from malapert_planner.domain.problem.activities import Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.schedule.result import Unplanned
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.solve import solve
from problem_factory import HOUR_S, make_activity, make_drive, make_place, make_problem, make_window

BASE = make_problem(resolution_s=HOUR_S)
ARM = {"resource_ids": ("arm",), "windows": ((0, HOUR_S),)}
CONTACT = (Condition(ConditionKind.CONTACT),)

CASES: dict[str, tuple[PlanningProblem, str, tuple[str, ...], str]] = {
    "dark all the time": (
        replace(
            BASE,
            drives=(),
            places=(make_place(illumination=((0, 1800),)),),
            activities=(make_activity(conditions=(Condition(ConditionKind.ILLUMINATION),)),),
        ),
        "NO_WINDOW",
        ("illumination",),
        "at most 30 min",
    ),
    "closed way": (
        replace(
            BASE,
            places=(make_place(), make_place("ridge")),
            drives=(make_drive(closed_because="slope 31° > 25°"),),
            activities=(make_activity(place_ids=("ridge",)),),
        ),
        "UNREACHABLE",
        ("slope 31° > 25°",),
        "slope",
    ),
    "way opens too late": (
        replace(
            BASE,
            places=(make_place(), make_place("ridge")),
            drives=(make_drive(duration_s=3 * HOUR_S),),
            activities=(make_activity(place_ids=("ridge",), windows=((0, 2 * HOUR_S),)),),
        ),
        "UNREACHABLE",
        ("ridge",),
        "first after 3.0 h",
    ),
    "required request cannot be": (
        replace(
            BASE,
            activities=(make_activity("b"), make_activity("a", duration_s=2 * HOUR_S, windows=((0, HOUR_S),))),
            relations=(Relation(RelationKind.REQUIRES, "b", "a"),),
        ),
        "RELATION",
        ("a",),
        "requires a",
    ),
    "repetition before is missing": (
        replace(
            BASE,
            activities=(
                make_activity("r0", request_id="r", duration_s=2 * HOUR_S, windows=((0, HOUR_S),)),
                make_activity("r1", request_id="r", repetition_index=1),
            ),
            repetitions=(Repetition("r", HOUR_S, 0),),
        ),
        "REPETITION",
        ("r",),
        "repetition 0",
    ),
    "battery": (
        replace(
            BASE,
            drives=(),
            places=(make_place(generation=PowerSeries((0,), (0.0,))),),
            activities=(make_activity(power_w=200.0),),
            battery=Battery(1000.0, 300.0, 400.0, 0.0, 0.0, 0.0),
        ),
        "BATTERY",
        ("battery",),
        "100 Wh below its floor",
    ),
    "storage": (
        replace(BASE, activities=(make_activity(data_bit=1.6e9),), storage=Storage(8e8, 0.0, 8e8)),
        "STORAGE",
        ("storage",),
        "100 MB more",
    ),
    "resource taken": (
        replace(BASE, activities=(make_activity("a", **ARM), make_activity("b", value=5.0, **ARM))),
        "DISPLACED",
        ("a",),
        "taken by a",
    ),
    "crew taken": (
        replace(
            BASE,
            activities=(
                make_activity("a", windows=((0, HOUR_S),)),
                make_activity("b", value=5.0, windows=((0, HOUR_S),)),
            ),
            cumulative_resources=(
                CumulativeResource("crew", "Crew", 3.0, "1", (LimitUse("a", 2.0), LimitUse("b", 1.5))),
            ),
        ),
        "DISPLACED",
        ("a",),
        "taken by a",
    ),
    "tank empty": (
        replace(
            BASE,
            activities=(make_activity("a"), make_activity("b", value=5.0)),
            reservoirs=(Reservoir("tank", "Tank", 3.0, 1.0, "kg", (ReservoirUse("a", 1.0), ReservoirUse("b", 0.75))),),
        ),
        "RESERVOIR",
        ("tank",),
        "Tank would be 0.75 kg short",
    ),
    "tank full": (
        replace(
            BASE,
            activities=(make_activity("a"),),
            reservoirs=(Reservoir("tank", "Tank", 3.0, 1.0, "kg", (ReservoirUse("a", produced=2.5),)),),
        ),
        "RESERVOIR",
        ("tank",),
        "Tank has no room for 0.5 kg",
    ),
    "more crew than there is": (
        replace(
            BASE,
            activities=(make_activity("a"),),
            cumulative_resources=(CumulativeResource("crew", "Crew", 1.0, "1", (LimitUse("a", 2.0),)),),
        ),
        "LIMIT",
        ("crew",),
        "2 of Crew are needed, there are 1",
    ),
    "contact taken": (
        replace(
            BASE,
            activities=(
                make_activity("a", conditions=(Condition(ConditionKind.CONTACT, ("usuda",)),), windows=((0, HOUR_S),)),
                make_activity(
                    "b",
                    value=5.0,
                    conditions=(Condition(ConditionKind.CONTACT, ("weilheim",)),),
                    windows=((0, HOUR_S),),
                ),
            ),
            contact_windows=(
                make_window("w1", "usuda", rate=RateSeries((0,), (1e5,))),
                make_window("w2", "weilheim", rate=RateSeries((0,), (1e5,))),
            ),
        ),
        "CONTACT",
        ("contact",),
        "1.0 h",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_names_what_blocks_and_by_how_much(name: str) -> None:
    problem, reason, blocking, words = CASES[name]
    schedule = solve(problem, work_limit=1.0).schedule
    reasons: dict[str, Unplanned] = {item.reason: item for item in explain_unplanned(problem, schedule)}
    assert reason in reasons
    assert reasons[reason].blocking == blocking
    assert words in reasons[reason].explanation


def test_nothing_is_explained_where_all_is_planned() -> None:
    problem = replace(BASE, activities=(make_activity(),))
    assert explain_unplanned(problem, solve(problem, work_limit=1.0).schedule) == ()
