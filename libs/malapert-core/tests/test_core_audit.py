"""The audit trail on both databases: nothing without its change, no change without it, and in one chain."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, astuple, replace

import pytest
from malapert_core.audit.chain import FIRST_PREVIOUS_HASH, AuditContent, hash_of_content, linked
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import AuditCheckpointRow, AuditEntryRow, AuditHeadRow
from malapert_core.policy.identity import Identity, Role, acting_as
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.content_hash import canonical_json
from sample_service.factory import MIGRATIONS
from sample_service.tables import NoteRow
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

JAXA = Identity("JAXA", Role.PLANNER, "5f0c", "key:5f0c", via_service="gateway")
TRAIL = AuditTrail("sample")


async def migrated(url: str) -> Database:
    database = Database(url)
    await run_migrations(database, MIGRATIONS)
    return database


@asynccontextmanager
async def broken_off() -> AsyncIterator[None]:
    with pytest.raises(ZeroDivisionError):
        yield


async def entries(database: Database) -> list[AuditEntryRow]:
    async with database.reading() as session:
        return list((await session.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.sequence)))).all())


async def write(database: Database, note_id: str) -> None:
    with acting_as(JAXA):
        async with database.transaction() as session:
            session.add(NoteRow(note_id=note_id, content={}, created_time=utc_now()))
            TRAIL.record(session, "note.written", entity_kind="note", entity_id=note_id, mission_id="m")


def content_of(row: AuditEntryRow) -> AuditContent:
    return AuditContent(**{name: getattr(row, name) for name in AuditContent.__dataclass_fields__})


@pytest.mark.asyncio
async def test_an_entry_names_who_did_what_for_which_agency(database_url: str) -> None:
    database = await migrated(database_url)
    await write(database, "n")
    (row,) = await entries(database)
    assert (row.agency_id, row.principal_id, row.role, row.key_id) == ("JAXA", "key:5f0c", "planner", "5f0c")
    assert (row.action, row.entity_kind, row.entity_id, row.mission_id) == ("note.written", "note", "n", "m")
    assert (row.service, row.via_service, row.sequence) == ("sample", "gateway", 1)
    assert row.time.endswith("Z")
    assert len(row.time) == len("2026-11-30T02:40:26.123456Z")
    assert linked(1, FIRST_PREVIOUS_HASH, content_of(row)).hash == row.hash
    await database.close()


@pytest.mark.asyncio
async def test_many_at_once_make_one_chain(database_url: str) -> None:
    database = await migrated(database_url)
    await asyncio.gather(*(write(database, f"n{number}") for number in range(20)))
    rows = await entries(database)
    previous_hash = FIRST_PREVIOUS_HASH
    for sequence, row in enumerate(rows, 1):
        assert (row.sequence, row.previous_hash) == (sequence, previous_hash)
        assert linked(sequence, previous_hash, content_of(row)).hash == row.hash
        previous_hash = row.hash
    async with database.reading() as session:
        head = (await session.exec(select(AuditHeadRow))).one()
    assert (head.sequence, head.hash) == (20, previous_hash)
    await database.close()


@pytest.mark.asyncio
async def test_a_change_that_is_rolled_back_leaves_no_entry(database_url: str) -> None:
    database = await migrated(database_url)
    async with broken_off(), database.transaction() as session:
        TRAIL.record(session, "note.written", entity_kind="note", entity_id="n")
        await session.flush()
        raise ZeroDivisionError
    await write(database, "kept")
    assert [row.entity_id for row in await entries(database)] == ["kept"]
    await database.close()


@pytest.mark.asyncio
async def test_a_savepoint_that_is_rolled_back_leaves_none_and_a_kept_one_leaves_its_own(database_url: str) -> None:
    database = await migrated(database_url)
    async with database.transaction() as session:
        async with broken_off(), session.begin_nested():
            TRAIL.record(session, "note.written", entity_kind="note", entity_id="first lost")
            raise ZeroDivisionError
        TRAIL.record(session, "note.written", entity_kind="note", entity_id="outer")
        async with session.begin_nested():
            TRAIL.record(session, "note.written", entity_kind="note", entity_id="kept")
        async with broken_off(), session.begin_nested():
            TRAIL.record(session, "note.written", entity_kind="note", entity_id="lost")
            async with session.begin_nested():
                TRAIL.record(session, "note.written", entity_kind="note", entity_id="lost, too")
            raise ZeroDivisionError
    assert [row.entity_id for row in await entries(database)] == ["outer", "kept"]
    await database.close()


@pytest.mark.asyncio
async def test_outside_of_a_call_the_service_itself_acted(database_url: str) -> None:
    database = await migrated(database_url)
    async with database.transaction() as session:
        TRAIL.record(session, "note.expired", entity_kind="note", entity_id="n")
    (row,) = await entries(database)
    assert (row.agency_id, row.role, row.key_id) == ("malapert", "service", "sample")
    await database.close()


FORBIDDEN_STATEMENTS = [
    "UPDATE audit_entry SET agency_id = 'ISRO' WHERE sequence = 1",
    "DELETE FROM audit_entry WHERE sequence = 2",
    "DELETE FROM audit_entry",
    "UPDATE audit_head SET sequence = 1",
    "UPDATE audit_head SET hash = 'x'",
    "DELETE FROM audit_head",
    "INSERT INTO audit_head SELECT 2, 0, hash FROM audit_head",
    "UPDATE audit_checkpoint SET hash = 'x'",
    "DELETE FROM audit_checkpoint",
]


async def refused(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="the audit chain only grows"):
        async with database.transaction() as session:
            await (await session.connection()).execute(text(statement))


@pytest.mark.asyncio
async def test_the_database_refuses_to_change_the_chain(database_url: str) -> None:
    database = await migrated(database_url)
    for note_id in "ab":
        await write(database, note_id)
    async with database.transaction() as session:
        session.add(AuditCheckpointRow(sequence=0, hash="x", time="x"))
    before = await entries(database)
    for statement in FORBIDDEN_STATEMENTS:
        await refused(database, statement)
    columns = ", ".join(name if name != "sequence" else "1" for name in AuditEntryRow.model_fields)
    if database.is_sqlite:
        await refused(database, f"INSERT OR REPLACE INTO audit_entry SELECT {columns} FROM audit_entry LIMIT 1")
    else:
        for table in ("entry", "head", "checkpoint"):
            await refused(database, f"TRUNCATE audit_{table}")
    assert await entries(database) == before
    await database.close()


def test_the_content_is_hashed_as_canonical_json() -> None:
    content = AuditContent(*(f"{number}" for number in range(15)))
    odd = replace(content, detail='"\\/\b\f\n\r\t\x00\x1f\x7f é 月 \u2028 😀', entity_id="</script>")
    for each in (content, odd):
        assert hash_of_content(astuple(each)) == hashlib.sha256(canonical_json(asdict(each))).hexdigest()
