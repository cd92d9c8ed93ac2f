"""Expiry of holds: the time that they held is free by then; here it is written down and told."""

import asyncio

import structlog
from malapert_core.db.database import Database

from malapert_comms_window.services.book.keeper import ContactKeeper
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.storage.contacts import ContactStore

log = structlog.get_logger(__name__)

_AT_ONCE = 200


class HoldExpiry:
    """Writes down which holds ran out; any number of processes may do so at once.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    keeper : ContactKeeper
    clock : Clock
    """

    def __init__(self, database: Database, contacts: ContactStore, keeper: ContactKeeper, clock: Clock) -> None:
        self._database = database
        self._contacts = contacts
        self._keeper = keeper
        self._clock = clock

    async def run(self, interval_s: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                while await self.expire_some() == _AT_ONCE:
                    pass
            except Exception:
                log.exception("holds that ran out could not be written down")
            await asyncio.sleep(interval_s)

    async def expire_some(self) -> int:
        """Write down some holds that ran out, the longest ago first, and return how many there were."""
        async with self._database.reading() as session:
            found = await self._contacts.run_out(session, self._clock(), _AT_ONCE)
        if not found:
            return 0
        async with self._database.transaction() as session:
            await self._contacts.lock_antennas(session, {contact.station_id for contact in found})
            # Read again under the locks: one that was accepted in time, or given back, is left as it is.
            present = await self._contacts.find_all(session, {contact.contact_id for contact in found})
            await self._keeper.expire(session, list(present.values()))
        return len(found)
