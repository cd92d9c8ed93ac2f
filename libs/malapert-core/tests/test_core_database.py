"""Both databases through the same doors."""

import asyncio
import os
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.db.migrations import run_migrations, schema_is_current
from malapert_core.errors import ConflictError, PreconditionError
from malapert_core.service import running_service
from malapert_testing.services import ServiceLauncher
from sample_service.factory import MIGRATIONS, SampleSettings, build
from sample_service.tables import NoteRow, SampleTable
from sqlalchemy import text
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, col, select

TOKYO = timezone(timedelta(hours=9))


async def migrated(url: str) -> Database:
    database = Database(url)
    await run_migrations(database, MIGRATIONS)
    return database


@pytest.mark.asyncio
async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    assert not await schema_is_current(database, MIGRATIONS)
    await asyncio.gather(*(run_migrations(database, MIGRATIONS) for _ in range(2)))
    assert await schema_is_current(database, MIGRATIONS)
    await database.close()


@pytest.mark.asyncio
async def test_times_and_content_come_back_as_they_were(database_url: str) -> None:
    database = await migrated(database_url)
    written = datetime(2029, 1, 15, 9, 30, 0, 123456, tzinfo=TOKYO)
    async with database.transaction() as session:
        session.add(NoteRow(note_id="n", content={"a": [1, 2.5, None]}, created_time=written))
    async with database.reading() as session:
        row = await session.get_one(NoteRow, "n")
    assert row.created_time == written
    assert row.created_time.tzinfo is UTC
    assert row.content == {"a": [1, 2.5, None]}
    async with database.reading() as session:
        later = select(NoteRow).where(col(NoteRow.created_time) > datetime(2029, 1, 15, 0, 29, tzinfo=UTC))
        assert len((await session.exec(later)).all()) == 1
    await database.close()


@pytest.mark.asyncio
async def test_a_naive_time_is_refused(database_url: str) -> None:
    database = await migrated(database_url)
    with pytest.raises(StatementError, match="naive"):
        async with database.transaction() as session:
            session.add(NoteRow(note_id="n", content={}, created_time=datetime(2029, 1, 1)))  # noqa: DTZ001
    await database.close()


@pytest.mark.asyncio
async def test_a_failed_transaction_leaves_nothing(database_url: str) -> None:
    database = await migrated(database_url)

    async def break_off() -> None:
        async with database.transaction() as session:
            session.add(NoteRow(note_id="n", content={}, created_time=datetime.now(UTC)))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with database.reading() as session:
        assert await session.get(NoteRow, "n") is None
    await database.close()


@pytest.mark.asyncio
async def test_many_writers_wait_for_each_other(database_url: str) -> None:
    database = await migrated(database_url)
    async with database.transaction() as session:
        session.add(NoteRow(note_id="n", content={"count": 0}, created_time=datetime.now(UTC)))

    async def increase() -> None:
        async with database.transaction() as session:
            row = (await session.exec(select(NoteRow).with_for_update())).one()
            row.content = {"count": row.content["count"] + 1}

    await asyncio.gather(*(increase() for _ in range(20)))
    async with database.reading() as session:
        assert (await session.get_one(NoteRow, "n")).content == {"count": 20}
    await database.close()


@pytest.mark.asyncio
async def test_a_key_gives_its_response_again(database_url: str) -> None:
    database = await migrated(database_url)
    async with database.transaction() as session:
        assert await recall(session, "k", "jaxa:plans", "sha256:1") is None
        await remember(session, "k", "jaxa:plans", "sha256:1", b"answer")
    async with database.transaction() as session:
        assert await recall(session, "k", "jaxa:plans", "sha256:1") == b"answer"
        assert await recall(session, "k", "isro:plans", "sha256:1") is None
        with pytest.raises(ConflictError) as caught:
            await recall(session, "k", "jaxa:plans", "sha256:2")
        assert caught.value.reason == "IDEMPOTENCY_KEY_REUSED"
    with pytest.raises(ConflictError) as caught:
        async with database.transaction() as session:
            await remember(session, "k", "jaxa:plans", "sha256:1", b"answer")
    assert caught.value.reason == "IDEMPOTENCY_KEY_IN_USE"
    await database.close()


@pytest.mark.asyncio
async def test_an_outdated_schema_is_refused_where_it_may_not_be_changed(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    settings = sqlite_service_runtime.settings(SampleSettings, auto_migrate=False)
    with pytest.raises(PreconditionError) as caught:
        async with running_service(settings, build, MIGRATIONS):
            pytest.fail("it must not serve")
    assert caught.value.reason == "SCHEMA_OUTDATED"
    assert "malapert_sample migrate" in caught.value.message


def test_services_share_no_metadata(tmp_path: Path) -> None:
    assert SampleTable.metadata is not SQLModel.metadata
    assert set(SampleTable.metadata.tables) == {"note"}


@pytest.mark.parametrize("letters", ["a?b=c", "a%20b%", "a#b", "josé 月", 'it\'s "so"', "a\\b", "a\nb", "a@b:c+d"])
@pytest.mark.asyncio
async def test_a_data_directory_may_have_any_letters(tmp_path: Path, letters: str) -> None:
    settings = SampleSettings(
        data_dir=tmp_path / letters, identity_key_file=tmp_path / "key.pem", identity_keys_dir=tmp_path / "identity"
    )
    database = Database(settings.database_address)
    await run_migrations(database, MIGRATIONS)
    await database.close()
    assert settings.auto_migrate
    assert os.listdir(tmp_path) == [letters]
    assert "sample.db" in os.listdir(tmp_path / letters)


async def _begin(url: str) -> None:
    database = Database(url)
    try:
        await asyncio.wait_for(database.wait_ready(), 10)
        await run_migrations(database, MIGRATIONS)
    finally:
        await database.close()


async def _unusable(url: str) -> str:
    with pytest.raises(PreconditionError) as caught:
        await _begin(url)
    assert caught.value.reason == "DATABASE_UNUSABLE"
    return caught.value.message


@pytest.mark.asyncio
async def test_a_file_that_is_no_database_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 100)
    assert str(tmp_path / "text.db") in await _unusable(f"sqlite+aiosqlite:///{tmp_path / 'text.db'}")
    assert "unable to open" in await _unusable(f"sqlite+aiosqlite:///{tmp_path}")
    assert "text.db" in await _unusable(f"sqlite+aiosqlite:///{tmp_path / 'text.db' / 'inner.db'}")


@pytest.mark.asyncio
async def test_closing_waits_for_the_thread_of_a_call_that_was_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects, slow = threading.Event(), sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connects.set()
        time.sleep(0.3)
        return slow(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'slow.db'}")
    before = set(threading.enumerate())

    async def read() -> None:
        async with database.reading() as session:
            await session.exec(text("SELECT 1"))  # type: ignore[call-overload]

    call = asyncio.create_task(read())
    assert await asyncio.to_thread(connects.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    at_work = [thread for thread in set(threading.enumerate()) - before if "_connection_worker_thread" in thread.name]
    assert at_work
    await database.close()
    assert not [thread for thread in at_work if thread.is_alive()]


@pytest.mark.asyncio
async def test_a_database_of_a_later_version_is_refused_by_name(database_url: str) -> None:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    assert await schema_is_current(database, MIGRATIONS)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(PreconditionError, match="9999") as caught:
        await schema_is_current(database, MIGRATIONS)
    assert caught.value.reason == "SCHEMA_NEWER"
    with pytest.raises(PreconditionError, match="SCHEMA_NEWER"):
        await run_migrations(database, MIGRATIONS)
    await database.close()
