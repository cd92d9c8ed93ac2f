"""What was done to a chain behind the service's back is found, by its place and its kind, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from malapert_core.audit.ledger import head_of, prune_chain, verify_chain
from malapert_core.audit.trail import AuditTrail
from malapert_core.audit.verification import ChainReport, Place
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.timestamps import utc_now
from sample_service.factory import MIGRATIONS
from sqlalchemy import text

TRAIL = AuditTrail("sample")
ENTRIES = 9
COLUMNS = (
    "previous_hash, hash, action, after_hash, agency_id, before_hash, detail, entity_id, entity_kind, key_id, "
    "mission_id, principal_id, role, salt, service, time, via_service"
)


async def fill(database: Database) -> None:
    for number in range(ENTRIES):
        async with database.transaction() as session:
            odd = 'with "quotes", \\ and\nlines, %s' if number == 4 else ""
            TRAIL.record(session, "note.written", entity_kind="note", entity_id=f"n{number}", detail=odd)


async def without_guards(database: Database) -> None:
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            names = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for (name,) in names.all():
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("entry", "head", "checkpoint"):
                await connection.execute(text(f"ALTER TABLE audit_{table} DISABLE TRIGGER ALL"))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    await fill(database)
    yield database
    await database.close()


async def tampered(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def undone(database: Database, saved: list[tuple[object, ...]]) -> None:
    await tampered(database, "DELETE FROM audit_entry")
    names = ", ".join(f":c{number}" for number in range(18))
    async with database.engine.begin() as connection:
        for row in saved:
            values = {f"c{number}": value for number, value in enumerate(row)}
            await connection.execute(text(f"INSERT INTO audit_entry (sequence, {COLUMNS}) VALUES ({names})"), values)


def found(report: ChainReport) -> list[tuple[str, int]]:
    return [(finding.kind.value, finding.sequence) for finding in report.findings]


def shifted(first: int, by: int) -> list[str]:
    """Renumber the entries from one on; by way of numbers that are not there, for each number stands once."""
    return [
        f"UPDATE audit_entry SET sequence = sequence + 1000 WHERE sequence >= {first}",
        f"UPDATE audit_entry SET sequence = sequence - 1000 + {by} WHERE sequence >= 1000",
    ]


def copy(source: int, target: int) -> str:
    copied = f"SELECT {target}, {COLUMNS} FROM audit_entry WHERE sequence = {source}"
    return f"INSERT INTO audit_entry (sequence, {COLUMNS}) {copied}"


CASES: dict[str, tuple[list[str], list[tuple[str, int]]]] = {
    **{
        f"{column} altered": ([f"UPDATE audit_entry SET {column} = 'x' WHERE sequence = 4"], [("ALTERED", 4)])
        for column in COLUMNS.split(", ")
        if column != "hash"
    },
    "odd text altered": (["UPDATE audit_entry SET agency_id = 'x' WHERE sequence = 5"], [("ALTERED", 5)]),
    "first altered": (["UPDATE audit_entry SET agency_id = 'x' WHERE sequence = 1"], [("ALTERED", 1)]),
    "last altered": (["UPDATE audit_entry SET agency_id = 'x' WHERE sequence = 9"], [("ALTERED", 9)]),
    "two altered": (["UPDATE audit_entry SET role = 'x' WHERE sequence IN (3, 7)"], [("ALTERED", 3), ("ALTERED", 7)]),
    "one removed": (["DELETE FROM audit_entry WHERE sequence = 4"], [("REMOVED", 4)]),
    "the first removed": (["DELETE FROM audit_entry WHERE sequence = 1"], [("REMOVED", 1)]),
    "the last removed": (["DELETE FROM audit_entry WHERE sequence = 9"], [("REMOVED", 9)]),
    "all removed": (["DELETE FROM audit_entry"], [("REMOVED", 1)]),
    "one removed and renumbered": (["DELETE FROM audit_entry WHERE sequence = 4", *shifted(5, -1)], [("REMOVED", 4)]),
    "neighbours exchanged": (
        [
            "UPDATE audit_entry SET sequence = 100 WHERE sequence = 4",
            "UPDATE audit_entry SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit_entry SET sequence = 5 WHERE sequence = 100",
        ],
        [("SWAPPED", 4)],
    ),
    "distant ones exchanged": (
        [
            "UPDATE audit_entry SET sequence = 100 WHERE sequence = 2",
            "UPDATE audit_entry SET sequence = 2 WHERE sequence = 8",
            "UPDATE audit_entry SET sequence = 8 WHERE sequence = 100",
        ],
        [("SWAPPED", 2)],
    ),
    "one inserted and renumbered": ([*shifted(4, 1), copy(2, 4)], [("INSERTED", 4)]),
    "one inserted at the end": ([copy(9, 10)], [("INSERTED", 10)]),
    "one inserted before the first": ([copy(2, 0)], [("INSERTED", 0)]),
}
KINDS = {kind for _, expected in CASES.values() for kind, _ in expected}


@pytest.mark.asyncio
async def test_each_way_to_tamper_is_found_by_name(database: Database) -> None:
    assert {"ALTERED", "REMOVED", "SWAPPED", "INSERTED"} == KINDS
    report = await verify_chain(database)
    assert (report.entries, found(report)) == (ENTRIES, [])
    await without_guards(database)
    async with database.engine.connect() as connection:
        rows = await connection.execute(text(f"SELECT sequence, {COLUMNS} FROM audit_entry ORDER BY sequence"))
        saved = [tuple(row) for row in rows.all()]
    # The columns are one as the other, and a server is slow to be asked.
    names = [name for name in CASES if database.is_sqlite or not name.endswith(" altered")]
    for name in names:
        statements, expected = CASES[name]
        await tampered(database, *statements)
        named = found(await verify_chain(database))
        assert [each for each in named if each in expected] == expected, f"{name}: {named}"
        assert len(named) <= len(expected) + 1, f"{name}: {named}"
        await undone(database, saved)
    assert (await verify_chain(database)).holds


@pytest.mark.asyncio
async def test_an_anchor_finds_a_tail_that_was_cut_with_its_head_and_a_chain_made_anew(database: Database) -> None:
    anchor = await head_of(database)
    await without_guards(database)
    await tampered(
        database,
        "UPDATE audit_head SET sequence = 7, hash = (SELECT hash FROM audit_entry WHERE sequence = 7)",
        "DELETE FROM audit_entry WHERE sequence > 7",
    )
    assert (await verify_chain(database)).holds
    assert found(await verify_chain(database, [anchor])) == [("REMOVED", 8)]
    await fill(database)
    assert (await verify_chain(database)).holds
    assert found(await verify_chain(database, [anchor, Place(3, "0" * 64)])) == [("REWRITTEN", 3), ("REWRITTEN", 9)]


@pytest.mark.asyncio
async def test_the_front_is_pruned_with_a_checkpoint_that_the_chain_records(database: Database) -> None:
    anchor = await head_of(database)
    kept_from = utc_now()
    await fill(database)
    assert await prune_chain(database, TRAIL, kept_from, ENTRIES) == ENTRIES
    report = await verify_chain(database, [anchor])
    assert report.holds
    assert (report.entries, report.head.sequence) == (ENTRIES + 1, 2 * ENTRIES + 1)
    # Nor does it prune what is newest, for the chain must go on from somewhere.
    assert await prune_chain(database, TRAIL, utc_now() + timedelta(days=1), 2 * ENTRIES) == ENTRIES
    assert (await verify_chain(database)).entries == 2


@pytest.mark.asyncio
async def test_a_front_that_was_cut_without_a_record_is_found(database: Database) -> None:
    await without_guards(database)
    await tampered(
        database,
        "INSERT INTO audit_checkpoint (sequence, hash, time) SELECT 3, hash, 't' FROM audit_entry WHERE sequence = 3",
        "DELETE FROM audit_entry WHERE sequence <= 3",
    )
    assert found(await verify_chain(database)) == [("REMOVED", 3)]
