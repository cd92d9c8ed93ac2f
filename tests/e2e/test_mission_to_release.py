"""A plan from the mission file to its release, through the command line and the HTTP API of a whole platform."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from icalendar import Calendar
from malapert_cli.plan import make_plan
from malapert_client import ProblemError
from malapert_testing.platform_api import Api

ROOT = Path(__file__).parents[2]
MISSION = ROOT / "missions" / "lupex-week.yaml"
REVIEWERS = ("JAXA", "ISRO", "NASA", "ESA")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def out(platform, tmp_path_factory):
    """What `malapert plan make` writes and prints."""
    out = tmp_path_factory.mktemp("out")
    environment = {
        **os.environ,
        "MALAPERT_URL": platform.url,
        "MALAPERT_KEYS_FILE": str(platform.data_dir / "keys.json"),
    }
    command = [sys.executable, "-m", "malapert_cli", "plan", "make", str(MISSION), "--out", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (out / "printed.txt").write_text(done.stdout)
    return out


@pytest.fixture(scope="module")
def plan(out):
    return json.loads((out / "plan.json").read_text())


def approve(platform, plan):
    with platform.api() as api:
        api.post(f"/plans/{plan['plan_id']}:submit")
    return review(platform, plan)


def review(platform, plan):
    for agency in REVIEWERS:
        with platform.api(agency, "APPROVER") as api:
            said = {"content_hash": plan["content_hash"], "approve": True, "comment": ""}
            reviewed = api.post(f"/plans/{plan['plan_id']}:review", said)
    return reviewed


def eventually(condition, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.2)


def span(item):
    return item["interval"]["start_time"], item["interval"]["end_time"]


def requests_of(api: Api, plan):
    rows, token = [], ""
    while True:
        page = api.get(f"/missions/{plan['mission_id']}/requests", page_token=token)
        rows += page["requests"]
        token = page["next_page_token"]
        if not token:
            return {row["request_id"]: row for row in rows}


def test_the_plan_is_valid_and_proved(plan):
    assert plan["state"] == "DRAFT"
    assert plan["validation"]["valid"]
    assert plan["validation"]["checks"]["BATTERY_FLOOR"] > 100
    assert plan["objective"]["objective"] > 0
    assert plan["objective"]["bound"] >= plan["objective"]["objective"] - 1e-6
    assert {item["kind"] for item in plan["activities"]} == {"REQUESTED", "DRIVE"}
    assert plan["contacts"]


def test_battery_and_storage_keep_their_limits(plan):
    profiles = {profile["resource_id"]: profile for profile in plan["profiles"]}
    assert profiles["battery_wh"]["minimum"] >= profiles["battery_wh"]["floor"]
    assert profiles["storage_bit"]["maximum"] <= profiles["storage_bit"]["capacity"]


def test_drives_lie_in_chosen_contacts(plan):
    contacts = sorted(span(contact) for contact in plan["contacts"])
    for drive in (item for item in plan["activities"] if item["kind"] == "DRIVE"):
        reached, end = span(drive)
        for contact_start, contact_end in contacts:
            if contact_start <= reached < contact_end:
                reached = contact_end
        assert reached >= end, drive


def test_what_is_not_planned_has_a_reason_with_amounts(plan):
    refused = {item["request_id"]: item for item in plan["unplanned"]}
    assert refused["night-watch"]["reason"] == "NO_WINDOW"
    assert any(character.isdigit() for character in refused["night-watch"]["explanation"])
    planned = {item["request_id"] for item in plan["activities"]}
    assert not planned & {"night-watch"}


def test_everything_says_what_it_was_made_from(plan):
    kinds = {record["kind"] for record in plan["provenance"]["inputs"]}
    assert {"mission", "terrain"} <= kinds
    assert plan["provenance"]["synthetic_terrain"]
    assert any("synthetic" in note for note in plan["provenance"]["notes"])
    assert all(record["content_hash"].startswith("sha256:") for record in plan["provenance"]["inputs"])


def test_the_files_can_be_read_by_others(out, plan):
    calendar = Calendar.from_ical((out / "plan.ics").read_bytes())
    assert len(calendar.walk("VEVENT")) == len(plan["activities"]) + len(plan["contacts"])
    sites = json.loads((out / "sites.geojson").read_text())
    assert sites["type"] == "FeatureCollection"
    assert len(sites["features"]) == 1 + len(plan["alternative_sites"])
    for name in ("map", "sky", "timeline", "close-up", "resources"):
        assert (out / f"{name}.png").read_bytes().startswith(PNG_SIGNATURE)
    page = (out / "report.html").read_text()
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert plan["content_hash"] in page


def test_the_summary_says_what_was_done(out, plan):
    printed = (out / "printed.txt").read_text()
    for words in (
        "Sites, best first",
        "Windows at the landing site",
        "Planned",
        "Not planned",
        "battery_wh",
        "bound",
        "validator: valid",
    ):
        assert words in printed
    assert plan["content_hash"] in printed


@pytest.fixture(scope="module")
def again(platform, plan):
    """A second plan of the same inputs, made before the first goes on."""
    with platform.api() as api:
        return make_plan(api, MISSION, [], seed=1, work_limit_s=0.0)


@pytest.fixture(scope="module")
def too_early(platform, plan):
    """What a release says of a plan that nobody has approved, and the plan's state after it."""
    with platform.api() as api:
        with pytest.raises(ProblemError) as refusal:
            api.post(f"/plans/{plan['plan_id']}:release")
        return refusal.value.reason, api.get(f"/plans/{plan['plan_id']}")["state"]


@pytest.fixture(scope="module")
def approved(platform, plan, again, too_early):
    """The plan once every agency has approved it."""
    return approve(platform, plan)


def test_the_same_inputs_give_the_same_plan(plan, again):
    assert again["plan_id"] != plan["plan_id"]
    assert again["content_hash"] == plan["content_hash"]
    assert again["problem_hash"] == plan["problem_hash"]


def test_a_release_needs_every_agency(too_early, approved):
    assert too_early == ("WRONG_STATE", "DRAFT")
    assert len(approved["reviews"]) == len(REVIEWERS)


def held_contacts(api):
    return {contact["contact_id"]: contact for contact in api.get("/contacts", only_holding=True)["contacts"]}


@pytest.fixture(scope="module")
def taken_meanwhile(platform, plan, approved):
    """The station of a contact that was taken between approval and release; what the release said; what it left."""
    wanted = plan["contacts"][len(plan["contacts"]) // 2]
    agree_on_antennas(platform, plan)
    with platform.api() as api:
        owner = api.get(f"/stations/{wanted['station_id']}")["agency_id"]
    kept = {"station_id": wanted["station_id"], "interval": wanted["interval"], "kind": "RESERVED", "reason": "a guest"}
    with platform.api(owner) as owners_api:
        outage_id = owners_api.post("/outages", kept)["outage"]["outage_id"]
    with platform.api() as api:
        with pytest.raises(ProblemError) as refusal:
            api.post(f"/plans/{plan['plan_id']}:release")
        left = (api.get(f"/plans/{plan['plan_id']}")["state"], held_contacts(api))
    headers = {"Authorization": f"Bearer {platform.key(owner, 'PLANNER')}"}
    assert httpx.delete(f"{platform.url}/api/v1/outages/{outage_id}", headers=headers).status_code == 200
    return wanted["station_id"], refusal.value, left


def test_a_contact_taken_meanwhile_refuses_the_release_whole(taken_meanwhile):
    station_id, refusal, left = taken_meanwhile
    # The notice of the outage may come before the antenna is asked.
    assert refusal.reason in ("CONTACT_CONFLICT", "PLAN_OUTDATED")
    assert station_id in str(refusal)
    assert left == ("SUBMITTED", {})


def agree_on_antennas(platform, plan):
    """Have the other owners of the mission's antennas give the planner's agency their hours of its months."""
    with platform.api() as api:
        owners = {api.get(f"/stations/{contact['station_id']}")["agency_id"] for contact in plan["contacts"]}
    given = {
        "partner_agency_id": "JAXA",
        "mission_id": plan["mission_id"],
        "hours_per_month": 200.0,
        "interval": {"start_time": "2029-01-01T00:00:00Z", "end_time": "2029-03-01T00:00:00Z"},
    }
    for owner in sorted(owners - {"JAXA"}):
        with platform.api(owner) as owners_api:
            assert owners_api.post("/agreements", given)["owner_agency_id"] == owner


def test_a_release_commits_all_contacts_and_tells_the_teams(platform, plan, taken_meanwhile):
    with platform.api() as api:
        eventually(lambda: len(api.get(f"/plans/{plan['plan_id']}")["notices"]) == 2)
        api.post(f"/plans/{plan['plan_id']}:acknowledge", {})
    # What was approved did not know of the antenna that was taken and given back.
    review(platform, plan)
    with platform.api() as api:
        released = api.post(f"/plans/{plan['plan_id']}:release")
        assert released["state"] == "RELEASED"
        held = held_contacts(api)
        assert {contact["contact_id"] for contact in released["contacts"]} == set(held)
        assert {contact["state"] for contact in held.values()} == {"COMMITTED"}
        in_plan = {item["request_id"] for item in released["activities"] if item["request_id"]}
        eventually(lambda: all(requests_of(api, plan)[name]["state"] == "PLANNED" for name in in_plan))
        assert requests_of(api, plan)["night-watch"]["state"] == "ACCEPTED"
        stored = api.get(f"/plans/{plan['plan_id']}")
        assert stored["contacts"] == released["contacts"]
