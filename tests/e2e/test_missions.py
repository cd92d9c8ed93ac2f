"""Every mission file is accepted by the services as they run, and a team works with it through the API alone."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from malapert_testing.platform import Platform, running_platform

MISSIONS = Path(__file__).parents[2] / "missions"
ADMITTED = ("JAXA", "ISRO", "NASA", "ESA")
# The summers are the winter with other dates.
NAMES = sorted(path.stem for path in MISSIONS.glob("*.yaml") if "-300-summer" not in path.stem)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_platform(tmp_path_factory.mktemp("missions") / "data") as running:
        yield running


def client_of(platform: Platform, agency_id: str = "JAXA", role: str = "PLANNER") -> httpx.Client:
    headers = {"Authorization": f"Bearer {platform.key(agency_id, role)}"}
    return httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=60)


def document_of(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load((MISSIONS / f"{name}.yaml").read_text())
    return raw


def _requests(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    found, token = list[dict[str, Any]](), ""
    while True:
        page = client.get(f"/missions/{name}/requests", params={"page_size": 200, "page_token": token}).json()
        found, token = found + page["requests"], page["next_page_token"]
        if not token:
            return found


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
def test_a_mission_is_accepted_whole(platform: Platform, name: str) -> None:
    document = document_of(name)
    # An agency that the platform has not admitted has no key: another hands its mission in.
    agency_id = next((each["id"] for each in document["agencies"] if each["id"] in ADMITTED), "JAXA")
    with client_of(platform, agency_id) as client:
        answer = client.post("/missions", json=document)
        assert answer.status_code == 201, answer.text
        types = client.get(f"/missions/{name}/activity-types").json()["activity_types"]
        assert {kind["activity_type_id"] for kind in types} == {kind["id"] for kind in document["activity_types"]}
        requests = _requests(client, name)
        # What only its agency sees is named in that agency's namespace.
        asked = {item["id"] for item in document["requests"] if item.get("visibility") != "owner"}
        hidden = [item for item in document["requests"] if item.get("visibility") == "owner"]
        asked |= {f"{agency_id}:{item['id']}" for item in hidden if item["agency"] == agency_id}
        assert {item["request_id"] for item in requests} == asked
        assert {item["state"] for item in requests} == {"ACCEPTED"}
        for kind in types:
            for step in kind["steps"]:
                assert step["duration_s"]["source"]
                assert step["duration_s"]["confidence"]
        for instrument in client.get(f"/missions/{name}/instruments").json()["instruments"]:
            for mode in instrument["modes"]:
                assert mode["power_w"]["source"]
                assert mode["power_w"]["confidence"]


@pytest.mark.e2e
def test_an_orbit_that_cannot_be_followed_is_refused_with_its_place(platform: Platform) -> None:
    with client_of(platform) as client:
        relay = document_of("relay-week")
        relay["assets"][1]["orbit"]["oem"] = relay["assets"][1]["orbit"]["oem"].replace("EME2000", "EME1850")
        orbiter = document_of("science-orbiter")
        orbiter["assets"][0]["orbit"]["two_line_elements"][0] += "9"
        network = document_of("qkd-network")
        network["assets"][0]["orbit"]["elements"]["semi_major_axis"] = "6000 km"
        for document, path in (
            (relay, "assets[1].orbit"),
            (orbiter, "assets[0].orbit"),
            (network, "assets[0].orbit.elements.semi_major_axis"),
        ):
            document["mission"]["id"] += "-elsewhere"  # The names of the files are taken by their agencies.
            answer = client.post("/missions?validate_only=true", json=document)
            assert answer.status_code == 422, answer.text
            assert path in [error["path"] for error in answer.json()["errors"]], answer.text


@pytest.mark.e2e
@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_export_is_imported_as_it_was(platform: Platform, form: str) -> None:
    media = {"json": "application/json", "csv": "text/csv"}[form]
    with client_of(platform) as client:
        document = document_of("lupex")
        name = document["mission"]["id"] = f"exported-{form}"
        assert client.post("/missions", json=document).status_code == 201
        before = client.get(f"/missions/{name}/requests:export?agency_id=JAXA").json()
        file = client.get(f"/missions/{name}/requests:export?agency_id=JAXA&format={form}")
        assert file.headers["content-type"].startswith(media)
        headers = {"Content-Type": media}
        answer = client.post(f"/missions/{name}/requests:import", content=file.content, headers=headers)
        assert answer.status_code == 200, answer.text
        counts = answer.json()
        assert (counts["submitted_count"], counts["revised_count"]) == (0, 0)
        assert counts["unchanged_count"] == len(before["requests"]) > 10
        # The same file gives another mission of the same content the same requests.
        twin = document_of("lupex")
        twin["mission"]["id"], twin["requests"] = f"twin-{form}", []
        assert client.post("/missions", json=twin).status_code == 201
        answer = client.post(f"/missions/twin-{form}/requests:import", content=file.content, headers=headers)
        assert answer.json()["submitted_count"] == len(before["requests"]), answer.text
        assert client.get(f"/missions/twin-{form}/requests:export").json() == before


@pytest.mark.e2e
def test_a_team_describes_asks_and_is_told(platform: Platform) -> None:
    with client_of(platform, "ISRO", "PLANNER") as team, client_of(platform) as others:
        document = document_of("lupex")
        document["mission"]["id"] = "asked"  # of its own: other tests want the file's mission as it is
        assert others.post("/missions", json=document).status_code == 201
        mir = team.get("/missions/asked/instruments/mir").json()
        mir["modes"][0]["power_w"]["value"], mir["modes"][0]["power_w"]["unit"] = 0.0075, "kW"
        answer = team.post("/missions/asked/instruments", json={"instrument": mir, "reason": "measured in test"})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"'), answer.text
        assert answer.json()["modes"][0]["power_w"]["value"] == 7.5
        assert others.post("/missions/asked/instruments", json={"instrument": mir}).status_code == 403
        versions = team.get("/missions/asked/instruments/mir/versions").json()["versions"]
        assert [version["record"]["reason"] for version in versions] == ["mission version 1", "measured in test"]
        request = {
            "request_id": "thermal-mine",
            "title": "درجة الحرارة عند الفجر",
            "activity_type_id": "thermal-image-day",
            "agency_id": "ISRO",
            "value": 9.0,
            "visibility": "OWNER",
        }
        check = team.post("/missions/asked/requests:check", json={"requests": [request]}).json()
        assert check["faults"] == []
        (told,) = check["predictions"]
        assert (told["duration_s"], told["energy_wh"]) == (3600.0, 7.5)
        assert any("assumption" in note for note in told["notes"])
        assert check["window_set_id"] == ""
        assert team.post("/missions/asked/requests", json={"requests": [request]}).status_code == 201
        assert others.get("/missions/asked/requests/thermal-mine").status_code == 404
        assert others.post("/missions/asked/requests:check", json={"requests": [request]}).status_code == 403
        bad = {**request, "request_id": "bad", "activity_type_id": "drill-sample"}
        bad["arguments"] = [{"parameter_id": "depth", "value": 5, "unit": "Wh"}, {"parameter_id": "width", "value": 1}]
        faults = team.post("/missions/asked/requests:check", json={"requests": [bad]}).json()["faults"]
        assert {(fault["path"], fault["code"]) for fault in faults} == {
            ("requests[0].arguments[0].unit", "WRONG_UNIT"),
            ("requests[0].arguments[1].parameter_id", "UNKNOWN_PARAMETER"),
        }
        changed = {"request": {**request, "value": 11.0}, "reason": "more light"}
        answer = team.post("/missions/asked/requests/thermal-mine:revise", json=changed, headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["value"]) == (200, 11.0), answer.text
        stale = team.post("/missions/asked/requests/thermal-mine:revise", json=changed, headers={"If-Match": '"2"'})
        assert stale.status_code == 412
        report = {"outcome": "DONE", "span": {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-01-15T01:00:00Z"}}
        answer = team.post("/missions/asked/requests/thermal-mine:report", json=report)
        assert answer.json()["reason"] == "NOT_PLANNED"
        accounts = {item["agency_id"]: item for item in team.get("/missions/asked/accounts").json()["accounts"]}
        assert accounts["ISRO"]["promised_share"] == 0.25
        rated = team.post(
            "/missions/asked/requests:rate", json={"places": [{"place_id": "hollow", "mean_sun_fraction": 0.0}]}
        ).json()
        assert rated["ice"][0]["proxy"] > 0.9
        assert json.dumps(rated)


@pytest.mark.e2e
def test_demand_is_triaged_by_the_owner_and_unknown_to_outsiders(platform: Platform) -> None:
    document = document_of("relay-week")
    document["mission"]["id"] = "triage"
    mission = "/missions/triage"
    # NASA takes no part in this one, and the camera is ISRO's.
    with client_of(platform, "ISRO") as owner, client_of(platform) as team, client_of(platform, "NASA") as outsider:
        answer = owner.post("/missions", json=document)
        assert answer.status_code == 201, answer.text
        request = {
            "request_id": "picture",
            "title": "The lander",
            "activity_type_id": "panorama",
            "agency_id": "JAXA",
            "value": 9.0,
            "mandatory": True,
            "visibility": "MISSION",
        }
        (taken,) = team.post(f"{mission}/requests", json={"requests": [request]}).json()["requests"]
        assert (taken["mandatory"], taken["mandatory_granted"]) == (True, False)
        assert [(hold["kind"], hold["item_id"]) for hold in taken["holds"]] == [("USE_PERMISSION", "camera")]
        grant = {"decision": "GRANT_MANDATORY", "reason": "the press asks for it"}
        refused = owner.post(f"{mission}/requests/picture:triage", json=grant)
        assert (refused.status_code, refused.json()["reason"]) == (409, "INFEASIBLE_REQUEST"), refused.text
        (permission,) = owner.get(f"{mission}/use-permissions").json()["permissions"]
        path = f"{mission}/use-permissions/{permission['permission_id']}:decide"
        assert team.post(path, json={"state": "GRANTED"}).status_code == 403
        assert owner.post(path, json={"state": "GRANTED"}).json()["state"] == "GRANTED"
        granted = owner.post(f"{mission}/requests/picture:triage", json=grant)
        assert granted.json()["mandatory_granted"], granted.text
        assert team.post(f"{mission}/requests/picture:triage", json=grant).status_code == 403
        budget = {"budget": {"value_budget": 5.0, "reason": "agreed"}}
        told = owner.put(f"{mission}/demand-budgets/JAXA", json=budget)
        assert (told.json()["held_value"], told.json()["held_request_count"]) == (9.0, 1), told.text
        assert [item["agency_id"] for item in team.get(f"{mission}/demand-budgets").json()["budgets"]] == ["JAXA"]
        for method, where, body in (
            ("GET", "requests", None),
            ("GET", "requests/picture", None),
            ("POST", "requests/picture:triage", grant),
            ("PUT", "demand-budgets/JAXA", budget),
            ("GET", "use-permissions", None),
            ("GET", "requests:export", None),
            ("GET", "instruments", None),
            ("GET", "accounts", None),
        ):
            answers = []
            for name in ("triage", "nowhere"):
                answer = outsider.request(method, f"/missions/{name}/{where}", json=body)
                answers.append((answer.status_code, answer.json()["reason"], answer.json()["detail"].replace(name, "")))
            assert answers[0] == answers[1] == (404, "UNKNOWN_MISSION", "there is no mission ''"), where
