"""Decisions of people as steps of a chain: their input on the ground, time in their shift, the command by a contact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from malapert_planner.domain.problem.activities import Activity, Product
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.solvers.solve import solve
from test_way_building import inputs, mission

HOUR_S, DAY_S = 3600, 86_400
SHIFT_S = (6 * HOUR_S, 14 * HOUR_S)
LATENCY_S, PEOPLE_S = 3 * HOUR_S, 2 * HOUR_S


def deciding(content: dict[str, Any]) -> None:
    """Ask for a hole that is drilled where people have looked at pictures of it and said so, in their shift."""
    content["calendars"] = [
        {
            "id": "shift",
            "title": "Shift of the science team",
            "repeated": [{"start": "2029-01-16T06:00:00Z", "duration": "8 h", "every": "1 d", "count": 7}],
        }
    ]
    look = {"instrument": "alis", "mode": "survey"}
    steps = [
        {"id": "look", "title": "Look", "duration": "1 h", "instruments": [look]},
        {
            "id": "decide",
            "title": "Pictures come down, people decide",
            "duration": "5 h",
            "conditions": [{"kind": "availability", "calendars": ["shift"]}],
        },
        {
            "id": "command",
            "title": "Command",
            "duration": "1 h",
            "conditions": [{"kind": "contact"}],
            "max_wait": "12 h",
        },
        {"id": "drill", "title": "Drill", "duration": "3 h", "power": "120 W", "resources": ["drill"]},
    ]
    content["activity_types"].append({"id": "go", "title": "Look, decide, drill", "asset": "rover", "steps": steps})
    request = {"id": "go-1", "title": "One hole", "activity_type": "go", "agency": "JAXA", "value": 500}
    content["requests"].append(request)


@pytest.fixture(scope="module")
def problem() -> PlanningProblem:
    asked = build_problem(inputs(mission(deciding)))
    return replace(asked, activities=tuple(map(_with_pictures, asked.activities)))


def _with_pictures(activity: Activity) -> Activity:
    """What the look makes is on the ground in three hours: the neighbours of the tests make no products."""
    if activity.activity_id != "go-1/0/look":
        return activity
    return replace(activity, products=(Product("pictures", activity.data_bit, 1, LATENCY_S),))


@pytest.fixture(scope="module")
def schedule(problem: PlanningProblem) -> Schedule:
    return solve(problem, seed=1, work_limit=2.0).schedule


def steps_of(schedule: Schedule) -> dict[str, PlacedActivity]:
    return {
        each.activity_id.rpartition("/")[2]: each
        for each in schedule.activities
        if each.activity_id.startswith("go-1/")
    }


def test_people_decide_in_their_shift_with_the_pictures_on_the_ground_and_command_by_a_contact(
    problem: PlanningProblem, schedule: Schedule
) -> None:
    report = validate(problem, schedule)
    assert report.valid
    steps = steps_of(schedule)
    decide, command = steps["decide"].span, steps["command"].span
    assert SHIFT_S[0] <= decide[0] % DAY_S
    assert decide[1] % DAY_S <= SHIFT_S[1]
    (pictures,) = (each for each in report.deliveries if each.product_id == "pictures")
    assert pictures.sent_s is not None
    assert pictures.sent_s <= decide[1] - PEOPLE_S
    assert any(each.span[0] <= command[0] and command[1] <= each.span[1] for each in schedule.contacts)
    assert decide[1] <= command[0] < command[1] <= steps["drill"].span[0]


def test_a_decision_out_of_the_shift_and_a_command_without_a_contact_are_refused(
    problem: PlanningProblem, schedule: Schedule
) -> None:
    def rules(changed: Schedule) -> set[str]:
        return {each.rule_id for each in validate(problem, changed).violations}

    chain = steps_of(schedule)
    night_s = SHIFT_S[1] - chain["decide"].span[0] % DAY_S
    moved = {id(each): replace(each, span=(each.span[0] + night_s, each.span[1] + night_s)) for each in chain.values()}
    late = replace(schedule, activities=tuple(moved.get(id(each), each) for each in schedule.activities))
    assert Rule.ACTIVITY_WINDOW in rules(late)
    assert {Rule.CONDITION_CONTACT, Rule.PRODUCT_LATENCY} <= rules(replace(schedule, contacts=()))
