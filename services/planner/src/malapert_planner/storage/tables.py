"""The planner's tables."""

from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

_EMPTY, _EMPTY_LIST = {"server_default": ""}, {"server_default": "[]"}


class PlannerTable(SQLModel, registry=new_registry()):
    """Base of the planner's tables."""


class MissionRow(PlannerTable, table=True):
    """A mission version; never changed."""

    __tablename__ = "mission"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    agency_ids: list[str] = Field(sa_type=Json)
    reviewer_agency_ids: list[str] = Field(sa_type=Json)
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)
    document_json: bytes = Field(sa_type=LargeBinary)
    content_hash: str = Field(sa_type=Text)
    catalogue_hash: str = Field(sa_type=Text)
    owner_agency_id: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)


class CharterRow(PlannerTable, table=True):
    """A version of a mission's charter; never changed."""

    __tablename__ = "charter"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    members: list[dict[str, Any]] = Field(sa_type=Json)
    is_public: bool
    changed_time: datetime = Field(sa_type=UtcDateTime)
    changed_by: list[str] = Field(sa_type=Json)
    consent: str = Field(sa_type=Text)
    sign_off: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class CharterChangeRow(PlannerTable, table=True):
    """A proposed charter and what became of it."""

    __tablename__ = "charter_change"
    __table_args__ = (Index("ix_charter_change_mission", "mission_id", "change_id"),)

    change_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    charter_version: int
    members: list[dict[str, Any]] = Field(sa_type=Json)
    is_public: bool
    consent: str = Field(sa_type=Text)
    proposed_by: list[str] = Field(sa_type=Json)
    needed_agency_ids: list[str] = Field(sa_type=Json)
    consented_agency_ids: list[str] = Field(sa_type=Json)
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    revision: int
    sign_off: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class MissionProposalRow(PlannerTable, table=True):
    """A version of a mission that a member proposes."""

    __tablename__ = "mission_proposal"
    __table_args__ = (Index("ix_mission_proposal_mission", "mission_id", "proposal_id"),)

    proposal_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    base_version: int
    title: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)
    document_json: bytes = Field(sa_type=LargeBinary)
    content_hash: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    decided_by_agency_id: str = Field(sa_type=Text)
    version: int
    created_time: datetime = Field(sa_type=UtcDateTime)


class PlanRow(PlannerTable, table=True):
    """State of a plan."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_mission", "mission_id", "plan_id"),)

    plan_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    state_reason: str = Field(sa_type=Text)
    reviewer_agency_ids: list[str] = Field(sa_type=Json)
    owner_agency_id: str = Field(sa_type=Text)
    precursor_plan_id: str = Field(sa_type=Text)
    reviews: list[dict[str, Any]] = Field(sa_type=Json)
    sign_off: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    contact_ids: list[str] = Field(sa_type=Json)
    pending: str = Field(sa_type=Text, index=True)
    pending_by: list[str] = Field(sa_type=Json)
    version: int
    created_time: datetime = Field(sa_type=UtcDateTime)
    updated_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pending_key: str = Field(default="", sa_type=Text, sa_column_kwargs=_EMPTY)
    awaited: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs=_EMPTY_LIST)
    supersedes_plan_id: str = Field(default="", sa_type=Text, sa_column_kwargs=_EMPTY)
    superseded_by_plan_id: str = Field(default="", sa_type=Text, sa_column_kwargs=_EMPTY)
    acts: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs=_EMPTY_LIST)


class DelegationRow(PlannerTable, table=True):
    """Leave to review the plans of a mission for an agency."""

    __tablename__ = "delegation"

    delegation_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text, index=True)
    agency_id: str = Field(sa_type=Text)
    to_agency_id: str = Field(sa_type=Text)
    to_principal_id: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    revoked_time: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EditDraftRow(PlannerTable, table=True):
    """Edits of a plan that are under way."""

    __tablename__ = "edit_draft"
    __table_args__ = (Index("ix_edit_draft_plan", "plan_id", "agency_id", "draft_id"),)

    draft_id: str = Field(sa_type=Text, primary_key=True)
    plan_id: str = Field(sa_type=Text, foreign_key="plan.plan_id")
    mission_id: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    edits: bytes = Field(sa_type=LargeBinary)
    agency_id: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)
    updated_principal_id: str = Field(sa_type=Text)
    created_time: datetime = Field(sa_type=UtcDateTime)
    updated_time: datetime = Field(sa_type=UtcDateTime)
    version: int


class RobustnessRow(PlannerTable, table=True):
    """Assessment of a plan's robustness; never changed."""

    __tablename__ = "robustness"
    __table_args__ = (Index("ix_robustness_plan", "plan_id", "robustness_id"),)

    robustness_id: str = Field(sa_type=Text, primary_key=True)
    plan_id: str = Field(sa_type=Text, foreign_key="plan.plan_id")
    message: bytes = Field(sa_type=LargeBinary)


class PlanThreadRow(PlannerTable, table=True):
    """Consultation thread on a plan."""

    __tablename__ = "plan_thread"
    __table_args__ = (Index("ix_plan_thread_plan", "plan_id", "thread_id"),)

    thread_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)
    plan_id: str = Field(sa_type=Text, foreign_key="plan.plan_id")
    item_id: str = Field(sa_type=Text)
    request_id: str = Field(sa_type=Text)
    kept_by_agency_id: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    audience_agency_ids: list[str] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
    updated_time: datetime = Field(sa_type=UtcDateTime)
    resolved: bool
    resolved_by_agency_id: str = Field(sa_type=Text)
    comment_count: int
    version: int


class PlanThreadCommentRow(PlannerTable, table=True):
    """Comment of a thread; never changed."""

    __tablename__ = "plan_thread_comment"

    thread_id: str = Field(sa_type=Text, primary_key=True, foreign_key="plan_thread.thread_id")
    number: int = Field(primary_key=True)
    agency_id: str = Field(sa_type=Text)
    principal_id: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    mentioned_agency_ids: list[str] = Field(sa_type=Json)
    time: datetime = Field(sa_type=UtcDateTime)


class PlanNoticeRow(PlannerTable, table=True):
    """Notice on a plan, once for each change of what it is on."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_open", "is_open", "plan_id"),)

    plan_id: str = Field(sa_type=Text, primary_key=True, foreign_key="plan.plan_id")
    notice_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    subject_id: str = Field(sa_type=Text)
    request_id: str = Field(sa_type=Text)
    change: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    agency_id: str = Field(sa_type=Text)
    time: datetime = Field(sa_type=UtcDateTime)
    item_ids: list[str] = Field(sa_type=Json)
    agency_ids: list[str] = Field(sa_type=Json)
    acknowledgements: list[dict[str, Any]] = Field(sa_type=Json)
    is_open: bool
    salt: str = Field(default="", sa_type=Text)


class PlanUseRow(PlannerTable, table=True):
    """Request, instrument or activity type that a plan is made of, by which plans are found that it touches."""

    __tablename__ = "plan_use"
    __table_args__ = (Index("ix_plan_use_mission", "mission_id", "kind", "subject_id"),)

    plan_id: str = Field(sa_type=Text, primary_key=True, foreign_key="plan.plan_id")
    kind: str = Field(sa_type=Text, primary_key=True)
    subject_id: str = Field(sa_type=Text, primary_key=True)
    mission_id: str = Field(sa_type=Text)


class PlanContactRow(PlannerTable, table=True):
    """Time of an antenna that a plan takes, set-up and teardown included, by which plans are found likewise."""

    __tablename__ = "plan_contact"
    __table_args__ = (Index("ix_plan_contact_antenna", "station_id", "end_time"),)

    plan_id: str = Field(sa_type=Text, primary_key=True, foreign_key="plan.plan_id")
    number: int = Field(primary_key=True)
    station_id: str = Field(sa_type=Text)
    start_time: datetime = Field(sa_type=UtcDateTime)
    end_time: datetime = Field(sa_type=UtcDateTime)


class PlanContentRow(PlannerTable, table=True):
    """Content of a plan; never changed."""

    __tablename__ = "plan_content"

    plan_id: str = Field(sa_type=Text, primary_key=True, foreign_key="plan.plan_id")
    mission_version: int
    asset_id: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    content_hash: str = Field(sa_type=Text)
    problem_hash: str = Field(sa_type=Text)
    window_set_id: str = Field(sa_type=Text)
    message: bytes = Field(sa_type=LargeBinary)
    headline: bytes = Field(sa_type=LargeBinary)
    problem: bytes = Field(sa_type=LargeBinary)
    schedule: bytes = Field(sa_type=LargeBinary)
    contacts: list[dict[str, Any]] = Field(sa_type=Json)
    planned_requests: dict[str, int] = Field(sa_type=Json)
    owner_only_requests: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    parties: dict[str, list[str]] = Field(default_factory=dict, sa_type=Json)


class MissionSecretRow(PlannerTable, table=True):
    """Secret from which the salts of a mission's plans are made."""

    __tablename__ = "mission_secret"

    mission_id: str = Field(sa_type=Text, primary_key=True)
    secret: bytes = Field(sa_type=LargeBinary)
