"""Archive of one service: `tables/<table>.jsonl`, `files/…`, and at the end `manifest.json`, which tells of all."""

import hashlib
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO, Any

from alembic.migration import MigrationContext
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from malapert_core.backup.tables import Written, damaged, go_on_counting, read_table, tables_of, write_table
from malapert_core.config import ServiceSettings
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.errors import PreconditionError
from malapert_core.timestamps import format_time, utc_now

FORMAT = 1
_MANIFEST = "manifest.json"
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds: of which service, version and schema, since when, and each part with its hash.

    ``other_store`` has files that it does not hold: to be backed up by the store's own means.
    """

    format: int
    service: str
    version: str
    revision: str
    taken_time: str
    tables: dict[str, Written] = field(default_factory=dict)
    files: dict[str, Written] = field(default_factory=dict)
    other_store: str = ""


_READ_MANIFEST = TypeAdapter(Manifest)


async def write_backup(settings: ServiceSettings, path: Path) -> Manifest:
    """Write a service's database, as of one instant, and its files into an archive, whole or not at all.

    Files are content-addressed and written before the row that names them, so that those copied after the database's
    view hold at least what it names.

    Raises
    ------
    PreconditionError
        ``DATABASE_UNUSABLE``; ``NOTHING_TO_BACK_UP`` where the database has no schema.
    """
    database = Database(settings.database_address)
    part = path.with_name(f"{path.name}.part")
    try:
        with database.unusable_told(), zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            part.chmod(0o600)
            async with database.snapshot() as connection:
                manifest = await connection.run_sync(_write_tables, archive, settings)
            for file in _files(settings):
                name = file.relative_to(settings.data_dir).as_posix()
                with file.open("rb") as source, archive.open(f"files/{name}", "w", force_zip64=True) as target:
                    manifest.files[name] = _copied(source, target)
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        await database.close()
    return manifest


async def restore_backup(settings: ServiceSettings, migrations: Path, path: Path) -> Manifest:
    """Read an archive into a database without a schema, and bring that to the present schema; all of it or nothing.

    Raises
    ------
    PreconditionError
        ``NOT_EMPTY`` where the database has a schema already; ``BACKUP_DAMAGED`` where the archive is not whole or is
        another service's; ``SCHEMA_NEWER`` where it is of a later version.
    """
    database = Database(settings.database_address)
    try:
        with database.unusable_told(), _opened(path) as archive:
            manifest = _manifest_of(archive, settings.service_name)
            async with database.snapshot() as connection:
                if await connection.run_sync(_revisions):
                    message = f"the database of {settings.service_name} has a schema already; restore into an empty one"
                    raise PreconditionError("NOT_EMPTY", message)
            with tempfile.TemporaryDirectory(dir=_made(settings.data_dir), prefix=".part-") as folder:
                _extract_files(archive, manifest, Path(folder))
                await run_migrations(
                    database,
                    migrations,
                    manifest.revision,
                    lambda connection: _read_tables(connection, archive, manifest),
                )
                _move_in(Path(folder), settings.data_dir)
        await run_migrations(database, migrations)
    finally:
        await database.close()
    return manifest


def _write_tables(connection: Connection, archive: zipfile.ZipFile, settings: ServiceSettings) -> Manifest:
    service, revisions = settings.service_name, _revisions(connection)
    if len(revisions) != 1:
        raise PreconditionError("NOTHING_TO_BACK_UP", f"the database of {service} has no schema")
    now, store = format_time(utc_now()), settings.other_store
    manifest = Manifest(FORMAT, service, version("malapert-core"), revisions[0], now, other_store=store)
    for table in tables_of(connection):
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
            manifest.tables[table.name] = write_table(connection, table, file)
    return manifest


def _read_tables(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    tables = tables_of(connection)
    if {table.name for table in tables} != set(manifest.tables):
        raise damaged("the archive has other tables than its schema")
    for table in tables:
        with _member(archive, f"tables/{table.name}.jsonl") as file, _damage_told():
            read_table(connection, table, file, manifest.tables[table.name])
        go_on_counting(connection, table)


def _revisions(connection: Connection) -> Sequence[str]:
    return MigrationContext.configure(connection).get_current_heads()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise damaged(f"{path.name} cannot be read: {error}") from error


def _manifest_of(archive: zipfile.ZipFile, service: str) -> Manifest:
    try:
        manifest = _READ_MANIFEST.validate_json(archive.read(_MANIFEST), strict=True)
    except (KeyError, zipfile.BadZipFile, ValidationError) as error:
        raise damaged(f"the archive has no manifest that can be read: {error}") from error
    if (manifest.format, manifest.service) != (FORMAT, service):
        raise damaged(f"the archive is of {manifest.service}, form {manifest.format}, not of {service}, form {FORMAT}")
    return manifest


def _files(settings: ServiceSettings) -> Iterator[Path]:
    for folder in settings.kept_folders:
        for path in sorted((settings.data_dir / folder).rglob("*")):
            if path.is_file() and not any(part.startswith(".part-") for part in path.parts):
                yield path


def _extract_files(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    for name, written in manifest.files.items():
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts or not relative.parts:
            raise damaged(f"the archive names a file outside of the data directory: {name!r}")
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        with _member(archive, f"files/{name}") as source, target.open("wb") as file:
            if _copied(source, file) != written:
                raise damaged(f"{name} is not what was written")


def _move_in(folder: Path, data_dir: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            target = data_dir / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except KeyError as error:
        raise damaged(f"{name} is missing") from error


def _copied(source: IO[bytes], target: IO[bytes]) -> Written:
    digest, count = hashlib.sha256(), 0
    with _damage_told():
        while piece := source.read(_PIECE_BYTES):
            target.write(piece)
            digest.update(piece)
            count += len(piece)
    return Written(count, digest.hexdigest())


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise damaged(str(error)) from error


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def told(manifest: Manifest) -> dict[str, Any]:
    """Return what an operator is told of an archive."""
    rows = sum(written.count for written in manifest.tables.values())
    size = sum(written.count for written in manifest.files.values())
    return {
        "service": manifest.service,
        "version": manifest.version,
        "revision": manifest.revision,
        "taken_time": manifest.taken_time,
        "rows": rows,
        "files": len(manifest.files),
        "file_bytes": size,
        "other_store": manifest.other_store,
    }
