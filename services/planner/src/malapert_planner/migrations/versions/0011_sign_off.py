"""Sign-off rules of charters and plans, empty for what is there; delegations of reviews."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0011"
down_revision = "0010"

_TABLES = ("plan", "charter", "charter_change")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("sign_off", Json, nullable=False, server_default="{}"))
    texts = ("mission_id", "agency_id", "to_agency_id", "to_principal_id")
    op.create_table(
        "delegation",
        sa.Column("delegation_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_time", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("delegation_id", name="pk_delegation"),
    )
    op.create_index("ix_delegation_mission_id", "delegation", ["mission_id"])


def downgrade() -> None:
    op.drop_table("delegation")
    for table in _TABLES:
        op.drop_column(table, "sign_off")
