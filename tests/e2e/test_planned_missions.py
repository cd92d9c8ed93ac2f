"""The missions of the wider cooperation on the same engine: each is solved, validated, and says what is left out."""

import copy
import html
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from malapert_cli.plan import write_results
from malapert_client import Connection
from malapert_testing.platform import running_platform
from malapert_testing.platform_api import Api

sys.path.append(str(Path(__file__).parent))

from plan_referee import PlanReferee
from sky import Sky
from way_referee import WayReferee

MISSIONS = Path(__file__).parents[2] / "missions"
RESULTS = os.environ.get("MALAPERT_MISSION_RESULTS")
"""Where, if anywhere, what came out is written for the documentation."""

MARGINS = {
    "policy": "nominal",
    "sigmas": 1,
    "drive_duration": {"mean": 1.0, "sigma": 0.1},
    "activity_duration": {"mean": 1.0, "sigma": 0.05},
    "activity_classes": [{"id": "drilling", "resources": ["drill"], "duration": {"mean": 1.05, "sigma": 0.15}}],
    "array_power": {"mean": 0.98, "sigma": 0.01},
    "battery_capacity": {"mean": 0.98, "sigma": 0.02},
    "load_power": {"mean": 1.03, "sigma": 0.03},
    "data_rate": {"mean": 0.98, "sigma": 0.03},
    "light_edge": "5 min",
    "storage": "10 %",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_platform(tmp_path_factory.mktemp("planned") / "data") as running:
        yield running


def _planned(client: httpx.Client, name: str) -> dict[str, Any]:
    return _planned_document(client, yaml.safe_load((MISSIONS / f"{name}.yaml").read_text()))


def _planned_document(client: httpx.Client, document: dict[str, Any], **asked: float) -> dict[str, Any]:
    name = document["mission"]["id"]
    answer = client.post("/missions", json=document)
    assert answer.status_code == 201, answer.text
    begun = client.post("/plans", json={"mission_id": name, **asked})
    assert begun.status_code == 202, begun.text
    operation = begun.json()
    while operation["state"] not in ("SUCCEEDED", "FAILED", "CANCELLED"):
        time.sleep(0.5)
        operation = client.get(f"/operations/{operation['operation_id']}").json()
    assert operation["state"] == "SUCCEEDED", operation["error_message"]
    plan: dict[str, Any] = client.get(f"/plans/{operation['result_id']}").json()
    if RESULTS:
        Path(RESULTS).mkdir(parents=True, exist_ok=True)
        (Path(RESULTS) / f"{name}.json").write_text(json.dumps(plan))
    return plan


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "agency_id", "left_out"),
    [
        ("ait-campaign", "ISRO", set()),
        ("isru-pilot", "JAXA", set()),
        ("launch-campaign", "JAXA", set()),
        ("qkd-network", "ISRO", set()),
        ("relay-week", "JAXA", set()),
        ("science-orbiter", "ISRO", set()),
        ("station-arm", "JAXA", set()),
    ],
)
def test_a_mission_is_planned_validated_and_reported(
    platform: Any, tmp_path: Path, name: str, agency_id: str, left_out: set[str]
) -> None:
    headers = {"Authorization": f"Bearer {platform.key(agency_id, 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=60) as client:
        plan = _planned(client, name)
        exported = client.get(f"/plans/{plan['plan_id']}/export", params={"format": "mps"}).json()
        other = client.post(f"/plans/{plan['plan_id']}:import", json=exported | {"domain": ["malapert", "other"]})
        assert (other.status_code, other.json()["reason"]) == (422, "OTHER_MISSION"), other.text
        taken = client.post(f"/plans/{plan['plan_id']}:import", json=exported)
        assert taken.status_code == 201, taken.text
        assert taken.json()["objective"]["objective"] == pytest.approx(plan["objective"]["objective"])
        assert taken.json()["changes"] == []
    with Api(connection=Connection(platform.url, platform.key(agency_id, "PLANNER"))) as api:
        write_results(api, plan, tmp_path)
    page = (tmp_path / "report.html").read_text()
    on_terrain = plan["site"] is not None
    assert all(item["title"] in html.unescape(page) for item in plan["activities"])
    assert ("<h2>Sites</h2>" in page) == (tmp_path / "map.png").exists() == on_terrain
    assert (tmp_path / "timeline.png").stat().st_size > 10_000
    assert plan["validation"]["valid"]
    assert plan["validation"]["violations"] == []
    assert plan["objective"]["objective"] <= plan["objective"]["bound"] + 1e-6
    assert plan["activities"]
    for unplanned in plan["unplanned"]:
        assert unplanned["explanation"]
    assert {item["request_id"] for item in plan["unplanned"] if item["reason"] == "NOT_SUPPORTED"} == left_out


@pytest.mark.e2e
def test_an_independent_referee_finds_nothing_in_a_plan_or_along_its_drives(platform: Any) -> None:
    document = yaml.safe_load((MISSIONS / "lupex-week.yaml").read_text())
    document["drive_rule"] |= {"along_the_way": True, "pace_tolerance": "20 %"}
    document["margins"] = MARGINS
    steps = [step for each in document["activity_types"] for step in each["steps"]]
    lit = [each for step in steps for each in step.get("conditions", ()) if each["kind"] == "illumination"]
    lit[0]["least_sun"] = "60 %"
    series = next(each["repetition"] for each in document["requests"] if "repetition" in each)
    series["when_missed"] = "skip"
    headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=60) as client:
        plan = _planned_document(client, document, work_limit_s=1.0)
        assert plan["validation"]["valid"]
        assert plan["validation"]["checks"]["DRIVE_WAY"] > 0
        assert plan["margins"]["battery_capacity"] == pytest.approx(0.96)
        assert {margin["rule_id"] for margin in plan["validation"]["margins"]} >= {"DRIVE_WAY", "BATTERY_FLOOR"}
        stations = client.get("/stations", params={"page_size": 200}).json()["stations"]
        sky = Sky(client, plan["site"]["terrain_stack_id"], (1.5, 1.5))
        referee = WayReferee(sky, {each["station_id"]: each for each in stations}, plan, 1.2)
        breaches, looked = referee.breaches(())
        findings = PlanReferee(client, document, plan).findings()
        wrong = copy.deepcopy(plan)
        wrong["contacts"] = []
        drained, moved = wrong["activities"][0], wrong["activities"][-1]
        drained["power_w"] = 9000.0
        next(each for each in wrong["activities"] if each["margin_s"] and each["kind"] == "REQUESTED")["margin_s"] = 0.0
        moved["place_id"] = next(
            each["waypoint_id"] for each in plan["waypoints"] if each["waypoint_id"] != moved["place_id"]
        )
        found = {finding.rule for finding in PlanReferee(client, document, wrong).findings()}
    assert breaches == []
    assert found >= {"contact", "battery floor", "place", "margin of the duration"}
    assert findings == []
    assert looked > 20
