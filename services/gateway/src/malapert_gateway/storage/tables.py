"""Tables of the gateway: agencies, their keys, sessions of the page, and answers kept by idempotency key."""

from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel


class GatewayTable(SQLModel, registry=new_registry()):
    """Base of the gateway's tables."""


class KeyRow(GatewayTable, table=True):
    """A key of an agency, without its secret."""

    __tablename__ = "api_key"

    key_id: str = Field(sa_type=Text, primary_key=True)
    secret_hash: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text, index=True)
    role: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    revoked_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    principal_id: str = Field(sa_type=Text)
    created_by: str = Field(sa_type=Text)
    replaced_by: str = Field(default="", sa_type=Text)
    mission_ids: list[str] = Field(default_factory=list, sa_type=Json)
    actions: list[str] = Field(default_factory=list, sa_type=Json)
    expire_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_made_on_host: bool = Field(default=False)
    subject: str = Field(default="", sa_type=Text)


class AgencyRow(GatewayTable, table=True):
    """An admitted agency."""

    __tablename__ = "agency"

    agency_id: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    key_set: list[dict[str, Any]] = Field(sa_type=Json)
    key_set_version: int
    admitted_time: datetime = Field(sa_type=UtcDateTime)
    admitted_by: str = Field(sa_type=Text)
    enrolled_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspended_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspension_reason: str = Field(default="", sa_type=Text)


class WebSessionRow(GatewayTable, table=True):
    """A session of the page, or the link that opens it; of its secret only a hash."""

    __tablename__ = "web_session"

    session_id: str = Field(sa_type=Text, primary_key=True)
    key_id: str = Field(sa_type=Text, index=True)
    secret_hash: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    expire_time: datetime = Field(sa_type=UtcDateTime)
    opened_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_time: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AnswerRow(GatewayTable, table=True):
    """A call under an idempotency key: claimed while it runs (no status), then with its answer."""

    __tablename__ = "answer"

    agency_id: str = Field(sa_type=Text, primary_key=True)
    idempotency_key: str = Field(sa_type=Text, primary_key=True)
    claim_id: str = Field(sa_type=Text)
    request_hash: str = Field(sa_type=Text)
    status: int | None = None
    headers: dict[str, str] = Field(sa_type=Json)
    body: bytes = Field(sa_type=LargeBinary)
    expire_time: datetime = Field(sa_type=UtcDateTime, index=True)
