"""Double precision array files (SPICE kernels): whether one is whole, before anything of it is used.

After NAIF's "DAF Required Reading": 1024-byte records, a file record with the number of components of a summary, the
first and last summary record and the first free word, then chained records of summaries, and words of arrays.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from malapert_astro.errors import KernelError

_RECORD_BYTES = 1024
_WORD_BYTES = 8
_FORMATS = {b"LTL-IEEE": "<", b"BIG-IEEE": ">"}
_FTP_TEST = b"FTPSTR:\r:\n:\r\n:\r\x00:\x81:\x10\xce:ENDFTP"
_FTP_MARK = b"FTPSTR"


def check_daf(path: Path, kind: bytes) -> None:
    """Check that a file is a whole DAF of a kind, such as ``DAF/SPK``: what its records point to is in it.

    Raises
    ------
    KernelError
        If it is another file, was cut or changed in transfer, or its records point out of it or in a circle.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        record = file.read(_RECORD_BYTES)
        if record[:8].rstrip() != kind:
            found = record[:8].rstrip().decode("ascii", "backslashreplace")
            raise KernelError(f"the file is {found}, not {kind.decode()}")
        if len(record) < _RECORD_BYTES:
            raise KernelError(f"the file is cut: it ends after {size} bytes, inside of its first record")
        order = _FORMATS.get(record[88:96])
        if order is None:
            raise KernelError(f"its numbers are {record[88:96]!r}; {b' and '.join(_FORMATS).decode()} can be read")
        if _FTP_MARK in record and _FTP_TEST not in record:
            raise KernelError("the file was changed in transfer: it was sent as text, not as binary")
        doubles, integers = struct.unpack_from(f"{order}2i", record, 8)
        first, _, free = struct.unpack_from(f"{order}3i", record, 76)
        if (doubles, integers) not in ((2, 6), (2, 5)):
            raise KernelError(f"its summaries have {doubles} and {integers} components; no SPK or PCK has")
        words = (free - 1) * _WORD_BYTES
        if free < 1 or words > size:
            raise KernelError(f"the file is cut: it has {size} bytes, and {max(words, 0)} are needed")
        if size % _RECORD_BYTES:
            raise KernelError(f"the file is cut: its {size} bytes end inside of a record of {_RECORD_BYTES}")
        for start, end in _arrays(file, first, f"{order}3d", (doubles, integers), size):
            if not 1 <= start <= end < free:
                raise KernelError(f"a segment is at words {start} to {end}; the file has 1 to {free - 1}")


def _arrays(
    file: BinaryIO, record: int, control: str, components: tuple[int, int], size: int
) -> Iterator[tuple[int, int]]:
    """Yield the first and the last word of every array."""
    doubles, integers = components
    summary = struct.Struct(f"{control[0]}{doubles}d{integers}i")
    step = _WORD_BYTES * (doubles + (integers + 1) // 2)
    seen: set[int] = set()
    while record:
        if record in seen or not 1 < record <= size // _RECORD_BYTES:
            raise KernelError(f"summary record {record} is not in the file, or was there already")
        seen.add(record)
        file.seek((record - 1) * _RECORD_BYTES)
        content = file.read(_RECORD_BYTES)
        following, _, count = struct.unpack_from(control, content)
        if not (0.0 <= count <= (_RECORD_BYTES - 24) // step and 0.0 <= following <= size):
            raise KernelError(f"summary record {record} says that it holds {count} summaries before record {following}")
        for number in range(int(count)):
            yield summary.unpack_from(content, 24 + number * step)[-2:]
        record = int(following)
