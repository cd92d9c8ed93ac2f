"""Charters of missions; each mission that is there gets one from its owner, agencies and reviewers."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0006"
down_revision = "0005"

_MISSION = sa.table(
    "mission",
    sa.column("mission_id", sa.Text),
    sa.column("version", sa.Integer),
    sa.column("agency_ids", Json),
    sa.column("reviewer_agency_ids", Json),
    sa.column("owner_agency_id", sa.Text),
    sa.column("created_time", UtcDateTime),
)


def upgrade() -> None:
    charter = op.create_table(
        "charter",
        sa.Column("mission_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("members", Json, nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("changed_time", UtcDateTime(), nullable=False),
        sa.Column("changed_by", Json, nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "version", name="pk_charter"),
    )
    connection = op.get_bind()
    first: dict[str, sa.Row[Any]] = {}
    newest: dict[str, sa.Row[Any]] = {}
    for row in connection.execute(sa.select(_MISSION).order_by(_MISSION.c.mission_id, _MISSION.c.version)):
        first.setdefault(row.mission_id, row)
        newest[row.mission_id] = row
    for mission_id, row in newest.items():
        connection.execute(charter.insert().values(_charter(first[mission_id], row)))


def downgrade() -> None:
    op.drop_table("charter")


def _charter(first: sa.Row[Any], newest: sa.Row[Any]) -> dict[str, object]:
    since = first.created_time.isoformat().replace("+00:00", "Z")
    parts = {agency_id: ["contributor"] for agency_id in newest.agency_ids}
    for agency_id in newest.reviewer_agency_ids:
        parts[agency_id] = ["approver", "contributor"]
    parts[first.owner_agency_id] = sorted({*parts.get(first.owner_agency_id, []), "owner"})
    return {
        "mission_id": newest.mission_id,
        "version": 1,
        "members": [
            {"agency_id": agency_id, "parts": held, "since": since, "until": None, "sees_earlier": True}
            for agency_id, held in sorted(parts.items())
        ],
        "is_public": False,
        "changed_time": first.created_time,
        "changed_by": [first.owner_agency_id, ""],
    }
