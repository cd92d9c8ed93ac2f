"""The payload service's tables."""

from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class PayloadTable(SQLModel, registry=new_registry()):
    """Base of the payload service's tables."""


class MissionRow(PayloadTable, table=True):
    """A mission known here; who changes anything of it locks its row first."""

    __tablename__ = "mission"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    newest_version: int = Field(sa_type=BigInteger)


class CatalogueRow(PayloadTable, table=True):
    """A mission version's instruments and activity types; never changed."""

    __tablename__ = "catalogue"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    mission_version: int = Field(sa_type=BigInteger, primary_key=True)
    content_hash: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)


class RequestRow(PayloadTable, table=True):
    """A request as it stands; `definition` is what was asked for, `progress` counts what was carried out."""

    __tablename__ = "request"
    __table_args__ = (Index("ix_request_plan", "mission_id", "plan_id"),)

    mission_id: str = Field(sa_type=Text, primary_key=True)
    request_id: str = Field(sa_type=Text, primary_key=True)
    agency_id: str = Field(sa_type=Text)
    visibility: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    version: int
    plan_id: str = Field(sa_type=Text)
    is_listed: bool
    has_relations: bool
    progress: dict[str, Any] = Field(sa_type=Json)
    definition: dict[str, Any] = Field(sa_type=Json)


class RequestChangeRow(PayloadTable, table=True):
    """A row of a request's history; `version` is the request's after the change."""

    __tablename__ = "request_change"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    request_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    time: datetime = Field(sa_type=UtcDateTime)
    agency_id: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)


class DemandBudgetRow(PayloadTable, table=True):
    """What an agency may ask for in a mission in all, as the mission's owner set it last."""

    __tablename__ = "demand_budget"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    agency_id: str = Field(sa_type=Text, primary_key=True)
    document: dict[str, Any] = Field(sa_type=Json)


class UsePermissionRow(PayloadTable, table=True):
    """Leave of an agency to use another's instrument or activity type, as it stands."""

    __tablename__ = "use_permission"
    __table_args__ = (Index("ix_use_permission_mission", "mission_id"),)

    permission_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=Json)


class EndedPlanRow(PayloadTable, table=True):
    """A plan that was terminated: its release, should it arrive late, plans nothing."""

    __tablename__ = "ended_plan"

    plan_id: str = Field(sa_type=Text, primary_key=True)
    ended_time: datetime = Field(sa_type=UtcDateTime)


class ItemRow(PayloadTable, table=True):
    """An instrument or activity type of a mission, by the version that is in force."""

    __tablename__ = "item"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    item_id: str = Field(sa_type=Text, primary_key=True)
    newest_version: int
    listed_hash: str = Field(sa_type=Text)
    in_force: bool


class ItemVersionRow(PayloadTable, table=True):
    """A version of an instrument or activity type; never changed."""

    __tablename__ = "item_version"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    item_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    content_hash: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=Json)
    agency_id: str = Field(sa_type=Text)
    time: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(sa_type=Text)
    by_document: bool


class ExecutionRow(PayloadTable, table=True):
    """A report on a repetition of a request, in the order in which reports came."""

    __tablename__ = "execution"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    request_id: str = Field(sa_type=Text, primary_key=True)
    sequence: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=Json)
