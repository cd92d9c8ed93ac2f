"""Stations that were added or changed, over the built-in catalogue."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from malapert_core.errors import ConflictError
from malapert_core.timestamps import utc_now
from pydantic import TypeAdapter
from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.stations import Station
from malapert_comms_window.storage.tables import StationRow

_STATION = TypeAdapter(Station)


class StationStore:
    """Stations by identifier: what is stored stands in for what is built in.

    Parameters
    ----------
    built_in : mapping of str to Station
        The catalogue as delivered.
    """

    def __init__(self, built_in: Mapping[str, Station]) -> None:
        self.built_in = built_in

    async def find(self, session: AsyncSession, station_ids: Collection[str]) -> dict[str, Station]:
        """Return those of the stations that there are."""
        found = {station_id: self.built_in[station_id] for station_id in station_ids if station_id in self.built_in}
        rows = (await session.exec(select(StationRow).where(col(StationRow.station_id).in_(set(station_ids))))).all()
        return {**found, **{row.station_id: _STATION.validate_python(row.content) for row in rows}}

    async def all(self, session: AsyncSession) -> dict[str, Station]:
        """Return every station, by identifier in order."""
        rows = (await session.exec(select(StationRow))).all()
        stations = {**self.built_in, **{row.station_id: _STATION.validate_python(row.content) for row in rows}}
        return dict(sorted(stations.items()))

    async def put(self, session: AsyncSession, station: Station) -> Station:
        """Store a station in its next version and return it; its antenna is locked.

        Raises
        ------
        ConflictError
            ``STATION_CHANGED`` where its version is not the present one.
        """
        row = await session.get(StationRow, station.station_id)
        present = row.version if row is not None else 0
        _require_version(station.station_id, present, station.version)
        after = replace(station, version=present + 1)
        content = _STATION.dump_python(after, mode="json")
        if row is None:
            row = StationRow(station_id=station.station_id, version=1, content=content, updated_time=utc_now())
        row.version, row.content, row.updated_time = after.version, content, utc_now()
        session.add(row)
        await session.flush()
        return after

    async def remove(self, session: AsyncSession, station: Station, version: int) -> None:
        """Forget what was stored of a station, as it is now; its antenna is locked. Raises as `put` does."""
        _require_version(station.station_id, station.version, version)
        await session.exec(delete(StationRow).where(col(StationRow.station_id) == station.station_id))


def _require_version(station_id: str, present: int, meant: int) -> None:
    if meant != present:
        message = f"station {station_id} is at version {present}, not {meant}; read it again"
        raise ConflictError("STATION_CHANGED", message, metadata={"version": str(present)})
