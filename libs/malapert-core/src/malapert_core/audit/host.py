"""Verification and pruning of stored chains on the host of their databases."""

import getpass
import os
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from malapert_core.audit.ledger import prune_chain, verify_chain
from malapert_core.audit.trail import AuditTrail
from malapert_core.audit.verification import ChainReport, Place
from malapert_core.db.database import Database
from malapert_core.errors import DatabaseAwayError, PreconditionError
from malapert_core.policy.identity import PLATFORM_AGENCY_ID, Identity, Role, acting_as


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
    async with _opened(database) as (service, opened):
        return service, await verify_chain(opened, anchors.get(service, ()))


async def prune_database(
    database: Path | str, before: datetime, anchors: Mapping[str, Collection[Place]]
) -> tuple[str, int]:
    """Prune the chain in a database as `prune_chain` does, and return the service and how many entries went.

    Parameters
    ----------
    database : Path or str
        An SQLite file, or an address as `Database` takes it.
    before : datetime
        Only entries older than this go.
    anchors : mapping of str to collection of Place
        Places that were published, by service; what comes after the last one stays.

    Raises
    ------
    PreconditionError
        ``DATABASE_UNUSABLE``; ``CHAIN_BROKEN`` where the chain does not hold, for its front may be what proves that;
        ``NOT_ANCHORED`` where an entry after the last anchor would go.
    """
    async with _opened(database) as (service, opened):
        published = anchors.get(service, ())
        if not (await verify_chain(opened, published)).holds:
            raise PreconditionError("CHAIN_BROKEN", "the chain does not hold; nothing was pruned")
        who = Identity(PLATFORM_AGENCY_ID, Role.PLATFORM, "host", f"host:{host_user()}")
        last_anchor = max((anchor.sequence for anchor in published), default=0)
        with acting_as(who):
            return service, await prune_chain(opened, AuditTrail(service), before, last_anchor)


def host_user() -> str:
    """Return who works on the host: the user's name, or its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@asynccontextmanager
async def _opened(database: Path | str) -> AsyncIterator[tuple[str, Database]]:
    try:
        url = _url(database)
        opened = Database(url)
        try:
            yield Path(url.database or "").stem, opened
        finally:
            await opened.close()
    except (SQLAlchemyError, DatabaseAwayError, OSError, ImportError) as error:
        raise PreconditionError("DATABASE_UNUSABLE", f"no audit chain can be read there: {error}") from error


def _url(database: Path | str) -> URL:
    if isinstance(database, str):
        return make_url(database)
    return URL.create("sqlite+aiosqlite", database=str(database))
