"""Database of one service: SQLite with a write-ahead log, or PostgreSQL, behind the same reading and writing sessions.

Tables are SQLModel classes. Every service makes its own base, so that several services live in one process without
their table names meeting in one metadata::

    class PlannerTable(SQLModel, registry=new_registry()):
        '''Base of the planner's tables.'''

    class PlanRow(PlannerTable, table=True):
        __tablename__ = "plan"
        plan_id: str = Field(primary_key=True)
        created_time: datetime = Field(sa_type=UtcDateTime)
        content: dict[str, Any] = Field(sa_type=Json)

The tables that malapert_core itself needs (outbox, inbox, operation, idempotency) are in `malapert_core.db.tables`; a
service's first migration makes them by `create_core_tables(op)`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
import stamina
from sqlalchemy import JSON, Connection, DateTime, Dialect, MetaData, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.db.outages import open_postgresql, outages_told
from malapert_core.errors import DatabaseAwayError, PreconditionError

Json = JSON().with_variant(JSONB(), "postgresql")
"""Column type of JSON content: JSONB on PostgreSQL."""

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_READING = "malapert_reading"
LOCK_WAIT_MS = 15_000
"""How long a writer waits for another one on SQLite, milliseconds; then the database is said to be busy."""
_LONGEST_LAST_CALL_S = 20.0
"""Longest time that closing waits for a call in the making; one that waits for a writer's lock gives up before."""


class UtcDateTime(TypeDecorator[datetime]):
    """Column of aware UTC datetimes; a naive one is refused by ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime to UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored instant as an aware UTC datetime; SQLite keeps no offset."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_registry() -> registry:
    """Return a registry with a metadata of its own, whose constraints are named alike on both databases."""
    return registry(metadata=MetaData(naming_convention=_NAMING))


class Database:
    """Sessions on one database.

    Parameters
    ----------
    url : str or URL
        SQLAlchemy address with an asynchronous driver, ``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._threads: WeakSet[Thread] = WeakSet()
        self.engine: AsyncEngine = (
            _sqlite_engine(self.url, self._threads) if self.is_sqlite else _postgresql_engine(self.url)
        )
        reading = self.engine.execution_options(**{_READING: True})
        self._writing = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)
        self._reading = async_sessionmaker(reading, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session that writes: committed at the end of the block, rolled back where the block raises.

        On SQLite writers take turns; on PostgreSQL a row that is read to be changed needs ``with_for_update()``.

        Raises
        ------
        DatabaseAwayError
            As `outages_told` does.
        """
        with outages_told():
            async with self._writing() as session, session.begin():
                yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session that only reads: on SQLite it does not wait for writers; raises as `transaction`."""
        with outages_told():
            async with self._reading() as session:
                yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection that sees one instant of the database, however much is written meanwhile."""
        options: dict[str, Any] = {_READING: True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self.engine.execution_options(**options).connect() as connection:
            yield connection

    async def wait_ready(self) -> None:
        """Return once the database answers; wait for a server with growing pauses until then.

        Raises
        ------
        PreconditionError
            ``DATABASE_UNUSABLE`` where an SQLite file cannot be opened, which does not pass by waiting.
        """
        async for attempt in stamina.retry_context(
            on=(OSError, DBAPIError, DatabaseAwayError), attempts=None, timeout=None, wait_initial=0.2, wait_max=5.0
        ):
            with attempt, self.unusable_told():
                async with self.engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))

    async def answers(self) -> bool:
        """Return True once the database answers; raises as `reading` where it does not."""
        async with self.reading() as session:
            await (await session.connection()).execute(text("SELECT 1"))
        return True

    @contextmanager
    def unusable_told(self) -> Iterator[None]:
        """Raise ``DATABASE_UNUSABLE`` for what makes an SQLite file unusable: no rights, no room, no database."""
        try:
            yield
        except DBAPIError as error:
            if not self.is_sqlite or "is locked" in str(error.orig):
                raise
            raise _unusable(self.url, error.orig) from error

    async def close(self) -> None:
        """Close all connections, and wait for the threads that a cancelled call left at work."""
        await self.engine.dispose()
        until_s = time.monotonic() + _LONGEST_LAST_CALL_S
        for thread in [thread for thread in self._threads if thread.is_alive()]:
            # Such a thread answers into the event loop, which therefore must not end before it.
            await asyncio.to_thread(thread.join, max(0.0, until_s - time.monotonic()))


async def database_time(session: AsyncSession) -> datetime:
    """Return the time by the database's own clock, on which processes on several machines agree."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = (await (await session.connection()).execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now.astimezone(UTC)


async def take_turn(session: AsyncSession, lock: int) -> None:
    """Wait until no other transaction has a lock, and have it until the end of this one; on SQLite any that writes has
    all."""
    if session.get_bind().dialect.name != "sqlite":
        await (await session.connection()).execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _unusable(url: URL, error: BaseException | None) -> PreconditionError:
    return PreconditionError("DATABASE_UNUSABLE", f"{url.database}: {error}")


def _postgresql_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, pool_pre_ping=True, connect_args={"server_settings": {"timezone": "UTC"}})

    @event.listens_for(engine.sync_engine, "do_connect")
    def tell_outages(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = open_postgresql

    return engine


def _sqlite_engine(url: URL, threads: WeakSet[Thread]) -> AsyncEngine:
    if url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(url, error) from error
    engine = create_async_engine(url)

    def open_connection(*arguments: Any, **options: Any) -> aiosqlite.Connection:
        connection = aiosqlite.connect(*arguments, **options)
        # The driver runs each connection in a thread of its own, and offers no other way to wait for it.
        connection._thread.daemon = True
        threads.add(connection._thread)
        return connection

    @event.listens_for(engine.sync_engine, "do_connect")
    def record_thread(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = open_connection

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is deferred: two writers could then deadlock on the upgrade of their locks.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={LOCK_WAIT_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
