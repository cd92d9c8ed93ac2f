"""What an unreachable, full or busy database looks like to its drivers, told as one error that passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from malapert_core.errors import DatabaseAwayError

CONNECT_TIMEOUT_S = 10.0
_RETRY_AFTER_S = "5"
_FULL = "DISK_FULL"
_AWAY = "DATABASE_UNAVAILABLE"
_BUSY = "DATABASE_BUSY"
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATES = {
    "53100": _FULL,
    "53200": _BUSY,
    "53300": _BUSY,
    "57P01": _AWAY,
    "57P02": _AWAY,
    "57P03": _AWAY,
    "57P05": _AWAY,
    "25006": _AWAY,  # a standby, which takes no writes
}
_CONNECTION_CLASS = "08"
# https://www.sqlite.org/rescode.html
_SQLITE_MESSAGES = {
    "database or disk is full": _FULL,
    "is locked": _BUSY,
    "unable to open database file": _AWAY,
    "disk I/O error": _AWAY,
    "readonly database": _AWAY,
}
_TOLD = {
    _FULL: "the disk of the service's database is full",
    _AWAY: "the service's database cannot be reached",
    _BUSY: "the service's database is too busy",
}


@contextmanager
def outages_told() -> Iterator[None]:
    """Raise what says that the database is away, full or busy as DatabaseAwayError; leave other errors as they are.

    Raises
    ------
    DatabaseAwayError
        ``DATABASE_UNAVAILABLE``, ``DATABASE_BUSY`` or ``DISK_FULL``.
    """
    try:
        yield
    except (DBAPIError, PoolTimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError, ConnectionError) as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise _away(reason) from error


async def open_postgresql(*arguments: Any, **options: Any) -> Any:
    """Return a connection to PostgreSQL.

    Raises
    ------
    DatabaseAwayError
        Where the server cannot be reached now, does not answer in time, or takes no further connection.
    """
    options.setdefault("timeout", CONNECT_TIMEOUT_S)
    try:
        return await asyncpg.connect(*arguments, **options)
    except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
        raise _away(_AWAY) from error
    except asyncpg.PostgresError as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise _away(reason) from error


def _away(reason: str) -> DatabaseAwayError:
    return DatabaseAwayError(reason, f"{_TOLD[reason]}; ask again", metadata={"retry_after_s": _RETRY_AFTER_S})


def _reason(error: Exception) -> str | None:
    if isinstance(error, PoolTimeoutError):
        return _BUSY
    if isinstance(error, ConnectionError | asyncpg.InterfaceError):
        return _AWAY
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    if state in _SQLSTATES:
        return _SQLSTATES[state]
    if state.startswith(_CONNECTION_CLASS) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return _AWAY
    return next((reason for words, reason in _SQLITE_MESSAGES.items() if words in str(cause)), None)
