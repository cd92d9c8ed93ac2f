"""Rotation of the files that take what processes print: bounded in size and number."""

import os
import shutil
from pathlib import Path

MOST_BYTES = 16 << 20
KEPT = 4
"""Largest size of a log before it is set aside, and how many that were set aside are kept."""


def rotate(path: Path, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> bool:
    """Set a log aside where it has grown too large, and begin it anew; return whether that was so.

    The file itself stays, for its process has it open to append: its content is copied, then cut off. A line that is
    printed in the same moment may be lost, the process never notices.
    """
    try:
        if path.stat().st_size <= most_bytes:
            return False
        for number in range(kept - 1, 0, -1):
            older = _aside(path, number)
            if older.exists():
                older.replace(_aside(path, number + 1))
        part = path.with_name(f"{path.name}.part")
        with path.open("rb") as log, open(part, "wb", opener=_private) as copy:
            shutil.copyfileobj(log, copy, 1 << 20)
        part.replace(_aside(path, 1))
        os.truncate(path, 0)
    except FileNotFoundError:
        return False
    return True


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
