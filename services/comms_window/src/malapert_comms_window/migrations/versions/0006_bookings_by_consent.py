"""Who owns the antenna of a contact, why it changed, its history, and agreements on antenna hours."""

import sqlalchemy as sa
from alembic import op
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_core.db.database import Json, UtcDateTime

revision = "0006"
down_revision = "0005"


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, UtcDateTime(), nullable=nullable) for name in names]


def upgrade() -> None:
    for name, default in (("cause", "unspecified"), ("station_agency_id", ""), ("agreement_id", "")):
        op.add_column("contact", sa.Column(name, sa.Text(), nullable=False, server_default=default))
    op.add_column("contact", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("contact", sa.Column("unchecked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contact", sa.Column("notice_s", sa.Float(), nullable=False, server_default="0"))
    op.add_column("contact", sa.Column("alternates", Json, nullable=False, server_default="[]"))
    op.create_index("ix_contact_hold", "contact", ["state", "hold_until_time"])
    op.create_index("ix_contact_agreement", "contact", ["agreement_id", "occupied_start_time"])
    op.create_table(
        "contact_change",
        *_texts("contact_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("state", "cause"),
        *_times("time"),
        *_texts("agency_id", "principal_id", "reason"),
        sa.PrimaryKeyConstraint("contact_id", "version", name="pk_contact_change"),
    )
    op.create_table(
        "agreement",
        *_texts("agreement_id", "owner_agency_id", "partner_agency_id", "mission_id"),
        sa.Column("station_ids", Json, nullable=False),
        sa.Column("hours_per_month", sa.Float(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("notice_s", sa.Float(), nullable=False),
        *_times("start_time", "end_time"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_times("ended_time", "updated_time", nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", name="pk_agreement"),
    )
    op.create_index("ix_agreement_owner", "agreement", ["owner_agency_id"])
    op.create_index("ix_agreement_partner", "agreement", ["partner_agency_id"])
    _name_owners()


def _name_owners() -> None:
    """Name the owners of the antennas of contacts that are there already."""
    owners = {station.station_id: station.agency_id for station in load_station_catalogue().values()}
    station = sa.table("station", sa.column("station_id"), sa.column("content", Json))
    for station_id, content in op.get_bind().execute(sa.select(station.c.station_id, station.c.content)):
        owners[station_id] = content["agency_id"]
    contact = sa.table("contact", sa.column("station_id"), sa.column("station_agency_id"))
    for station_id, agency_id in owners.items():
        op.execute(sa.update(contact).where(contact.c.station_id == station_id).values(station_agency_id=agency_id))


def downgrade() -> None:
    op.drop_table("agreement")
    op.drop_table("contact_change")
    op.drop_index("ix_contact_agreement", "contact")
    op.drop_index("ix_contact_hold", "contact")
    for name in ("alternates", "notice_s", "unchecked", "priority", "agreement_id", "station_agency_id", "cause"):
        op.drop_column("contact", name)
