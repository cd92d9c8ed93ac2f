"""Writing what was decided on reservations."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.decisions import Asking, Decision
from malapert_comms_window.services.book.keeper import ContactKeeper

_ALTERNATES = 3


class BookWriter:
    """Writes decisions in the order of their making.

    Parameters
    ----------
    keeper : ContactKeeper
    alternates : AlternateFinder
    """

    def __init__(self, keeper: ContactKeeper, alternates: AlternateFinder) -> None:
        self._keeper = keeper
        self._alternates = alternates

    async def write(self, session: AsyncSession, decided: Sequence[tuple[Asking, Decision]]) -> None:
        """Write decisions; what is displaced is told with what could be had instead, once all is booked."""
        added = [(asking, contact) for asking, decision in decided for contact in decision.added]
        if added:
            await self._keeper.add(
                session,
                [contact for _, contact in added],
                {contact.contact_id: asking.identity for asking, contact in added},
                {contact.contact_id: asking.context for asking, contact in added},
            )
        for asking, decision in decided:
            for before, after in decision.bumped:
                found = await self._alternates.find_in(session, before.request, _ALTERNATES, before.mission_id)
                told = replace(after, alternates=tuple(found))
                await self._keeper.change(session, before, told, asking.identity)
