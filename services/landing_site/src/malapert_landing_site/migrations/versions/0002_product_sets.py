"""Make the table of product sets."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "product_set",
        sa.Column("product_set_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("product_set_id", name="pk_product_set"),
        sa.UniqueConstraint("record_id", name="uq_product_set_record_id"),
    )
