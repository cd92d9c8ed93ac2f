"""Assessments of the robustness of plans."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "robustness",
        sa.Column("robustness_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_robustness_plan_id_plan"),
        sa.PrimaryKeyConstraint("robustness_id", name="pk_robustness"),
    )
    op.create_index("ix_robustness_plan", "robustness", ["plan_id", "robustness_id"])


def downgrade() -> None:
    op.drop_table("robustness")
