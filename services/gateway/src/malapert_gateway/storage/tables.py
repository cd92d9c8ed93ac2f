"""Tables of the gateway: keys, and answers kept by idempotency key."""

from datetime import datetime

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
    agency_id: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    revoked_time: datetime | None = Field(default=None, sa_type=UtcDateTime)


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
