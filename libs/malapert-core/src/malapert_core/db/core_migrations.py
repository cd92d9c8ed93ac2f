"""Migration steps of the core's own tables, called by the migrations of every service.

A later change of `malapert_core.db.tables` adds a function here, which a new migration of every service calls; these
functions never change once released, like the migrations that call them.
"""

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from malapert_core.db.audit_guard import AUDIT_GUARDS
from malapert_core.db.database import Json, UtcDateTime
from malapert_core.db.tables import SEQUENCE


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def create_core_tables(op: Operations | Any) -> None:
    """Make outbox, inbox, operation and idempotency; `op` is ``alembic.op``."""
    op.create_table(
        "outbox",
        sa.Column("sequence", SEQUENCE, autoincrement=True, nullable=False),
        *_text("event_id", "subject"),
        sa.Column("headers", Json, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _time("created_time"),
        _time("published_time", nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox"),
    )
    pending = sa.text("published_time IS NULL")
    op.create_index("ix_outbox_pending", "outbox", ["sequence"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "inbox",
        *_text("consumer", "event_id"),
        _time("handled_time"),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="pk_inbox"),
    )
    op.create_table(
        "operation",
        *_text("operation_id", "kind", "state", "owner_agency_id", "owner_role", "owner_key_id"),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("stages", Json, nullable=False),
        *_text("result_id", "error_reason", "error_message"),
        sa.Column("faults", Json, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        _time("created_time"),
        _time("updated_time"),
        sa.PrimaryKeyConstraint("operation_id", name="pk_operation"),
    )
    op.create_index("ix_operation_state", "operation", ["state"])
    op.create_table(
        "idempotency",
        *_text("scope", "key", "request_hash"),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        _time("created_time"),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency"),
    )


def add_operation_principals(op: Operations | Any) -> None:
    """Let operations name their mission and keep their owner whole; `op` is ``alembic.op``.

    Of what is there, the principal is the holder of the key, and the missions that the key is for are not known.
    """
    for column in _text("owner_principal_id", "owner_via_service", "mission_id"):
        column.server_default = sa.DefaultClause("")
        op.add_column("operation", column)
    op.add_column("operation", sa.Column("owner_mission_ids", Json, nullable=False, server_default="[]"))
    op.execute(
        sa.text("UPDATE operation SET owner_principal_id = 'key:' || owner_key_id WHERE owner_role <> 'service'")
    )


def add_operation_leases(op: Operations | Any) -> None:
    """Let operations be held by a process for a time, and be known by the call that began them; `op` is ``alembic.op``.

    What is at work at the time is held by nobody, and taken up at once.
    """
    for column in _text("lease_owner", "call_key"):
        column.server_default = sa.DefaultClause("")
        op.add_column("operation", column)
    op.add_column("operation", _time("lease_expire_time", nullable=True))
    keyed = sa.text("call_key <> ''")
    op.create_index(
        "ix_operation_call_key",
        "operation",
        ["owner_agency_id", "call_key"],
        unique=True,
        sqlite_where=keyed,
        postgresql_where=keyed,
    )


def add_outbox_streams(op: Operations | Any) -> None:
    """Let the outbox keep in which stream an event was stored; `op` is ``alembic.op``."""
    (column,) = _text("published_to")
    column.server_default = sa.DefaultClause("")
    op.add_column("outbox", column)


def add_operation_traces(op: Operations | Any) -> None:
    """Let operations keep the trace of the call that began them; `op` is ``alembic.op``."""
    (column,) = _text("traceparent")
    column.server_default = sa.DefaultClause("")
    op.add_column("operation", column)


def index_ages(op: Operations | Any) -> None:
    """Let what is old be found without reading a whole table; `op` is ``alembic.op``."""
    for table, column in _AGES:
        op.create_index(f"ix_{table}_{column}", table, [column])


_AGES = (
    ("outbox", "created_time"),
    ("inbox", "handled_time"),
    ("operation", "updated_time"),
    ("idempotency", "created_time"),
)


def create_audit_tables(op: Operations | Any) -> None:
    """Make the audit chain with its head and checkpoints, and the triggers that keep it; `op` is ``alembic.op``."""
    op.create_table(
        "audit_entry",
        sa.Column("sequence", SEQUENCE, autoincrement=False, nullable=False),
        *_text("previous_hash", "hash", "action", "after_hash", "agency_id", "before_hash", "detail"),
        *_text("entity_id", "entity_kind", "key_id", "mission_id", "principal_id", "role"),
        *_text("salt", "service", "time", "via_service"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_agency_id", "audit_entry", ["agency_id", "time"])
    op.create_index("ix_audit_entry_mission_id", "audit_entry", ["mission_id", "time"])
    head = op.create_table(
        "audit_head",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        *_text("hash"),
        sa.PrimaryKeyConstraint("head_id", name="pk_audit_head"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("sequence", SEQUENCE, autoincrement=False, nullable=False),
        *_text("hash", "time"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_checkpoint"),
    )
    op.bulk_insert(head, [{"head_id": 1, "sequence": 0, "hash": "0" * 64}])
    for statement in AUDIT_GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
