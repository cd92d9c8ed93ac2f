"""Tiles and strips of a TIFF that are packed by Deflate, held against their checksums (TIFF 6.0; RFC 1950).

GDAL's decoder takes one whose end is damaged, and leaves the rest of it as its memory was before.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_DEFLATE = (8, 32946)
_MASK = 4
_SEPARATE = 2
_BIG = 43
_MOST_IMAGES = 64
_MOST_TAGS = 4096
_MOST_BLOCKS = 1 << 24
_LAST_BYTE = 1 << 62
_PART_BYTES = 1 << 20
_KINDS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANES = (
    254, 256, 257, 258, 259, 273, 277, 278, 279, 284,
)  # fmt: skip
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_USED = (
    *(_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES),
)
_SIZE = (_WIDTH, _HEIGHT)
Tags = dict[int, tuple[int, ...]]


@dataclass(frozen=True)
class Block:
    """A tile or strip: its bytes in the file, and how many it holds unpacked: those that are used, and at most."""

    offset: int
    packed_bytes: int
    needed_bytes: int
    most_bytes: int


def damaged_blocks(path: Path) -> tuple[int, int]:
    """Return how many blocks of the image and its masks are damaged, and how many are packed by Deflate."""
    damaged = packed = 0
    with path.open("rb") as file:
        for block in _blocks(file):
            packed += 1
            damaged += not _is_sound(file, block)
    return damaged, packed


def _is_sound(file: IO[bytes], block: Block) -> bool:
    file.seek(min(block.offset, _LAST_BYTE))
    unpacking, unpacked, content = zlib.decompressobj(), 0, file.read(block.packed_bytes)
    try:
        while not unpacking.eof and unpacked <= block.most_bytes:
            part = len(unpacking.decompress(content, _PART_BYTES))
            content = unpacking.unconsumed_tail
            unpacked += part
            if not part and not content:
                break
    except zlib.error:
        return False
    return unpacking.eof and block.needed_bytes <= unpacked <= block.most_bytes


def _blocks(file: IO[bytes]) -> Iterator[Block]:
    """Yield the stored blocks packed by Deflate of the image and its mask; none where tags make no sense to GDAL."""
    try:
        first, *others = _images(file)
        masks = [tags for tags in others if tags.get(_KIND) == (_MASK,) and all(tags[at] == first[at] for at in _SIZE)]
        for tags in (first, *masks[:1]):
            if tags.get(_COMPRESSION, (1,))[0] in _DEFLATE:
                yield from _blocks_of(tags)
    except (struct.error, LookupError, ValueError, ZeroDivisionError):
        return


def _blocks_of(tags: Tags) -> Iterator[Block]:
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    bits, samples = tags.get(_BITS, (1,))[0], tags.get(_SAMPLES, (1,))[0]
    if tags.get(_PLANES, (1,))[0] == _SEPARATE:
        samples = 1
    tiled = _TILES in tags
    across, down = (tags[_TILE_WIDTH][0], tags[_TILE_HEIGHT][0]) if tiled else (width, tags.get(_ROWS, (height,))[0])
    down = down if tiled else min(down, height)
    row_bytes, rows_of_blocks = math.ceil(across * bits * samples / 8), math.ceil(height / down)
    count = rows_of_blocks * math.ceil(width / across)
    offsets, sizes = tags[_TILES if tiled else _STRIPS], tags[_TILE_BYTES if tiled else _STRIP_BYTES]
    for number, (offset, size) in enumerate(zip(offsets[:count], sizes[:count], strict=False)):
        # The last strip ends with the image; some writers fill it up all the same.
        rows = down if tiled or (number + 1) % rows_of_blocks else height - (rows_of_blocks - 1) * down
        if offset and size:
            yield Block(offset, size, rows * row_bytes, down * row_bytes)


def _images(file: IO[bytes]) -> Iterator[Tags]:
    """Yield the tags of each image in the file's chain that say where its blocks are."""
    head = file.read(16)
    order = ">" if head.startswith(b"MM") else "<"
    big = struct.unpack(f"{order}H", head[2:4])[0] == _BIG
    offset, counted = struct.Struct(f"{order}{'Q' if big else 'I'}"), struct.Struct(f"{order}{'Q' if big else 'H'}")
    entry = struct.Struct(f"{order}{'HHQ8s' if big else 'HHI4s'}")
    (place,) = offset.unpack(head[8:16] if big else head[4:8])
    seen: set[int] = set()
    while place and place not in seen and len(seen) < _MOST_IMAGES:
        seen.add(place)
        file.seek(min(place, _LAST_BYTE))
        (count,) = counted.unpack(file.read(counted.size))
        entries = [entry.unpack(file.read(entry.size)) for _ in range(min(count, _MOST_TAGS))]
        (place,) = offset.unpack(file.read(offset.size).rjust(offset.size, b"\0"))
        yield {
            number: _values(file, order, offset, kind, length, raw)
            for number, kind, length, raw in entries
            if number in _USED and kind in _KINDS
        }


def _values(file: IO[bytes], order: str, offset: struct.Struct, kind: int, length: int, raw: bytes) -> tuple[int, ...]:
    size, length = struct.calcsize(f"={_KINDS[kind]}"), min(length, _MOST_BLOCKS)
    if length * size > len(raw):
        file.seek(min(offset.unpack(raw)[0], _LAST_BYTE))
        # Of a length that the file does not have, as much as there is.
        raw = file.read(length * size)
    length = min(length, len(raw) // size)
    return struct.unpack(f"{order}{length}{_KINDS[kind]}", raw[: length * size])
