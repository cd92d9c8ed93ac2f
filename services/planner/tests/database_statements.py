"""What a database is asked in a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from malapert_core.db.database import Database
from sqlalchemy import event


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collect what a database is asked."""
    asked: list[str] = []

    def asking(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", asking)
    try:
        yield asked
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", asking)
