"""Secrets of missions for the salts of their plans; the owner-only requests of a plan, none for one that is there."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "mission_secret",
        sa.Column("mission_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", name="pk_mission_secret"),
    )
    op.add_column("plan_content", sa.Column("owner_only_requests", Json, nullable=False, server_default="{}"))
    with op.batch_alter_table("plan_content") as table:
        table.alter_column("owner_only_requests", server_default=None)


def downgrade() -> None:
    op.drop_column("plan_content", "owner_only_requests")
    op.drop_table("mission_secret")
