"""Let operations be held for a time and known by their call, and the outbox know its streams."""

from alembic import op
from malapert_core.db.core_migrations import add_operation_leases, add_outbox_streams

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_operation_leases(op)
    add_outbox_streams(op)
