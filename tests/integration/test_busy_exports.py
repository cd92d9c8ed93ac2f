"""Files of a plan for an agency that sees an item of it as busy: neither title nor requester, identifier or value."""

import csv
import io
import json
from typing import Any

import pytest
from icalendar import Calendar
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_core.timestamps import to_timestamp
from malapert_gateway.conversion import to_model
from malapert_gateway.exports.openmct_states import openmct_states
from malapert_gateway.routes.exports import _WRITERS as WRITERS
from malapert_gateway.routes.exports import ExportFormat
from malapert_http_models.contracts.planner import Plan
from malapert_planner.services.sharing.plan_eyes import eyes_of
from malapert_planner.services.sharing.redaction import redacted_plan
from shared_plan import CHARTER, HIDDEN_WORDS, NOW, identity, shared_plan

OTHERS, OWNER = ("JAXA", "ESA", "NASA"), "ISRO"
OF_PLACES = (
    ExportFormat.GEOJSON_SITES, ExportFormat.GEOJSON_ROUTES, ExportFormat.CSV_SITES, ExportFormat.CSV_ROUTES,
    ExportFormat.KML,
)  # fmt: skip
OF_ITEMS = tuple(kind for kind in ExportFormat if kind not in (*OF_PLACES, ExportFormat.OPENMCT_STATES))


def exported(agency_id: str, kind: ExportFormat) -> str:
    """Return the file of the plan as an agency sees it."""
    whole = shared_plan()
    whole.replan.events[0].activity_run.state = replan_pb2.RUN_STATE_STARTED
    whole.replan.events[1].array_power.from_time.CopyFrom(to_timestamp(NOW))
    seen = redacted_plan(whole, eyes_of(identity(agency_id), CHARTER, NOW, whole))
    seen.plan_id, seen.state = "plan-1", plan_pb2.PLAN_STATE_DRAFT
    plan = to_model(seen, Plan)
    return (
        json.dumps(openmct_states(plan, [])) if kind is ExportFormat.OPENMCT_STATES else WRITERS[kind][2](plan).decode()
    )


def unfolded(text: str) -> str:
    """Return the text of a calendar without the line breaks within its lines, RFC 5545 section 3.1."""
    return text.replace("\r\n ", "")


@pytest.mark.parametrize("kind", ExportFormat)
@pytest.mark.parametrize("agency_id", OTHERS)
def test_no_file_tells_others_what_is_its_owner_s_alone(kind: ExportFormat, agency_id: str) -> None:
    told = unfolded(exported(agency_id, kind))
    assert [word for word in HIDDEN_WORDS if word in told] == []


@pytest.mark.parametrize("kind", OF_ITEMS)
def test_the_owner_s_files_tell_all(kind: ExportFormat) -> None:
    told = unfolded(exported(OWNER, kind))
    assert "secret-dig/0/dig" in told
    assert "Secret trench" in told


def test_the_owner_s_states_are_of_all_activities() -> None:
    assert json.loads(exported(OWNER, ExportFormat.OPENMCT_STATES))["activities"]["secret-dig/0/dig"] == "notStarted"


@pytest.mark.parametrize("agency_id", OTHERS)
def test_a_busy_row_of_the_table_is_an_interval_a_place_and_what_it_binds(agency_id: str) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(agency_id, ExportFormat.CSV))))
    (busy,) = [row for row in rows if row["id"].startswith("busy/")]
    assert {name: value for name, value in busy.items() if value} == {
        "kind": "REQUESTED",
        "id": busy["id"],
        "title": "Busy",
        "asset_id": "rover",
        "start_time": "2029-01-10T03:00:00Z",
        "end_time": "2029-01-10T04:00:00Z",
        "duration_s": "3600.0",
        "place_id": "ridge",
        "resource_ids": "arm",
    }


@pytest.mark.parametrize("agency_id", OTHERS)
def test_a_busy_event_of_the_calendar_tells_when_and_where(agency_id: str) -> None:
    events = Calendar.from_ical(exported(agency_id, ExportFormat.ICS)).walk("VEVENT")
    (busy,) = [event for event in events if str(event["SUMMARY"]) == "Busy"]
    assert busy.decoded("DTSTART") == NOW.replace(hour=3)
    assert busy.decoded("DTEND") == NOW.replace(hour=4)
    assert str(busy["LOCATION"]) == "ridge"
    assert busy["CATEGORIES"].to_ical() == b"busy"
    assert "Power" not in str(busy["DESCRIPTION"])


@pytest.mark.parametrize("agency_id", OTHERS)
def test_a_busy_instance_of_529_1_has_no_figures(agency_id: str) -> None:
    told: dict[str, Any] = json.loads(exported(agency_id, ExportFormat.MPS))
    (busy,) = [each for each in _objects(told) if str(each.get("key", "")).startswith("busy/")]
    text = json.dumps(busy)
    assert "arm" in text
    assert not any(figure in text for figure in ("77.25", "88.5", "313"))


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return every object within a JSON value."""
    if isinstance(value, list):
        return [found for each in value for found in _objects(each)]
    if isinstance(value, dict):
        return [value, *(found for each in value.values() for found in _objects(each))]
    return []
