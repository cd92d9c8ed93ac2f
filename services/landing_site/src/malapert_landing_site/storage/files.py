"""Files of the service: elevations and computed arrays by content, each written whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from malapert_core.errors import UnavailableError
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.terrain import Terrain
from malapert_landing_site.storage.objects import Objects
from malapert_landing_site.storage.whole_files import write_whole


class ElevationFiles:
    """Heights of terrains, one file a content hash."""

    def __init__(self, directory: Path, objects: Objects | None = None) -> None:
        self._directory = directory
        self._objects = objects or Objects(directory)

    def save(self, grid: ElevationGrid) -> str:
        """Store a grid's heights on this machine and return its content hash; `keep` has the object store hold them."""
        content_hash = grid.content_hash()
        path = self._path(content_hash)
        if not path.exists():
            heights = np.ascontiguousarray(grid.elevation_m, dtype="<f4")
            write_whole(path, lambda file: np.save(file, heights, allow_pickle=False))
        return content_hash

    def keep(self, content_hash: str) -> None:
        """Have the object store hold heights that were saved here."""
        self._objects.keep(self._path(content_hash))

    def load(self, terrain: Terrain) -> ElevationGrid:
        """Return a terrain's grid, its heights mapped from the file.

        Raises
        ------
        UnavailableError
            TERRAIN_FILE_MISSING where the file is gone.
        """
        path = self._path(terrain.content_hash)
        if not self._objects.bring(path):
            message = f"the heights of {terrain.terrain_id} are not in this service's files; register it again"
            raise UnavailableError("TERRAIN_FILE_MISSING", message)
        return ElevationGrid(terrain.geometry, np.load(path, mmap_mode="r", allow_pickle=False))

    def _path(self, content_hash: str) -> Path:
        return self._directory / f"{content_hash.removeprefix('sha256:')}.npy"


class ProductFiles:
    """Computed arrays by the key of what they were computed from."""

    def __init__(self, directory: Path, objects: Objects | None = None) -> None:
        self._directory = directory
        self._objects = objects or Objects(directory)

    def find(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the arrays of a key, or None where they were not computed."""
        path = self._directory / f"{key}.npz"
        if not self._objects.bring(path):
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)

    def save(self, key: str, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Store the arrays of a key."""
        path = self._directory / f"{key}.npz"
        write_whole(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
        self._objects.keep(path)


def remove_unfinished(data_dir: Path) -> None:
    """Remove what a killed process left half written: nothing else is named so."""
    for path in list(data_dir.rglob(".part-*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
