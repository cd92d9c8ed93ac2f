"""Occupancy of an antenna within a transaction: bookings that hold it and outages."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.obstacles import Obstacle, obstacle_of, outage_obstacle
from malapert_comms_window.domain.outages import Outage
from malapert_comms_window.storage.contacts import AntennaSpan, ContactStore
from malapert_comms_window.storage.outages import OutageStore


class AntennaBook:
    """Obstacles by antenna, as seen at an instant, with what is booked on top in the same transaction."""

    def __init__(self, contacts: Iterable[Contact], outages: Iterable[Outage], now: datetime) -> None:
        self._obstacles: dict[str, list[Obstacle]] = defaultdict(list)
        for contact in contacts:
            if contact.holds_antenna_at(now):
                self.add(contact)
        for outage in outages:
            self._obstacles[outage.station_id].append(outage_obstacle(outage))

    @classmethod
    async def read(
        cls,
        session: AsyncSession,
        contacts: ContactStore,
        outages: OutageStore,
        spans: Collection[AntennaSpan],
        now: datetime,
    ) -> "AntennaBook":
        """Return what stands in the book within spans of antennas."""
        held = await contacts.overlapping(session, spans)
        return cls(held, await outages.overlapping(session, spans), now)

    def conflicts(self, station_id: str, start_time: datetime, end_time: datetime) -> list[Obstacle]:
        """Return what meets a half-open span of an antenna's time."""
        return [
            each for each in self._obstacles[station_id] if each.start_time < end_time and start_time < each.end_time
        ]

    def obstacles(self, station_id: str) -> list[Obstacle]:
        """Return all that was read of an antenna."""
        return list(self._obstacles[station_id])

    def add(self, contact: Contact) -> None:
        """Book on top."""
        self._obstacles[contact.station_id].append(obstacle_of(contact))

    def drop(self, contact: Contact) -> None:
        """Take a contact out that no longer holds its antenna."""
        kept = [each for each in self._obstacles[contact.station_id] if each.identifier != contact.contact_id]
        self._obstacles[contact.station_id] = kept
