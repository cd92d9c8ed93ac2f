"""Tables that every service has: outbox, inbox, operation, idempotency, audit."""

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
    created_time: datetime = Field(sa_type=UtcDateTime, index=True)
    published_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    published_to: str = Field(default="", sa_type=Text)


class InboxRow(CoreTable, table=True):
    """An event that a consumer has handled."""

    __tablename__ = "inbox"

    consumer: str = Field(sa_type=Text, primary_key=True)
    event_id: str = Field(sa_type=Text, primary_key=True)
    handled_time: datetime = Field(sa_type=UtcDateTime, index=True)


class OperationRow(CoreTable, table=True):
    """Long work, as it stands."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "ix_operation_call_key",
            "owner_agency_id",
            "call_key",
            unique=True,
            sqlite_where=text("call_key <> ''"),
            postgresql_where=text("call_key <> ''"),
        ),
    )

    operation_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text, index=True)
    owner_agency_id: str = Field(sa_type=Text)
    owner_role: str = Field(sa_type=Text)
    owner_key_id: str = Field(sa_type=Text)
    owner_principal_id: str = Field(sa_type=Text)
    owner_mission_ids: list[str] = Field(sa_type=Json)
    owner_via_service: str = Field(sa_type=Text)
    mission_id: str = Field(sa_type=Text)
    request: bytes = Field(sa_type=LargeBinary)
    stages: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    result_id: str = Field(default="", sa_type=Text)
    error_reason: str = Field(default="", sa_type=Text)
    error_message: str = Field(default="", sa_type=Text)
    faults: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    attempt: int = Field(default=0)
    cancel_requested: bool = Field(default=False)
    lease_owner: str = Field(default="", sa_type=Text)
    lease_expire_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    call_key: str = Field(default="", sa_type=Text)
    traceparent: str = Field(default="", sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    updated_time: datetime = Field(sa_type=UtcDateTime, index=True)


class IdempotencyRow(CoreTable, table=True):
    """The response that was given to a key."""

    __tablename__ = "idempotency"

    scope: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    request_hash: str = Field(sa_type=Text)
    response: bytes = Field(sa_type=LargeBinary)
    created_time: datetime = Field(sa_type=UtcDateTime, index=True)


class AuditEntryRow(CoreTable, table=True):
    """A link of the audit chain; the database refuses to change it, and to delete it but below a checkpoint."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_agency_id", "agency_id", "time"),
        Index("ix_audit_entry_mission_id", "mission_id", "time"),
    )

    sequence: int = Field(sa_column=Column(SEQUENCE, primary_key=True, autoincrement=False))
    previous_hash: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    after_hash: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    before_hash: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    entity_id: str = Field(sa_type=Text)
    entity_kind: str = Field(sa_type=Text)
    key_id: str = Field(sa_type=Text)
    mission_id: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    salt: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    time: str = Field(sa_type=Text)
    via_service: str = Field(sa_type=Text)


class AuditHeadRow(CoreTable, table=True):
    """The head of the audit chain, one row: whoever appends holds it until the commit."""

    __tablename__ = "audit_head"

    head_id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str = Field(sa_type=Text)


class AuditCheckpointRow(CoreTable, table=True):
    """The last link before which the chain was pruned, and when: what is left begins after it."""

    __tablename__ = "audit_checkpoint"

    sequence: int = Field(sa_column=Column(SEQUENCE, primary_key=True, autoincrement=False))
    hash: str = Field(sa_type=Text)
    time: str = Field(sa_type=Text)
