"""Occupancy of an antenna within a transaction: bookings that hold it and outages."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact, Obstacle, obstacle_of
from malapert_comms_window.domain.outages import Outage
from malapert_comms_window.storage.contacts import AntennaSpan, ContactStore
from malapert_comms_window.storage.outages import OutageStore


class AntennaBook:
    """Obstacles by antenna, as seen at an instant, with what is booked on top in the same transaction."""

    def __init__(self, contacts: Iterable[Contact], outages: Iterable[Outage], now: datetime) -> None:
        self._obstacles: dict[str, list[Obstacle]] = defaultdict(list)
        for contact in contacts:
            if contact.holds_antenna_at(now):
                self._obstacles[contact.station_id].append(obstacle_of(contact))
        for outage in outages:
            obstacle = Obstacle("outage", outage.outage_id, outage.station_id, outage.start_time, outage.end_time)
            self._obstacles[outage.station_id].append(obstacle)

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
