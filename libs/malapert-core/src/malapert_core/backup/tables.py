"""Tables of a database, written out row by row from one consistent view, and read into an empty database."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, insert, select, text, update

from malapert_core.backup.values import line_of, row_of
from malapert_core.errors import PreconditionError

_VERSION = "alembic_version"
_HEAD = "audit_head"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Written:
    """Number of rows or bytes, and the SHA-256, of what was written."""

    count: int
    sha256: str


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables of a database such that those that others refer to come first."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON) and column.nullable:
                # The absence of a value, not the value null.
                column.type.none_as_null = True
    return [table for table in metadata.sorted_tables if table.name != _VERSION]


def write_table(connection: Connection, table: Table, file: IO[bytes]) -> Written:
    """Write the rows of a table by their key, one a line."""
    digest, count, columns = hashlib.sha256(), 0, _columns(table)
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query).mappings():
        line = line_of(dict(row), columns)
        file.write(line)
        digest.update(line)
        count += 1
    return Written(count, digest.hexdigest())


def read_table(connection: Connection, table: Table, file: IO[bytes], written: Written) -> None:
    """Read rows into a table that a migration has just made.

    Raises
    ------
    PreconditionError
        ``BACKUP_DAMAGED`` where they are not the ones that were written.
    """
    digest, count = hashlib.sha256(), 0
    for lines in _parts(file):
        digest.update(b"".join(lines))
        count += len(lines)
        rows = _rows(table, lines)
        if table.name == _HEAD:
            # The head is there from the beginning, and the database refuses to lose it.
            _move_head(connection, table, rows)
        else:
            connection.execute(insert(table), rows)
    if Written(count, digest.hexdigest()) != written:
        raise damaged(f"{table.name} is not what was written")


def go_on_counting(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after those that were read; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        owned = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(owned, {"table": table.name, "column": column.name}).scalar_one()
        last = connection.execute(select(func.max(column))).scalar_one() if sequence else None
        if last is not None:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def damaged(what: str) -> PreconditionError:
    """Return the error of a backup that is not whole."""
    return PreconditionError("BACKUP_DAMAGED", f"{what}; nothing was restored")


def _columns(table: Table) -> Mapping[str, Column[Any]]:
    return {column.name: column for column in table.columns}


def _rows(table: Table, lines: list[bytes]) -> list[dict[str, Any]]:
    try:
        return [row_of(line, _columns(table)) for line in lines]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(f"{table.name} cannot be read: {error}") from error


def _move_head(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        # That of a chain without entries is there as it is, and may not be set to itself.
        if row["sequence"]:
            connection.execute(update(table).values(row))


def _parts(file: IO[bytes]) -> Iterator[list[bytes]]:
    while lines := [line for _, line in zip(range(_AT_ONCE), file, strict=False)]:
        yield lines
