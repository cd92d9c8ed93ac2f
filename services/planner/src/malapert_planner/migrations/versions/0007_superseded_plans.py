"""Add who did what to a plan, what supersedes it, and which contacts its release waits for."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json

revision = "0007"
down_revision = "0006"

_TEXTS = ("pending_key", "supersedes_plan_id", "superseded_by_plan_id")
_LISTS = ("awaited", "acts")


def upgrade() -> None:
    # SQLite changes no column of a table that others refer to: the defaults stay.
    for name in _TEXTS:
        op.add_column("plan", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in _LISTS:
        op.add_column("plan", sa.Column(name, Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in (*_TEXTS, *_LISTS):
        op.drop_column("plan", name)
