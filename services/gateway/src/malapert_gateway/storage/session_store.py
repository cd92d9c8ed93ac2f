"""Sessions of the page as they are kept; each method works in the database session that it is given."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.web_session import WebSession
from malapert_gateway.storage.tables import WebSessionRow


class SessionStore:
    """Sessions in the gateway's database."""

    async def find(self, session: AsyncSession, session_id: str) -> WebSession | None:
        """Return a session, or None."""
        row = await session.get(WebSessionRow, session_id)
        return None if row is None else _session(row)

    async def of_key(self, session: AsyncSession, key_id: str) -> list[WebSession]:
        """Return the sessions and links of a key, oldest first."""
        query = select(WebSessionRow).where(col(WebSessionRow.key_id) == key_id)
        rows = await session.exec(query.order_by(col(WebSessionRow.created_time), col(WebSessionRow.session_id)))
        return [_session(row) for row in rows]

    def add(self, session: AsyncSession, made: WebSession) -> None:
        """Keep a new link."""
        session.add(WebSessionRow(**asdict(made)))

    async def open(self, session: AsyncSession, opened: WebSession) -> bool:
        """Keep that a link was opened; False where it was opened or ended meanwhile."""
        change = update(WebSessionRow).where(
            col(WebSessionRow.session_id) == opened.session_id,
            col(WebSessionRow.opened_time).is_(None),
            col(WebSessionRow.ended_time).is_(None),
        )
        changed = await session.exec(
            change.values(
                secret_hash=opened.secret_hash, opened_time=opened.opened_time, expire_time=opened.expire_time
            )
        )
        return changed.rowcount == 1

    async def end(self, session: AsyncSession, session_id: str, now: datetime) -> None:
        """Keep that a session has ended."""
        change = update(WebSessionRow).where(col(WebSessionRow.session_id) == session_id)
        await session.exec(change.values(ended_time=now))

    async def remove(self, session: AsyncSession, session_ids: list[str]) -> None:
        """Forget sessions; what was done in them stays in the audit."""
        await session.exec(delete(WebSessionRow).where(col(WebSessionRow.session_id).in_(session_ids)))


def _session(row: WebSessionRow) -> WebSession:
    return WebSession(
        session_id=row.session_id,
        key_id=row.key_id,
        secret_hash=row.secret_hash,
        created_time=row.created_time,
        expire_time=row.expire_time,
        opened_time=row.opened_time,
        ended_time=row.ended_time,
    )
