"""Storing a changed request and telling others, always together."""

from collections.abc import Iterable

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.services.ports import Announcer
from malapert_payload.storage.requests import Changed, RequestStore


class RequestRecord:
    """Writer of changed requests, their history and events.

    Parameters
    ----------
    requests : RequestStore
    announcer : Announcer
    """

    def __init__(self, requests: RequestStore, announcer: Announcer) -> None:
        self._requests = requests
        self._announcer = announcer

    async def keep(self, session: AsyncSession, changes: Iterable[Changed]) -> None:
        """Store requests as they stand and announce what changed; nothing where nothing did."""
        changed = [(before, after) for before, after in changes if after != before]
        await self._requests.save_all(session, changed)
        for before, after in changed:
            revised = before is not None and before.definition() != after.definition()
            self._announcer.announce(session, after, before.version if before else 0, revised=revised)
