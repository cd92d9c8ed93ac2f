"""Files in the shape of CCSDS 529.1 are read as they are written, or refused with every fault."""

from typing import Any

import pytest
from malapert_core.errors import InvalidInputError
from malapert_gateway.exports.mps_plan_reading import read_mps_plan


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
            _activity("drill-a/0/drill", "drill", place="ridge"),
            _activity("drive/0", "drive", place="lander", to_place="ridge"),
            _activity("contact/usuda/w/…", "contact", station="usuda", place="ridge"),
        )
    )
    assert [(i.activity_id, i.station_id, i.place_id, i.to_place_id) for i in read] == [
        ("drill-a/0/drill", "", "ridge", ""),
        ("", "", "lander", "ridge"),
        ("", "usuda", "ridge", ""),
    ]
    assert read[0].interval.end_time.seconds - read[0].interval.start_time.seconds == 3600


@pytest.mark.parametrize("document", [{}, {"plan": []}, {"plan": {"items": {"plannedActivities": []}}}, _file()])
def test_a_file_without_activities_is_refused(document: dict[str, Any]) -> None:
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
