"""Tables that every service has: outbox, inbox, operation, idempotency."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from malapert_core.db.database import Json, UtcDateTime, new_registry

SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")


class CoreTable(SQLModel, registry=new_registry()):
    """Base of the core's own tables."""


class OutboxRow(CoreTable, table=True):
    """An event that was decided in a transaction and waits for the broker."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_pending",
            "sequence",
            sqlite_where=text("published_time IS NULL"),
            postgresql_where=text("published_time IS NULL"),
        ),
    )

    sequence: int | None = Field(default=None, sa_column=Column(SEQUENCE, primary_key=True, autoincrement=True))
    event_id: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    headers: dict[str, str] = Field(sa_type=Json)
    data: bytes = Field(sa_type=LargeBinary)
    created_time: datetime = Field(sa_type=UtcDateTime)
    published_time: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InboxRow(CoreTable, table=True):
    """An event that a consumer has handled."""

    __tablename__ = "inbox"

    consumer: str = Field(sa_type=Text, primary_key=True)
    event_id: str = Field(sa_type=Text, primary_key=True)
    handled_time: datetime = Field(sa_type=UtcDateTime)


class OperationRow(CoreTable, table=True):
    """Long work, as it stands."""

    __tablename__ = "operation"

    operation_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text, index=True)
    owner_agency_id: str = Field(sa_type=Text)
    owner_role: str = Field(sa_type=Text)
    owner_key_id: str = Field(sa_type=Text)
    request: bytes = Field(sa_type=LargeBinary)
    stages: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    result_id: str = Field(default="", sa_type=Text)
    error_reason: str = Field(default="", sa_type=Text)
    error_message: str = Field(default="", sa_type=Text)
    faults: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    attempt: int = Field(default=0)
    cancel_requested: bool = Field(default=False)
    created_time: datetime = Field(sa_type=UtcDateTime)
    updated_time: datetime = Field(sa_type=UtcDateTime)


class IdempotencyRow(CoreTable, table=True):
    """The response that was given to a key."""

    __tablename__ = "idempotency"

    scope: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    request_hash: str = Field(sa_type=Text)
    response: bytes = Field(sa_type=LargeBinary)
    created_time: datetime = Field(sa_type=UtcDateTime)
