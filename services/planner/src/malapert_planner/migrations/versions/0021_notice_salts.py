"""Salt the hashes of notices, so that who guesses what one is of is not told."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("notice", sa.Column("salt", sa.Text(), nullable=False, server_default=""))
