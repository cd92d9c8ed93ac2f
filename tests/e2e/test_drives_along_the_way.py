"""Drives of a plan along their way, looked at by a referee that shares nothing with the planner."""

import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from malapert_testing.platform import running_platform

sys.path.append(str(Path(__file__).parent))

from way_referee import WayReferee

MISSION = Path(__file__).parents[2] / "missions" / "lupex-week.yaml"
TOLERANCE = 0.2


def planned(client: httpx.Client, *, along_the_way: bool) -> dict[str, Any]:
    document = yaml.safe_load(MISSION.read_text())
    document["mission"]["id"] = f"week-{str(along_the_way).lower()}"
    if along_the_way:
        document["drive_rule"] |= {"along_the_way": True, "pace_tolerance": f"{100 * TOLERANCE:.0f} %"}
    client.post("/missions", json=document).raise_for_status()
    asked = {"mission_id": document["mission"]["id"], "work_limit_s": 1.0}
    operation = client.post("/plans", json=asked).raise_for_status().json()
    while operation["state"] not in ("SUCCEEDED", "FAILED", "CANCELLED"):
        time.sleep(0.3)
        operation = client.get(f"/operations/{operation['operation_id']}").json()
    assert operation["state"] == "SUCCEEDED", operation["error_message"]
    plan: dict[str, Any] = client.get(f"/plans/{operation['result_id']}").json()
    return plan


@pytest.mark.e2e
def test_no_drive_lacks_light_or_its_stations_at_any_point_and_pace(tmp_path: Path) -> None:
    with running_platform(tmp_path / "data") as platform:
        headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
        with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=120) as client:
            plan = planned(client, along_the_way=True)
            assert plan["validation"]["valid"]
            assert plan["validation"]["checks"]["DRIVE_WAY"] > 0
            assert {margin["rule_id"] for margin in plan["validation"]["margins"]} >= {"DRIVE_WAY", "BATTERY_FLOOR"}
            breaches, looked = WayReferee(client, plan, (1.5, 1.5), 1.0 + TOLERANCE).breaches(())
            assert breaches == []
            assert looked > 20
