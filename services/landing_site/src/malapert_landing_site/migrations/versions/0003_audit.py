"""Make the audit chain."""

from alembic import op
from malapert_core.db.core_migrations import create_audit_tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_audit_tables(op)
