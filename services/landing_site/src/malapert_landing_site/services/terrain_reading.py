"""Reading terrain files into the service's own: small ones in a thread, large ones in a process of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from malapert_core.reading_processes import ReadingProcesses

from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.storage.whole_files import room_on_disk
from malapert_landing_site.terrain.dem.reading import read_terrain

READING_LIMIT_S = 600.0
_BYTES_OF_PIXEL = 16
_BYTES_BESIDE = 1 << 30


def reading_memory_bytes(max_pixels: int) -> int:
    """Return the memory that reading a terrain of so many pixels may take: twice its heights, windows and libraries."""
    return _BYTES_BESIDE + _BYTES_OF_PIXEL * max_pixels


@dataclass(frozen=True, slots=True)
class StoredHeights:
    """Heights in the service's files: their hash and place, range, share of holes, and notes of how they were read."""

    content_hash: str
    geometry: GridGeometry
    lowest_m: float
    highest_m: float
    hole_share: float
    notes: tuple[str, ...] = ()


class TerrainReader:
    """Reads terrain files.

    Parameters
    ----------
    files : ElevationFiles
        Where the heights go.
    reading : ReadingProcesses
    max_pixels : int
        Largest grid that is read.
    """

    def __init__(self, files: ElevationFiles, reading: ReadingProcesses, max_pixels: int) -> None:
        self._files = files
        self._reading = reading
        self._max_pixels = max_pixels

    async def read(
        self, agency_id: str, path: Path, file_name: str, admit: Callable[[int], None] | None
    ) -> StoredHeights:
        """Store the heights of an agency's file; raises as `read_terrain`, and where `admit` does.

        Raises
        ------
        UnavailableError
            DISK_FULL.
        ExhaustedError
            ``READING_LIMIT`` where it takes more time or memory to read than there is.
        """
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        heights = await self._reading.by_size(
            size_bytes, agency_id, _read_and_stored, self._files, path, file_name, self._max_pixels, admit
        )
        await asyncio.to_thread(self._files.keep, heights.content_hash)
        return heights


def stored(files: ElevationFiles, grid: ElevationGrid, notes: tuple[str, ...] = ()) -> StoredHeights:
    """Store a grid's heights on this machine."""
    heights_m = grid.elevation_m
    return StoredHeights(
        files.save(grid),
        grid.geometry,
        float(np.nanmin(heights_m)),
        float(np.nanmax(heights_m)),
        float(np.isnan(heights_m).mean()),
        notes,
    )


def _read_and_stored(
    files: ElevationFiles, path: Path, file_name: str, max_pixels: int, admit: Callable[[int], None] | None
) -> StoredHeights:
    with room_on_disk(path.parent):
        read = read_terrain(path, file_name, max_pixels, admit=admit)
        return stored(files, read.grid, read.notes)
