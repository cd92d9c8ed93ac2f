"""Let what is old be found without reading whole tables."""

from alembic import op
from malapert_core.db.core_migrations import index_ages

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    index_ages(op)
