import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, sample
from icalendar import Calendar
from malapert.landing_site.v1 import site_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2


def plan() -> plan_pb2.Plan:
    made: Any = sample(plan_pb2.Plan())
    made.plan_id, made.mission_id, made.state = "p-1", "lupex", plan_pb2.PLAN_STATE_RELEASED
    drive = plan_pb2.PlannedActivity(
        activity_id="drive-1",
        kind=plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE,
        title="Drive; to, the ridge",
        place_id="site",
        to_place_id="ridge-1",
    )
    drive.interval.start_time.FromJsonString("2029-01-11T00:00:00Z")
    drive.interval.end_time.FromJsonString("2029-01-11T02:30:00Z")
    made.activities.append(drive)
    made.site.site_id, made.site.rank = "s-1", 1
    made.site.point.longitude_deg, made.site.point.latitude_deg, made.site.point.elevation_m = -137.25, -89.5, 1450.0
    made.alternative_sites[0].site_id, made.alternative_sites[0].rank = "s-2", 2
    made.provenance.inputs[0].kind, made.provenance.inputs[0].name = "terrain", "lola-1600m"
    made.provenance.synthetic_terrain = True
    return made  # type: ignore[no-any-return]


async def exported(platform: GatewayPlatform, name: str) -> Any:
    platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=plan())
    answer = await platform.http.get(
        f"/api/v1/plans/p-1/export?format={name}", headers=platform.bearer("JAXA", "VIEWER")
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer


@pytest.mark.asyncio
async def test_calendar_has_activities_and_contacts(sqlite_platform: GatewayPlatform) -> None:
    answer = await exported(sqlite_platform, "ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    assert len(events) == 3
    (drive,) = [event for event in events.values() if str(event["SUMMARY"]).startswith("Drive")]
    assert drive.decoded("DTSTART") == datetime(2029, 1, 11, tzinfo=UTC)
    assert drive.decoded("DTEND") == datetime(2029, 1, 11, 2, 30, tzinfo=UTC)
    assert (str(drive["SUMMARY"]), str(drive["LOCATION"])) == ("Drive; to, the ridge", "site → ridge-1")
    assert {str(event["STATUS"]) for event in events.values()} == {"CONFIRMED"}
    assert b"\r\n" in answer.content
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert (await exported(sqlite_platform, "ics")).content == answer.content


@pytest.mark.asyncio
async def test_sites_are_lunar_points_with_all_that_is_known(sqlite_platform: GatewayPlatform) -> None:
    answer = await exported(sqlite_platform, "geojson-sites")
    assert answer.headers["content-type"].startswith("application/geo+json")
    collection = answer.json()
    assert "IAU_2015::30100" in collection["crs"]["properties"]["name"]
    assert collection["terrain"]["synthetic"] is True
    assert collection["terrain"]["inputs"][0]["name"] == "lola-1600m"
    first, second = collection["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [-137.25, -89.5, 1450.0]}
    assert (first["properties"]["rank"], first["properties"]["chosen"]) == (1, True)
    assert (second["properties"]["rank"], second["properties"]["chosen"]) == (2, False)
    assert first["properties"]["score_parts"][0]["criterion"] == "ILLUMINATION"
    assert "slope_deg" in first["properties"]["metrics"]


@pytest.mark.asyncio
async def test_json_is_the_plan_itself(sqlite_platform: GatewayPlatform) -> None:
    answer = await exported(sqlite_platform, "json")
    shown = await sqlite_platform.http.get("/api/v1/plans/p-1", headers=sqlite_platform.bearer())
    assert json.loads(answer.content) == shown.json()


@pytest.mark.asyncio
async def test_a_search_is_a_table_and_points(sqlite_platform: GatewayPlatform) -> None:
    made: Any = sample(site_pb2.SiteSearch())
    made.site_search_id = "search-1"
    made.sites[0].site_id, made.sites[0].rank, made.sites[0].explanation = "s-2", 2, 'slope, "gentle"\nand lit'
    made.sites.add().CopyFrom(made.sites[0])
    made.sites[1].site_id, made.sites[1].rank = "s-1", 1
    sqlite_platform.services.answers["GetSiteSearch"] = lambda _: site_pb2.GetSiteSearchResponse(site_search=made)
    address = "/api/v1/site-searches/search-1/export"
    answer = await sqlite_platform.http.get(f"{address}?format=csv", headers=sqlite_platform.bearer())
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["site_id"] for row in rows] == ["s-1", "s-2"]
    assert rows[1]["explanation"] == 'slope, "gentle"\nand lit'
    assert float(rows[0]["longest_night_s"]) == made.sites[0].metrics.longest_night_s
    collection = (await sqlite_platform.http.get(address, headers=sqlite_platform.bearer())).json()
    assert [feature["id"] for feature in collection["features"]] == ["s-1", "s-2"]
    assert "IAU_2015" in collection["crs"]["properties"]["name"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "media_type", "file"),
    [
        ("json", "application/json", "plan.json"),
        ("mps", "application/json", "plan.mps.json"),
        ("openmct", "application/json", "plan.openmct.json"),
        ("openmct-states", "application/json", "plan.openmct-states.json"),
        ("ics", "text/calendar; charset=utf-8", "plan.ics"),
        ("csv", "text/csv; charset=utf-8", "plan.csv"),
        ("timeline", "text/plain; charset=utf-8", "plan.txt"),
        ("geojson-sites", "application/geo+json", "sites.geojson"),
        ("geojson-routes", "application/geo+json", "routes.geojson"),
        ("csv-sites", "text/csv; charset=utf-8", "sites.csv"),
        ("csv-routes", "text/csv; charset=utf-8", "routes.csv"),
        ("kml", "application/vnd.google-earth.kml+xml", "places.kml"),
        ("plandev", "application/json", "plan.plandev.json"),
    ],
)
async def test_files_say_what_they_are(sqlite_platform: GatewayPlatform, name: str, media_type: str, file: str) -> None:
    made = plan_pb2.Plan(plan_id="p-1", mission_id="月面", state=plan_pb2.PLAN_STATE_DRAFT, version=1)
    sqlite_platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=made)
    answer = await sqlite_platform.http.get(f"/api/v1/plans/p-1/export?format={name}", headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
    answer.content.decode("utf-8")


@pytest.mark.asyncio
async def test_a_calendar_of_one_agency_has_its_activities_alone(sqlite_platform: GatewayPlatform) -> None:
    events = Calendar.from_ical((await exported(sqlite_platform, "ics&agency_id=JAXA")).content).walk("VEVENT")
    (event,) = events
    assert b"JAXA" in event["CATEGORIES"].to_ical()
    mission = mission_pb2.Mission(mission_id="lupex", agency_ids=["JAXA", "ISRO"])
    sqlite_platform.services.answers["GetMission"] = lambda _: mission_pb2.GetMissionResponse(mission=mission)
    rows = list(csv.DictReader(io.StringIO((await exported(sqlite_platform, "csv&agency_id=ISRO")).text)))
    assert rows == []  # it has a part in the mission, and none in this plan


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "address",
    ["plans/p-1/export?format=ics&", "plans/p-1/export?format=timeline&", "missions/lupex/requests:export?"],
)
async def test_a_file_of_an_agency_that_has_no_part_is_refused(sqlite_platform: GatewayPlatform, address: str) -> None:
    mission = mission_pb2.Mission(mission_id="lupex", agency_ids=["JAXA", "ISRO"])
    sqlite_platform.services.answers["GetMission"] = lambda _: mission_pb2.GetMissionResponse(mission=mission)
    sqlite_platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=plan())
    answer = await sqlite_platform.http.get(f"/api/v1/{address}agency_id=jaxa", headers=sqlite_platform.bearer())
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["path"], fault["code"]) == ("query.agency_id", "UNKNOWN_AGENCY")
    assert "ISRO, JAXA" in fault["message"]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["json", "mps", "openmct", "openmct-states", "plandev", "kml"])
async def test_a_whole_plan_is_of_no_agency(sqlite_platform: GatewayPlatform, name: str) -> None:
    address = f"/api/v1/plans/p-1/export?format={name}&agency_id=JAXA"
    answer = await sqlite_platform.http.get(address, headers=sqlite_platform.bearer())
    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [("query.agency_id", "WHOLE_PLAN")]


@pytest.mark.asyncio
async def test_a_search_is_kml(sqlite_platform: GatewayPlatform) -> None:
    made: Any = sample(site_pb2.SiteSearch())
    sqlite_platform.services.answers["GetSiteSearch"] = lambda _: site_pb2.GetSiteSearchResponse(site_search=made)
    address = "/api/v1/site-searches/search-1/export?format=kml"
    answer = await sqlite_platform.http.get(address, headers=sqlite_platform.bearer())
    assert answer.headers["content-disposition"].endswith('"sites.kml"')
    assert b"<Placemark>" in answer.content
