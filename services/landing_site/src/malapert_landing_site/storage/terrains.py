"""Stores of terrains and stacks."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.errors import NotFoundError
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_landing_site.domain.terrain import Terrain, TerrainStack
from malapert_landing_site.storage.tables import TerrainRow, TerrainStackRow

_TERRAIN = TypeAdapter(Terrain)
_STACK = TypeAdapter(TerrainStack)


class TerrainStore:
    """Registered terrains."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, terrain_id: str) -> Terrain | None:
        """Return a terrain, or None where there is none."""
        row = await self._session.get(TerrainRow, terrain_id)
        return None if row is None else _TERRAIN.validate_python(row.content)

    async def get(self, terrain_id: str) -> Terrain:
        """Return a terrain; raise NotFoundError where there is none."""
        terrain = await self.find(terrain_id)
        if terrain is None:
            raise NotFoundError("terrain", terrain_id)
        return terrain

    async def add(self, terrain: Terrain) -> Terrain:
        """Store a terrain, or return the one that is there with the same content."""
        present = await self.find(terrain.terrain_id)
        if present is not None:
            return present
        self._session.add(
            TerrainRow(
                terrain_id=terrain.terrain_id,
                sort_key=sort_key(terrain),
                content=_TERRAIN.dump_python(terrain, mode="json"),
                created_time=terrain.created_time,
                owner_agency_id=terrain.owner_agency_id,
                mission_id=terrain.mission_id,
            )
        )
        return terrain

    async def stored_bytes(self, agency_id: str) -> int:
        """Return how many bytes the heights of an agency's terrains take."""
        owner = col(TerrainRow.content)["owner_agency_id"].as_string()
        contents = await self._session.exec(select(TerrainRow.content).where(owner == agency_id))
        return sum(_TERRAIN.validate_python(content).stored_bytes for content in contents.all())

    async def page(self, size: int, after_key: str, seen: ColumnElement[bool]) -> Sequence[Terrain]:
        """Return at most `size` terrains that are seen after a sort key, the built-in ones first."""
        query = select(TerrainRow).where(col(TerrainRow.sort_key) > after_key, seen)
        rows = await self._session.exec(query.order_by(col(TerrainRow.sort_key)).limit(size))
        return [_TERRAIN.validate_python(row.content) for row in rows.all()]


def sort_key(terrain: Terrain) -> str:
    """Sort key of a terrain: built-in, then registered, then synthetic."""
    group = 2 if terrain.synthetic else 1 if terrain.owner_agency_id else 0
    return f"{group}-{terrain.terrain_id}"


class TerrainStackStore:
    """Stacks of terrains."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, terrain_stack_id: str) -> TerrainStack:
        """Return a stack; raise NotFoundError where there is none."""
        row = await self._session.get(TerrainStackRow, terrain_stack_id)
        if row is None:
            raise NotFoundError("terrain stack", terrain_stack_id)
        return _STACK.validate_python(row.content)

    async def add(self, stack: TerrainStack) -> TerrainStack:
        """Store a stack, or return the one that is there with the same content."""
        row = await self._session.get(TerrainStackRow, stack.terrain_stack_id)
        if row is not None:
            return _STACK.validate_python(row.content)
        self._session.add(
            TerrainStackRow(
                terrain_stack_id=stack.terrain_stack_id,
                content=_STACK.dump_python(stack, mode="json"),
                created_time=stack.created_time,
                owner_agency_id=stack.owner_agency_id,
                mission_id=stack.mission_id,
            )
        )
        return stack
