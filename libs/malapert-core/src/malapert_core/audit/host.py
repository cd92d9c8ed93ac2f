"""Verification of stored chains on the host of their databases."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from malapert_core.audit.ledger import verify_chain
from malapert_core.audit.verification import ChainReport, Place
from malapert_core.db.database import Database
from malapert_core.errors import PreconditionError


async def verify_database(database: Path | str, anchors: Mapping[str, Iterable[Place]]) -> tuple[str, ChainReport]:
    """Return the service whose chain is in a database, by the database's name, and the chain's verification.

    Parameters
    ----------
    database : Path or str
        An SQLite file, or an address as `Database` takes it.
    anchors : mapping of str to iterable of Place
        Places that were published, by service.

    Raises
    ------
    PreconditionError
        ``DATABASE_UNUSABLE`` where there is no such database, or no chain in it.
    """
    try:
        url = _url(database)
        opened = Database(url)
        try:
            service = Path(url.database or "").stem
            return service, await verify_chain(opened, anchors.get(service, ()))
        finally:
            await opened.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise PreconditionError("DATABASE_UNUSABLE", f"no audit chain can be read there: {error}") from error


def _url(database: Path | str) -> URL:
    if isinstance(database, str):
        return make_url(database)
    return URL.create("sqlite+aiosqlite", database=str(database))
