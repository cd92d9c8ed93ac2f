"""Storing a changed request and telling others, always together."""

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.request import ActivityRequest
from malapert_payload.services.ports import Announcer
from malapert_payload.storage.requests import RequestStore


class RequestRecord:
    """Where changed requests go.

    Parameters
    ----------
    requests : RequestStore
    announcer : Announcer
    """

    def __init__(self, requests: RequestStore, announcer: Announcer) -> None:
        self._requests = requests
        self._announcer = announcer

    async def keep(self, session: AsyncSession, before: ActivityRequest | None, after: ActivityRequest) -> None:
        """Store a request as it stands and announce its changes; nothing where there are none."""
        if after == before:
            return
        await self._requests.save(session, after)
        self._announcer.announce(session, after, before.version if before else 0)
