"""Zip archives of one DEM: a label with its image, or one file. Nothing of an archive decides where it is written."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from malapert_core.errors import Fault

from malapert_landing_site.terrain.dem.header import refusal, unreadable
from malapert_landing_site.terrain.dem.pds3_label import MAX_LABEL_BYTES

MAX_FILES = 2
# 16-bit terrain shrinks to a half or a third; a constant grid of nothing but zeros reaches 1000.
MAX_RATIO = 200
_SMALL_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 20
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
# zipfile raises NotImplementedError for a compression or version that it does not know.
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, LookupError,
    NotImplementedError, EOFError, OSError, ValueError, RuntimeError,
)  # fmt: skip
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class UnpackedFile:
    """A file of an archive: the name that it has there, and where it lies now."""

    name: str
    path: Path


def unpack(path: Path, file_name: str, directory: Path, max_bytes: int) -> list[UnpackedFile]:
    """Unpack an archive of at most two files into a folder, under names of our own.

    Raises
    ------
    InvalidInputError
        TERRAIN_UNREADABLE, or the faults of the archive: too many files, folders, encryption, too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            faults = _faults(entries, file_name, max_bytes)
            if faults:
                raise refusal(file_name, faults)
            return [_unpacked(archive, entry, directory / f"part-{n}") for n, entry in enumerate(entries)]
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno in _FULL_DISK:
            raise
        raise unreadable(file_name, f"cannot be unpacked: {str(error)[:300]}") from error


def is_label(file: UnpackedFile) -> bool:
    """Whether a file is a PDS3 label alone: small, and beginning as one."""
    if file.path.stat().st_size > MAX_LABEL_BYTES:
        return False
    with file.path.open("rb") as opened:
        return b"PDS_VERSION_ID" in opened.read(4096)


def _faults(entries: Sequence[zipfile.ZipInfo], file_name: str, max_bytes: int) -> list[Fault]:
    faults = []
    if not 1 <= len(entries) <= MAX_FILES:
        message = f"{file_name} holds {len(entries)} files; a DEM alone, or a label and its image, is needed"
        faults.append(Fault("archive", "TERRAIN_ARCHIVE_FILES", message))
    for entry in entries[:MAX_FILES]:
        if entry.is_dir() or any(part in entry.filename for part in ("/", "\\", "..", "\0", ":")):
            message = f"{file_name}: {entry.filename[:200]!r} in it has a folder; plain file names are needed"
            faults.append(Fault("archive.names", "TERRAIN_ARCHIVE_PATH", message))
        if entry.flag_bits & _ENCRYPTED:
            message = f"{file_name}: {entry.filename[:200]!r} in it is encrypted"
            faults.append(Fault("archive.encryption", "TERRAIN_ARCHIVE_ENCRYPTED", message))
        if entry.file_size > max(_SMALL_BYTES, MAX_RATIO * entry.compress_size):
            message = (
                f"{file_name}: {entry.filename[:200]!r} in it grows from {entry.compress_size} to {entry.file_size} "
                f"bytes; at most {MAX_RATIO} times is allowed"
            )
            faults.append(Fault("archive.size", "TERRAIN_ARCHIVE_RATIO", message))
    total = sum(entry.file_size for entry in entries)
    if total > max_bytes:
        message = f"{file_name} unpacks to {total} bytes; {max_bytes} are allowed"
        faults.append(Fault("archive.size", "TERRAIN_ARCHIVE_TOO_LARGE", message))
    return faults


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> UnpackedFile:
    """Write one file; zipfile itself stops at the size that was stated and checked, and checks the sum."""
    with archive.open(entry) as packed, path.open("wb") as file:
        while chunk := packed.read(_CHUNK_BYTES):
            file.write(chunk)
    return UnpackedFile(entry.filename, path)
