"""Taking a DEM file that comes in pieces."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from malapert.landing_site.v1 import terrain_pb2
from malapert_core.errors import ExhaustedError, InvalidInputError, UnavailableError

from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.terrains import TerrainHeader, header_faults
from malapert_landing_site.storage.files import FULL_DISK


@asynccontextmanager
async def received_file(
    pieces: AsyncIterator[terrain_pb2.RegisterTerrainRequest], directory: Path, max_bytes: int
) -> AsyncIterator[tuple[TerrainHeader, Path]]:
    """Write a stream to a file in a folder of its own, gone after the block.

    Raises
    ------
    InvalidInputError
        HEADER_NOT_FIRST where the stream does not begin with the header, alone, or the faults of the header.
    ExhaustedError
        UPLOAD_TOO_LARGE.
    UnavailableError
        DISK_FULL, also where the block finds no room.
    """
    with _room_on_disk(directory), tempfile.TemporaryDirectory(dir=directory) as folder:
        header: TerrainHeader | None = None
        path, size = Path(folder) / "dem", 0
        with path.open("wb") as file:
            async for piece in pieces:
                if (piece.WhichOneof("part") == "header") != (header is None):
                    raise InvalidInputError("HEADER_NOT_FIRST", "the stream is one header, then the file's bytes")
                if header is None:
                    said = piece.header
                    header = TerrainHeader(said.title, said.source, said.file_name or "the file", said.mission_id)
                    refuse(header_faults(header), "INVALID_TERRAIN")
                    continue
                size += len(piece.chunk)
                if size > max_bytes:
                    message = f"{header.file_name} has more than {max_bytes} bytes"
                    raise ExhaustedError("UPLOAD_TOO_LARGE", message)
                file.write(piece.chunk)
        if header is None:
            raise InvalidInputError("HEADER_NOT_FIRST", "the stream is one header, then the file's bytes")
        yield header, path


@contextmanager
def _room_on_disk(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        message = f"the disk of {directory.name} is full; ask again when there is room"
        raise UnavailableError("DISK_FULL", message) from error
