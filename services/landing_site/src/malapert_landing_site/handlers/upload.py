"""Taking a DEM file that comes in pieces."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.landing_site.v1 import terrain_pb2
from malapert_core.errors import ExhaustedError, InvalidInputError

from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.terrains import TerrainHeader, header_faults
from malapert_landing_site.storage.whole_files import room_on_disk

IDLE_LIMIT_S = 60.0
"""How long nothing of a file may come."""


@asynccontextmanager
async def received_file(
    pieces: AsyncIterator[terrain_pb2.RegisterTerrainRequest],
    directory: Path,
    max_bytes: int,
    admit: Callable[[str], Awaitable[None]],
    idle_limit_s: float = IDLE_LIMIT_S,
) -> AsyncIterator[tuple[TerrainHeader, Path]]:
    """Write a stream to a file in a folder of its own, gone after the block.

    ``admit`` refuses who may not register terrain for a mission, before anything of the file is taken.

    Raises
    ------
    InvalidInputError
        HEADER_NOT_FIRST where the stream does not begin with the header, alone, or the faults of the header.
    ExhaustedError
        UPLOAD_TOO_LARGE, or UPLOAD_STALLED where nothing comes for too long.
    UnavailableError
        DISK_FULL, also where the block finds no room.
    """
    with room_on_disk(directory), tempfile.TemporaryDirectory(dir=directory) as folder:
        header: TerrainHeader | None = None
        path, size = Path(folder) / "dem", 0
        with path.open("wb") as file:
            async for piece in _in_time(pieces, idle_limit_s):
                if (piece.WhichOneof("part") == "header") != (header is None):
                    raise InvalidInputError("HEADER_NOT_FIRST", "the stream is one header, then the file's bytes")
                if header is None:
                    said = piece.header
                    header = TerrainHeader(said.title, said.source, said.file_name or "the file", said.mission_id)
                    refuse(header_faults(header), "INVALID_TERRAIN")
                    await admit(header.mission_id)
                    continue
                size += len(piece.chunk)
                if size > max_bytes:
                    message = f"{header.file_name} has more than {max_bytes} bytes"
                    raise ExhaustedError("UPLOAD_TOO_LARGE", message)
                file.write(piece.chunk)
        if header is None:
            raise InvalidInputError("HEADER_NOT_FIRST", "the stream is one header, then the file's bytes")
        yield header, path


async def _in_time(
    pieces: AsyncIterator[terrain_pb2.RegisterTerrainRequest], idle_limit_s: float
) -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    """Yield the pieces of a stream as long as each comes in time."""
    coming = aiter(pieces)
    while True:
        try:
            async with asyncio.timeout(idle_limit_s):
                piece = await anext(coming, None)
        except TimeoutError as error:
            message = f"nothing of the file came for {idle_limit_s:g} s; begin again"
            raise ExhaustedError("UPLOAD_STALLED", message) from error
        if piece is None:
            return
        yield piece
