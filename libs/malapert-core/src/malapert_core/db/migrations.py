"""Schema migrations by alembic, driven from code: no alembic.ini, no second way to reach the database."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from malapert_core.db.database import Database
from malapert_core.errors import PreconditionError

_MIGRATION_LOCK = 7_101_969


def alembic_config(script_location: Path) -> Config:
    """Return the configuration by which alembic finds the migrations in a folder."""
    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def run_migrations(
    database: Database,
    script_location: Path,
    revision: str = "head",
    fill: Callable[[Connection], None] | None = None,
) -> None:
    """Bring the schema to the newest revision in one transaction; several processes may try at once.

    Parameters
    ----------
    database : Database
    script_location : Path
        Folder of the migrations.
    revision : str
        Another revision than the newest.
    fill : callable, optional
        Fills the schema in the same transaction.

    Raises
    ------
    PreconditionError
        ``DATABASE_UNUSABLE`` where an SQLite file cannot be written; ``SCHEMA_NEWER`` as `schema_is_current`.
    """

    def upgrade(connection: Connection) -> None:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config = alembic_config(script_location)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if fill is not None:
            fill(connection)

    with database.unusable_told():
        if await schema_is_current(database, script_location):
            return
        _refuse_unknown(script_location, revision)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade)


def _refuse_unknown(script_location: Path, revision: str) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(script_location))
    known = {script.revision for script in scripts.walk_revisions()}
    if revision not in known | {"head"}:
        raise _newer(revision, scripts)


def _newer(revision: str, scripts: ScriptDirectory) -> PreconditionError:
    return PreconditionError(
        "SCHEMA_NEWER",
        f"the database is of a later version, at revision {revision}; this one knows revisions up to "
        f"{', '.join(scripts.get_heads())}: run that version, or restore a backup of this one",
    )


async def schema_is_current(database: Database, script_location: Path) -> bool:
    """Return whether the database stands at the newest revision.

    Raises
    ------
    PreconditionError
        ``SCHEMA_NEWER`` where a later version has changed it.
    """
    scripts = ScriptDirectory.from_config(alembic_config(script_location))
    async with database.engine.connect() as connection:
        present = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
    known = {script.revision for script in scripts.walk_revisions()}
    if beyond := sorted(set(present) - known):
        raise _newer(", ".join(beyond), scripts)
    return set(present) == set(scripts.get_heads())
