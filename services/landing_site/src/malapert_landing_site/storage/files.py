"""Files of the service: elevations and computed arrays by content, each written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from malapert_core.errors import UnavailableError
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.terrain import Terrain

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def room_on_disk(directory: Path) -> Iterator[None]:
    """Have a block write below a directory.

    Raises
    ------
    UnavailableError
        DISK_FULL where there is no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        message = f"the disk of {directory.name} is full; ask again when there is room"
        raise UnavailableError("DISK_FULL", message) from error


class ElevationFiles:
    """Heights of terrains, one file a content hash."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def save(self, grid: ElevationGrid) -> str:
        """Store a grid's heights and return its content hash."""
        content_hash = grid.content_hash()
        path = self._path(content_hash)
        if not path.exists():
            heights = np.ascontiguousarray(grid.elevation_m, dtype="<f4")
            _write_whole(path, lambda file: np.save(file, heights, allow_pickle=False))
        return content_hash

    def load(self, terrain: Terrain) -> ElevationGrid:
        """Return a terrain's grid, its heights mapped from the file.

        Raises
        ------
        UnavailableError
            TERRAIN_FILE_MISSING where the file is gone.
        """
        path = self._path(terrain.content_hash)
        if not path.exists():
            message = f"the heights of {terrain.terrain_id} are not in this service's files; register it again"
            raise UnavailableError("TERRAIN_FILE_MISSING", message)
        return ElevationGrid(terrain.geometry, np.load(path, mmap_mode="r", allow_pickle=False))

    def _path(self, content_hash: str) -> Path:
        return self._directory / f"{content_hash.removeprefix('sha256:')}.npy"


class ProductFiles:
    """Computed arrays by the key of what they were computed from."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Return the arrays of a key, or None where they were not computed."""
        path = self._directory / f"{key}.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)

    def save(self, key: str, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Store the arrays of a key."""
        _write_whole(self._directory / f"{key}.npz", lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def _write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_unfinished(data_dir: Path) -> None:
    """Remove what a killed process left half written: nothing else is named so."""
    for path in list(data_dir.rglob(".part-*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
