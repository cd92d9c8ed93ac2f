"""Add the time when a contact was booked or last changed; null in existing rows."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("contact", sa.Column("updated_time", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("contact", "updated_time")
