"""Make the audit chain."""

from alembic import op
from malapert_core.db.core_migrations import create_audit_tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_audit_tables(op)
