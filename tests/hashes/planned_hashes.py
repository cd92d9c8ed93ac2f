"""What every mission is planned to with one seed and work limit, and the record of it.

Run as a program, it writes the record anew: ``python tests/hashes/planned_hashes.py --reason "why the plans changed"``.
"""

import argparse
import hashlib
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from llvmlite.binding import get_host_cpu_name
from malapert_testing.platform import Platform, running_platform

MISSIONS = Path(__file__).parents[2] / "missions"
NAMES = sorted(path.stem for path in MISSIONS.glob("*.yaml"))
RECORD = Path(__file__).with_name("planned_hashes.json")
ADMITTED = ("JAXA", "ISRO", "NASA", "ESA")
SEED = 1
WORK_LIMIT_S = 3.0
"""Work of the search by its own deterministic count, not by the clock."""

ACTIVITY = ("kind", "chain_id", "activity_type_id", "place_id", "to_place_id", "mode_id")
CONTACT = ("station_id", "place_id", "sent_bit")


def planned(platform: Platform, name: str) -> dict[str, str]:
    """Plan a mission on a platform; returns the content hash of its problem and the hash of what is planned.

    The plan's own content hash is salted, so that nobody guesses what is hidden in it: each platform gives another.
    The problem's is empty where the plan holds what the agency that asks does not see.
    """
    document: dict[str, Any] = yaml.safe_load((MISSIONS / f"{name}.yaml").read_text())
    headers = {"Authorization": f"Bearer {platform.key(_asking(document), 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=120) as client:
        client.post("/missions", json=document).raise_for_status()
        asked = {"mission_id": name, "seed": SEED, "work_limit_s": WORK_LIMIT_S}
        operation = client.post("/plans", json=asked).raise_for_status().json()
        while operation["state"] not in ("SUCCEEDED", "FAILED", "CANCELLED"):
            time.sleep(0.5)
            operation = client.get(f"/operations/{operation['operation_id']}").json()
        assert operation["state"] == "SUCCEEDED", operation
        plan = client.get(f"/plans/{operation['result_id']}").json()
    return {"problem_hash": plan["problem_hash"], "schedule_hash": schedule_hash(plan)}


def _asking(document: dict[str, Any]) -> str:
    """Return the mission's first agency that a platform has keys for, or else JAXA, which hands the mission in."""
    return next((agency["id"] for agency in document["agencies"] if agency["id"] in ADMITTED), "JAXA")


def schedule_hash(plan: dict[str, Any]) -> str:
    """Return the SHA-256 of what is done when, where and in which mode, sent through which station, and left out."""
    schedule = {
        "activities": sorted(placed(activity, ACTIVITY) for activity in plan["activities"]),
        "contacts": sorted(placed(contact, CONTACT) for contact in plan["contacts"]),
        "unplanned": sorted([left["request_id"], left["repetition_index"]] for left in plan["unplanned"]),
        "objective": plan["objective"]["objective"],
    }
    return hashlib.sha256(json.dumps(schedule).encode()).hexdigest()


def placed(item: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    """Return when an item is, and these fields of it."""
    return [item["interval"]["start_time"], item["interval"]["end_time"], *(item[name] for name in names)]


def recorded() -> dict[str, Any]:
    """Return the record: processor, seed, work limit, hashes by mission, and why they were written."""
    record: dict[str, Any] = json.loads(RECORD.read_text())
    return record


def main() -> None:
    """Write the record anew."""
    parser = argparse.ArgumentParser(description="Record the hashes of the plans of all missions.")
    parser.add_argument("--reason", required=True, help="why the same problem, seed and work limit give another plan")
    parser.add_argument("--missions", nargs="+", choices=NAMES, default=NAMES, help="those to plan anew; all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / "data") as platform:
        missions = {name: planned(platform, name) for name in options.missions}
    before = recorded() if RECORD.exists() else {"missions": {}, "reasons": []}
    record = {
        "processor": get_host_cpu_name(),
        "seed": SEED,
        "work_limit_s": WORK_LIMIT_S,
        "missions": dict(sorted({**before["missions"], **missions}.items())),
        "reasons": [*before["reasons"], {"date": f"{datetime.now(tz=UTC):%Y-%m-%d}", "reason": options.reason}],
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
