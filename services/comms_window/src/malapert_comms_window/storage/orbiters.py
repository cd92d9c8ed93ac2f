"""Orbiters and the files that their motions came in."""

from collections.abc import Collection

from malapert_core.errors import ConflictError
from malapert_core.policy.audience import Visibility
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from malapert_comms_window.domain.orbiters import Orbiter, OrbiterFilter, OrbiterScope
from malapert_comms_window.storage.tables import OrbiterRow

_ORBITER = TypeAdapter(Orbiter)


class OrbiterStore:
    """Stores each version of an orbiter once."""

    async def find(self, session: AsyncSession, orbiter_ids: Collection[str]) -> dict[str, Orbiter]:
        """Return those of the orbiters that there are, in their newest versions; their files stay unread."""
        query = _newest(orbiter_ids).options(defer(OrbiterRow.file, raiseload=True))  # type: ignore[arg-type]
        rows = (await session.exec(query)).all()
        return {row.orbiter_id: _ORBITER.validate_python(row.content) for row in rows}

    async def files(self, session: AsyncSession, orbiter_ids: Collection[str]) -> dict[str, tuple[Orbiter, bytes]]:
        """Return those of the orbiters that there are, in their newest versions, with their files."""
        rows = (await session.exec(_newest(orbiter_ids))).all()
        return {row.orbiter_id: (_ORBITER.validate_python(row.content), row.file) for row in rows}

    async def stored_bytes(self, session: AsyncSession, agency_id: str) -> int:
        """Return how many bytes the files of an agency's orbiters take, all versions of them."""
        owner = col(OrbiterRow.content)["agency_id"].as_string()
        total = select(func.coalesce(func.sum(func.length(OrbiterRow.file)), 0)).where(owner == agency_id)
        return int((await session.exec(total)).one())

    async def add(self, session: AsyncSession, orbiter: Orbiter, file: bytes) -> None:
        """Store a new version.

        Raises
        ------
        ConflictError
            ``ORBITER_CHANGED`` where somebody else stored the same version meanwhile.
        """
        content = _ORBITER.dump_python(orbiter, mode="json")
        row = OrbiterRow(orbiter_id=orbiter.orbiter_id, version=orbiter.version, content=content, file=file)
        try:
            async with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            message = f"orbiter {orbiter.orbiter_id} was changed meanwhile; ask again"
            raise ConflictError("ORBITER_CHANGED", message) from error

    async def missions(self, session: AsyncSession) -> frozenset[str]:
        """Return the missions of orbiters."""
        mission_id = col(OrbiterRow.content)["mission_id"].as_string()
        return frozenset((await session.exec(select(mission_id).where(mission_id != "").distinct())).all())

    async def page(
        self, session: AsyncSession, scope: OrbiterScope, wanted: OrbiterFilter, after: str, limit: int
    ) -> list[Orbiter]:
        """Return at most so many orbiters that are seen after an identifier, in their newest versions.

        An empty filter means all.
        """
        query = _newest_of(col(OrbiterRow.orbiter_id) > after)
        if not scope.everything:
            query = query.where(_shown(scope))
        if wanted.sources:
            source = col(OrbiterRow.content)["source"].as_string()
            query = query.where(source.in_([each.value for each in wanted.sources]))
        if wanted.visibilities:
            query = query.where(_visibility().in_([each.value for each in wanted.visibilities]))
        query = query.options(defer(OrbiterRow.file, raiseload=True))  # type: ignore[arg-type]
        rows = (await session.exec(query.order_by(col(OrbiterRow.orbiter_id)).limit(limit))).all()
        return [_ORBITER.validate_python(row.content) for row in rows]


def _visibility() -> ColumnElement[str]:
    return func.coalesce(col(OrbiterRow.content)["visibility"].as_string(), Visibility.OWNER.value)


def _shown(scope: OrbiterScope) -> ColumnElement[bool]:
    content = col(OrbiterRow.content)
    mission_id = func.coalesce(content["mission_id"].as_string(), "")
    visibility = _visibility()
    own = content["agency_id"].as_string() == scope.agency_id
    if scope.own_mission_ids is not None:
        own = and_(own, mission_id.in_(scope.own_mission_ids))
    of_mission = and_(visibility == Visibility.MISSION.value, mission_id.in_(scope.mission_ids))
    return or_(own, of_mission, visibility == Visibility.PUBLIC.value)


def _newest(orbiter_ids: Collection[str]) -> SelectOfScalar[OrbiterRow]:
    return _newest_of(col(OrbiterRow.orbiter_id).in_(set(orbiter_ids)))


def _newest_of(condition: ColumnElement[bool]) -> SelectOfScalar[OrbiterRow]:
    newest = (
        select(OrbiterRow.orbiter_id, func.max(OrbiterRow.version).label("version"))
        .where(condition)
        .group_by(col(OrbiterRow.orbiter_id))
        .subquery()
    )
    return select(OrbiterRow).where(
        OrbiterRow.orbiter_id == newest.c.orbiter_id, OrbiterRow.version == newest.c.version
    )
