"""What migrations make of rows that are there."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from malapert_core.db.database import Database
from malapert_core.db.migrations import alembic_config, run_migrations
from malapert_landing_site.factory import MIGRATIONS
from malapert_landing_site.storage.owned import Owned, owner_of

BUILT_IN = {"terrain_id": "terrain-base", "owner_agency_id": "", "synthetic": False}
OWN = {"terrain_id": "terrain-own", "owner_agency_id": "JAXA", "synthetic": False}
# Before, synthetic detail had no owner.
DETAIL = {"terrain_id": "terrain-detail", "owner_agency_id": "", "synthetic": True}
ROWS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    *(
        ("terrain", {"terrain_id": each["terrain_id"], "sort_key": each["terrain_id"]}, each)
        for each in (BUILT_IN, OWN, DETAIL)
    ),
    (
        "terrain_stack",
        {"terrain_stack_id": "stack-1"},
        {"terrains": [BUILT_IN, OWN, DETAIL], "owner_agency_id": "JAXA"},
    ),
    (
        "site_search",
        {"site_search_id": "search-1", "record_id": "1"},
        {"request": {"mission_id": "lupex"}, "owner_agency_id": "JAXA"},
    ),
    ("product_set", {"product_set_id": "set-1", "record_id": "1"}, {"request": {}, "owner_agency_id": "ISRO"}),
]
OWNERS = {
    ("terrain", "terrain-base"): ("", ""),
    ("terrain", "terrain-own"): ("JAXA", ""),
    ("terrain", "terrain-detail"): ("JAXA", ""),
    ("terrain stack", "stack-1"): ("JAXA", ""),
    ("site search", "search-1"): ("JAXA", "lupex"),
    ("site", "site-1"): ("JAXA", "lupex"),
    ("product set", "set-1"): ("ISRO", ""),
}


@pytest.mark.asyncio
async def test_what_was_there_before_owners_belongs_to_who_made_it(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: _upgrade(sync, "0003"))
            for table, keys, content in ROWS:
                await _insert(connection, table, keys | {"created_time": "2026-11-22 12:00:00+00:00"}, content)
            await _insert(connection, "site", {"site_id": "site-1", "site_search_id": "search-1"}, {})
        await run_migrations(database, MIGRATIONS)
        async with database.reading() as session:
            found = {named: await owner_of(session, *named) for named in OWNERS}
    finally:
        await database.close()
    assert {named: _owner(owned) for named, owned in found.items()} == OWNERS


def _owner(owned: Owned | None) -> tuple[str, str] | None:
    return None if owned is None else (owned.owner_agency_id, owned.mission_id)


async def _insert(connection: Any, table: str, values: dict[str, str], content: dict[str, Any]) -> None:
    columns = {name: f"'{value}'" for name, value in values.items()} | {"content": f"'{json.dumps(content)}'"}
    names, literals = ", ".join(columns), ", ".join(columns.values())
    await connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({literals})")


def _upgrade(connection: sa.Connection, revision: str) -> None:
    config = alembic_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
