"""Let operations name their mission and keep their owner whole."""

from alembic import op
from malapert_core.db.core_migrations import add_operation_principals

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    add_operation_principals(op)
