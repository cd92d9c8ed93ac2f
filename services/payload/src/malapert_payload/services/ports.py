"""What the use cases need from outside."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.request import ActivityRequest

Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""


class Announcer(Protocol):
    """Tells others about requests."""

    def announce(self, session: AsyncSession, request: ActivityRequest, known_version: int) -> None:
        """Announce, with the session's transaction, each change of a request after a version; 0 for a new one."""
