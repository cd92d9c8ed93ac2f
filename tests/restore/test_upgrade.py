"""Data of the first version is upgraded, and read through the API.

`data_0_1` is a platform of 0.1 with a released plan: what each service stored, but for the heights of its terrains. The
secrets of its keys were exchanged for what `secret_of` says.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import malapert_comms_window.factory
import malapert_gateway.factory
import malapert_landing_site.factory
import malapert_payload.factory
import malapert_planner.factory
import pytest
from malapert_client import Connection
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.storage.tables import CommsWindowTable
from malapert_core.backup.archive import restore_backup
from malapert_core.db.database import Database
from malapert_gateway.config import GatewaySettings
from malapert_gateway.storage.tables import GatewayTable
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.storage.tables import LandingSiteTable
from malapert_payload.config import PayloadSettings
from malapert_payload.storage.tables import PayloadTable
from malapert_planner.config import PlannerSettings
from malapert_planner.storage.tables import PlannerTable
from malapert_testing.platform import running_platform
from malapert_testing.platform_api import Api
from sqlalchemy import MetaData, select
from test_backup import CHAINS, admin

SERVICES: dict[str, tuple[type[Any], Path, MetaData]] = {
    "comms_window": (CommsWindowSettings, malapert_comms_window.factory.MIGRATIONS, CommsWindowTable.metadata),
    "gateway": (GatewaySettings, malapert_gateway.factory.MIGRATIONS, GatewayTable.metadata),
    "landing_site": (LandingSiteSettings, malapert_landing_site.factory.MIGRATIONS, LandingSiteTable.metadata),
    "payload": (PayloadSettings, malapert_payload.factory.MIGRATIONS, PayloadTable.metadata),
    "planner": (PlannerSettings, malapert_planner.factory.MIGRATIONS, PlannerTable.metadata),
}
DATA = Path(__file__).parent / "data_0_1"
MISSION = "lupex-week"


def keys() -> dict[str, str]:
    """Return the keys of 0.1 by agency and role, such as ``JAXA PLANNER``."""
    with zipfile.ZipFile(DATA / "gateway.zip") as archive:
        rows = [json.loads(line) for line in archive.read("tables/api_key.jsonl").splitlines()]
    return {f"{row['agency_id']} {row['role'].upper()}": f"mlp_{row['key_id']}_{secret_of(row)}" for row in rows}


def secret_of(row: dict[str, Any]) -> str:
    return hashlib.sha256(f"{row['key_id']} of 0.1".encode()).hexdigest()


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a platform on upgraded data."""
    folder = tmp_path_factory.mktemp("upgraded")
    restored = admin(folder / "data", "restore", str(DATA))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.count("the chain holds") == CHAINS
    with running_platform(folder / "data") as platform:
        yield platform.url


def read(url: str, path: str, holder: str = "JAXA PLANNER", **parameters: Any) -> Any:
    with Api(connection=Connection(url, keys()[holder])) as api:
        return api.get(path, **parameters)


async def upgraded_rows(service: str, url: str, folder: Path) -> dict[str, list[Any]]:
    """Upgrade a service's data in an empty database, and return what each of its tables then holds."""
    settings, migrations, tables = SERVICES[service]
    own = settings(data_dir=folder, database_url=url, identity_key_file=folder, identity_keys_dir=folder)
    await restore_backup(own, migrations, DATA / f"{service}.zip")
    database = Database(url)
    try:
        async with database.reading() as session:
            connection = await session.connection()
            found = {table.name: (await connection.execute(select(table))).all() for table in tables.sorted_tables}
    finally:
        await database.close()
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


@pytest.mark.asyncio
@pytest.mark.parametrize("service", sorted(SERVICES))
async def test_both_kinds_of_database_hold_the_same_after_it(
    service: str, sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    before = manifest_of(DATA / f"{service}.zip")
    small = await upgraded_rows(service, sqlite_url, tmp_path / "small")
    large = await upgraded_rows(service, postgresql_url, tmp_path / "large")
    assert small == large
    # What was there is there still; what is new is what 0.1 did not know of.
    assert before["revision"] == "0001"
    kept = {table: written["count"] for table, written in before["tables"].items() if table in small}
    assert {table: len(small[table]) for table in kept} == kept
    assert sum(kept.values()) > 0


def manifest_of(archive: Path) -> Any:
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read("manifest.json"))


def test_keys_of_then_open_what_they_opened(upgraded: str) -> None:
    assert len(keys()) == 17
    for holder in keys():
        agency_id, role = holder.split()
        caller = read(upgraded, "/whoami", holder)
        # Who ran the installation has the right of its agency alone now.
        assert (caller["agency_id"], caller["role"]) == (agency_id, role)
        assert caller["principal_id"] == f"key:{caller['key_id']}"


def test_the_mission_its_charter_and_its_requests_are_there(upgraded: str) -> None:
    (listed,) = read(upgraded, "/missions")["missions"]
    mission = read(upgraded, f"/missions/{MISSION}")
    assert (mission["mission_id"], mission["version"]) == (listed["mission_id"], listed["version"]) == (MISSION, 1)
    parts = {each["agency_id"]: each["parts"] for each in read(upgraded, f"/missions/{MISSION}/charter")["members"]}
    assert "OWNER" in parts["JAXA"]
    assert all("APPROVER" in parts[agency_id] for agency_id in ("JAXA", "ISRO", "NASA", "ESA"))
    requests = read(upgraded, f"/missions/{MISSION}/requests")["requests"]
    assert len(requests) == 10
    states = {each["request_id"]: each["state"] for each in requests}
    assert list(states.values()).count("PLANNED") == 1
    for request_id in states:
        whole = read(upgraded, f"/missions/{MISSION}/requests/{request_id}")
        assert whole["history"][0]["state"] == "REQUESTED"
    assert len(read(upgraded, f"/missions/{MISSION}/requests", "ESA VIEWER")["requests"]) == 10
    assert read(upgraded, f"/missions/{MISSION}/instruments")["instruments"]


def test_the_released_plan_its_reviews_and_its_contact_are_there(upgraded: str) -> None:
    (listed,) = read(upgraded, "/plans")["plans"]
    plan = read(upgraded, f"/plans/{listed['plan_id']}")
    assert (plan["state"], plan["mission_id"], plan["is_redacted"]) == ("RELEASED", MISSION, False)
    assert plan["content_hash"].startswith("sha256:")
    assert {(each["agency_id"], each["approved"]) for each in plan["reviews"]} == {
        (agency_id, True) for agency_id in ("JAXA", "ISRO", "NASA", "ESA")
    }
    assert plan["activities"]
    (contact,) = read(upgraded, "/contacts")["contacts"]
    assert [each["contact_id"] for each in plan["contacts"]] == [contact["contact_id"]]
    assert (contact["state"], contact["plan_id"]) == ("COMMITTED", plan["plan_id"])
    with Api(connection=Connection(upgraded, keys()["JAXA PLANNER"])) as api:
        found = api.post(f"/plans/{plan['plan_id']}:validate")
    # What it was checked by when it was made still says so of its content.
    assert found["violations"] == []


def test_windows_sites_terrains_and_operations_are_there(upgraded: str) -> None:
    (listed,) = read(upgraded, "/plans")["plans"]
    plan = read(upgraded, f"/plans/{listed['plan_id']}")
    windows = read(upgraded, f"/window-sets/{plan['window_set_id']}/windows", page_size=1000)["windows"]
    assert len(windows) == 93
    assert len(read(upgraded, "/terrains")["terrains"]) == 3
    (search,) = read(upgraded, "/site-searches")["site_searches"]
    found = read(upgraded, f"/site-searches/{search['site_search_id']}")
    assert len(found["sites"]) == 3
    for site in found["sites"]:
        assert read(upgraded, f"/sites/{site['site_id']}")["site_id"] == site["site_id"]
    assert read(upgraded, f"/terrain-stacks/{found['sites'][0]['terrain_stack_id']}")["terrain_stack_id"]
    operations = read(upgraded, "/operations")["operations"]
    assert {each["state"] for each in operations} == {"SUCCEEDED"}
    assert len(operations) == 3
