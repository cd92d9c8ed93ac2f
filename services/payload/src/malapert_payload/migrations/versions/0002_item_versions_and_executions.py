"""Versions of instruments and activity types, reports of executions, progress of requests."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "item",
        *_text("mission_id", "kind", "item_id"),
        sa.Column("newest_version", sa.Integer(), nullable=False),
        *_text("listed_hash"),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "kind", "item_id", name="pk_item"),
    )
    op.create_table(
        "item_version",
        *_text("mission_id", "kind", "item_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_text("content_hash"),
        sa.Column("document", Json, nullable=False),
        *_text("agency_id"),
        sa.Column("time", UtcDateTime(), nullable=False),
        *_text("reason"),
        sa.PrimaryKeyConstraint("mission_id", "kind", "item_id", "version", name="pk_item_version"),
    )
    op.create_table(
        "execution",
        *_text("mission_id", "request_id"),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "request_id", "sequence", name="pk_execution"),
    )
    with op.batch_alter_table("request") as table:
        table.add_column(sa.Column("progress", Json, nullable=False, server_default=sa.text("'{}'")))
        # Of what is stored already it is not known; true costs a look at it, no more.
        table.add_column(sa.Column("has_relations", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("request") as table:
        table.alter_column("progress", server_default=None)
        table.alter_column("has_relations", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("request") as table:
        table.drop_column("has_relations")
        table.drop_column("progress")
    for table_name in ("execution", "item_version", "item"):
        op.drop_table(table_name)
