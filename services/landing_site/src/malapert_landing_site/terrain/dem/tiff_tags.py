"""Tags of a TIFF's first image (TIFF 6.0, section 2, and BigTIFF) that GDAL leaves or takes without a word."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

GDAL_NODATA = 42113
_MAX_TAGS = 4096
_MAX_TEXT_BYTES = 256
_ASCII = 2
_BIG = 43
_LAST_BYTE = 1 << 62


@dataclass(frozen=True)
class TiffTags:
    """Tags of the first image that GDAL does not report.

    Attributes
    ----------
    no_data : str or None
        Text of GDAL's tag for the value of no-data.
    twice : tuple of int
        Tags that are there more than once.
    """

    no_data: str | None
    twice: tuple[int, ...]


def read_tiff_tags(path: Path) -> TiffTags | None:
    """Tags of the first image, None where they cannot be read: GDAL says then what is wrong."""
    with path.open("rb") as file:
        try:
            return _tags(file)
        except struct.error:
            return None


def _tags(file: IO[bytes]) -> TiffTags:
    head = file.read(16)
    order = ">" if head.startswith(b"MM") else "<"
    big = struct.unpack(f"{order}H", head[2:4])[0] == _BIG
    offset, counted, entry = ("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s")
    place = struct.unpack(order + offset, head[8:16] if big else head[4:8])[0]
    file.seek(min(place, _LAST_BYTE))
    count = struct.unpack(order + counted, file.read(struct.calcsize(counted)))[0]
    layout = struct.Struct(order + entry)
    entries = list(layout.iter_unpack(_whole(file.read(min(count, _MAX_TAGS) * layout.size), layout.size)))
    numbers = [number for number, *_ in entries]
    text = next((_text(file, order + offset, *rest) for number, *rest in entries if number == GDAL_NODATA), None)
    return TiffTags(text, tuple(sorted({number for number in numbers if numbers.count(number) > 1})))


def _whole(content: bytes, size: int) -> bytes:
    return content[: len(content) - len(content) % size]


def _text(file: IO[bytes], offset: str, kind: int, length: int, raw: bytes) -> str:
    if length > len(raw):
        file.seek(min(struct.unpack(offset, raw)[0], _LAST_BYTE))
        raw = file.read(min(length, _MAX_TEXT_BYTES))
    return raw[:length].decode("latin-1").strip("\0 ") if kind == _ASCII else ""
