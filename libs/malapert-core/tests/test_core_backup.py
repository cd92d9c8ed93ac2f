"""A service's database and files come back from an archive as they were, on both databases and across them."""

import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from malapert_core.audit.ledger import head_of, verify_chain
from malapert_core.audit.trail import AuditTrail
from malapert_core.backup.archive import restore_backup, told, write_backup
from malapert_core.backup.tables import tables_of
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations, schema_is_current
from malapert_core.db.tables import InboxRow, OperationRow, OutboxRow
from malapert_core.errors import PreconditionError
from malapert_core.operations.store import OperationState
from malapert_core.timestamps import utc_now
from sample_service.factory import MIGRATIONS, SampleSettings
from sample_service.tables import NoteRow
from sqlalchemy import Connection, select, text
from sqlmodel import col
from sqlmodel import select as sqlmodel_select


class FiledSettings(SampleSettings):
    kept_folders: ClassVar[tuple[str, ...]] = ("kept",)


class StoredElsewhere(FiledSettings):
    @property
    def other_store(self) -> str:
        return "s3://moon/terrain"


def settings_of(data_dir: Path, url: str) -> FiledSettings:
    keys = {"identity_key_file": Path("own.pem"), "identity_keys_dir": Path("public")}
    return FiledSettings.model_validate({**keys, "data_dir": data_dir, "database_url": url})


async def fill(database: Database) -> None:
    now = utc_now()
    texts = ("owner_agency_id", "owner_role", "owner_key_id", "owner_principal_id", "owner_via_service", "mission_id")
    for number in range(3):
        async with database.transaction() as session:
            name = f"n{number}"
            AuditTrail("sample").record(session, "note.written", entity_kind="note", entity_id=name)
            content = {"text": 'Sojourner « ≤ \x01\n"', "number": 0.1, "nothing": None, "list": [1, {"a": None}]}
            session.add(NoteRow(note_id=name, content=content, created_time=now - timedelta(hours=number)))
            data, sent = bytes(range(256)), now if number else None
            row = OutboxRow(event_id=name, subject="s", headers={"a": "b"}, data=data, created_time=now)
            row.published_time = sent
            session.add(row)
            session.add(InboxRow(consumer="c", event_id=name, handled_time=now))
            session.add(
                OperationRow(
                    operation_id=name,
                    kind="work",
                    state=OperationState.QUEUED,
                    owner_mission_ids=["lupex"],
                    request=data,
                    cancel_requested=bool(number),
                    lease_expire_time=sent,
                    created_time=now,
                    updated_time=now,
                    **dict.fromkeys(texts, name),
                )
            )


def _contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in tables_of(connection):
        rows = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        found[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return found


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


async def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    database = Database(url)
    async with database.snapshot() as connection:
        found = await connection.run_sync(_contents)
    await database.close()
    return found


@pytest_asyncio.fixture
async def filled(database_url: str, tmp_path: Path) -> AsyncIterator[FiledSettings]:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    await fill(database)
    await database.close()
    settings = settings_of(tmp_path / "data", database_url)
    for name in ("kept/a/b.npy", "kept/c", "kept/.part-x", "cache/d"):
        (settings.data_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data_dir / name).write_bytes(name.encode() * 1000)
    yield settings


@pytest.mark.asyncio
async def test_all_comes_back_and_goes_on(filled: FiledSettings, tmp_path: Path) -> None:
    archive = tmp_path / "sample.zip"
    made = await write_backup(filled, archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert set(made.files) == {"kept/a/b.npy", "kept/c"}
    # Into SQLite, whatever it came from.
    there = settings_of(tmp_path / "there", f"sqlite+aiosqlite:///{tmp_path}/there.db")
    await restore_backup(there, MIGRATIONS, archive)
    assert await contents(there.database_url) == await contents(filled.database_url)
    assert (there.data_dir / "kept/a/b.npy").read_bytes() == b"kept/a/b.npy" * 1000
    assert sorted(path.name for path in there.data_dir.iterdir()) == ["kept"]
    database = Database(there.database_url)
    assert (await verify_chain(database)).holds
    assert (await head_of(database)).sequence == 3
    await fill_on(database)
    await database.close()


async def fill_on(database: Database) -> None:
    """Append to the chain and to the outbox, whose numbers go on."""
    async with database.transaction() as session:
        AuditTrail("sample").record(session, "note.written", entity_kind="note", entity_id="later")
        session.add(OutboxRow(event_id="later", subject="s", headers={}, data=b"", created_time=utc_now()))
    async with database.reading() as session:
        numbers = (await session.exec(sqlmodel_select(col(OutboxRow.sequence)).order_by(col(OutboxRow.sequence)))).all()
    assert numbers == [1, 2, 3, 4]
    assert (await verify_chain(database)).holds


@pytest.mark.asyncio
async def test_a_backup_of_sqlite_fills_a_server(database_url: str, tmp_path: Path) -> None:
    source = settings_of(tmp_path / "data", f"sqlite+aiosqlite:///{tmp_path}/source.db")
    database = Database(source.database_url)
    await run_migrations(database, MIGRATIONS)
    await fill(database)
    await database.close()
    await write_backup(source, tmp_path / "sample.zip")
    there = settings_of(tmp_path / "there", database_url)
    await restore_backup(there, MIGRATIONS, tmp_path / "sample.zip")
    assert await contents(database_url) == await contents(source.database_url)
    database = Database(database_url)
    await fill_on(database)
    await database.close()
    with pytest.raises(PreconditionError, match="restore into an empty one"):
        await restore_backup(there, MIGRATIONS, tmp_path / "sample.zip")


@pytest.mark.asyncio
async def test_an_archive_of_an_earlier_schema_is_brought_to_this_one(tmp_path: Path) -> None:
    source = settings_of(tmp_path / "data", f"sqlite+aiosqlite:///{tmp_path}/source.db")
    database = Database(source.database_url)
    await run_migrations(database, MIGRATIONS, "0002")
    async with database.transaction() as session:
        AuditTrail("sample").record(session, "note.written", entity_kind="note", entity_id="a")
        await (await session.connection()).execute(
            text("INSERT INTO inbox (consumer, event_id, handled_time) VALUES ('c', 'e', '2026-11-30 12:00:00.000000')")
        )
    await database.close()
    made = await write_backup(source, tmp_path / "sample.zip")
    assert made.revision == "0002"
    there = settings_of(tmp_path / "there", f"sqlite+aiosqlite:///{tmp_path}/there.db")
    await restore_backup(there, MIGRATIONS, tmp_path / "sample.zip")
    database = Database(there.database_url)
    assert await schema_is_current(database, MIGRATIONS)
    assert (await verify_chain(database)).holds
    await database.close()
    assert len((await contents(there.database_url))["inbox"]) == 1


def rewritten(archive: Path, **changes: bytes | None) -> Path:
    """Return a copy of an archive with some members changed, or left out."""
    made = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            content = changes.get(name.replace("/", "_").replace(".", "_"), source.read(name))
            if content is not None:
                target.writestr(name, content)
    return made


@pytest.mark.asyncio
async def test_what_a_backup_does_not_hold_is_told_when_it_is_made_and_read(tmp_path: Path) -> None:
    settings = StoredElsewhere.model_validate(settings_of(tmp_path, "").model_dump())
    database = Database(settings.database_address)
    await run_migrations(database, MIGRATIONS)
    await database.close()
    made = await write_backup(settings, tmp_path / "elsewhere.zip")
    assert told(made)["other_store"] == "s3://moon/terrain"
    read = await restore_backup(settings_of(tmp_path / "there", ""), MIGRATIONS, tmp_path / "elsewhere.zip")
    assert read.other_store == "s3://moon/terrain"


def with_manifest(archive: Path, **values: Any) -> Path:
    with zipfile.ZipFile(archive) as opened:
        manifest = json.loads(opened.read("manifest.json"))
    return rewritten(archive, manifest_json=json.dumps({**manifest, **values}).encode())


@pytest.mark.asyncio
async def test_an_archive_that_is_not_whole_restores_nothing(tmp_path: Path) -> None:
    source = settings_of(tmp_path / "data", f"sqlite+aiosqlite:///{tmp_path}/source.db")
    database = Database(source.database_url)
    await run_migrations(database, MIGRATIONS)
    await fill(database)
    await database.close()
    (source.data_dir / "kept").mkdir(parents=True)
    (source.data_dir / "kept" / "c").write_bytes(b"heights")
    archive = tmp_path / "sample.zip"
    made = await write_backup(source, archive)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-100])
    outside = {"../c": {"count": 7, "sha256": made.files["kept/c"].sha256}}
    there = settings_of(tmp_path / "there", f"sqlite+aiosqlite:///{tmp_path}/there.db")
    for wrong in (
        cut,
        tmp_path / "absent.zip",
        rewritten(archive, tables_inbox_jsonl=b""),
        rewritten(archive, tables_inbox_jsonl=None),
        rewritten(archive, tables_inbox_jsonl=b'{"a": 1}\n'),
        rewritten(archive, files_kept_c=b"other"),
        rewritten(archive, files_kept_c=None),
        rewritten(archive, manifest_json=b"{}"),
        with_manifest(archive, service="planner"),
        with_manifest(archive, format=2),
        with_manifest(archive, tables={}),
        with_manifest(archive, files=outside),
        with_manifest(archive, revision="9999"),
    ):
        with pytest.raises(PreconditionError) as refused:
            await restore_backup(there, MIGRATIONS, wrong)
        expected = "SCHEMA_NEWER" if wrong.name == "changed.zip" and "later version" in refused.value.message else None
        assert refused.value.reason == (expected or "BACKUP_DAMAGED")
        assert list(there.data_dir.rglob("*")) == [] if there.data_dir.exists() else True
    await restore_backup(there, MIGRATIONS, archive)
    assert await contents(there.database_url) == await contents(source.database_url)
    empty = settings_of(tmp_path / "empty", f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    with pytest.raises(PreconditionError, match="has no schema"):
        await write_backup(empty, tmp_path / "empty.zip")
    assert not (tmp_path / "empty.zip").exists()
