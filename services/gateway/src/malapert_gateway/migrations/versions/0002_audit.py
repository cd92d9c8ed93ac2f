"""Make the audit chain."""

from alembic import op
from malapert_core.db.core_migrations import create_audit_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_audit_tables(op)
