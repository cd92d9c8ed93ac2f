"""What a principal reads of an audit chain: its agency's own entries, and of a mission that it owns all since then."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import col, select

from malapert_core.audit.chain import CONTENT_FIELDS, AuditContent, Link, hash_of_content
from malapert_core.audit.ledger import head_of, start_of
from malapert_core.audit.trail import audit_time
from malapert_core.audit.verification import Place
from malapert_core.db.database import Database
from malapert_core.db.tables import AuditEntryRow
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import utc_now

EXPORT_FORM = "malapert-audit-1"
CUT = "cut"
"""Name in the line that ends an export before its end, whose value is the reason."""
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class AuditCursor:
    """Place of an entry in the listing of all services together: newest first, then by service and number."""

    time: str
    service: str
    sequence: int


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Filter of entries; empty means all. Times are text as entries have it, the end excluded."""

    mission_id: str = ""
    entity_kind: str = ""
    entity_id: str = ""
    agency_id: str = ""
    start_time: str = ""
    end_time: str = ""
    before: AuditCursor | None = None


class AuditReader:
    """Reads the chain of one service.

    Parameters
    ----------
    database : Database
    service_name : str
    charters : Charters
        Tell who owns a mission.
    """

    def __init__(self, database: Database, service_name: str, charters: Charters) -> None:
        self._database = database
        self._service_name = service_name
        self._charters = charters

    async def page(self, identity: Identity, size: int, wanted: AuditFilter) -> list[Link]:
        """Return at most so many of the wanted entries that a principal may read, newest first."""
        scope = await self._scope(identity, wanted.mission_id)
        query = select(AuditEntryRow).where(scope, *self._conditions(wanted))
        query = query.order_by(col(AuditEntryRow.time).desc(), col(AuditEntryRow.sequence).desc()).limit(size)
        async with self._database.reading() as session:
            return [_link(row) for row in (await session.exec(query)).all()]

    async def export(self, identity: Identity, mission_id: str) -> AsyncIterator[bytes]:
        """Yield the chain as JSON lines: a header, then each entry; a hidden one has its hashes alone."""
        scope = await self._scope(identity, mission_id)
        start, head = await start_of(self._database), await head_of(self._database)
        yield _line(self._header(identity, mission_id, start, head))
        after = start.sequence
        while after < head.sequence:
            last = min(after + _BATCH, head.sequence)
            within = and_(col(AuditEntryRow.sequence) > after, col(AuditEntryRow.sequence) <= last)
            async with self._database.reading() as session:
                shown = set((await session.exec(select(AuditEntryRow.sequence).where(within, scope))).all())
                rows = (await session.exec(select(AuditEntryRow).where(within).order_by("sequence"))).all()
            yield b"".join(_line(_exported(_link(row), shown=row.sequence in shown)) for row in rows)
            after = last

    def _header(self, identity: Identity, mission_id: str, start: Place, head: Place) -> dict[str, object]:
        return {
            "form": EXPORT_FORM,
            "service": self._service_name,
            "agency_id": identity.agency_id,
            "mission_id": mission_id,
            "time": audit_time(utc_now()),
            "start": {"sequence": start.sequence, "hash": start.hash},
            "head": {"sequence": head.sequence, "hash": head.hash},
        }

    async def _scope(self, identity: Identity, mission_id: str) -> ColumnElement[bool]:
        mission = col(AuditEntryRow.mission_id)
        if mission_id and not identity.may_enter(mission_id):
            return false()
        own = col(AuditEntryRow.agency_id) == identity.agency_id
        if mission_id and (charter := await self._owned(identity, mission_id)):
            since = charter.sees_since(identity.agency_id, utc_now())
            seen = true() if since is None else or_(own, col(AuditEntryRow.time) >= audit_time(since))
            return and_(mission == mission_id, seen)
        if mission_id:
            return and_(own, mission == mission_id)
        return and_(own, mission.in_(identity.mission_ids)) if identity.mission_ids else own

    async def _owned(self, identity: Identity, mission_id: str) -> Charter | None:
        charter = await self._charters.get(mission_id)
        owns = charter is not None and Part.OWNER in charter.parts_of(identity.agency_id, utc_now())
        return charter if owns else None

    def _conditions(self, wanted: AuditFilter) -> list[ColumnElement[bool]]:
        row, time = AuditEntryRow, col(AuditEntryRow.time)
        equal = {"entity_kind": wanted.entity_kind, "entity_id": wanted.entity_id, "agency_id": wanted.agency_id}
        conditions = [col(getattr(row, name)) == value for name, value in equal.items() if value]
        if wanted.start_time:
            conditions.append(time >= wanted.start_time)
        if wanted.end_time:
            conditions.append(time < wanted.end_time)
        if wanted.before is not None:
            at = and_(time == wanted.before.time, self._before_at(wanted.before))
            conditions.append(or_(time < wanted.before.time, at))
        return conditions

    def _before_at(self, cursor: AuditCursor) -> ColumnElement[bool]:
        """Return what of this service comes after a cursor in the listing though it is of the same instant."""
        if self._service_name == cursor.service:
            return col(AuditEntryRow.sequence) < cursor.sequence
        return true() if self._service_name < cursor.service else false()


def _link(row: AuditEntryRow) -> Link:
    content = AuditContent(**{name: getattr(row, name) for name in CONTENT_FIELDS})
    return Link(row.sequence, row.previous_hash, row.hash, content)


def _exported(link: Link, *, shown: bool) -> dict[str, object]:
    place = {"sequence": link.sequence, "previous_hash": link.previous_hash, "hash": link.hash}
    content = asdict(link.content)
    return {**place, "content": content} if shown else {**place, "content_hash": hash_of_content(content.values())}


def cut_line(reason: str) -> bytes:
    """Return the last line of an export that ended before its end."""
    return _line({CUT: reason})


def _line(content: dict[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
