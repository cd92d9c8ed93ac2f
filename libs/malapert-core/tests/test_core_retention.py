"""What is old is deleted by rule, in steps, by any number of processes, and nothing else; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from malapert_core.audit.anchors import AnchorPublisher
from malapert_core.audit.ledger import head_of, verify_chain
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import AuditEntryRow, IdempotencyRow, InboxRow, OperationRow, OutboxRow
from malapert_core.errors import PreconditionError
from malapert_core.events.outbox import EventOutbox
from malapert_core.operations.store import OperationState
from malapert_core.retention import job
from malapert_core.retention.command import tell_retention
from malapert_core.retention.job import AuditRetention, RetentionJob
from malapert_core.retention.rules import RetentionRule, core_rules
from sample_service.factory import MIGRATIONS, SampleSettings
from sqlalchemy import func
from sqlmodel import SQLModel, col, select

START = datetime(2029, 1, 1, tzinfo=UTC)
EVENTS_A_DAY = 12
TABLES: tuple[type[SQLModel], ...] = (OutboxRow, InboxRow, IdempotencyRow, OperationRow)


def settings_of(**values: object) -> SampleSettings:
    keys = {"identity_key_file": Path("own.pem"), "identity_keys_dir": Path("public")}
    return SampleSettings.model_validate({**keys, **values})


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "AT_ONCE", 7)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    yield database
    await database.close()


async def counts(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        found = {}
        for table in TABLES:
            found[str(table.__tablename__)] = (await session.exec(select(func.count()).select_from(table))).one()
        return found


def operation(name: str, state: str, time: datetime) -> OperationRow:
    texts = ("owner_agency_id", "owner_role", "owner_key_id", "owner_principal_id", "owner_via_service", "mission_id")
    return OperationRow(
        operation_id=name,
        kind="work",
        state=state,
        owner_mission_ids=[],
        request=b"",
        created_time=time,
        updated_time=time,
        **dict.fromkeys(texts, ""),
    )


async def work_a_day(database: Database, day: int) -> None:
    """Store what a day of operation leaves behind; one event of each day has not been sent."""
    time = START + timedelta(days=day, hours=12)
    async with database.transaction() as session:
        for number in range(EVENTS_A_DAY):
            name = f"{day}-{number}"
            sent = time if number else None
            row = OutboxRow(event_id=name, subject="s", headers={}, data=b"", created_time=time, published_time=sent)
            session.add(row)
            session.add(InboxRow(consumer="c", event_id=name, handled_time=time))
            if number < 5:
                answer = IdempotencyRow(scope="s", key=name, request_hash="", response=b"", created_time=time)
                session.add(answer)
                session.add(operation(name, OperationState.RUNNING if number == 0 else OperationState.SUCCEEDED, time))


@pytest.mark.asyncio
async def test_weeks_of_operation_leave_what_is_kept_and_what_is_not_done(database: Database) -> None:
    settings = settings_of(events_kept_days=2, answers_kept_days=2, operations_kept_days=2)
    inbox_days = 2 + 30 + 1
    today = [START]
    keeper = RetentionJob(database, core_rules(settings), "sample", lambda: today[-1])
    for day in range(40):
        await work_a_day(database, day)
        today.append(START + timedelta(days=day + 1))
        if day % 8 == 0:
            await keeper.delete_due()
    await keeper.delete_due()
    kept_days = 2
    assert await counts(database) == {
        # One event, and one operation at work, of each day that is over stay whatever their age.
        "outbox": kept_days * EVENTS_A_DAY + (40 - kept_days),
        "inbox": inbox_days * EVENTS_A_DAY,
        "idempotency": kept_days * 5,
        "operation": kept_days * 5 + (40 - kept_days),
    }
    assert not any((await keeper.delete_due()).values())


@pytest.mark.asyncio
async def test_processes_beside_each_other_delete_each_row_once(database: Database) -> None:
    for day in range(4):
        await work_a_day(database, day)
    rules = core_rules(settings_of(events_kept_days=1, answers_kept_days=1, operations_kept_days=1))
    keepers = [RetentionJob(database, rules, "sample", lambda: START + timedelta(days=365)) for _ in range(3)]
    due = await keepers[0].due()
    assert due == {
        "events sent": 4 * (EVENTS_A_DAY - 1),
        "events received": 4 * EVENTS_A_DAY,
        "answers by key": 4 * 5,
        "ended operations": 4 * 4,
    }
    deleted = await asyncio.gather(*(keeper.delete_due() for keeper in keepers))
    assert {what: sum(each[what] for each in deleted) for what in due} == due
    assert await counts(database) == {"outbox": 4, "inbox": 0, "idempotency": 0, "operation": 4}


@pytest.mark.asyncio
async def test_what_would_be_deleted_is_told_before_anything_is(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await work_a_day(database, -400 * 20)
    before = await counts(database)
    settings = settings_of(database_url=database_url)
    rule = RetentionRule("notes", timedelta(days=1), InboxRow, InboxRow.handled_time, col(InboxRow.consumer) == "d")
    await tell_retention(settings, [rule], deletes=False)
    told = capsys.readouterr().out
    assert "events sent: kept for 30 days; 11 would be deleted" in told
    assert "notes: kept for 1 days; 0 would be deleted" in told
    assert await counts(database) == before
    await tell_retention(settings, [rule], deletes=True)
    assert "ended operations: kept for 90 days; 4 deleted" in capsys.readouterr().out
    assert await counts(database) == {"outbox": 1, "inbox": 0, "idempotency": 0, "operation": 1}


@pytest.mark.asyncio
async def test_audit_is_pruned_by_age_up_to_what_was_told_and_never_when_broken(database: Database) -> None:
    trail, anchors = AuditTrail("sample"), AnchorPublisher(database, EventOutbox("sample"))

    async def entries() -> int:
        async with database.reading() as session:
            return (await session.exec(select(func.count()).select_from(AuditEntryRow))).one()

    for number in range(6):
        async with database.transaction() as session:
            trail.record(session, "note.written", entity_kind="note", entity_id=f"n{number}")
    old = AuditRetention(database, trail, anchors, timedelta(microseconds=1))
    assert await AuditRetention(database, trail, anchors, timedelta(days=1)).prune() == 0
    with pytest.raises(PreconditionError, match="no anchor after 0 is known"):
        await old.prune()
    await anchors.publish()
    assert await old.prune() == 5
    assert await entries() == 2
    assert (await verify_chain(database, [anchors.told])).holds
    await anchors.publish()
    # Somebody who put the head back: the chain does not hold with what was told, and nothing more goes.
    anchors.told = type(anchors.told)((await head_of(database)).sequence, "0" * 64)
    assert await old.prune() == 0
    assert await entries() == 2
