from datetime import UTC, datetime, timedelta
from typing import Any

import plandev_checker
import pytest
from malapert.planner.v1 import plan_pb2
from malapert_core.timestamps import to_timestamp
from malapert_gateway.conversion import to_model
from malapert_gateway.exports.plandev_plan import plandev_plan
from malapert_http_models.contracts.planner import Plan

BEGIN = datetime(2029, 1, 10, 22, 30, 0, 250_000, tzinfo=UTC)


def plan() -> plan_pb2.Plan:
    """Return a plan of two and a half days with an activity, a busy one, a drive and a contact."""
    made = plan_pb2.Plan(
        plan_id="p-1", mission_id="lupex", mission_version=3, state=plan_pb2.PLAN_STATE_RELEASED, content_hash="h"
    )
    made.horizon.start_time.CopyFrom(to_timestamp(BEGIN))
    made.horizon.end_time.CopyFrom(to_timestamp(BEGIN + timedelta(hours=60, seconds=0.5)))
    requested, drive = plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED, plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE
    for number, more in enumerate(
        (
            {"kind": requested, "activity_type_id": "drill", "agency_id": "JAXA", "power_w": 20.0, "title": "Drill"},
            {"kind": requested, "is_busy": True, "title": "Busy"},
            {"kind": drive, "to_place_id": "ridge", "title": "Drive"},
        )
    ):
        item: Any = made.activities.add(activity_id=f"a-{number}", asset_id="rover", place_id="site", **more)
        item.interval.start_time.CopyFrom(to_timestamp(BEGIN + timedelta(hours=26 * number + 1)))
        item.interval.end_time.CopyFrom(to_timestamp(BEGIN + timedelta(hours=26 * number + 2, milliseconds=1)))
    contact = made.contacts.add(station_id="esa-mlg", window_id="w-1", capacity_bit=2.0, sent_bit=1.0)
    contact.interval.CopyFrom(made.activities[0].interval)
    profile = made.profiles.add(resource_id="battery_wh", unit="Wh", minimum=900.0, maximum=1200.0)
    profile.offset_s.extend([0.0, 3600.0, 3600.0, 216_000.5])
    profile.value.extend([1200.0, 1020.0, 1000.0, 900.0])
    return made


def test_a_plan_is_a_model_free_plan_of_plandev() -> None:
    made = plandev_plan(to_model(plan(), Plan))
    plandev_checker.check(made)
    assert (made["start_time"], made["duration"]) == ("2029-01-10T22:30:00.250000+00:00", "60:00:00.500000")
    assert [each["type"] for each in made["activities"]] == ["drill", "contact", "busy", "drive"]
    spans = made["results"]["spans"]
    assert (spans[0]["start_offset"], spans[0]["duration"]) == (3_600_000_000, 3_600_001_000)
    for directive, span in zip(made["activities"], spans, strict=True):
        assert plandev_checker.micros(directive["start_offset"]) == span["start_offset"]


def test_of_a_busy_item_no_figures_are_told() -> None:
    busy = plandev_plan(to_model(plan(), Plan))["activities"][2]
    assert busy["arguments"] == {"asset": "rover", "place": "site", "resources": []}
    assert busy["tags"] == []


def test_profiles_are_linear_and_jump_where_they_jump() -> None:
    (profile,) = plandev_plan(to_model(plan(), Plan))["results"]["profiles"].values()
    assert [segment["dynamics"]["initial"] for segment in profile["segments"]] == [1200.0, 1000.0]
    assert profile["segments"][0]["dynamics"]["rate"] == pytest.approx(-180.0 / 3600.0)
    last = profile["segments"][-1]
    end = last["dynamics"]["initial"] + last["dynamics"]["rate"] * last["duration"] / 1e6
    assert end == pytest.approx(900.0)


def test_where_a_profile_is_not_known_it_has_a_gap() -> None:
    made = plan()
    del made.profiles[0].offset_s[:], made.profiles[0].value[:]
    made.profiles[0].offset_s.extend([60.0, 120.0])
    made.profiles[0].value.extend([1.0, 2.0])
    transfer = plandev_plan(to_model(made, Plan))
    plandev_checker.check(transfer)
    first, middle, last = transfer["results"]["profiles"]["battery_wh"]["segments"]
    assert ["dynamics" in each for each in (first, middle, last)] == [False, True, False]


def test_a_plan_without_anything() -> None:
    empty = plan_pb2.Plan(plan_id="p", state=plan_pb2.PLAN_STATE_DRAFT)
    plandev_checker.check(plandev_plan(to_model(empty, Plan)))
