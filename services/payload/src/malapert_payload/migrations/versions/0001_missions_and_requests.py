"""Missions, catalogues of their versions, requests with their history, terminated plans."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.core_migrations import create_core_tables
from malapert_core.db.database import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    create_core_tables(op)
    op.create_table(
        "mission",
        *_text("mission_id"),
        sa.Column("newest_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", name="pk_mission"),
    )
    op.create_table(
        "catalogue",
        *_text("mission_id"),
        sa.Column("mission_version", sa.BigInteger(), nullable=False),
        *_text("content_hash"),
        sa.Column("document", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "mission_version", name="pk_catalogue"),
    )
    op.create_table(
        "request",
        *_text("mission_id", "request_id", "agency_id", "visibility", "state"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_text("plan_id"),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "request_id", name="pk_request"),
    )
    op.create_index("ix_request_plan", "request", ["mission_id", "plan_id"])
    op.create_table(
        "request_change",
        *_text("mission_id", "request_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_text("state"),
        sa.Column("time", UtcDateTime(), nullable=False),
        *_text("agency_id", "reason"),
        sa.PrimaryKeyConstraint("mission_id", "request_id", "version", name="pk_request_change"),
    )
    op.create_table(
        "ended_plan",
        *_text("plan_id"),
        sa.Column("ended_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="pk_ended_plan"),
    )


def downgrade() -> None:
    for table in ("ended_plan", "request_change", "request", "catalogue", "mission"):
        op.drop_table(table)
    for table in ("idempotency", "operation", "inbox", "outbox"):
        op.drop_table(table)
