"""The stored chain of a service's database: verified as a whole, and pruned from its front."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from sqlalchemy import delete, func, literal
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from malapert_core.audit.chain import CONTENT_FIELDS, hash_of_content, hash_of_json
from malapert_core.audit.trail import AuditTrail, audit_time
from malapert_core.audit.verification import FIRST_PLACE, Break, ChainCheck, ChainReport, Finding, Place, StoredLink
from malapert_core.db.database import Database
from malapert_core.db.tables import AuditCheckpointRow, AuditEntryRow, AuditHeadRow
from malapert_core.errors import PreconditionError
from malapert_core.timestamps import utc_now

PRUNED = "audit.pruned"
_BATCH = 5_000
_JSON_FORM = "{" + ",".join(f'"{name}":"%s"' for name in CONTENT_FIELDS) + "}"
_ESCAPED = bytes([*range(0x20), *b'"\\'])
_OWN_QUOTES = 4 * len(CONTENT_FIELDS)


async def head_of(database: Database) -> Place:
    """Return the recorded head of the chain."""
    async with database.reading() as session:
        head = (await session.exec(select(AuditHeadRow))).one()
    return Place(head.sequence, head.hash)


async def start_of(database: Database) -> Place:
    """Return the place after which the stored chain begins: its beginning, or the newest checkpoint."""
    newest = select(AuditCheckpointRow).order_by(col(AuditCheckpointRow.sequence).desc()).limit(1)
    async with database.reading() as session:
        checkpoint = (await session.exec(newest)).first()
    return FIRST_PLACE if checkpoint is None else Place(checkpoint.sequence, checkpoint.hash)


async def verify_chain(database: Database, anchors: Iterable[Place] = ()) -> ChainReport:
    """Verify the chain of a database from its beginning, or the checkpoint where it was pruned, to its head.

    Parameters
    ----------
    database : Database
    anchors : iterable of Place
        Places of the chain that were published; those before a checkpoint are passed over.
    """
    head = await head_of(database)
    start = await start_of(database)
    check = ChainCheck(start, [anchor for anchor in anchors if anchor.sequence > start.sequence])
    attested = start == FIRST_PLACE
    record = f'"action":"{PRUNED}","after_hash":"{start.hash}"'.encode()
    async for link, content in _stored(database):
        check.take(link)
        attested = attested or record in content
    report = check.end(head)
    if attested:
        return report
    message = f"what stood up to entry {start.sequence} was removed; no entry records that it was pruned"
    finding = Finding(start.sequence, Break.REMOVED, message)
    return ChainReport(report.entries, report.head, (finding, *report.findings), report.more_findings)


async def prune_chain(database: Database, trail: AuditTrail, before: datetime, last_anchor: int) -> int:
    """Delete the entries before an instant from the front of the chain, and return how many were.

    The last of them becomes the checkpoint after which the chain begins, which an entry of the chain records; the
    newest entry always stays.

    Raises
    ------
    PreconditionError
        ``NOT_ANCHORED`` where an entry after ``last_anchor``, the number of the newest published one, would go.
    """
    older = select(func.max(col(AuditEntryRow.sequence))).where(
        col(AuditEntryRow.time) < audit_time(before),
        col(AuditEntryRow.sequence) < select(AuditHeadRow.sequence).scalar_subquery(),
    )
    async with database.transaction() as session:
        sequence = (await session.exec(older)).one()
        last = None if sequence is None else await session.get(AuditEntryRow, sequence)
        if last is None:
            return 0
        if last.sequence > last_anchor:
            message = f"entry {last.sequence} would go, and no anchor after {last_anchor} is known; nothing was pruned"
            raise PreconditionError("NOT_ANCHORED", message)
        session.add(AuditCheckpointRow(sequence=last.sequence, hash=last.hash, time=audit_time(utc_now())))
        await session.flush()
        deleted = await session.exec(delete(AuditEntryRow).where(col(AuditEntryRow.sequence) <= last.sequence))
        trail.record(
            session,
            PRUNED,
            entity_kind="audit",
            entity_id=str(last.sequence),
            after_hash=last.hash,
            detail=f"{deleted.rowcount} entries before {audit_time(before)}",
        )
        return int(deleted.rowcount)


async def _stored(database: Database) -> AsyncIterator[tuple[StoredLink, bytes]]:
    """Yield the links with their content as JSON, which the database puts together where nothing is to be escaped."""
    join = func.printf if database.is_sqlite else func.format
    columns = [col(getattr(AuditEntryRow, name)) for name in ("sequence", "previous_hash", "hash")]
    content_json = join(literal(_JSON_FORM), *(col(getattr(AuditEntryRow, name)) for name in CONTENT_FIELDS))
    query = select_columns(*columns, content_json).order_by(col(AuditEntryRow.sequence))
    async with database.engine.connect() as connection:
        result = await connection.stream(query.execution_options(yield_per=_BATCH))
        async for batch in result.partitions():
            for sequence, previous_hash, own_hash, joined in batch:
                content = joined.encode()
                if len(content.translate(None, _ESCAPED)) != len(content) - _OWN_QUOTES:
                    yield await _escaped(database, sequence), content
                else:
                    yield StoredLink(sequence, previous_hash, own_hash, hash_of_json(content)), content


async def _escaped(database: Database, sequence: int) -> StoredLink:
    async with database.reading() as session:
        row = await session.get_one(AuditEntryRow, sequence)
    values = (getattr(row, name) for name in CONTENT_FIELDS)
    return StoredLink(sequence, row.previous_hash, row.hash, hash_of_content(values))
