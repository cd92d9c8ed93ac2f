"""Files that agencies exchange, at the gateway: schedules checked against the given schema and samples."""

import base64
import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from gateway_platform import GatewayPlatform
from icalendar import Calendar
from malapert.comms_window.v1 import contact_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.rpc.server import FILE_LIMIT_BYTES
from malapert_gateway.exports.contact_states import FOREIGN_STATES
from malapert_gateway.exports.simple_schedule import read_simple_schedule
from malapert_http_models.contracts.comms_window import ContactState

SHARED = Path(__file__).parents[3].parent / "shared" / "reference" / "standards" / "ssf"
SCHEDULE = """<simpleSchedule{namespace}>
  <simpleScheduleHeader originatingOrganization="ISRO" generationTime="2028-100T00:00:00Z" status="PROVISIONAL"
    inclusionType="START_INCLUSION" version="1" startTime="2028-101T00:00:00.000Z" endTime="2028-108T00:00:00Z"/>
  <scheduledPackage user="LUPEX" scheduledPackageId="W15">
    <scheduledActivity scheduledActivityId="W15-1" activityStatus="TENTATIVE" siteRef="IDSN" apertureRef="ISRO-IDSN-32"
      beginningOfTrack="2028-101T03:00:00.000Z" endOfTrack="2028-04-10T09:00:00.5Z"
      beginningOfActivity="2028-101T02:30:00.000Z" endOfActivity="2028-101T09:15:00.000Z">
      <serviceInfo serviceType="TELEMETRY" frequencyBand="X-DS"/>
    </scheduledActivity>
  </scheduledPackage>
</simpleSchedule>"""
SPAN = "start_time=2029-01-18T00:00:00Z&end_time=2029-01-20T00:00:00Z"


def contact(number: int, state: Any = contact_pb2.CONTACT_STATE_COMMITTED, **more: Any) -> contact_pb2.Contact:
    made = contact_pb2.Contact(
        contact_id=f"c-{number}",
        station_id="isro-idsn-32",
        asset_id="rover",
        mission_id="lupex",
        agency_id="JAXA",
        state=state,
        version=1,
        **more,
    )
    made.interval.start_time.FromJsonString("2029-01-18T05:00:00.250Z")
    made.interval.end_time.FromJsonString("2029-01-18T07:00:00Z")
    made.occupied.start_time.FromJsonString("2029-01-18T04:00:00Z")
    made.occupied.end_time.FromJsonString("2029-01-19T00:15:00Z")
    return made


def station_of(station_id: str, **fields: Any) -> window_pb2.Station:
    """Return a station with the figures that every station has."""
    figure = type_pb2.Figure(value=10.0, unit="1", source="a test", confidence=type_pb2.CONFIDENCE_ASSUMPTION)
    names = ("min_elevation_deg", "setup_s", "teardown_s", "cost_per_hour", "handover_s")
    sure: dict[str, Any] = {"confidence": type_pb2.CONFIDENCE_HIGH, "bands_confidence": type_pb2.CONFIDENCE_HIGH}
    station = window_pb2.Station(station_id=station_id, **dict.fromkeys(names, figure), **sure, **fields)
    station.bands.add(band="X")
    return station


async def exported(platform: GatewayPlatform, name: str, *contacts: contact_pb2.Contact) -> Any:
    station = station_of("isro-idsn-32", name="IDSN", complex_name="Byalalu")
    platform.services.answers["ListContacts"] = lambda _: contact_pb2.ListContactsResponse(contacts=contacts)
    platform.services.answers["ListStations"] = lambda _: window_pb2.ListStationsResponse(stations=[station])
    path = f"/api/v1/contacts/export?format={name}&{SPAN}"
    answer = await platform.http.get(path, headers=platform.bearer("JAXA", "VIEWER"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer


@pytest.mark.asyncio
async def test_contacts_go_out_as_a_schedule_and_come_back(sqlite_platform: GatewayPlatform) -> None:
    cancelled = contact(2, contact_pb2.CONTACT_STATE_CANCELLED)
    tentative = contact(3, contact_pb2.CONTACT_STATE_TENTATIVE, plan_id="plan-1")
    content = (await exported(sqlite_platform, "ccsds-902.1", contact(1), cancelled, tentative)).content
    if SHARED.is_dir():
        schema = xmlschema.XMLSchema(str(SHARED / "reconstructed-simple-schedule-UNOFFICIAL.xsd"))
        schema.validate(io.BytesIO(content))
    schedule = read_simple_schedule(content)
    assert (schedule.originator, schedule.status) == ("JAXA", "PROVISIONAL")
    found = {activity.activity_id: activity for activity in schedule.activities}
    assert set(found) == {"c-1", "c-3"}
    assert found["c-1"].status == "COMMITTED"
    assert found["c-3"].package_id == "plan-1"
    assert found["c-1"].track[0] == datetime(2029, 1, 18, 5, 0, 0, 250_000, tzinfo=UTC)
    assert found["c-1"].activity[1] == datetime(2029, 1, 19, 0, 15, tzinfo=UTC)
    assert (found["c-1"].site_ref, found["c-1"].aperture_ref) == ("Byalalu", "isro-idsn-32")
    assert found["c-1"].services == (("TELEMETRY", "X-DS"),)


@pytest.mark.asyncio
async def test_contacts_as_table_calendar_and_text(sqlite_platform: GatewayPlatform) -> None:
    both = (contact(1), contact(2, contact_pb2.CONTACT_STATE_FAILED))
    rows = list(csv.DictReader(io.StringIO((await exported(sqlite_platform, "csv", *both)).text)))
    assert [row["aws_state"] for row in rows] == ["SCHEDULED", "FAILED"]
    assert [row["stellarstation_state"] for row in rows] == ["RESERVED", "FAILED"]
    assert rows[0]["start_time"] == "2029-01-18T05:00:00.250000Z"
    calendar = Calendar.from_ical((await exported(sqlite_platform, "ics", *both)).content)
    assert [str(event["STATUS"]) for event in calendar.walk("VEVENT")] == ["CONFIRMED", "CANCELLED"]
    lines = (await exported(sqlite_platform, "dsn-text", *both)).text.splitlines()
    assert len(lines) == 2
    assert lines[1].split() == [
        "2029",
        "018",
        "04:00",
        "05:00:00.25",
        "07:00",
        "00:15+",
        "isro-idsn-32",
        "lupex",
        "rover",
        "COMMITTED",
    ]


@pytest.mark.asyncio
async def test_the_owner_s_exports_tell_who_and_others_only_when(sqlite_platform: GatewayPlatform) -> None:
    """What the service tells of a contact is in the file, and nothing besides."""
    whole = contact(1, contact_pb2.CONTACT_STATE_TENTATIVE, station_agency_id="ISRO", priority=7)
    busy = contact_pb2.Contact(station_id=whole.station_id, occupied=whole.occupied, state=whole.state)
    for name in ("csv", "ics", "dsn-text", "ccsds-902.1"):
        told = (await exported(sqlite_platform, name, whole)).text
        assert "lupex" in told
        assert "rover" in told
        hidden = (await exported(sqlite_platform, name, busy)).text
        assert not any(word in hidden for word in ("lupex", "rover", "c-1"))
    (row,) = csv.DictReader(io.StringIO((await exported(sqlite_platform, "csv", whole)).text))
    assert (row["agency_id"], row["station_agency_id"], row["priority"]) == ("JAXA", "ISRO", "7")
    (row,) = csv.DictReader(io.StringIO((await exported(sqlite_platform, "csv", busy)).text))
    told_columns = {"station_id", "state", "occupied_start_time", "occupied_end_time"}
    states = {"simple_schedule_state", "stellarstation_state", "aws_state"}
    assert {name for name, value in row.items() if value} <= told_columns | states | {"version"}


@pytest.mark.asyncio
async def test_agreements_are_made_changed_and_ended_at_their_versions(sqlite_platform: GatewayPlatform) -> None:
    http, headers = sqlite_platform.http, sqlite_platform.bearer("ISRO", "PLANNER")
    body = {
        "partner_agency_id": "JAXA",
        "hours_per_month": 40.0,
        "interval": {"start_time": "2029-01-01T00:00:00Z", "end_time": "2030-01-01T00:00:00Z"},
    }
    made = await http.post("/api/v1/agreements", json=body, headers=headers)
    assert made.status_code == 201, made.text
    changed = await http.put("/api/v1/agreements/a-1", json=body, headers={**headers, "If-Match": '"3"'})
    assert changed.status_code == 200, changed.text
    ended = await http.delete("/api/v1/agreements/a-1", headers={**headers, "If-Match": '"4"'})
    assert ended.status_code == 200, ended.text
    (create,) = sqlite_platform.services.asked("CreateAgreement")
    assert create.idempotency_key
    assert create.agreement.partner_agency_id == "JAXA"
    (change,) = sqlite_platform.services.asked("ChangeAgreement")
    assert (change.agreement.agreement_id, change.version) == ("a-1", 3)
    (end,) = sqlite_platform.services.asked("EndAgreement")
    assert (end.agreement_id, end.version) == ("a-1", 4)
    refused = await http.post("/api/v1/agreements", json=body, headers=sqlite_platform.bearer("JAXA", "VIEWER"))
    assert refused.status_code == 403


def test_every_state_has_its_names_elsewhere() -> None:
    assert set(FOREIGN_STATES) == set(ContactState)
    assert all(names.aws for names in FOREIGN_STATES.values())


@pytest.mark.parametrize("namespace", ["", ' xmlns="urn:ccsds:schema:cssm:1.0.0"', ' xmlns="urn:other"'])
def test_the_namespace_does_not_matter(namespace: str) -> None:
    (activity,) = read_simple_schedule(SCHEDULE.format(namespace=namespace).encode()).activities
    assert activity.track[1] == datetime(2028, 4, 10, 9, 0, 0, 500_000, tzinfo=UTC)
    assert activity.services == (("TELEMETRY", "X-DS"),)


def test_the_given_samples_are_read() -> None:
    paths = sorted(SHARED.glob("sample_*.xml"))
    if not paths:
        pytest.skip("no samples in ../shared/reference/standards/ssf")
    read = {path.name: read_simple_schedule(path.read_bytes()) for path in paths}
    assert {name: len(schedule.activities) for name, schedule in read.items()} == {
        "sample_imap_goonhilly_no_namespace.xml": 2,
        "sample_lupex_like_namespaced_MADE_HERE.xml": 1,
    }


@pytest.mark.asyncio
async def test_a_schedule_that_is_read_names_our_stations(sqlite_platform: GatewayPlatform) -> None:
    await exported(sqlite_platform, "csv")  # scripts the stations
    headers = {**sqlite_platform.bearer("JAXA", "VIEWER"), "Content-Type": "application/xml"}
    content = SCHEDULE.format(namespace="")
    answer = await sqlite_platform.http.post("/api/v1/schedules:read", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    (activity,) = answer.json()["activities"]
    assert (activity["station_id"], activity["status"]) == ("isro-idsn-32", "TENTATIVE")
    refused = await sqlite_platform.http.post("/api/v1/schedules:read", content="<a/>", headers=headers)
    assert refused.status_code == 422
    wrong = {**headers, "Content-Type": "application/json"}
    answer = await sqlite_platform.http.post("/api/v1/schedules:read", content=content, headers=wrong)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        ("<simpleSchedule", "<schedule", "body", "NOT_XML"),
        ("</simpleSchedule>", "", "body", "NOT_XML"),
        ('activityStatus="TENTATIVE"', 'activityStatus="MAYBE"', "activityStatus", "UNKNOWN_STATE"),
        ('apertureRef="ISRO-IDSN-32"', "", "apertureRef", "MISSING"),
        ('endOfTrack="2028-04-10T09:00:00.5Z"', 'endOfTrack="2028-02-30T09:00:00Z"', "endOfTrack", "NOT_A_TIME"),
        ('endOfTrack="2028-04-10T09:00:00.5Z"', 'endOfTrack="2028-04-10T02:00:00Z"', "endOfTrack", "EMPTY_INTERVAL"),
        ("2028-101T02:30:00.000Z", "2028-101T03:30:00.000Z", "[0]", "TRACK_OUTSIDE_ACTIVITY"),
        ('startTime="2028-101T00:00:00.000Z"', 'startTime="2028-101T05:00:00.000Z"', "[0]", "OUTSIDE_SCHEDULE"),
        ("<simpleScheduleHeader", "<header", "simpleScheduleHeader", "MISSING"),
        ("2028-04-10T09:00:00.5Z", "2027-366T09:00:00Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-04-10T09:00:00.5Z", "2028-000T09:00:00Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-04-10T09:00:00.5Z", "2028-367T09:00:00Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-04-10T09:00:00.5Z", "2028-04-10T24:00:00Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-04-10T09:00:00.5Z", "2028-04-10T23:59:60Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-04-10T09:00:00.5Z", "9999-365T09:00:00Z", "endOfTrack", "NOT_A_TIME"),
        ("2028-101T00:00:00.000Z", "0001-001T00:00:00Z", "startTime", "NOT_A_TIME"),
        ('generationTime="2028-100T00:00:00Z"', 'generationTime="soon"', "generationTime", "NOT_A_TIME"),
        ('version="1"', 'version="1" timeSystem="TAI"', "timeSystem", "UNKNOWN_ATTRIBUTE"),
        ('status="PROVISIONAL"', 'status="PERHAPS"', "status", "UNKNOWN_STATE"),
        ('inclusionType="START_INCLUSION"', 'inclusionType="ALL"', "inclusionType", "UNKNOWN_VALUE"),
        ('frequencyBand="X-DS"', 'frequencyBand="x"', "frequencyBand", "UNKNOWN_VALUE"),
        ("<serviceInfo", "<pointing/><serviceInfo", "pointing[0]", "UNKNOWN_ELEMENT"),
        ("<serviceInfo", "now<serviceInfo", "[0]", "UNKNOWN_TEXT"),
        ('siteRef="IDSN"', 'siteRef="IDSN "', "siteRef", "BLANKS"),
        ('siteRef="IDSN"', 'siteRef="ID&#10;SN"', "siteRef", "CONTROL_CHARACTER"),
        ('endOfActivity="2028-101T09:15:00.000Z"', "", "[0]", "MISSING"),
        ('siteRef="IDSN"', 'siteRef="IDSN" siteRef="A"', "body", "NOT_XML"),
        ("  <scheduledPackage ", "<simpleScheduleHeader/><scheduledPackage ", "simpleScheduleHeader", "DUPLICATE"),
        ("<simpleSchedule>", "<?xml version='1.0' encoding='UTF-7'?><simpleSchedule>", "body", "NOT_XML"),
        ("<simpleSchedule>", "<!DOCTYPE a [<!ENTITY b 'c'>]><simpleSchedule>", "body", "DOCTYPE"),
    ],
)
def test_faults_of_a_schedule_say_where(old: str, new: str, path: str, code: str) -> None:
    text = SCHEDULE.format(namespace="").replace(old, new)
    with pytest.raises(InvalidInputError) as caught:
        read_simple_schedule(text.encode())
    assert any(fault.path.endswith(path) and fault.code == code for fault in caught.value.faults)


def test_an_activity_given_twice_is_told_with_both_lines() -> None:
    text = SCHEDULE.format(namespace="")
    begin, end = text.index("    <scheduledActivity"), text.index("  </scheduledPackage>")
    with pytest.raises(InvalidInputError) as caught:
        read_simple_schedule((text[:end] + text[begin:end] + text[end:]).encode())
    (fault,) = caught.value.faults
    assert (fault.path, fault.code) == ("scheduledPackage[0].scheduledActivity[1].scheduledActivityId", "DUPLICATE")
    assert "line 5" in fault.message
    assert "line 10" in fault.message


@pytest.mark.asyncio
async def test_edges_of_windows_go_out_as_planning_events(sqlite_platform: GatewayPlatform) -> None:
    window = window_pb2.Window(
        window_id="a:contact:esa-mlg:0000",
        kind=window_pb2.WINDOW_KIND_CONTACT,
        place_id="a",
        station_id="esa-mlg",
        predictability=window_pb2.PREDICTABILITY_PREDICTED,
        start_edge=window_pb2.WindowEdge(
            limited_by="station_mask", error_s=0.05, predictability=window_pb2.PREDICTABILITY_PREDICTED
        ),
        end_edge=window_pb2.WindowEdge(
            limited_by="site_skyline", error_s=90.0, predictability=window_pb2.PREDICTABILITY_POTENTIAL
        ),
    )
    window.interval.start_time.FromJsonString("2029-01-18T05:00:00Z")
    window.interval.end_time.FromJsonString("2029-01-18T07:00:00Z")
    sqlite_platform.services.answers["ListWindows"] = lambda _: window_pb2.ListWindowsResponse(windows=[window])
    headers = sqlite_platform.bearer("JAXA", "VIEWER")
    answer = (await sqlite_platform.http.get("/api/v1/window-sets/w-1/events", headers=headers)).json()
    definitions = {each["key"]: each for each in answer["eventDefinitions"]}
    start, end = answer["eventInstances"]
    assert definitions[start["definition"]]["predictability"] == "PREDICTED"
    assert definitions[end["definition"]]["predictability"] == "POTENTIAL"
    assert (start["eventTime"], end["eventTime"]) == ("2029-01-18T05:00:00Z", "2029-01-18T07:00:00Z")
    assert {"name": "limited_by", "value": "site_skyline"} in end["arguments"]


@pytest.mark.asyncio
async def test_files_of_orbits_and_tracking_data_pass_every_layer_up_to_one_limit(
    sqlite_platform: GatewayPlatform,
) -> None:
    """Readers, messages and bodies have one limit: a file of that length arrives whole, a longer one does not."""
    headers = sqlite_platform.bearer("JAXA")
    services = sqlite_platform.services
    orbiter = {"orbiter_id": "r", "source": "OEM", "position_error_km": 1.0, "origin": "x"}
    for path, method, rest, length in (
        ("/api/v1/orbiters", "RegisterOrbiter", orbiter, FILE_LIMIT_BYTES),
        ("/api/v1/tracking-data:read", "ReadTrackingData", {}, FILE_LIMIT_BYTES // 3),
    ):
        body = {**rest, "content": base64.b64encode(b"x" * length).decode()}
        answer = await sqlite_platform.http.post(path, json=body, headers=headers, timeout=60.0)
        assert answer.status_code in (200, 201), answer.text[:500]
        assert len(services.asked(method)[-1].content) == length
        longer = b" " * (FILE_LIMIT_BYTES * 4 // 3 + sqlite_platform.gateway.settings.max_body_bytes + 4)
        json_headers = {**headers, "Content-Type": "application/json"}
        refused = await sqlite_platform.http.post(path, content=longer, headers=json_headers)
        assert (refused.status_code, refused.json()["reason"]) == (413, "BODY_TOO_LARGE")


def test_what_a_schedule_holds_beside_what_is_read_is_told() -> None:
    service = '<serviceInfo serviceType="TELEMETRY" frequencyBand="X-DS"/>'
    inside = '<stringParameter name="a" value="1"/>\n<intParameter name="b" value="2"/>'
    more = SCHEDULE.format(namespace="").replace(service, service.replace("/>", f">{inside}</serviceInfo>") + inside)
    more = more.replace('scheduledPackageId="W15"', 'scheduledPackageId="W15" comment="first week"')
    assert read_simple_schedule(SCHEDULE.format(namespace="").encode()).passed_over == ()
    assert read_simple_schedule(more.encode()).passed_over == (
        "1 comment, the first in line 4",
        "2 intParameter, the first in line 9",
        "2 stringParameter, the first in line 8",
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ccsds-902.1", "csv", "ics", "dsn-text"])
async def test_a_file_of_a_station_or_owner_that_is_not_there_is_refused(
    sqlite_platform: GatewayPlatform, name: str
) -> None:
    stations = [station_of("esa-mlg", name="Malargüe", agency_id="ESA")]
    answers = sqlite_platform.services.answers
    answers["ListContacts"] = lambda _: contact_pb2.ListContactsResponse()
    answers["ListStations"] = lambda _: window_pb2.ListStationsResponse(stations=stations)
    path = f"/api/v1/contacts/export?format={name}&{SPAN}"
    asked = f"{path}&station_id=esa-mgl&station_agency_id=esa"
    refused = (await sqlite_platform.http.get(asked, headers=sqlite_platform.bearer())).json()
    assert [(fault["path"], fault["code"]) for fault in refused["errors"]] == [
        ("query.station_id", "UNKNOWN_STATION"),
        ("query.station_agency_id", "UNKNOWN_AGENCY"),
    ]
    known = f"{path}&station_id=esa-mlg&station_agency_id=ESA"
    assert (await sqlite_platform.http.get(known, headers=sqlite_platform.bearer())).status_code == 200
