"""Let operations keep the trace of the call that began them."""

from alembic import op
from malapert_core.db.core_migrations import add_operation_traces

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_operation_traces(op)
