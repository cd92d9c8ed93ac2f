"""Keys of people, whom their agency's provider of identity logs in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("subject", sa.Text(), nullable=False, server_default=""))
