"""Comparison of a migrated schema with the tables that the code declares."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import CoreTable
from sqlalchemy import Connection, MetaData


async def schema_drift(url: str, migrations: Path, *metadatas: MetaData) -> list[Any]:
    """Migrate an empty database and return what still differs from the tables: an empty list where nothing does."""
    database = Database(url)
    try:
        await run_migrations(database, migrations)

        def differences(connection: Connection) -> list[Any]:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            # alembic takes one metadata or several; its annotation names only one.
            target: Any = [CoreTable.metadata, *metadatas]
            return list(compare_metadata(context, target))

        async with database.engine.connect() as connection:
            return await connection.run_sync(differences)
    finally:
        await database.close()
