"""First tables."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.core_migrations import create_core_tables
from malapert_core.db.database import Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_core_tables(op)
    op.create_table(
        "note",
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", name="pk_note"),
    )
