"""Missions, plans and their content."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.core_migrations import create_core_tables
from malapert_core.db.database import Json, UtcDateTime

revision = "0001"
down_revision = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _json(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, Json, nullable=False) for name in names]


def _bytes(*names: str) -> list[sa.Column[bytes]]:
    return [sa.Column(name, sa.LargeBinary(), nullable=False) for name in names]


def upgrade() -> None:
    create_core_tables(op)
    op.create_table(
        "mission",
        *_text("mission_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_text("title"),
        *_json("agency_ids", "reviewer_agency_ids"),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime(), nullable=False),
        *_bytes("document_json"),
        *_text("content_hash", "catalogue_hash", "owner_agency_id"),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "version", name="pk_mission"),
    )
    op.create_table(
        "plan",
        *_text("plan_id", "mission_id", "state", "state_reason"),
        *_json("reviewer_agency_ids"),
        *_text("owner_agency_id", "precursor_plan_id"),
        *_json("reviews", "contact_ids"),
        *_text("pending"),
        *_json("pending_by"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan"),
    )
    op.create_index("ix_plan_mission", "plan", ["mission_id", "plan_id"])
    op.create_index("ix_plan_pending", "plan", ["pending"])
    op.create_table(
        "plan_content",
        *_text("plan_id"),
        sa.Column("mission_version", sa.Integer(), nullable=False),
        *_text("asset_id", "content_hash", "problem_hash", "window_set_id"),
        *_bytes("message", "headline", "problem", "schedule"),
        *_json("contacts", "planned_requests"),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan_content"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_content_plan_id_plan"),
    )
