"""Rules of retention: which rows of a table are deleted once they are old, and those of the tables of every service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, true, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import InstrumentedAttribute, class_mapper
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.config import ServiceSettings
from malapert_core.db.tables import IdempotencyRow, InboxRow, OperationRow, OutboxRow
from malapert_core.events.broker import STREAM_AGE
from malapert_core.operations.store import OperationState

_UNENDED = [OperationState.QUEUED, OperationState.RUNNING]


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rule by which rows of one table are deleted.

    Attributes
    ----------
    what : str
        What the rows are, as an operator calls them.
    kept : timedelta
        How long they are kept.
    table : type of SQLModel
    time : column
        The instant from which the age is counted, UTC; a row without one stays.
    only : column expression
        Condition beside the age.
    """

    what: str
    kept: timedelta
    table: type[SQLModel]
    time: Any
    only: ColumnElement[bool] | None = None

    def condition(self, now: datetime) -> ColumnElement[bool]:
        """Return which rows are due at an instant."""
        return (col(self.time) < now - self.kept) & (true() if self.only is None else self.only)

    async def count_due(self, session: AsyncSession, now: datetime) -> int:
        """Return how many rows are due."""
        query = select_columns(func.count()).select_from(self.table).where(self.condition(now))
        return int((await (await session.connection()).execute(query)).scalar_one())

    async def has_due(self, session: AsyncSession, now: datetime) -> bool:
        """Tell whether any row is due, without a writer's lock."""
        query = select_columns(exists(select_columns(col(self.time)).where(self.condition(now))))
        return bool((await (await session.connection()).execute(query)).scalar_one())

    async def delete_some(self, session: AsyncSession, now: datetime, limit: int) -> int:
        """Delete at most so many rows that are due, and return how many; rows that another process has in hand stay."""
        key = tuple_(*self._key())
        due = select_columns(*self._key()).where(self.condition(now)).limit(limit).with_for_update(skip_locked=True)
        deleted = await session.exec(delete(self.table).where(key.in_(due)))
        return int(deleted.rowcount)

    def _key(self) -> list[InstrumentedAttribute[Any]]:
        return [getattr(self.table, column.name) for column in class_mapper(self.table).primary_key]


def core_rules(settings: ServiceSettings) -> Sequence[RetentionRule]:
    """Return the rules of the tables that every service has.

    An inbox remembers for longer than any event may still come: as long as an outbox may send it again into a new
    stream, and as long as that stream keeps it.
    """
    sent = timedelta(days=settings.events_kept_days)
    return (
        RetentionRule(
            "events sent", sent, OutboxRow, OutboxRow.created_time, col(OutboxRow.published_time).is_not(None)
        ),
        RetentionRule("events received", sent + STREAM_AGE + timedelta(days=1), InboxRow, InboxRow.handled_time),
        RetentionRule(
            "answers by key", timedelta(days=settings.answers_kept_days), IdempotencyRow, IdempotencyRow.created_time
        ),
        RetentionRule(
            "ended operations",
            timedelta(days=settings.operations_kept_days),
            OperationRow,
            OperationRow.updated_time,
            col(OperationRow.state).not_in(_UNENDED),
        ),
    )
