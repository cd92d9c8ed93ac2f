"""Sessions of the page, and the links that open them."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("opened_time", UtcDateTime(), nullable=True),
        sa.Column("ended_time", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name="pk_web_session"),
    )
    op.create_index("ix_web_session_key_id", "web_session", ["key_id"])
