"""Missions and the catalogues of their versions."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.storage.tables import CatalogueRow, MissionRow

_CATALOGUE = TypeAdapter(Catalogue)


class CatalogueStore:
    """Stores catalogues by mission version, each once."""

    async def lock_mission(self, session: AsyncSession, mission_id: str) -> int | None:
        """Keep other transactions from changing the mission until this one ends; return its newest version."""
        locking = select(MissionRow).where(MissionRow.mission_id == mission_id).with_for_update()
        row = (await session.exec(locking)).first()
        return row.newest_version if row else None

    async def claim_mission(self, session: AsyncSession, mission_id: str) -> int | None:
        """Lock a mission as `lock_mission` does, and one that there is not yet: whoever else imports it waits."""
        newest = await self.lock_mission(session, mission_id)
        if newest is not None:
            return newest
        try:
            async with session.begin_nested():
                session.add(MissionRow(mission_id=mission_id, newest_version=0))
        except IntegrityError:
            pass  # somebody else's import has ended meanwhile
        return await self.lock_mission(session, mission_id) or None

    async def newest_version(self, session: AsyncSession, mission_id: str) -> int | None:
        """Return the newest version of a mission, None where it is unknown."""
        query = select(MissionRow.newest_version).where(MissionRow.mission_id == mission_id)
        return (await session.exec(query)).first()

    async def find(self, session: AsyncSession, mission_id: str, mission_version: int = 0) -> Catalogue | None:
        """Return the catalogue of a mission's version, of the newest for 0, or None where there is none."""
        row = await self._row(session, mission_id, mission_version)
        return _CATALOGUE.validate_python(row.document) if row else None

    async def find_hash(self, session: AsyncSession, mission_id: str, mission_version: int) -> str | None:
        """Return the content hash under which a mission version was imported, None where it was not."""
        row = await self._row(session, mission_id, mission_version)
        return row.content_hash if row else None

    async def created_time(self, session: AsyncSession, mission_id: str, mission_version: int) -> datetime:
        """Return when a mission version that there is was imported, UTC."""
        query = select(CatalogueRow.created_time).where(
            CatalogueRow.mission_id == mission_id, CatalogueRow.mission_version == mission_version
        )
        return (await session.exec(query)).one()

    async def add(self, session: AsyncSession, catalogue: Catalogue, content_hash: str, time: datetime) -> None:
        """Store the catalogue of a new version of a mission that is claimed."""
        mission = (await session.exec(select(MissionRow).where(MissionRow.mission_id == catalogue.mission_id))).one()
        mission.newest_version = catalogue.mission_version
        session.add(
            CatalogueRow(
                mission_id=catalogue.mission_id,
                mission_version=catalogue.mission_version,
                content_hash=content_hash,
                document=_CATALOGUE.dump_python(catalogue, mode="json"),
                created_time=time,
            )
        )
        await session.flush()

    async def _row(self, session: AsyncSession, mission_id: str, mission_version: int) -> CatalogueRow | None:
        if mission_version:
            return await session.get(CatalogueRow, (mission_id, mission_version))
        newest_first = (
            select(CatalogueRow)
            .where(CatalogueRow.mission_id == mission_id)
            .order_by(col(CatalogueRow.mission_version).desc())
        )
        return (await session.exec(newest_first.limit(1))).first()
