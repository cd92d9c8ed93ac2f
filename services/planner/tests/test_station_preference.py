"""Who is preferred: hours with some stations count less, or more, than their price."""

from __future__ import annotations

import json
from typing import Any

import neighbour_data as data
import pytest
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document import read_document
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.solvers.solve import solve
from mission_documents import EPHEMERIS_SPAN, load_mission
from problem_factory import HOUR_S
from test_way_building import inputs, mission


def preferring(*preferences: dict[str, Any], silence: str = "8 h") -> Any:
    def change(content: dict[str, Any]) -> None:
        content["communications"] |= {"max_silence": silence}
        if preferences:
            content["communications"]["preferences"] = list(preferences)

    return build_problem(inputs(mission(change)))


def hours(problem: Any, schedule: Any) -> dict[str, float]:
    found = dict.fromkeys((window.station_id for window in problem.contact_windows), 0.0)
    for each in schedule.contacts:
        found[each.station_id] += (each.span[1] - each.span[0]) / HOUR_S
    return found


def test_the_price_of_an_hour_is_by_the_preference_and_no_other_changes() -> None:
    plain = preferring()
    one, two = data.STATIONS[:2]
    asked = preferring({"stations": [one], "cost_factor": 0.25}, {"stations": [two], "cost_factor": "3"})
    factors = {one: 0.25, two: 3.0}
    assert len(asked.contact_windows) == len(plain.contact_windows) > 4
    for before, after in zip(plain.contact_windows, asked.contact_windows, strict=True):
        assert after.cost_per_hour == before.cost_per_hour * factors.get(before.station_id, 1.0)
    assert problem_hash(asked) != problem_hash(plain)
    assert problem_hash(preferring({"stations": [one], "cost_factor": 1})) == problem_hash(plain)


@pytest.mark.parametrize("preferred", [0, 1])
def test_of_stations_that_do_the_same_the_preferred_one_has_the_passes(preferred: int) -> None:
    one, other = data.STATIONS[preferred], data.STATIONS[1 - preferred]
    problem = preferring({"stations": [one], "cost_factor": "0.2"})
    schedule = solve(problem, seed=1, work_limit=1.0).schedule
    assert validate(problem, schedule).violations == ()
    found = hours(problem, schedule)
    assert found[one] > 2 * found[other]


def test_what_is_wrong_with_preferences_is_said_at_once() -> None:
    content = load_mission("lupex-week")
    station = content["stations"][0]
    content["communications"]["preferences"] = [
        {"stations": [station, "nowhere"], "cost_factor": "0.5"},
        {"stations": [station], "cost_factor": "-1"},
    ]
    _, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert sorted((fault.path, fault.code) for fault in faults) == [
        ("communications.preferences[0].stations[1]", "UNKNOWN_STATION"),
        ("communications.preferences[1].cost_factor", "OUT_OF_RANGE"),
        ("communications.preferences[1].stations[0]", "DUPLICATE_ID"),
    ]
    content["communications"]["preferences"] = [{"stations": [], "cost_factor": 2}]
    _, faults = read_document(json.dumps(content).encode(), EPHEMERIS_SPAN)
    assert [fault.path for fault in faults] == ["communications.preferences[0].stations"]
