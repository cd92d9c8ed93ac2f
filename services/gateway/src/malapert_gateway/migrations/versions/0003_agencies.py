"""Agencies, and of keys their expiry, last use, maker, scope and successor."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key_set", Json, nullable=False),
        sa.Column("key_set_version", sa.Integer(), nullable=False),
        sa.Column("admitted_time", UtcDateTime(), nullable=False),
        sa.Column("admitted_by", sa.Text(), nullable=False),
        sa.Column("enrolled_time", UtcDateTime(), nullable=True),
        sa.Column("suspended_time", UtcDateTime(), nullable=True),
        sa.Column("suspension_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name="pk_agency"),
    )
    for name in ("principal_id", "created_by", "replaced_by"):
        op.add_column("api_key", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in ("mission_ids", "actions"):
        op.add_column("api_key", sa.Column(name, Json, nullable=False, server_default="[]"))
    for name in ("expire_time", "last_used_time"):
        op.add_column("api_key", sa.Column(name, UtcDateTime(), nullable=True))
    op.add_column("api_key", sa.Column("is_made_on_host", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE api_key SET principal_id = 'key:' || key_id, created_by = 'unknown'")
    # Keys stay as they are: the agencies that have some are admitted.
    op.execute(
        "INSERT INTO agency (agency_id, name, state, key_set, key_set_version, admitted_time, admitted_by,"
        " enrolled_time, suspension_reason) SELECT agency_id, agency_id, 'ADMITTED', '[]', 0,"
        " MIN(created_time), 'unknown', MIN(created_time), '' FROM api_key GROUP BY agency_id"
    )
    op.create_index("ix_api_key_agency_id", "api_key", ["agency_id"])
