"""Registering terrains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.documents.text import text_fault
from malapert_core.errors import Fault, UnavailableError
from malapert_core.timestamps import utc_now
from sqlalchemy import ColumnElement

from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.terrain import Holder, Terrain, terrain_id_of
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.stored_bytes import StoredBytes
from malapert_landing_site.services.terrain_reading import StoredHeights, TerrainReader, stored
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.storage.terrains import TerrainStore
from malapert_landing_site.terrain.dem.builtin import SOURCE, TITLES, builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid

MAX_TITLE_LENGTH, MAX_SOURCE_LENGTH = 500, 2000

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TerrainHeader:
    """Description of a DEM file that precedes its bytes."""

    title: str
    source: str
    file_name: str
    mission_id: str = ""


def header_faults(header: TerrainHeader) -> list[Fault]:
    """Faults of what is said of a file; empty where each is one line of at most its length."""
    faults = []
    for name, text, most in (
        ("title", header.title, MAX_TITLE_LENGTH),
        ("source", header.source, MAX_SOURCE_LENGTH),
        ("file_name", header.file_name, MAX_TITLE_LENGTH),
    ):
        if len(text) > most:
            faults.append(Fault(name, "TOO_LONG", f"{name} has {len(text)} characters; {most} are allowed"))
        if fault := text_fault(text, name):
            faults.append(fault)
    return faults


class TerrainCatalogue:
    """Terrains: the built-in ones, those that were registered, and synthetic ones."""

    def __init__(
        self,
        database: Database,
        files: ElevationFiles,
        compute: Compute,
        audit: AuditTrail,
        reader: TerrainReader,
        stored_bytes: StoredBytes,
    ) -> None:
        self._stored = stored_bytes
        self._database = database
        self._audit = audit
        self._files = files
        self._compute = compute
        self._reader = reader

    async def register_builtin(self) -> None:
        """Register the built-in grids of both poles where their data wheel is installed."""
        for pole, title in TITLES.items():
            try:
                await self.builtin(pole)
            except UnavailableError as error:
                log.warning("built-in terrain is missing", title=title, error=error.message)

    async def builtin(self, pole: int) -> Terrain:
        """Return the built-in terrain of a pole."""
        path = builtin_path(pole)
        grid = await self._compute.run(read_grid, path, path.name)
        return await self.add(grid, title=TITLES[pole], source=SOURCE)

    async def register(self, header: TerrainHeader, path: Path, owner_agency_id: str) -> Terrain:
        """Register a DEM file; the same heights on the same grid give the same terrain of its holder.

        Raises
        ------
        InvalidInputError
            With all faults of the file, see `read_terrain`.
        ExhaustedError
            ``STORED_BYTES_LIMIT`` where the agency may not store so much, told by the file's header.
        """
        admit = await self._stored.admission(owner_agency_id)
        heights = await self._reader.read(owner_agency_id, path, header.file_name, admit)
        terrain = await self._record(
            heights,
            title=header.title or header.file_name,
            source=header.source or header.file_name,
            holder=Holder(owner_agency_id, header.mission_id),
        )
        # The same heights may have come in another file before; these are the notes on this one.
        return replace(terrain, notes=heights.notes)

    async def add(
        self,
        grid: ElevationGrid,
        *,
        title: str,
        source: str,
        holder: Holder = Holder(),  # noqa: B008 - frozen
        synthetic: bool = False,
        notes: tuple[str, ...] = (),
    ) -> Terrain:
        """Store a grid and its record."""
        heights = await self._compute.run(stored, self._files, grid, notes)
        await self._compute.run(self._files.keep, heights.content_hash)
        return await self._record(heights, title=title, source=source, holder=holder, synthetic=synthetic)

    async def _record(
        self, heights: StoredHeights, *, title: str, source: str, holder: Holder, synthetic: bool = False
    ) -> Terrain:
        terrain = Terrain(
            terrain_id=terrain_id_of(heights.content_hash, holder.key),
            title=title,
            content_hash=heights.content_hash,
            geometry=heights.geometry,
            elevation_min_m=heights.lowest_m,
            elevation_max_m=heights.highest_m,
            no_data_fraction=heights.hole_share,
            source=source,
            synthetic=synthetic,
            owner_agency_id=holder.agency_id,
            created_time=utc_now(),
            notes=heights.notes,
            mission_id=holder.mission_id,
        )
        async with self._database.transaction() as session:
            store = TerrainStore(session)
            if holder.agency_id and await store.find(terrain.terrain_id) is None:
                self._audit.record(
                    session,
                    "terrain.registered",
                    entity_kind="terrain",
                    entity_id=terrain.terrain_id,
                    mission_id=terrain.mission_id,
                    after_hash=heights.content_hash,
                )
            return await store.add(terrain)

    async def get(self, terrain_id: str) -> Terrain:
        """Return one terrain."""
        async with self._database.reading() as session:
            return await TerrainStore(session).get(terrain_id)

    async def find_all(self, terrain_ids: Sequence[str]) -> list[Terrain | None]:
        """Return terrains by their identifiers, None for one that is not there."""
        async with self._database.reading() as session:
            return [await TerrainStore(session).find(terrain_id) for terrain_id in terrain_ids]

    async def page(self, size: int, after_key: str, seen: ColumnElement[bool]) -> Sequence[Terrain]:
        """Return terrains that are seen in the order of their sort keys."""
        async with self._database.reading() as session:
            return await TerrainStore(session).page(size, after_key, seen)
