"""The comms-window service's tables."""

from datetime import datetime
from typing import Any

from malapert_core.database import Json, UtcDateTime, new_registry
from sqlalchemy import Index, LargeBinary, Text
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


class AntennaRow(CommsWindowTable, table=True):
    """An antenna; who changes anything of its bookings raises the count first, which locks the row."""

    __tablename__ = "antenna"

    station_id: str = Field(sa_type=Text, primary_key=True)
    change_count: int


class ContactRow(CommsWindowTable, table=True):
    """A booking of an antenna as it was decided last."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_antenna", "station_id", "occupied_start_time"),
        Index("ix_contact_listing", "occupied_start_time", "contact_id"),
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
