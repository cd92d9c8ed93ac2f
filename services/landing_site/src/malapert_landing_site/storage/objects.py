"""Object store that holds the service's files, of which those in the data directory are then a cache.

An object has the path of its file below the data directory. Files are written once, under the hash or the key of what
they hold, so that a copy here is never out of date; a directory that is there whole or not at all is one object.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import obstore
import structlog
from malapert_core.errors import UnavailableError
from obstore.exceptions import BaseError
from obstore.store import from_url

from malapert_landing_site.storage.whole_files import move_in, room_on_disk, write_whole

log = structlog.get_logger(__name__)

_CONNECT_TIMEOUT, _RETRY_TIMEOUT = timedelta(seconds=5), timedelta(seconds=20)
_PIECE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Objects:
    """Files below a directory, kept in a store as well where there is one.

    Parameters
    ----------
    root : Path
        The data directory.
    url : str
        Address of the store, such as ``s3://bucket/prefix``, whose credentials and endpoint the environment has under
        the names that its provider gives them; empty where the directory is all there is.
    """

    root: Path
    url: str = ""

    def keep(self, path: Path) -> None:
        """Have the store hold what lies at a path, a file or a directory.

        Raises
        ------
        UnavailableError
            ``OBJECT_STORE_UNAVAILABLE``.
        """
        if not self.url:
            return
        with _told():
            if path.is_dir():
                with tempfile.TemporaryFile(dir=self.root, prefix=".part-") as packed:
                    with tarfile.open(fileobj=packed, mode="w") as archive:
                        archive.add(path, arcname=".")
                    packed.seek(0)
                    obstore.put(_store(self.url), self._name(path, ".tar"), packed)
            else:
                with path.open("rb") as file:
                    obstore.put(_store(self.url), self._name(path), file)

    def bring(self, path: Path, *, is_directory: bool = False) -> bool:
        """Return whether a path is there, brought from the store where need be; raises as `keep` and `room_on_disk`."""
        if path.exists() or not self.url:
            return path.exists()
        with _told():
            try:
                found = obstore.get(_store(self.url), self._name(path, ".tar" if is_directory else ""))
            except FileNotFoundError:
                return False
            pieces = found.stream(min_chunk_size=_PIECE_BYTES)
            with room_on_disk(self.root):
                path.parent.mkdir(parents=True, exist_ok=True)
                (_unpack if is_directory else _write)(pieces, path)
        log.info("file brought from the object store", path=str(path.relative_to(self.root)))
        return True

    def has(self, path: Path, *, is_directory: bool = False) -> bool:
        """Return whether a path is here or in the store; raises as `keep`."""
        if path.exists() or not self.url:
            return path.exists()
        with _told():
            try:
                obstore.head(_store(self.url), self._name(path, ".tar" if is_directory else ""))
            except FileNotFoundError:
                return False
        return True

    def _name(self, path: Path, suffix: str = "") -> str:
        return f"{path.relative_to(self.root).as_posix()}{suffix}"


@lru_cache(maxsize=4)
def _store(url: str) -> Any:
    # One a process: the workers that files are read in have their own.
    return from_url(
        url,
        # What is given here takes the place of all that the environment says of the client.
        client_options={
            "connect_timeout": _CONNECT_TIMEOUT,
            "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true",
        },
        retry_config={"max_retries": 4, "retry_timeout": _RETRY_TIMEOUT},
    )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BaseError, FileNotFoundError) as error:  # the latter where there is no such bucket
        log.warning("object store failed", error=str(error)[:500])
        message = "the store of landing-site's files does not answer; ask again"
        raise UnavailableError("OBJECT_STORE_UNAVAILABLE", message) from error


def _write(pieces: Any, path: Path) -> None:
    write_whole(path, lambda file: file.writelines(bytes(piece) for piece in pieces))


def _unpack(pieces: Any, path: Path) -> None:
    part = Path(tempfile.mkdtemp(dir=path.parent, prefix=".part-"))
    try:
        with tempfile.TemporaryFile(dir=part.parent, prefix=".part-") as packed:
            for piece in pieces:
                packed.write(bytes(piece))
            packed.seek(0)
            with tarfile.open(fileobj=packed) as archive:
                archive.extractall(part, filter="data")
        move_in(part, path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
