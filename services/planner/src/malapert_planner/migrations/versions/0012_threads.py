"""Consultation threads on plans."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0012"
down_revision = "0011"

_TEXTS = ("mission_id", "item_id", "request_id", "kept_by_agency_id", "title", "agency_id", "resolved_by_agency_id")


def upgrade() -> None:
    op.create_table(
        "plan_thread",
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("audience_agency_ids", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.Column("updated_time", UtcDateTime(), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_thread_plan_id_plan"),
        sa.PrimaryKeyConstraint("thread_id", name="pk_plan_thread"),
    )
    op.create_index("ix_plan_thread_plan", "plan_thread", ["plan_id", "thread_id"])
    op.create_table(
        "plan_thread_comment",
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("principal_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentioned_agency_ids", Json, nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["plan_thread.thread_id"], name="fk_plan_thread_comment_thread_id_plan_thread"
        ),
        sa.PrimaryKeyConstraint("thread_id", "number", name="pk_plan_thread_comment"),
    )


def downgrade() -> None:
    op.drop_table("plan_thread_comment")
    op.drop_table("plan_thread")
