"""Rule of consent in charters; proposed charters and versions of missions."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0009"
down_revision = "0008"


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.add_column("charter", sa.Column("consent", sa.Text(), nullable=False, server_default="all_owners"))
    with op.batch_alter_table("charter") as table:
        table.alter_column("consent", server_default=None)
    op.create_table(
        "charter_change",
        *_text("change_id", "mission_id"),
        sa.Column("charter_version", sa.Integer(), nullable=False),
        sa.Column("members", Json, nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        *_text("consent"),
        *(
            sa.Column(name, Json, nullable=False)
            for name in ("proposed_by", "needed_agency_ids", "consented_agency_ids")
        ),
        *_text("state", "reason"),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_charter_change"),
    )
    op.create_index("ix_charter_change_mission", "charter_change", ["mission_id", "change_id"])
    op.create_table(
        "mission_proposal",
        *_text("proposal_id", "mission_id"),
        sa.Column("base_version", sa.Integer(), nullable=False),
        *_text("title", "agency_id", "principal_id"),
        sa.Column("document_json", sa.LargeBinary(), nullable=False),
        *_text("content_hash", "state", "reason", "decided_by_agency_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_mission_proposal"),
    )
    op.create_index("ix_mission_proposal_mission", "mission_proposal", ["mission_id", "proposal_id"])


def downgrade() -> None:
    op.drop_table("mission_proposal")
    op.drop_table("charter_change")
    op.drop_column("charter", "consent")
