"""Missions in a session's database."""

from dataclasses import fields
from typing import Any

from malapert_core.errors import ConflictError, NotFoundError
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.storage.tables import MissionRow

_LISTS = ("agency_ids", "reviewer_agency_ids")
_LISTED_FIELDS = tuple(entry.name for entry in fields(ListedMission))
_LISTED = tuple(col(getattr(MissionRow, name)) for name in _LISTED_FIELDS)


class MissionStore:
    """Keeps mission versions."""

    async def add(self, session: AsyncSession, mission: Mission) -> None:
        """Store a new version.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where the version is there already.
        """
        session.add(MissionRow(**_columns(mission)))
        try:
            await session.flush()
        except IntegrityError as error:
            message = f"mission {mission.mission_id} was changed by somebody else just now; ask again"
            raise ConflictError("CONCURRENT_CHANGE", message) from error

    async def get(self, session: AsyncSession, mission_id: str, version: int = 0) -> Mission:
        """Return a version, the newest for 0.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_MISSION`` or ``UNKNOWN_MISSION_VERSION``.
        """
        newest = await self.newest_version(session, mission_id)
        if newest == 0:
            raise NotFoundError("mission", mission_id)
        row = await session.get(MissionRow, (mission_id, version or newest))
        if row is None:
            raise NotFoundError("mission version", f"{mission_id}/{version}")
        return _of_row(row)

    async def newest_version(self, session: AsyncSession, mission_id: str) -> int:
        """Return the newest version of a mission, 0 where there is none."""
        query = select(func.max(col(MissionRow.version))).where(col(MissionRow.mission_id) == mission_id)
        return (await session.exec(query)).one() or 0

    async def stored_bytes(self, session: AsyncSession, agency_id: str) -> int:
        """Return how many bytes the documents of an agency's versions of missions take."""
        total = select(func.coalesce(func.sum(func.length(col(MissionRow.document_json))), 0))
        return int((await session.exec(total.where(col(MissionRow.owner_agency_id) == agency_id))).one())

    async def page(
        self, session: AsyncSession, size: int, after_id: str, mission_ids: frozenset[str] | None = None
    ) -> list[ListedMission]:
        """Return the newest version of at most so many missions, of some or, for None, of all, by identifier."""
        wanted = [col(MissionRow.mission_id) > after_id]
        if mission_ids is not None:
            wanted.append(col(MissionRow.mission_id).in_(mission_ids))
        newest = (
            select(col(MissionRow.mission_id), func.max(col(MissionRow.version)).label("version"))
            .where(*wanted)
            .group_by(col(MissionRow.mission_id))
            .order_by(col(MissionRow.mission_id))
            .limit(size)
            .subquery()
        )
        query = select(*_LISTED).join(
            newest,
            (col(MissionRow.mission_id) == newest.c.mission_id) & (col(MissionRow.version) == newest.c.version),
        )
        rows = (await session.exec(query.order_by(col(MissionRow.mission_id)))).all()
        return [ListedMission(**_with_tuples(dict(zip(_LISTED_FIELDS, row, strict=True)))) for row in rows]


def _columns(mission: Mission) -> dict[str, Any]:
    columns = {entry.name: getattr(mission, entry.name) for entry in fields(mission)}
    lists = {name: list(columns[name]) for name in _LISTS}
    return {**columns, **lists}


def _of_row(row: MissionRow) -> Mission:
    return Mission(**_with_tuples(row.model_dump()))


def _with_tuples(columns: dict[str, Any]) -> dict[str, Any]:
    return columns | {name: tuple(columns[name]) for name in _LISTS}
