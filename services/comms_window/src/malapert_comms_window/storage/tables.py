"""The comms-window service's tables."""

from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel


class CommsWindowTable(SQLModel, registry=new_registry()):
    """Base of the comms-window service's tables."""


class WindowSetRow(CommsWindowTable, table=True):
    """A computed set of windows by the content of its inputs; never changed."""

    __tablename__ = "window_set"

    window_set_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)


class WindowRow(CommsWindowTable, table=True):
    """One window of a set; `sequence` counts them by start."""

    __tablename__ = "window"
    __table_args__ = (Index("uq_window_id", "window_set_id", "window_id", unique=True),)

    window_set_id: str = Field(sa_type=Text, primary_key=True, foreign_key="window_set.window_set_id")
    sequence: int = Field(primary_key=True)
    window_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    place_id: str = Field(sa_type=Text)
    station_id: str = Field(sa_type=Text)
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)
    predictability: str = Field(sa_type=Text)
    profiles: bytes = Field(sa_type=LargeBinary)
    orbiter_id: str = Field(default="", sa_type=Text)
    edges: list[dict[str, Any] | None] = Field(default_factory=list, sa_type=Json)


class AntennaRow(CommsWindowTable, table=True):
    """An antenna; who changes anything of its bookings raises the count first, which locks the row.

    An agency that books has a row of its own, ``agency:`` before its name, for its holds and its agreements' hours.
    """

    __tablename__ = "antenna"

    station_id: str = Field(sa_type=Text, primary_key=True)
    change_count: int


class ContactRow(CommsWindowTable, table=True):
    """A booking of an antenna as it was decided last."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_antenna", "station_id", "occupied_start_time"),
        Index("ix_contact_listing", "occupied_start_time", "contact_id"),
        Index("ix_contact_hold", "state", "hold_until_time"),
        Index("ix_contact_agreement", "agreement_id", "occupied_start_time"),
        Index("ix_contact_plan", "plan_id"),
    )

    contact_id: str = Field(sa_type=Text, primary_key=True)
    station_id: str = Field(sa_type=Text)
    asset_id: str = Field(sa_type=Text)
    mission_id: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    plan_id: str = Field(sa_type=Text)
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)
    occupied_start_time: datetime = Field(sa_type=UtcDateTime)
    occupied_end_time: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(sa_type=Text)
    version: int
    hold_until_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    release_reason: str = Field(sa_type=Text)
    window_set_id: str = Field(default="", sa_type=Text)
    window_id: str = Field(default="", sa_type=Text)
    moved_from_contact_id: str = Field(default="", sa_type=Text)
    updated_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cause: str = Field(default="unspecified", sa_type=Text)
    station_agency_id: str = Field(default="", sa_type=Text)
    priority: int = 0
    agreement_id: str = Field(default="", sa_type=Text)
    unchecked: bool = False
    notice_s: float = 0.0
    alternates: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class ContactChangeRow(CommsWindowTable, table=True):
    """One change of a contact; never changed itself."""

    __tablename__ = "contact_change"

    contact_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    time: datetime = Field(sa_type=UtcDateTime)
    agency_id: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class AgreementRow(CommsWindowTable, table=True):
    """Antenna hours that an agency gives to another."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index("ix_agreement_owner", "owner_agency_id"),
        Index("ix_agreement_partner", "partner_agency_id"),
    )

    agreement_id: str = Field(sa_type=Text, primary_key=True)
    owner_agency_id: str = Field(sa_type=Text)
    partner_agency_id: str = Field(sa_type=Text)
    mission_id: str = Field(sa_type=Text)
    station_ids: list[str] = Field(default_factory=list, sa_type=Json)
    hours_per_month: float
    priority: int
    notice_s: float
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)
    version: int
    ended_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_time: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StationRow(CommsWindowTable, table=True):
    """A station that was added, or that stands in for a built-in one."""

    __tablename__ = "station"

    station_id: str = Field(sa_type=Text, primary_key=True)
    version: int
    content: dict[str, Any] = Field(sa_type=Json)
    updated_time: datetime = Field(sa_type=UtcDateTime)


class OutageRow(CommsWindowTable, table=True):
    """A time in which an antenna cannot be used."""

    __tablename__ = "outage"
    __table_args__ = (Index("ix_outage_antenna", "station_id", "start_time"),)

    outage_id: str = Field(sa_type=Text, primary_key=True)
    station_id: str = Field(sa_type=Text)
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)


class OrbiterRow(CommsWindowTable, table=True):
    """One version of an orbiter's motion, with the file it was given in; never changed."""

    __tablename__ = "orbiter"

    orbiter_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=Json)
    file: bytes = Field(sa_type=LargeBinary)


class KeyStoreRow(CommsWindowTable, table=True):
    """Number of secret bits that two agencies have in store; `pair_id` names both in order."""

    __tablename__ = "key_store"

    pair_id: str = Field(sa_type=Text, primary_key=True)
    first_agency_id: str = Field(sa_type=Text)
    second_agency_id: str = Field(sa_type=Text)
    balance_bit: int = Field(sa_type=BigInteger)
    made_bit: int = Field(sa_type=BigInteger)
    used_bit: int = Field(sa_type=BigInteger)
    version: int


class KeyEntryRow(CommsWindowTable, table=True):
    """One booking of a key store; `sequence` counts those of a store."""

    __tablename__ = "key_entry"
    __table_args__ = (Index("uq_key_entry_id", "entry_id", unique=True),)

    pair_id: str = Field(sa_type=Text, primary_key=True, foreign_key="key_store.pair_id")
    sequence: int = Field(primary_key=True)
    entry_id: str = Field(sa_type=Text)
    amount_bit: int = Field(sa_type=BigInteger)
    balance_bit: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    contact_id: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
