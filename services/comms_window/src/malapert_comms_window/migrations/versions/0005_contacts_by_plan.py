"""Index contacts by the plan that they belong to."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_contact_plan", "contact", ["plan_id"])


def downgrade() -> None:
    op.drop_index("ix_contact_plan", "contact")
