"""A stream of terrain that does not go on, or that its sender may not register, is refused before it takes room."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from malapert.landing_site.v1 import terrain_pb2
from malapert_core.errors import ExhaustedError, PermissionDeniedError
from malapert_landing_site.handlers.upload import received_file

pytestmark = pytest.mark.asyncio
HEADER = terrain_pb2.RegisterTerrainRequest(header=terrain_pb2.TerrainHeader(title="a", mission_id="lupex"))
PIECE = terrain_pb2.RegisterTerrainRequest(chunk=b"II*\0")


async def anybody(_mission_id: str) -> None:
    """Let everybody register."""


def held(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def pieces(*given: terrain_pb2.RegisterTerrainRequest, ends: bool) -> AsyncIterator[Any]:
    for each in given:
        yield each
    if not ends:
        await asyncio.Event().wait()


@pytest.mark.parametrize("given", [(), (HEADER,), (HEADER, PIECE)])
async def test_a_stream_that_does_not_go_on_is_ended(tmp_path: Path, given: tuple[Any, ...]) -> None:
    with pytest.raises(ExhaustedError, match="UPLOAD_STALLED"):
        async with received_file(pieces(*given, ends=False), tmp_path, 100, anybody, 0.05):
            pass
    assert held(tmp_path) == []


async def test_who_may_not_register_is_refused_before_the_file_comes(tmp_path: Path) -> None:
    taken = []

    async def counted() -> AsyncIterator[Any]:
        yield HEADER
        taken.append(1)
        yield PIECE

    async def nobody(mission_id: str) -> None:
        raise PermissionDeniedError("FORBIDDEN", mission_id)

    with pytest.raises(PermissionDeniedError, match="FORBIDDEN"):
        async with received_file(counted(), tmp_path, 100, nobody):
            pass
    assert not taken


async def test_a_whole_stream_is_a_file(tmp_path: Path) -> None:
    async with received_file(pieces(HEADER, PIECE, PIECE, ends=True), tmp_path, 100, anybody) as (header, path):
        assert (header.title, path.read_bytes()) == ("a", b"II*\0II*\0")
