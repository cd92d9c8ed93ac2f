"""Malformed problems: each fault with its path and code, all at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from malapert_core.errors import InvalidInputError
from malapert_planner.domain.problem.activities import Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import AntennaQuota, RateSeries
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from malapert_planner.domain.problem.problem import Objective
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.validate import validate
from problem_factory import (
    HORIZON_S,
    make_activity,
    make_chain,
    make_drive,
    make_place,
    make_problem,
    make_window,
    random_problem,
)

INF, NAN = float("inf"), float("nan")
BATTERY, STORAGE = Battery(1000.0, 100.0, 500.0, 0.0, 0.0, 0.0), Storage(1e9, 0.0, 1e9)
TWO = (make_activity("a"), make_activity("b"))


def activity(**changes: Any) -> dict[str, Any]:
    return {"activities": (make_activity("a", **changes),)}


def product(**changes: Any) -> dict[str, Any]:
    return activity(data_bit=1e6, products=(replace(Product("spectra", 1e6), **changes),))


def places(**changes: Any) -> dict[str, Any]:
    return {"places": (make_place("base", **changes), make_place("ridge"))}


def windows(*given: dict[str, Any]) -> dict[str, Any]:
    return {"contact_windows": tuple(make_window(f"w{index}", **changes) for index, changes in enumerate(given))}


def rationed(**changes: Any) -> dict[str, Any]:
    return {"antenna_quotas": (replace(AntennaQuota("q", ("JAXA",), ("usuda",), (0, 3600), 60), **changes),)}


def crewed(**changes: Any) -> dict[str, Any]:
    crew = CumulativeResource("crew", "Crew", 2.0, "1", (LimitUse("a", 1.0),))
    return {"activities": TWO, "cumulative_resources": (replace(crew, **changes),)}


def tanked(**changes: Any) -> dict[str, Any]:
    tank = Reservoir("tank", "Tank", 2.0, 1.0, "kg", (ReservoirUse("a", 1.0),))
    return {"activities": TWO, "reservoirs": (replace(tank, **changes),)}


def related(*relations: Relation) -> dict[str, Any]:
    return {"activities": TWO, "relations": relations}


AFTER, REQUIRES, EXCLUDES = RelationKind.AFTER, RelationKind.REQUIRES, RelationKind.EXCLUDES
STATIONED_LIGHT = (Condition(ConditionKind.ILLUMINATION, ("usuda",)),)
CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"horizon_s": 0}, "horizon_s", "OUT_OF_RANGE"),
    ({"horizon_s": 21600.0}, "horizon_s", "NOT_WHOLE"),
    ({"horizon_s": 10**12}, "horizon_s", "OUT_OF_RANGE"),
    ({"resolution_s": 0}, "resolution_s", "OUT_OF_RANGE"),
    ({"resolution_s": 7}, "resolution_s", "RESOLUTION_MISFIT"),
    ({"start_time": make_problem().start_time.replace(tzinfo=None)}, "start_time", "NAIVE_TIME"),
    ({"start_place_id": "x"}, "start_place_id", "UNKNOWN_PLACE"),
    ({"contact_power_w": NAN}, "contact_power_w", "NOT_FINITE"),
    ({"objective": Objective(-1.0, 0.0)}, "objective.contact_cost_weight", "OUT_OF_RANGE"),
    ({"objective": Objective(0.0, INF)}, "objective.fairness_weight", "NOT_FINITE"),
    ({"places": (make_place("base"), make_place("base"), make_place("ridge"))}, "places[1]", "DUPLICATE_ID"),
    (places(illumination=((0, 10), (5, 20))), "places[0].windows[illumination][1]", "UNSORTED"),
    (places(illumination=((20, 30), (0, 10))), "places[0].windows[illumination][1]", "UNSORTED"),
    (places(darkness=((0, HORIZON_S + 1),)), "places[0].windows[darkness][0]", "OUT_OF_RANGE"),
    (places(darkness=((10, 10),)), "places[0].windows[darkness][0]", "EMPTY_SPAN"),
    (places(generation=PowerSeries((), ())), "places[0].generation", "LENGTH_MISMATCH"),
    (places(generation=PowerSeries((0, 0), (1.0, 2.0))), "places[0].generation.offset_s[1]", "UNSORTED"),
    (places(generation=PowerSeries((0,), (-1.0,))), "places[0].generation.power_w[0]", "OUT_OF_RANGE"),
    (places(generation=PowerSeries((0,), (INF,))), "places[0].generation.power_w[0]", "NOT_FINITE"),
    ({"drives": (make_drive("base", "x"),)}, "drives[0].to_place_id", "UNKNOWN_PLACE"),
    ({"drives": (make_drive("base", "base"),)}, "drives[0]", "SAME_ENDS"),
    ({"drives": (make_drive(), make_drive())}, "drives[1]", "DUPLICATE_ID"),
    ({"drives": (make_drive(duration_s=0),)}, "drives[0].duration_s", "OUT_OF_RANGE"),
    ({"drive_rule": DriveRule((), (), ("ridge", "x"))}, "drive_rule.dark_place_ids[1]", "UNKNOWN_PLACE"),
    ({"drive_rule": DriveRule((), (), ("ridge", "ridge"))}, "drive_rule.dark_place_ids[1]", "DUPLICATE_ID"),
    ({"activities": (make_activity("a"), make_activity("a"))}, "activities[0]", "DUPLICATE_ID"),
    (activity(duration_s=0), "activities[0].duration_s", "OUT_OF_RANGE"),
    (activity(duration_s=HORIZON_S + 1), "activities[0].duration_s", "OUT_OF_RANGE"),
    (activity(place_ids=("base", "x")), "activities[0].place_ids[1]", "UNKNOWN_PLACE"),
    (activity(resource_ids=("",)), "activities[0].resource_ids[0]", "EMPTY_NAME"),
    (activity(windows=((-5, 10),)), "activities[0].windows[0]", "OUT_OF_RANGE"),
    (activity(data_bit=1e300), "activities[0].data_bit", "OUT_OF_RANGE"),
    (product(data_bit=2e6), "activities[0].products", "PRODUCTS_EXCEED_DATA"),
    (product(data_bit=-1.0), "activities[0].products[0].data_bit", "OUT_OF_RANGE"),
    (product(product_id=""), "activities[0].products[0]", "EMPTY_NAME"),
    (product(max_latency_s=-1), "activities[0].products[0].max_latency_s", "OUT_OF_RANGE"),
    (product(max_latency_s=0.5), "activities[0].products[0].max_latency_s", "NOT_WHOLE"),
    (product(priority=-1), "activities[0].products[0].priority", "OUT_OF_RANGE"),
    ({"objective": Objective(0.0, 0.0, -1.0)}, "objective.latency_weight_per_gb_d", "OUT_OF_RANGE"),
    (activity(value=NAN), "activities[0].value", "NOT_FINITE"),
    (activity(agency_id=""), "activities[0].agency_id", "EMPTY_NAME"),
    (activity(min_start_charge_wh=1001.0), "activities[0].min_start_charge_wh", "OUT_OF_RANGE"),
    (activity(conditions=STATIONED_LIGHT), "activities[0].conditions[0].station_ids", "WRONG_KIND"),
    ({"activities": make_chain("c", 3)[::2]}, "activities[0].chain_index", "CHAIN_GAP"),
    (
        {"activities": (make_chain("c", 2)[0], replace(make_chain("c", 2)[1], mandatory=True))},
        "activities[0].mandatory",
        "CHAIN_MIXED",
    ),
    (
        {"activities": (make_chain("c", 2)[0], replace(make_chain("c", 2)[1], repetition_index=1))},
        "activities[0].chain_id",
        "CHAIN_MIXED",
    ),
    (windows({"place_id": "x"}), "contact_windows[0].place_id", "UNKNOWN_PLACE"),
    (windows({"span": (0, HORIZON_S + 60)}), "contact_windows[0].span[0]", "OUT_OF_RANGE"),
    (windows({"setup_s": -1}), "contact_windows[0].setup_s", "OUT_OF_RANGE"),
    (windows({"rate": RateSeries((60,), (1.0,))}), "contact_windows[0].rate", "RATE_GAP"),
    (windows({"rate": RateSeries((0, 60), (1.0,))}), "contact_windows[0].rate", "LENGTH_MISMATCH"),
    (windows({"span": (0, 100)}, {"span": (99, 200)}), "contact_windows[1].span", "OVERLAP"),
    ({"battery": replace(BATTERY, capacity_wh=0.0)}, "battery.capacity_wh", "OUT_OF_RANGE"),
    ({"battery": replace(BATTERY, floor_wh=1001.0)}, "battery.floor_wh", "OUT_OF_RANGE"),
    ({"battery": replace(BATTERY, start_wh=50.0)}, "battery.start_wh", "OUT_OF_RANGE"),
    ({"battery": replace(BATTERY, end_wh=1001.0)}, "battery.end_wh", "OUT_OF_RANGE"),
    ({"battery": replace(BATTERY, charge_efficiency=0.0)}, "battery.charge_efficiency", "OUT_OF_RANGE"),
    ({"battery": replace(BATTERY, asleep_load_w=True)}, "battery.asleep_load_w", "NOT_FINITE"),
    ({"storage": replace(STORAGE, capacity_bit=-1.0)}, "storage.capacity_bit", "OUT_OF_RANGE"),
    ({"storage": replace(STORAGE, start_bit=2e9)}, "storage.start_bit", "OUT_OF_RANGE"),
    (crewed(capacity=-1.0), "cumulative_resources[0].capacity", "OUT_OF_RANGE"),
    (crewed(capacity=float("inf")), "cumulative_resources[0].capacity", "NOT_FINITE"),
    (crewed(uses=(LimitUse("x", 1.0),)), "cumulative_resources[0].uses[0].activity_id", "UNKNOWN_ACTIVITY"),
    (crewed(uses=(LimitUse("a", -1.0),)), "cumulative_resources[0].uses[0].amount", "OUT_OF_RANGE"),
    (rationed(owner_agency_ids=()), "antenna_quotas[0].owner_agency_ids", "EMPTY"),
    (rationed(station_ids=()), "antenna_quotas[0].station_ids", "EMPTY"),
    (rationed(station_ids=("usuda", "usuda")), "antenna_quotas[0].station_ids[1]", "DUPLICATE_ID"),
    (rationed(span=(60, 60)), "antenna_quotas[0].span", "EMPTY_SPAN"),
    (rationed(left_s=-1), "antenna_quotas[0].left_s", "OUT_OF_RANGE"),
    (rationed(left_s=1.5), "antenna_quotas[0].left_s", "NOT_WHOLE"),
    (tanked(start=3.0), "reservoirs[0].start", "OUT_OF_RANGE"),
    (tanked(capacity=-1.0), "reservoirs[0].capacity", "OUT_OF_RANGE"),
    (tanked(uses=(ReservoirUse("x"),)), "reservoirs[0].uses[0].activity_id", "UNKNOWN_ACTIVITY"),
    (
        tanked(uses=(ReservoirUse("a", 1.0), ReservoirUse("a", 2.0))),
        "reservoirs[0].uses[1].activity_id",
        "DUPLICATE_ID",
    ),
    (tanked(uses=(ReservoirUse("a", float("nan")),)), "reservoirs[0].uses[0].consumed", "NOT_FINITE"),
    (related(Relation(AFTER, "a", "x")), "relations[0].other_request_id", "UNKNOWN_REQUEST"),
    (related(Relation(EXCLUDES, "a", "a")), "relations[0]", "SAME_REQUEST"),
    (related(Relation(AFTER, "a", "b", 60, 30)), "relations[0].max_lag_s", "OUT_OF_RANGE"),
    (related(Relation(AFTER, "a", "b"), Relation(AFTER, "b", "a")), "relations[1]", "CYCLE"),
    (related(Relation(REQUIRES, "a", "b"), Relation(REQUIRES, "b", "a")), "relations[0]", "CYCLE"),
    ({"activities": TWO, "repetitions": (Repetition("a", 0, 0),)}, "repetitions[0].period_s", "OUT_OF_RANGE"),
    ({**activity(repetition_index=1), "repetitions": (Repetition("a", 60, 0),)}, "repetitions[0]", "REPETITION_GAP"),
]


@pytest.mark.parametrize(("changes", "path", "code"), CASES, ids=[f"{path} {code}" for _, path, code in CASES])
def test_fault_has_its_path_and_code(changes: dict[str, Any], path: str, code: str) -> None:
    faults = check_problem(make_problem(**changes))

    assert (path, code) in {(fault.path, fault.code) for fault in faults}
    assert all(fault.message for fault in faults)


@pytest.mark.parametrize(
    "changes",
    [
        {"drives": (make_drive(duration_s=0, closed_because="slope"),)},
        {"drives": (make_drive(duration_s=10 * HORIZON_S),)},
        related(Relation(AFTER, "a", "b"), Relation(REQUIRES, "b", "a")),
        windows({"span": (0, 100)}, {"span": (100, 200)}),
        windows({"span": (0, 100), "min_length_s": 600}),
        places(generation=PowerSeries((-3600, 2 * HORIZON_S), (0.0, 1.0))),
    ],
)
def test_what_is_merely_useless_is_no_fault(changes: dict[str, Any]) -> None:
    assert check_problem(make_problem(**changes)) == ()


def test_three_requests_in_a_circle_are_found_and_others_left_out() -> None:
    problem = make_problem(
        activities=tuple(make_activity(name) for name in "abcde"),
        relations=tuple(Relation(AFTER, own, other) for own, other in ("ab", "bc", "ca", "da", "ce")),
    )

    assert [fault.path for fault in check_problem(problem)] == ["relations[0]", "relations[1]", "relations[2]"]


def test_all_faults_come_at_once_and_stop_the_validator() -> None:
    problem = make_problem(start_place_id="x", contact_power_w=-1.0, **activity(duration_s=0))

    with pytest.raises(InvalidInputError) as caught:
        validate(problem, Schedule())

    assert caught.value.reason == "MALFORMED_PROBLEM"
    assert {fault.path for fault in caught.value.faults} == {
        "start_place_id",
        "contact_power_w",
        "activities[0].duration_s",
    }


@pytest.mark.parametrize("seed", range(100))
def test_random_problems_are_well_formed(seed: int) -> None:
    assert check_problem(random_problem(seed)) == ()
