"""What hostile calls find on a platform: a mission with a plan, and one of everything that can be named."""

import tempfile
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey
from malapert_cli.plan import make_plan
from malapert_testing.platform import Platform
from malapert_testing.platform_api import Api
from reader_fuzz.targets import target_named

MISSION = Path(__file__).parents[1] / "missions" / "science-orbiter.yaml"
OTHER_AGENCIES = (("ISRO", "JAXA"), ("DLR", "ISRO"))
"""Agencies of the mission's file, and those that stand in their places: all have keys on an embedded platform."""
THROWN_AWAY = "HOSTILE"
"""Agency that the installation's administrator may suspend, so that the others go on."""


def make_world(platform: Platform) -> dict[str, str]:
    """Make a plan and more; return identifiers of what there is, by the names that parameters and fields have."""
    with platform.api("MALAPERT", "PLATFORM") as api:
        key_set = {"keys": [OKPKey.generate_key("Ed25519", {"kid": "k1"}).as_dict(private=False)]}
        api.post("/agencies", {"agency_id": THROWN_AWAY, "name": "Nobody's agency", "key_set": key_set})
    with platform.api() as api, tempfile.TemporaryDirectory() as folder:
        plan = make_plan(api, _mission(Path(folder)), [], 1, 0.5)
        terrain = Path(folder) / "dem.tif"
        terrain.write_bytes(target_named("geotiff").seeds()[0])
        thread = api.post(f"/plans/{plan['plan_id']}/threads", {"title": "The first pass", "text": "An hour later?"})
        names = {
            "agency_id": THROWN_AWAY,
            "mission_id": plan["mission_id"],
            "plan_id": plan["plan_id"],
            "window_set_id": plan["window_set_id"],
            "thread_id": thread["thread_id"],
            "terrain_id": api.upload_terrain(terrain).terrain_id,
        }
        return names | _first_ones(api, f"/missions/{plan['mission_id']}")


def _mission(folder: Path) -> Path:
    text = MISSION.read_text()
    for before, after in OTHER_AGENCIES:
        text = text.replace(f" {before}", f" {after}")
    path = folder / MISSION.name
    path.write_text(text)
    return path


def _first_ones(api: Api, mission: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, path in (
        ("request_id", f"{mission}/requests"),
        ("instrument_id", f"{mission}/instruments"),
        ("activity_type_id", f"{mission}/activity-types"),
        ("station_id", "/stations"),
        ("orbiter_id", "/orbiters"),
        ("operation_id", "/operations"),
    ):
        answer = api.get(path)
        rows: list[Any] = next((value for value in answer.values() if isinstance(value, list)), [])
        found |= {name: str(rows[0][name])} if rows and name in rows[0] else {}
    return found
