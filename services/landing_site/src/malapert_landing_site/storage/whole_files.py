"""Files and directories that are there whole or not at all, and what is said where the disk has no room for them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from malapert_core.errors import UnavailableError

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


def write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file that is there whole or not at all."""
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


def move_in(part: Path, path: Path) -> None:
    """Move a finished directory to its place; where another job was faster, its result is kept."""
    try:
        os.replace(part, path)
    except OSError:
        if not path.exists():
            raise
        shutil.rmtree(part, ignore_errors=True)
