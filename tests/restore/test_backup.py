"""A platform that was backed up and restored elsewhere has its missions, plans, contacts, keys, audit and events."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from malapert_cli.plan import make_plan
from malapert_client import Connection
from malapert_core.events.streams import AREAS
from malapert_testing.platform import Platform, running_platform
from malapert_testing.platform_api import Api

MISSION = Path(__file__).parents[2] / "missions" / "lupex-week.yaml"
CHAINS = 5
READS = ("/missions", "/plans", "/contacts", "/operations", "/stations", "/agreements")


def admin(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "malapert_cli", "admin", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def reads(platform: Platform, key: str, plan: dict[str, str]) -> dict[str, object]:
    """Return what the API tells of what is stored."""
    mission = f"/missions/{plan['mission_id']}"
    more = (f"/plans/{plan['plan_id']}", f"{mission}/requests", f"{mission}/charter")
    with Api(connection=Connection(platform.url, key)) as api:
        return {path: api.get(path) for path in (*READS, *more)}


def first_events(platform: Platform, key: str, is_enough: Callable[[list[str]], bool]) -> list[str]:
    """Return the identifiers of the first events that the feed has, until they are enough."""
    found: list[str] = []
    beginning = ",".join(f"{area}=0" for area in AREAS)
    headers = {"Authorization": f"Bearer {key}", "Last-Event-ID": beginning}
    deadline_s = time.monotonic() + 60
    with httpx.stream("GET", f"{platform.url}/api/v1/events", headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:") and "event_id" in line:
                found.append(json.loads(line.removeprefix("data:"))["event_id"])
            if is_enough(found) or time.monotonic() > deadline_s:
                break
    return found


def test_a_restored_platform_is_the_one_that_was_backed_up(tmp_path: Path) -> None:
    with running_platform(tmp_path / "data") as platform:
        key = platform.key("JAXA", "PLANNER")
        with platform.api() as api:
            plan = make_plan(api, MISSION, [], seed=1, work_limit_s=0.0)
        with platform.api("JAXA", "PLANNER") as api:
            api.post(f"/plans/{plan['plan_id']}:submit")
        before = reads(platform, key, plan)
        events = first_events(platform, key, lambda found: len(found) == 5)
        refused = admin(tmp_path / "data", "backup", str(tmp_path / "backup"))
        assert refused.returncode == 1
        assert "is in use by another platform" in refused.stderr
        assert not (tmp_path / "backup").exists()

    made = admin(tmp_path / "data", "backup", str(tmp_path / "backup"))
    assert made.returncode == 0, made.stderr
    assert len(list((tmp_path / "backup").iterdir())) == CHAINS
    assert admin(tmp_path / "data", "restore", str(tmp_path / "backup")).returncode == 2
    restored = admin(tmp_path / "there", "restore", str(tmp_path / "backup"))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.count("the chain holds") == CHAINS

    with running_platform(tmp_path / "there") as platform:
        assert reads(platform, key, plan) == before
        # Sent again from the outboxes into a broker that has nothing; areas come in no order of their own.
        again = first_events(platform, key, lambda found: set(events) <= set(found))
        assert len(set(again)) == len(again)
        assert set(events) <= set(again)


def test_a_damaged_backup_leaves_no_half_of_a_platform(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    for name in ("gateway", "planner", "landing_site", "comms_window", "payload"):
        (folder / f"{name}.zip").write_bytes(b"PK")
    refused = admin(tmp_path / "there", "restore", str(folder))
    assert refused.returncode == 1
    assert "BACKUP_DAMAGED" in refused.stderr
    assert not list((tmp_path / "there").rglob("*.db"))
    (folder / "payload.zip").unlink()
    refused = admin(tmp_path / "there", "restore", str(folder))
    assert refused.returncode == 2
    assert "payload.zip" in refused.stderr
