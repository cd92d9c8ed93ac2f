"""Time to verify an audit chain: `python benchmarks/audit_chain.py [ENTRIES] [DATABASE_URL]`, SQLite by default.

Prints the seconds of CPU and of the clock that `verify_chain` takes, and what it says of the chain after one entry in
the middle was altered behind the service's back.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from malapert_core.audit.chain import FIRST_PREVIOUS_HASH, AuditContent, linked
from malapert_core.audit.ledger import verify_chain
from malapert_core.audit.trail import audit_time, link_row
from malapert_core.db.core_migrations import create_audit_tables
from malapert_core.db.database import Database
from malapert_core.db.tables import AuditEntryRow, AuditHeadRow
from malapert_core.timestamps import utc_now
from sqlalchemy import insert, text, update

BATCH = 10_000
GUARD_OFF = {"sqlite": "DROP TRIGGER audit_entry_update", "postgresql": "ALTER TABLE audit_entry DISABLE TRIGGER ALL"}


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


async def measure(url: str, entries: int) -> None:
    """Fill a database, verify it, alter one entry and verify it again."""
    database = Database(url)
    await fill(database, entries)
    cpu_s, began_s = time.process_time(), time.perf_counter()
    report = await verify_chain(database)
    cpu_s, clock_s = time.process_time() - cpu_s, time.perf_counter() - began_s
    assert report.holds
    print(f"{database.engine.dialect.name}: {report.entries} entries verified in {cpu_s:.1f} s of CPU, {clock_s:.1f} s")
    async with database.engine.begin() as connection:
        await connection.execute(text(GUARD_OFF[database.engine.dialect.name]))
        altering = text("UPDATE audit_entry SET agency_id = 'ISRO' WHERE sequence = :middle")
        await connection.execute(altering, {"middle": entries // 2})
    for finding in (await verify_chain(database)).findings:
        print(f"{finding.kind}: {finding.message}")
    await database.close()


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        address = sys.argv[2] if len(sys.argv) > 2 else f"sqlite+aiosqlite:///{Path(directory) / 'audit.db'}"
        asyncio.run(measure(address, asked))
