"""Agencies that a change of what a plan holds touches: empty for the plans that are there, where any may be."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("plan_content", sa.Column("parties", Json, nullable=False, server_default="{}"))
    with op.batch_alter_table("plan_content") as table:
        table.alter_column("parties", server_default=None)


def downgrade() -> None:
    op.drop_column("plan_content", "parties")
