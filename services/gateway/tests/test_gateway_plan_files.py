"""Plans as files for other planning systems: fields held against the CCSDS draft, lanes as Open MCT reads them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gateway_platform import GatewayPlatform
from malapert.payload.v1 import execution_pb2
from malapert.planner.v1 import plan_pb2
from test_gateway_exports import exported

MPS_FIELDS = Path(__file__).parents[3].parent / "shared" / "reference" / "standards" / "mps" / "mps-fields.md"
# What each place of the file is, in the draft's words.
TYPES = {
    "plan": "Plan",
    "information": "PlanInformation",
    "items": "PlannedItems",
    "plannedActivities": "ActivityInstance",
    "arguments": "Argument",
    "start": "TimeTrigger",
    "end": "TimeTrigger",
    "planPeriodStart": "TimeTrigger",
    "planPeriodEnd": "TimeTrigger",
    "resources": "PlanResources",
    "resourceProfiles": "ResourceProfile",
    "profileSegments": "ProfileSegment",
    "profileEntries": "ProfileEntry",
    "activityDefinitions": "ActivityDefinition",
    "argDefs": "ArgDef",
}


def draft_fields() -> dict[str, dict[str, bool]]:
    """Return each type's fields, and whether each may be missing or null."""
    if not MPS_FIELDS.exists():
        pytest.skip("no list of the draft's fields in ../shared/reference/standards/mps")
    text = MPS_FIELDS.read_text()
    found: dict[str, dict[str, bool]] = {}
    for name, base, fields in re.findall(r"^### (\w+) extends (\w+)(?: \(abstract\))?: *(.*)$", text, re.MULTILINE):
        inherited = {"time": True} if base == "Trigger" else {}
        parsed = (field.split(":") for field in fields.split(", ") if ":" in field)
        found[name] = inherited | {key.strip(): kind.endswith(("?", "[]")) for key, kind in parsed}
    return found


def parts(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the file whose type the draft names."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if name in TYPES:
                yield TYPES[name], item
            for key, inner in item.items():
                yield from parts(key, inner)


@pytest.mark.asyncio
async def test_the_planning_draft_knows_every_field(sqlite_platform: GatewayPlatform) -> None:
    fields = draft_fields()
    file = (await exported(sqlite_platform, "mps")).json()
    seen = set()
    for name in ("plan", "activityDefinitions"):
        for kind, part in parts(name, file[name]):
            seen.add(kind)
            own = set(part) - {"key", "type"}
            assert own <= set(fields[kind]), kind
            missing = {field for field, optional in fields[kind].items() if not optional} - own
            assert not missing, kind
    assert seen == set(TYPES.values())
    keys = {definition["key"] for definition in file["activityDefinitions"]}
    assert {item["definition"] for item in file["plan"]["items"]["plannedActivities"]} == keys
    resources = {resource["key"] for resource in file["resources"]}
    assert {profile["resource"] for profile in file["plan"]["resources"]["resourceProfiles"]} == resources


@pytest.mark.asyncio
async def test_a_drive_is_an_activity_of_the_draft(sqlite_platform: GatewayPlatform) -> None:
    file = (await exported(sqlite_platform, "mps")).json()
    items = {item["key"]: item for item in file["plan"]["items"]["plannedActivities"]}
    drive = items["drive-1"]
    assert (drive["definition"], drive["status"], drive["duration"]) == ("drive", "PLANNED", 9000.0)
    assert drive["start"] == {
        "type": "TimeTrigger",
        "time": "2029-01-11T00:00:00Z",
        "triggerTime": "2029-01-11T00:00:00Z",
    }
    assert {"argName": "to_place", "count": 1, "argValues": ["ridge-1"]} in drive["arguments"]
    assert file["plan"]["status"] == "RELEASED"


@pytest.mark.asyncio
async def test_open_mct_gets_lanes_in_order(sqlite_platform: GatewayPlatform) -> None:
    file = (await exported(sqlite_platform, "openmct")).json()
    lanes = list(file)
    assert (lanes[0], lanes[-1], len(lanes)) == ("Drives", "Contacts", 3)
    (drive,) = file["Drives"]
    assert drive["start"] == 1000 * datetime(2029, 1, 11, tzinfo=UTC).timestamp()
    assert (drive["name"], drive["type"]) == ("Drive; to, the ridge", "Drives")
    for lane, entries in file.items():
        for entry in entries:
            assert set(entry) == {"name", "start", "end", "id", "type", "color", "textColor"}
            assert entry["type"] == lane
            assert isinstance(entry["start"], int)
    check_open_mct(file)


def check_open_mct(file: dict[str, Any]) -> None:
    """Check a plan by Open MCT's description of its format: "categories/groups and a list of activities for each".

    Its reader takes every key of an uploaded file for a lane and each of its items for an activity, whose name it
    splits into words, whose times in milliseconds it compares, and whose states it keeps by `id`.
    """
    seen = set()
    for lane, entries in file.items():
        assert not lane.isdecimal()  # JavaScript puts such keys before all others
        assert entries
        for entry in entries:
            assert isinstance(entry["name"], str)
            assert isinstance(entry["start"], int)
            assert isinstance(entry["end"], int)
            assert entry["start"] <= entry["end"]
            assert entry["type"] == lane
            assert entry["id"] not in seen
            seen.add(entry["id"])


REPORTS = [
    # (request, repetition, attempt, plan, outcome)
    ("done", 0, 1, "p-1", "DONE"),
    ("ended", 0, 1, "p-1", "STARTED"),
    ("ended", 0, 1, "p-1", "FAILED"),
    ("ended", 1, 1, "p-1", "STARTED"),
    ("before", 0, 1, "p-0", "SKIPPED"),
    ("kept", 0, 1, "p-0", "DONE"),
    ("again", 0, 1, "p-0", "FAILED"),
    ("again", 0, 2, "p-1", "STARTED"),
    ("left", 0, 1, "p-1", "SKIPPED"),
    ("given-up", 0, 1, "p-0", "ABANDONED"),
]
STATES = {
    "done/0/heat": "completed", "done/0/weigh": "completed", "ended/0/x": "aborted", "ended/1~short/x": "active",
    "before/0/x": "notStarted", "kept/0/x": "completed", "again/0/x": "aborted", "again/0/x~retry": "active",
    "left/0/x": "cancelled", "given-up/0/x": "aborted", "new/0/x": "notStarted",
}  # fmt: skip


@pytest.mark.asyncio
async def test_open_mct_gets_how_far_each_activity_is(sqlite_platform: GatewayPlatform) -> None:
    """In Open MCT's object `activity-states` (its plugin activityStates), by the identifiers of the plan's file."""
    made = plan_pb2.Plan(plan_id="p-1", mission_id="lupex", state=plan_pb2.PLAN_STATE_RELEASED, version=1)
    for activity_id in [*STATES, "drive"]:
        request_id, slash, _ = activity_id.partition("/")
        kind = plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED if slash else plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE
        item = made.activities.add(activity_id=activity_id, kind=kind, title=activity_id)
        item.request_id = request_id if slash else ""
        item.interval.start_time.FromJsonString("2029-01-11T00:00:00Z")
        item.interval.end_time.FromJsonString("2029-01-11T02:30:00Z")
    rows = [
        execution_pb2.Execution(
            request_id=request_id,
            repetition_index=index,
            attempt=attempt,
            plan_id=plan_id,
            outcome=execution_pb2.ExecutionOutcome.Value(f"EXECUTION_OUTCOME_{outcome}"),
            span=made.activities[0].interval,
        )
        for request_id, index, attempt, plan_id, outcome in REPORTS
    ]
    sqlite_platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=made)
    sqlite_platform.services.answers["ListExecutions"] = lambda _: execution_pb2.ListExecutionsResponse(executions=rows)
    address, headers = "/api/v1/plans/p-1/export?format=", sqlite_platform.bearer("JAXA", "VIEWER")
    file = (await sqlite_platform.http.get(f"{address}openmct-states", headers=headers)).json()
    assert file.pop("activities") == STATES
    key = "activity-states"
    told = {"identifier": {"namespace": "", "key": key}, "name": "Activity States", "type": key, "location": None}
    assert file == told
    lanes = (await sqlite_platform.http.get(f"{address}openmct", headers=headers)).json()
    assert set(STATES) <= {entry["id"] for entries in lanes.values() for entry in entries}


@pytest.mark.parametrize(
    "name", ["ExamplePlan_Small1.json", "ExamplePlan_Small2.json", "ExamplePlanWithOrderedLanes.json"]
)
def test_the_check_takes_the_given_plans_but_one(name: str) -> None:
    path = MPS_FIELDS.parents[1] / "openmct" / name
    if not path.exists():
        pytest.skip("no plans of Open MCT in ../shared/reference/standards/openmct")
    file = json.loads(path.read_text())
    for number, entry in enumerate(entry for entries in file.values() for entry in entries):
        entry.setdefault("id", f"none-{number}")
    if "Ordered" in name:  # for a platform that is configured for its key of groups
        with pytest.raises((KeyError, AssertionError)):
            check_open_mct(file)
    else:
        check_open_mct(file)


@pytest.mark.asyncio
async def test_a_plan_is_a_table_and_a_timeline(sqlite_platform: GatewayPlatform) -> None:
    answer = await exported(sqlite_platform, "csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    drive = next(row for row in rows if row["id"] == "drive-1")
    assert (drive["title"], drive["duration_s"], drive["to_place_id"]) == ("Drive; to, the ridge", "9000.0", "ridge-1")
    assert sorted(row["kind"] for row in rows if row["station_id"]) == ["CONTACT"]
    assert [row["start_time"] for row in rows] == sorted(row["start_time"] for row in rows)
    text = (await exported(sqlite_platform, "timeline")).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == 2 * len(rows)
    assert lines == sorted(lines, key=lambda line: line[:18])
    assert "2029-011T00:00:00Z BEGIN" in text
    (end,) = [line for line in lines if line.startswith("2029-011T02:30:00Z END")]
    assert end.endswith("site>ridge-1             drive-1 | Drive; to, the ridge")
