"""The directory of an embedded platform: fit to be used, readable by its owner alone, and held by one platform."""

import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

LOCK_NAME = "platform.lock"
LEAST_FREE_BYTES = 64 << 20
# SQLite opens files whose absolute path has at most 512 bytes, eight of them for what it appends to the name.
SQLITE_PATH_BYTES = 504
LONGEST_DATABASE = "landing_site/landing_site.db"


class DataDirectoryError(Exception):
    """A directory in which no platform can be started, with the reason."""


def prepare_directory(path: Path) -> Path:
    """Make a data directory where it is absent, and return its absolute path.

    Raises
    ------
    DataDirectoryError
        Where it cannot be made or written, has no room, or has a name that databases cannot have.
    """
    try:
        path = path.absolute()
        _refuse_names(path)
        if path.is_dir():
            _refuse_unwritable(path)
        else:
            path.mkdir(mode=0o700, parents=True)
        _refuse_full(path)
    except OSError as error:
        raise DataDirectoryError(f"the data directory {printable(path)} cannot be used: {_reason(error)}") from error
    return path


def private_directory(path: Path) -> Path:
    """Make a directory, or take one that is there, and let nobody but its owner into it and the files in it."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    for file in path.iterdir():
        if file.is_file() and not file.is_symlink():
            file.chmod(file.stat().st_mode & 0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, for its owner alone to read."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)


@contextmanager
def held(directory: Path, url: str) -> Iterator[int]:
    """Hold a data directory for the length of a block; yields the lock's descriptor, by which another process holds on.

    The lock is the system's own on an open file: it ends with the processes that have it open, however they end.

    Raises
    ------
    DataDirectoryError
        Where another platform holds it, with who that is.
    """
    path = directory / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirectoryError(f"{printable(path)} cannot be opened: {_reason(error)}") from error
    try:
        _lock(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _holder(url), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def printable(path: Path) -> str:
    """Return a path as it can be printed, whatever its bytes."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataDirectoryError(
            f"{printable(path.parent)} is in use by {_described(descriptor)}; stop it, or choose another --data-dir"
        ) from error
    except OSError as error:
        raise DataDirectoryError(f"{printable(path)} cannot be locked: {_reason(error)}") from error


def _holder(url: str) -> bytes:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"process_id": os.getpid(), "host": socket.gethostname(), "url": url, "since": since}).encode()


def _described(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return (
            f"another platform: process {holder['process_id']} on {holder['host']} "
            f"at {holder['url']}, since {holder['since']}"
        )
    except (ValueError, KeyError, TypeError):
        return "another platform, which is only starting"


def _refuse_names(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataDirectoryError(f"the data directory {printable(path)} has a name that is not UTF-8") from error
    longest = max(len(os.fsencode(each / LONGEST_DATABASE)) for each in (path, path.resolve()))
    if longest > SQLITE_PATH_BYTES:
        most = SQLITE_PATH_BYTES - len(LONGEST_DATABASE) - 1
        raise DataDirectoryError(
            f"the data directory's path is {longest - SQLITE_PATH_BYTES} bytes too long: "
            f"SQLite opens its databases up to a path of {most} bytes"
        )


def _refuse_unwritable(path: Path) -> None:
    with tempfile.TemporaryFile(dir=path) as probe:
        probe.write(bytes(1 << 16))
        probe.flush()
        os.fsync(probe.fileno())


def _refuse_full(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < LEAST_FREE_BYTES:
        raise DataDirectoryError(
            f"the data directory {printable(path)} is on a disk with {free / 1e6:.1f} MB free; "
            f"at least {LEAST_FREE_BYTES / 1e6:.0f} MB are needed"
        )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
