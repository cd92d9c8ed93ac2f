"""Make the core's tables, and terrains, stacks, searches and sites."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.core_migrations import create_core_tables
from malapert_core.db.database import Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_core_tables(op)
    op.create_table(
        "terrain",
        sa.Column("terrain_id", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("terrain_id", name="pk_terrain"),
        sa.UniqueConstraint("sort_key", name="uq_terrain_sort_key"),
    )
    op.create_table(
        "terrain_stack",
        sa.Column("terrain_stack_id", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("terrain_stack_id", name="pk_terrain_stack"),
    )
    op.create_table(
        "site_search",
        sa.Column("site_search_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site_search_id", name="pk_site_search"),
        sa.UniqueConstraint("record_id", name="uq_site_search_record_id"),
    )
    op.create_table(
        "site",
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("site_search_id", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_site"),
        sa.ForeignKeyConstraint(
            ["site_search_id"], ["site_search.site_search_id"], name="fk_site_site_search_id_site_search"
        ),
    )
    op.create_index("ix_site_site_search_id", "site", ["site_search_id"])
