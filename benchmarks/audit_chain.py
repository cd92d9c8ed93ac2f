"""Time to verify an audit chain: `python benchmarks/audit_chain.py [ENTRIES] [DATABASE_URL]`, SQLite by default.

Prints the seconds of CPU and of the clock that `verify_chain` takes, and what it says of the chain after entries were
altered, removed, exchanged and added behind the service's back, and after its end was cut off. Ends with 1 where one of
these is not found by its name and place.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from malapert_core.audit.chain import FIRST_PREVIOUS_HASH, AuditContent, linked
from malapert_core.audit.ledger import verify_chain
from malapert_core.audit.trail import audit_time, link_row
from malapert_core.audit.verification import ChainReport
from malapert_core.db.core_migrations import create_audit_tables
from malapert_core.db.database import Database
from malapert_core.db.tables import AuditEntryRow, AuditHeadRow
from malapert_core.timestamps import utc_now
from sqlalchemy import insert, text, update
from sqlalchemy import inspect as sql_inspect

BATCH = 10_000
GUARDS_OFF = {
    "sqlite": ["DROP TRIGGER audit_entry_update", "DROP TRIGGER audit_entry_delete"],
    "postgresql": ["ALTER TABLE audit_entry DISABLE TRIGGER ALL"],
}


async def fill(database: Database, entries: int) -> None:
    """Write a chain of entries such as a planner leaves."""
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: create_audit_tables(Operations(MigrationContext.configure(sync))))
    previous_hash = FIRST_PREVIOUS_HASH
    for first in range(1, entries + 1, BATCH):
        links = []
        for sequence in range(first, min(first + BATCH, entries + 1)):
            links.append(linked(sequence, previous_hash, content(sequence)))
            previous_hash = links[-1].hash
        async with database.engine.begin() as connection:
            await connection.execute(insert(AuditEntryRow), [link_row(link) for link in links])
            await connection.execute(update(AuditHeadRow).values(sequence=links[-1].sequence, hash=previous_hash))


def content(sequence: int) -> AuditContent:
    """Return the content of an entry, of usual length."""
    return AuditContent(
        action="request.revised",
        after_hash=f"sha256:{sequence:064x}",
        agency_id="JAXA",
        before_hash=f"sha256:{sequence - 1:064x}",
        detail="",
        entity_id=f"request-{sequence:012x}",
        entity_kind="request",
        key_id="5f0c1d2e3a4b5c6d",
        mission_id="lupex",
        principal_id="key:5f0c1d2e3a4b5c6d",
        role="planner",
        salt=f"{sequence:032x}",
        service="payload",
        time=audit_time(utc_now()),
        via_service="",
    )


def tampering(entries: int) -> dict[tuple[str, int], list[str]]:
    """Return statements by what they must be found as: the kind and the place."""
    quarter, half, later = entries // 4, entries // 2, 3 * entries // 4
    columns = ", ".join(column.name for column in sql_inspect(AuditEntryRow).columns if column.name != "sequence")
    return {
        ("REMOVED", quarter): [f"DELETE FROM audit_entry WHERE sequence = {quarter}"],
        ("ALTERED", half): [f"UPDATE audit_entry SET agency_id = 'ISRO' WHERE sequence = {half}"],
        ("SWAPPED", later): [
            f"UPDATE audit_entry SET sequence = {2 * entries} WHERE sequence = {later}",
            f"UPDATE audit_entry SET sequence = {later} WHERE sequence = {later + 1}",
            f"UPDATE audit_entry SET sequence = {later + 1} WHERE sequence = {2 * entries}",
        ],
        ("INSERTED", entries + 1): [
            f"INSERT INTO audit_entry (sequence, {columns}) "  # names of columns
            f"SELECT {entries + 1}, {columns} FROM audit_entry WHERE sequence = {half + 1}"
        ],
    }


async def tampered(database: Database, statements: Iterable[str]) -> None:
    """Change the stored chain behind the service's back."""
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def verified(database: Database, what: str) -> ChainReport:
    """Verify the chain and print what that takes and says."""
    cpu_s, began_s = time.process_time(), time.perf_counter()
    report = await verify_chain(database)
    cpu_s, clock_s = time.process_time() - cpu_s, time.perf_counter() - began_s
    took = f"{report.entries} entries verified in {cpu_s:.1f} s of CPU, {clock_s:.1f} s"
    print(f"{database.engine.dialect.name}, {what}: {took}")
    for finding in report.findings:
        print(f"  {finding.kind}: {finding.message}")
    return report


async def measure(url: str, entries: int) -> int:
    """Fill a database, verify it, tamper with it and verify it again; return the exit code."""
    database = Database(url)
    await fill(database, entries)
    sound = (await verified(database, "as written")).holds
    await tampered(database, GUARDS_OFF[database.engine.dialect.name])
    cases = tampering(entries)
    await tampered(database, (statement for statements in cases.values() for statement in statements))
    found = {(each.kind.value, each.sequence) for each in (await verified(database, "tampered with")).findings}
    await tampered(database, [f"DELETE FROM audit_entry WHERE sequence > {entries - 10}"])
    cut = {(each.kind.value, each.sequence) for each in (await verified(database, "cut off")).findings}
    await database.close()
    missed = (set(cases) - found) | ({("REMOVED", entries - 9)} - cut)
    print(f"load {os.getloadavg()[0]:.1f};", f"not found: {missed}" if missed else "all found")
    return 0 if sound and not missed else 1


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        address = sys.argv[2] if len(sys.argv) > 2 else f"sqlite+aiosqlite:///{Path(directory) / 'audit.db'}"
        sys.exit(asyncio.run(measure(address, asked)))
