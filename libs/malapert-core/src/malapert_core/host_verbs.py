"""What an operator does on the host with one service's database: migrate, retention, backup and restore."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from malapert_core.backup.archive import restore_backup, told, write_backup
from malapert_core.config import ServiceSettings
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.errors import PreconditionError
from malapert_core.retention.command import tell_retention
from malapert_core.retention.rules import RetentionRule

HOST_VERBS = frozenset({"migrate", "retention", "backup", "restore"})


def add_host_verbs(verbs: Any) -> None:
    """State the verbs to a command line's subparsers."""
    verbs.add_parser("migrate", help="bring the schema to this version's")
    retention = verbs.add_parser("retention", help="tell what is old in the database")
    retention.add_argument("--delete", action="store_true", help="delete it now")
    backup = verbs.add_parser("backup", help="write the database and the files of the service into an archive")
    backup.add_argument("file", type=Path)
    restore = verbs.add_parser("restore", help="read an archive into an empty database, the service being stopped")
    restore.add_argument("file", type=Path)


async def run_host_verb(
    parsed: argparse.Namespace, settings: ServiceSettings, migrations: Path, rules: Sequence[RetentionRule]
) -> None:
    """Do what the command line says; what was backed up or restored is told as JSON.

    Raises
    ------
    PreconditionError
        As the verb does; ``FILE_UNUSABLE`` where an archive cannot be read or written.
    """
    if parsed.verb == "migrate":
        await _migrate(settings, migrations)
    elif parsed.verb == "retention":
        await tell_retention(settings, rules, deletes=parsed.delete)
    else:
        try:
            if parsed.verb == "backup":
                manifest = await write_backup(settings, parsed.file)
            else:
                manifest = await restore_backup(settings, migrations, parsed.file)
            json.dump(told(manifest), sys.stdout)
            sys.stdout.write("\n")
        except OSError as error:
            raise PreconditionError("FILE_UNUSABLE", str(error)) from error


async def _migrate(settings: ServiceSettings, migrations: Path) -> None:
    database = Database(settings.database_address)
    try:
        await database.wait_ready()
        await run_migrations(database, migrations)
    finally:
        await database.close()
