"""Budgets of demand, leaves to use, principals in histories, origin of versions of instruments and activity types."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "demand_budget",
        *_text("mission_id", "agency_id"),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("mission_id", "agency_id", name="pk_demand_budget"),
    )
    op.create_table(
        "use_permission",
        *_text("permission_id", "mission_id"),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("permission_id", name="pk_use_permission"),
    )
    op.create_index("ix_use_permission_mission", "use_permission", ["mission_id"])
    with op.batch_alter_table("request_change") as table:
        table.add_column(sa.Column("principal_id", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("request_change") as table:
        table.alter_column("principal_id", server_default=None)
    with op.batch_alter_table("item_version") as table:
        table.add_column(sa.Column("by_document", sa.Boolean(), nullable=False, server_default=sa.false()))
    # What a document brought was recorded in these words.
    op.execute("UPDATE item_version SET by_document = true WHERE reason LIKE 'mission version %'")
    with op.batch_alter_table("item_version") as table:
        table.alter_column("by_document", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("item_version") as table:
        table.drop_column("by_document")
    with op.batch_alter_table("request_change") as table:
        table.drop_column("principal_id")
    for table_name in ("use_permission", "demand_budget"):
        op.drop_table(table_name)
