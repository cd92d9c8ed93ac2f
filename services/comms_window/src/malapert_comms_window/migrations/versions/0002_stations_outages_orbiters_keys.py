"""Stations of one's own, outages, orbiters, key stores, and what windows and contacts say of them."""

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, UtcDateTime(), nullable=False) for name in names]


def _bits(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def upgrade() -> None:
    op.add_column("window", sa.Column("orbiter_id", sa.Text(), nullable=False, server_default=""))
    op.add_column("window", sa.Column("edges", Json, nullable=False, server_default="[]"))
    for name in ("window_set_id", "window_id", "moved_from_contact_id"):
        op.add_column("contact", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "station",
        *_texts("station_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=False),
        *_times("updated_time"),
        sa.PrimaryKeyConstraint("station_id", name="pk_station"),
    )
    op.create_table(
        "outage",
        *_texts("outage_id", "station_id"),
        *_times("start_time", "end_time"),
        *_texts("kind", "reason", "agency_id"),
        sa.PrimaryKeyConstraint("outage_id", name="pk_outage"),
    )
    op.create_index("ix_outage_antenna", "outage", ["station_id", "start_time"])
    op.create_table(
        "orbiter",
        *_texts("orbiter_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("orbiter_id", "version", name="pk_orbiter"),
    )
    op.create_table(
        "key_store",
        *_texts("pair_id", "first_agency_id", "second_agency_id"),
        *_bits("balance_bit", "made_bit", "used_bit"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pair_id", name="pk_key_store"),
    )
    op.create_table(
        "key_entry",
        *_texts("pair_id"),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("entry_id"),
        *_bits("amount_bit", "balance_bit"),
        *_texts("reason", "contact_id", "agency_id"),
        *_times("created_time"),
        sa.PrimaryKeyConstraint("pair_id", "sequence", name="pk_key_entry"),
        sa.ForeignKeyConstraint(["pair_id"], ["key_store.pair_id"], name="fk_key_entry_pair_id_key_store"),
    )
    op.create_index("uq_key_entry_id", "key_entry", ["entry_id"], unique=True)
