"""Notices that requests in plans were withdrawn or changed."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "plan_notice",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("request_version", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "request_id", "request_version", name="pk_plan_notice"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_notice_plan_id_plan"),
    )


def downgrade() -> None:
    op.drop_table("plan_notice")
