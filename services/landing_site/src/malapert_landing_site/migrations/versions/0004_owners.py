"""Add the owner agency and the mission of terrains, stacks, searches and product sets."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = {
    "terrain": "terrain_id",
    "terrain_stack": "terrain_stack_id",
    "site_search": "site_search_id",
    "product_set": "product_set_id",
}


def upgrade() -> None:
    for table, key in _TABLES.items():
        for name in ("owner_agency_id", "mission_id"):
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
        for identifier, content in _rows(table, key):
            mission_id = content.get("request", {}).get("mission_id", "")
            _set_owner(table, key, identifier, content.get("owner_agency_id", ""), mission_id)
    # Synthetic detail had no owner, though it is made from the terrain of whoever made the stack.
    for _, stack in _rows("terrain_stack", "terrain_stack_id"):
        for terrain in stack["terrains"]:
            if terrain["synthetic"]:
                _set_owner("terrain", "terrain_id", terrain["terrain_id"], stack["owner_agency_id"], "")


def _rows(table: str, key: str) -> list[tuple[str, dict[str, Any]]]:
    rows = op.get_bind().execute(sa.text(f"SELECT {key}, content FROM {table}")).all()  # noqa: S608
    return [(each, json.loads(content) if isinstance(content, str) else content) for each, content in rows]


def _set_owner(table: str, key: str, identifier: str, agency_id: str, mission_id: str) -> None:
    change = f"UPDATE {table} SET owner_agency_id = :agency, mission_id = :mission WHERE {key} = :id"  # noqa: S608
    op.get_bind().execute(sa.text(change), {"agency": agency_id, "mission": mission_id, "id": identifier})
