"""Schemas that are migrated once in a process and copied from then on: most tests are of something else."""

import sqlite3
from pathlib import Path

from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from sqlalchemy import URL

_images: dict[Path, bytes] = {}


async def migrate_new_file(address: URL, migrations: Path) -> None:
    """Bring an SQLite file that is not there yet to the newest schema; leave any other database as it is."""
    path = _new_file(address)
    if path is None:
        return
    if migrations in _images:
        path.write_bytes(_images[migrations])
        return
    database = Database(address)
    await run_migrations(database, migrations)
    await database.close()
    connection = sqlite3.connect(path)
    _images[migrations] = connection.serialize()
    connection.close()


def _new_file(address: URL) -> Path | None:
    """Return the path of an SQLite file that is yet to be made, in a folder that is there."""
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    path = Path(address.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    return None if path.exists() else path
