"""Notices of every kind with who knows of them, and what plans hold, by which those are found that a change touches."""

import sqlalchemy as sa
from alembic import op
from malapert.planner.v1 import plan_pb2
from malapert_core.db.database import Json, UtcDateTime
from malapert_core.timestamps import parse_time

revision = "0010"
down_revision = "0009"

_OLD = sa.table(
    "plan_notice",
    *(sa.column(name) for name in ("plan_id", "request_id", "request_version", "change", "reason", "agency_id")),
    sa.column("time", UtcDateTime()),
)
_PLAN = sa.table("plan", sa.column("plan_id"), sa.column("mission_id"))
_CONTENT = sa.table(
    "plan_content",
    sa.column("plan_id"),
    sa.column("contacts", Json),
    sa.column("planned_requests", Json),
    sa.column("message", sa.LargeBinary),
)


def upgrade() -> None:
    notice = op.create_table(
        "notice",
        sa.Column("plan_id", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("notice_id", "kind", "subject_id", "request_id", "change", "reason", "agency_id")
        ),
        sa.Column("time", UtcDateTime(), nullable=False),
        *(sa.Column(name, Json, nullable=False) for name in ("item_ids", "agency_ids", "acknowledgements")),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "notice_id", name="pk_notice"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_notice_plan_id_plan"),
    )
    op.create_index("ix_notice_open", "notice", ["is_open", "plan_id"])
    use = op.create_table(
        "plan_use",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("plan_id", "kind", "subject_id", "mission_id")),
        sa.PrimaryKeyConstraint("plan_id", "kind", "subject_id", name="pk_plan_use"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_use_plan_id_plan"),
    )
    op.create_index("ix_plan_use_mission", "plan_use", ["mission_id", "kind", "subject_id"])
    contact = op.create_table(
        "plan_contact",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("start_time", "end_time")),
        sa.PrimaryKeyConstraint("plan_id", "number", name="pk_plan_contact"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_contact_plan_id_plan"),
    )
    op.create_index("ix_plan_contact_antenna", "plan_contact", ["station_id", "end_time"])
    _fill(notice, use, contact)
    op.drop_table("plan_notice")


def _fill(notice: sa.Table, use: sa.Table, contact: sa.Table) -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_OLD)).mappings().all():
        values = {name: row[name] for name in ("plan_id", "request_id", "change", "reason", "agency_id", "time")}
        names = {"notice_id": f"request:{row['request_id']}:{row['request_version']}", "subject_id": row["request_id"]}
        empty: dict[str, list[str]] = {"item_ids": [], "agency_ids": [], "acknowledgements": []}
        connection.execute(notice.insert().values(**values, **names, **empty, kind="REQUEST", is_open=True))
    columns = (
        _PLAN.c.plan_id,
        _PLAN.c.mission_id,
        _CONTENT.c.contacts,
        _CONTENT.c.planned_requests,
        _CONTENT.c.message,
    )
    joined = sa.select(*columns).where(_PLAN.c.plan_id == _CONTENT.c.plan_id)
    for plan_id, mission_id, contacts, requests, message in connection.execute(joined).all():
        versions = plan_pb2.Plan.FromString(message).provenance.parameters.get("item_versions", "")
        items = sorted({name.strip().rpartition("@")[0] for name in versions.split(",")} - {""})
        for kind, name in (*(("request", each) for each in requests), *(("item", each) for each in items)):
            values = {"plan_id": plan_id, "kind": kind, "subject_id": name, "mission_id": mission_id}
            connection.execute(use.insert().values(**values))
        for number, each in enumerate(contacts):
            span = {name: parse_time(each[name]) for name in ("start_time", "end_time")}
            held = {"plan_id": plan_id, "number": number, "station_id": each["station_id"], **span}
            connection.execute(contact.insert().values(**held))


def downgrade() -> None:
    op.create_table(
        "plan_notice",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("request_version", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "request_id", "request_version", name="pk_plan_notice"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name="fk_plan_notice_plan_id_plan"),
    )
    for name in ("plan_contact", "plan_use", "notice"):
        op.drop_table(name)
