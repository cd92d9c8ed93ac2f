"""Reading, adding and changing stations."""

from collections.abc import Iterable

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError, NotFoundError, PreconditionError
from malapert_core.policy.identity import Identity

from malapert_comms_window.domain.catalogue import check_station
from malapert_comms_window.domain.stations import Station, StationFilter
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.contacts import ContactFilter, ContactStore
from malapert_comms_window.storage.stations import StationStore

MOST_STATIONS = 500
"""Stations of one owner."""


class StationService:
    """Keeps the station catalogue. Who changes a station locks its antenna, so that no booking is made meanwhile.

    Parameters
    ----------
    database : Database
    stations : StationStore
    contacts : ContactStore
    owners : StationOwners
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        stations: StationStore,
        contacts: ContactStore,
        owners: StationOwners,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._stations = stations
        self._contacts = contacts
        self._owners = owners
        self._audit = audit
        self._clock = clock

    async def get(self, station_id: str) -> Station:
        """Return one station.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_STATION``.
        """
        async with self._database.reading() as session:
            found = await self._stations.find(session, [station_id])
        if station_id not in found:
            raise NotFoundError("station", station_id)
        return found[station_id]

    async def page(self, wanted: StationFilter, limit: int) -> list[Station]:
        """Return at most so many of the wanted stations, by identifier in order."""
        async with self._database.reading() as session:
            stations = await self._stations.all(session)
        return [station for station in stations.values() if wanted.admits(station)][:limit]

    async def put(self, station: Station, identity: Identity) -> Station:
        """Add a station or change one, and return it as it is now.

        Raises
        ------
        InvalidInputError
            ``INVALID_STATION`` with every fault.
        PermissionDeniedError
            ``FOREIGN_STATION`` where it is, or would be, another agency's.
        ConflictError
            ``STATION_CHANGED`` where its version is not the present one.
        ExhaustedError
            ``TOO_MANY_STATIONS`` where its owner has as many as one may.
        """
        async with self._database.transaction() as session:
            await self._contacts.lock_antennas(session, [station.station_id])
            stations = await self._stations.all(session)
            present = stations.get(station.station_id)
            for owner in {station.agency_id, *([present.agency_id] if present else [])}:
                self._owners.require(station.station_id, owner, identity)
            check_station(station, stations)
            if present is None:
                _require_room(stations.values(), station.agency_id)
            kept = await self._stations.put(session, station)
            self._audit.record(session, "station.put", entity_kind="station", entity_id=station.station_id)
            return kept

    async def remove(self, station_id: str, version: int, identity: Identity) -> Station | None:
        """Forget a station that was added, or what was changed of a built-in one, and return what is left.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_STATION``.
        InvalidInputError
            ``BUILT_IN_STATION`` where nothing was changed of a built-in one.
        PreconditionError
            ``STATION_BOOKED`` while contacts hold an antenna that would be gone.
        ConflictError
            ``STATION_CHANGED``.
        """
        async with self._database.transaction() as session:
            await self._contacts.lock_antennas(session, [station_id])
            present = (await self._stations.find(session, [station_id])).get(station_id)
            if present is None:
                raise NotFoundError("station", station_id)
            self._owners.require(station_id, present.agency_id, identity)
            if present.version == 0:
                fault = Fault("station_id", "BUILT_IN", f"{station_id} is as it was delivered")
                raise InvalidInputError("BUILT_IN_STATION", "a built-in station cannot be taken away", faults=[fault])
            left = self._stations.built_in.get(station_id)
            wanted = ContactFilter(station_id=station_id, only_holding_at=self._clock())
            if left is None and await self._contacts.page(session, wanted, 1):
                message = f"contacts hold {station_id}; release them first"
                raise PreconditionError("STATION_BOOKED", message)
            await self._stations.remove(session, present, version)
            self._audit.record(session, "station.removed", entity_kind="station", entity_id=station_id)
            return left


def _require_room(stations: Iterable[Station], agency_id: str) -> None:
    if sum(station.agency_id == agency_id for station in stations) >= MOST_STATIONS:
        message = f"{agency_id} has {MOST_STATIONS} stations; take one away first"
        raise ExhaustedError("TOO_MANY_STATIONS", message, metadata={"limit": str(MOST_STATIONS)})
