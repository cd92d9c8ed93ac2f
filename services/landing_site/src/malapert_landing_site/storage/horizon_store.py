"""Stored horizons of whole maps: compressed Zarr arrays, one a block, each there whole or not at all.

Directory `<key>.zarr` is a Zarr group whose attributes are what the horizons were made from. Array `block-00007` holds
the seventh block as int16 (azimuths, rows, columns) in steps, with its place and the hash of its values as attributes.
A block is written beside the group and moved in: a job that was killed goes on with the blocks that are missing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.horizon_block import NO_DATA, STEP_DEG, HorizonBlock
from malapert_landing_site.storage.objects import Objects
from malapert_landing_site.storage.whole_files import move_in

_CHUNKS = (90, 128, 128)


class HorizonStore:
    """Horizons by the key of what they are made from."""

    def __init__(self, directory: Path, objects: Objects | None = None) -> None:
        self._directory = directory
        self._objects = objects or Objects(directory)

    def open(
        self, key: str, blocks: Sequence[GridGeometry], height_m: float, made_from: Mapping[str, object]
    ) -> StoredHorizons:
        """Return the horizons of a key, which may have none, some or all of its blocks yet.

        Parameters
        ----------
        key : str
            Content key of everything that determines the horizons.
        blocks : sequence of GridGeometry
            The blocks in their order; the same for the same key.
        height_m : float
            Height of the eye above ground, metres.
        made_from : mapping
            Inputs and parameters as JSON values, kept as the group's attributes.
        """
        path = self._directory / f"{key}.zarr"
        if not path.exists():
            self._directory.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=self._directory, prefix=".part-"))
            attributes = {**made_from, "step_deg": STEP_DEG, "no_data": NO_DATA, "height_m": height_m}
            zarr.create_group(part, attributes=attributes)
            move_in(part, path)
        return StoredHorizons(path, tuple(blocks), height_m, self._objects)


class StoredHorizons:
    """The stored blocks of one map."""

    def __init__(self, path: Path, blocks: tuple[GridGeometry, ...], height_m: float, objects: Objects) -> None:
        self.key = path.stem
        self._path = path
        self._blocks = blocks
        self._height_m = height_m
        self._objects = objects

    def has(self, n: int) -> bool:
        """Whether block n is there."""
        return self._objects.has(self._block_path(n), is_directory=True)

    def load(self, n: int) -> HorizonBlock:
        """Return a block that is there."""
        array = self._array(n)
        return HorizonBlock(self._blocks[n], self._height_m, np.asarray(array[:], dtype=np.int16))

    def save(self, n: int, block: HorizonBlock) -> None:
        """Store a block; one that is there already is left as it is."""
        steps, geometry = block.elevation_steps, block.geometry
        part = Path(tempfile.mkdtemp(dir=self._path.parent, prefix=".part-"))
        try:
            array = zarr.create_array(
                part,
                shape=steps.shape,
                chunks=tuple(min(side, chunk) for side, chunk in zip(steps.shape, _CHUNKS, strict=True)),
                dtype="int16",
                fill_value=NO_DATA,
                compressors=BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
                attributes={
                    "crs": geometry.crs,
                    "x_min_m": geometry.x_min_m,
                    "y_max_m": geometry.y_max_m,
                    "pixel_size_m": geometry.pixel_size_m,
                    "content_hash": _hash_of(block),
                },
                overwrite=True,
            )
            array[:] = steps
            move_in(part, self._block_path(n))
            self._objects.keep(self._block_path(n))
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    def content_hash(self) -> str:
        """Return `sha256:…` over the hashes of all blocks, which must be there."""
        digest = hashlib.sha256()
        for n in range(len(self._blocks)):
            digest.update(str(self._array(n).attrs["content_hash"]).encode())
        return f"sha256:{digest.hexdigest()}"

    def _array(self, n: int) -> Any:
        self._objects.bring(self._block_path(n), is_directory=True)
        return zarr.open_array(self._block_path(n), mode="r")

    def _block_path(self, n: int) -> Path:
        return self._path / f"block-{n:05d}"


def _hash_of(block: HorizonBlock) -> str:
    steps = np.ascontiguousarray(block.elevation_steps, dtype="<i2")
    return f"sha256:{hashlib.sha256(steps.data).hexdigest()}"
