"""Windows, antennas and contacts."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.core_migrations import create_core_tables
from malapert_core.db.database import Json, UtcDateTime

revision = "0001"
down_revision = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, UtcDateTime(), nullable=False) for name in names]


def upgrade() -> None:
    create_core_tables(op)
    op.create_table(
        "window_set",
        *_texts("window_set_id", "mission_id"),
        sa.Column("content", Json, nullable=False),
        *_times("created_time"),
        sa.PrimaryKeyConstraint("window_set_id", name="pk_window_set"),
    )
    op.create_table(
        "window",
        *_texts("window_set_id"),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("window_id", "kind", "place_id", "station_id"),
        *_times("start_time", "end_time"),
        *_texts("predictability"),
        sa.Column("profiles", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("window_set_id", "sequence", name="pk_window"),
        sa.ForeignKeyConstraint(
            ["window_set_id"], ["window_set.window_set_id"], name="fk_window_window_set_id_window_set"
        ),
    )
    op.create_index("uq_window_id", "window", ["window_set_id", "window_id"], unique=True)
    op.create_table(
        "antenna",
        *_texts("station_id"),
        sa.Column("change_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_antenna"),
    )
    op.create_table(
        "contact",
        *_texts("contact_id", "station_id", "asset_id", "mission_id", "agency_id", "plan_id"),
        *_times("start_time", "end_time", "occupied_start_time", "occupied_end_time"),
        *_texts("state"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hold_until_time", UtcDateTime(), nullable=True),
        *_texts("release_reason"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_contact"),
    )
    op.create_index("ix_contact_antenna", "contact", ["station_id", "occupied_start_time"])
    op.create_index("ix_contact_listing", "contact", ["occupied_start_time", "contact_id"])
