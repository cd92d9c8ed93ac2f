"""Edits of plans that people have under way."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    texts = ("plan_id", "mission_id", "title", "agency_id", "principal_id", "updated_principal_id")
    op.create_table(
        "edit_draft",
        sa.Column("draft_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("edits", sa.LargeBinary(), nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.Column("updated_time", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_edit_draft_plan_id_plan"),
        sa.PrimaryKeyConstraint("draft_id", name="pk_edit_draft"),
    )
    op.create_index("ix_edit_draft_plan", "edit_draft", ["plan_id", "agency_id", "draft_id"])


def downgrade() -> None:
    op.drop_table("edit_draft")
