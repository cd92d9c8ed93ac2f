"""Files in the shape of CCSDS 529.1 are read as they are written, or refused with every fault."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from malapert_core.errors import InvalidInputError
from malapert_gateway.exports.mps_plan_reading import mission_of, read_mps_plan


def _activity(key: str, definition: str, **arguments: str) -> dict[str, Any]:
    return {
        "key": key,
        "definition": definition,
        "arguments": [{"argName": name, "count": 1, "argValues": [value]} for name, value in arguments.items()],
        "start": {"type": "TimeTrigger", "time": "2029-01-10T00:00:00Z"},
        "end": {"type": "TimeTrigger", "time": "2029-01-10T01:00:00Z"},
    }


def _file(*items: Any) -> dict[str, Any]:
    return {"plan": {"items": {"plannedActivities": list(items)}}}


def test_activities_drives_and_contacts_are_read() -> None:
    read = read_mps_plan(
        _file(
            _activity("drill-a/0/drill", "drill", place="ridge", asset="rover"),
            _activity("drive/0", "drive", place="lander", to_place="ridge"),
            _activity("contact/usuda/w/…", "contact", station="usuda", place="ridge"),
        )
    )
    assert [(i.activity_id, i.station_id, i.place_id, i.to_place_id) for i in read] == [
        ("drill-a/0/drill", "", "ridge", ""),
        ("", "", "lander", "ridge"),
        ("", "usuda", "ridge", ""),
    ]
    assert [item.asset_id for item in read] == ["rover", "", ""]
    assert read[0].interval.end_time.seconds - read[0].interval.start_time.seconds == 3600


@pytest.mark.parametrize("document", [{}, {"plan": []}, {"plan": {"items": {"plannedActivities": {}}}}])
def test_a_file_without_a_list_of_activities_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="INVALID_MPS_PLAN"):
        read_mps_plan(document)


def test_every_fault_is_told_with_its_path() -> None:
    nameless, timeless = _activity("", "drill", place="ridge"), _activity("a", "drill")
    timeless["start"], timeless["end"] = None, {"time": "yesterday"}
    with pytest.raises(InvalidInputError) as refused:
        read_mps_plan(_file("no object", nameless, timeless, _activity("c", "contact"), _activity("d", "drive"), {}))
    path = "plan.items.plannedActivities"
    assert {(fault.path, fault.code) for fault in refused.value.faults} >= {
        (f"{path}[0]", "NOT_AN_OBJECT"),
        (f"{path}[1].key", "REQUIRED"),
        (f"{path}[2].start.time", "REQUIRED"),
        (f"{path}[2].end.time", "NOT_A_TIME"),
        (f"{path}[3].arguments", "REQUIRED"),
        (f"{path}[4].arguments", "REQUIRED"),
        (f"{path}[5].definition", "REQUIRED"),
    }


CASES = Path(__file__).parents[3].parent / "shared" / "data" / "cases"
_SOUND = _file(_activity("a", "drill", place="ridge"), _activity("b", "drill", place="ridge"))
_AT = "plan.items.plannedActivities[0]"
_ABOUT = "plan.information.planPeriod"
_CONTRADICTING = "CONTRADICTING_TIME"


def _period(start: str, end: str) -> dict[str, Any]:
    ends = {"planPeriodStart": start, "planPeriodEnd": end}
    return {name: {"type": "TimeTrigger", "time": time} for name, time in ends.items()}


def _changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(_SOUND)
    part: Any = document
    *parents, last = [int(name) if name.isdecimal() else name for name in path.split("/")]
    for name in parents:
        part = part.setdefault(name, {}) if isinstance(part, dict) else part[name]
    part[last] = value
    return document


ITEM = "plan/items/plannedActivities/0"


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("timeSystem", "TAI", ("timeSystem", "UNKNOWN_TIME_SYSTEM")),
        ("plan/information", {"timeSystem": "GPS"}, ("plan.information.timeSystem", "UNKNOWN_TIME_SYSTEM")),
        ("timesystem", "UTC", ("timesystem", "UNKNOWN_FIELD")),
        ("plan/isPatchPlan", True, ("plan.isPatchPlan", "NOT_READ")),
        ("plan/targetPlan", "p", ("plan.targetPlan", "NOT_READ")),
        ("plan/isAlternate", True, ("plan.isAlternate", "NOT_READ")),
        ("plan/revisions", {"planRevisions": []}, ("plan.revisions", "NOT_READ")),
        ("plan/status", "TERMINATED", ("plan.status", "UNKNOWN_STATE")),
        ("plan/items/plannedEvents", [{}], ("plan.items.plannedEvents", "NOT_READ")),
        (
            "plan/information",
            _period("2029-01-10T00:00:00Z", "2029-01-09T00:00:00Z"),
            (f"{_ABOUT}End", _CONTRADICTING),
        ),
        (
            "plan/information",
            _period("2029-01-10T00:00:01Z", "2029-01-11T00:00:00Z"),
            (f"{_AT}.start.time", _CONTRADICTING),
        ),
        (
            "plan/information",
            _period("2029-01-10T00:00:00Z", "2029-01-10T00:59:59Z"),
            (f"{_AT}.end.time", _CONTRADICTING),
        ),
        ("plan/information", {"validityEnd": "2029-01-10T00:30:00Z"}, (f"{_AT}.end.time", _CONTRADICTING)),
        ("plan/information", {"planPeriodEnd": "2029-01-11T00:00:00Z"}, (f"{_ABOUT}End.time", "REQUIRED")),
        ("plan/information", {"planPeriodStart": {"type": "EventTrigger"}}, (f"{_ABOUT}Start.type", "UNKNOWN_TRIGGER")),
        (f"{ITEM}/status", "SUSPENDED", (f"{_AT}.status", "UNKNOWN_STATE")),
        (f"{ITEM}/key", "b", ("plan.items.plannedActivities[1].key", "DUPLICATE_ID")),
        (f"{ITEM}/subPlan", "night", (f"{_AT}.subPlan", "NOT_READ")),
        (f"{ITEM}/constraints", {"operator": "AND"}, (f"{_AT}.constraints", "NOT_READ")),
        (f"{ITEM}/duration", 3599, (f"{_AT}.duration", "CONTRADICTING_TIME")),
        (f"{ITEM}/start/triggerTime", "2029-01-10T00:00:01Z", (f"{_AT}.start.triggerTime", "CONTRADICTING_TIME")),
        (f"{ITEM}/start/type", "EventTrigger", (f"{_AT}.start.type", "UNKNOWN_TRIGGER")),
        (f"{ITEM}/start/time", "2029-01-10T02:00:00Z", (f"{_AT}.end.time", "EMPTY_INTERVAL")),
        (f"{ITEM}/start/time", "0001-01-01T00:00:00Z", (f"{_AT}.start.time", "NOT_A_TIME")),
        (f"{ITEM}/end/time", "9999-12-31T23:59:59Z", (f"{_AT}.end.time", "NOT_A_TIME")),
        (f"{ITEM}/arguments/0/count", 2, (f"{_AT}.arguments[0].count", "CONTRADICTING_COUNT")),
        (f"{ITEM}/arguments/0/argName", "speed", (f"{_AT}.arguments[0].argName", "UNKNOWN_ARGUMENT")),
        (f"{ITEM}/colour", "red", (f"{_AT}.colour", "UNKNOWN_FIELD")),
        (f"{ITEM}/key", "a\x07", (f"{_AT}.key", "CONTROL_CHARACTER")),
        ("activityDefinitions", [{"key": "survey"}], (f"{_AT}.definition", "UNKNOWN_DEFINITION")),
        ("activityDefinitions", [{"key": "drill"}] * 2, ("activityDefinitions[1].key", "DUPLICATE_ID")),
    ],
)
def test_what_is_not_honoured_is_refused(path: str, value: Any, fault: tuple[str, str]) -> None:
    read_mps_plan(copy.deepcopy(_SOUND))
    with pytest.raises(InvalidInputError) as refused:
        read_mps_plan(_changed(path, value))
    assert fault in [(each.path, each.code) for each in refused.value.faults]


def test_a_plan_in_atomic_time_is_refused() -> None:
    path = CASES / "mps-time-system-tai.json"
    if not path.is_file():
        pytest.skip("no cases in ../shared/data/cases")
    with pytest.raises(InvalidInputError) as refused:
        read_mps_plan(json.loads(path.read_text()))
    assert {"timeSystem", "plan.information.timeSystem"} <= {fault.path for fault in refused.value.faults}


def test_the_domain_ends_with_the_mission() -> None:
    assert mission_of({"domain": ["malapert", "lupex"]}) == mission_of({"domain": ["lupex"]}) == "lupex"
    assert mission_of({}) == mission_of({"domain": None}) == ""
    for domain in ([], "lupex", [""], ["malapert", 1], {"mission": "lupex"}):
        with pytest.raises(InvalidInputError) as refused:
            mission_of({"domain": domain})
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [("domain", "NOT_A_DOMAIN")]


def test_a_plan_of_nothing_is_read() -> None:
    document = copy.deepcopy(_SOUND)
    document["plan"]["items"]["plannedActivities"] = []
    assert read_mps_plan(document) == []
    del document["plan"]["items"]["plannedActivities"]
    with pytest.raises(InvalidInputError):
        read_mps_plan(document)
