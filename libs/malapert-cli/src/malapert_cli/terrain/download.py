"""Downloads that go on where they broke off, and that end whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from malapert_cli.refusing import RefusalError

_HASHED_BYTES = 1 << 22
Progress = Callable[[int, int | None], None]


class DownloadError(RefusalError):
    """A file that could not be fetched, or that is not what it should be."""


class _InterruptedError(Exception):
    """The transfer broke off; it can go on."""


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """Known size and sha256 of a file, None where they are not known."""

    size_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number of attempts at a transfer, and the first pause between them, which doubles."""

    attempts: int = 6
    pause_s: float = 1.0


def download(
    client: httpx.Client,
    url: str,
    target: Path,
    expected: ExpectedFile,
    progress: Progress,
    retry_policy: RetryPolicy = RetryPolicy(),
) -> Path:
    """Fetch a file; a `.part` beside it keeps what has come, and is renamed when it is whole and checked.

    A transfer goes on by HTTP ranges as long as the server says, by its ETag or date, that the file is still the same.

    Raises
    ------
    DownloadError
        Where the server refuses, the file is not of the expected size or sha256, or all attempts broke off.
    """
    if target.exists():
        _check(target, expected)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    problem = ""
    for attempt in range(retry_policy.attempts):
        if attempt > 0:
            time.sleep(retry_policy.pause_s * 2 ** (attempt - 1))
        try:
            _transfer(client, url, part, expected, progress)
            break
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise DownloadError(f"{url} is no address to fetch from: {error}") from error
        except (httpx.TransportError, _InterruptedError) as error:
            problem = f"{type(error).__name__}: {error}"
    else:
        raise DownloadError(
            f"{url} broke off {retry_policy.attempts} times ({problem}); what came "
            f"is kept in {part}: ask again to go on"
        )
    try:
        _check(part, expected)
    except DownloadError:
        part.unlink()
        raise
    os.replace(part, target)
    _validator_file(part).unlink(missing_ok=True)
    return target


def _transfer(client: httpx.Client, url: str, part: Path, expected: ExpectedFile, progress: Progress) -> None:
    """Fetch what is missing of a part, once."""
    have, headers = _beginning(part)
    with client.stream("GET", url, headers={"Accept-Encoding": "identity", **headers}) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise _InterruptedError("the part is no beginning of the file; it is fetched anew")
        _raise_for_status(response, url)
        if "content-encoding" in response.headers:
            raise DownloadError(
                f"{url} is sent encoded, though it was asked for as it is; its length cannot be checked"
            )
        start = have if _resumes(response, have) else 0
        total = _total_bytes(response, start)
        if expected.size_bytes is not None and total not in (None, expected.size_bytes):
            raise DownloadError(f"{url} has {total} bytes on the server, but {expected.size_bytes} are known")
        _check_room(part, (total or expected.size_bytes or start) - start)
        _validator_file(part).write_text(_validator(response))
        _write(response, part, start, total, progress)
    if total is not None and part.stat().st_size != total:
        raise _InterruptedError(f"{part.stat().st_size} of {total} bytes came")


def _write(response: httpx.Response, part: Path, start: int, total: int | None, progress: Progress) -> None:
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        file.truncate()
        # As they come: gathered into larger pieces, the last of them would be lost when the transfer breaks off.
        for chunk in response.iter_raw():
            file.write(chunk)
            progress(file.tell(), total)
        file.flush()
        os.fsync(file.fileno())


def _beginning(part: Path) -> tuple[int, dict[str, str]]:
    """Bytes that are there and the headers that ask for the others, if the file is still the same."""
    have = part.stat().st_size if part.exists() else 0
    validator = _validator_file(part).read_text() if _validator_file(part).exists() else ""
    return (have, {"Range": f"bytes={have}-", "If-Range": validator}) if have and validator else (0, {})


def _resumes(response: httpx.Response, have: int) -> bool:
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return False
    if not response.headers.get("content-range", "").startswith(f"bytes {have}-"):
        raise DownloadError(f"{response.url} answered with another range than was asked for")
    return True


def _total_bytes(response: httpx.Response, start: int) -> int | None:
    if response.status_code == httpx.codes.PARTIAL_CONTENT:
        total = response.headers["content-range"].rpartition("/")[2]
    else:
        total = response.headers.get("content-length", "")
    return int(total) if total.isdecimal() else None


def _raise_for_status(response: httpx.Response, url: str) -> None:
    status = response.status_code
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        raise _InterruptedError(f"the server answered {status}")
    if response.is_redirect:
        where = response.headers.get("location", "nowhere")
        raise DownloadError(f"{url} has moved to {where}; no other address is asked: give --base-url for it")
    raise DownloadError(f"{url}: the server answered {status} {response.reason_phrase}")


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.validator")


def _validator(response: httpx.Response) -> str:
    etag, date = str(response.headers.get("etag", "")), str(response.headers.get("last-modified", ""))
    # A weak ETag does not promise the same bytes.
    return etag if etag and not etag.startswith("W/") else date


def _check_room(part: Path, missing_bytes: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if missing_bytes > free:
        raise DownloadError(f"{part.parent} has {free} bytes free; {missing_bytes} more are needed")


def _check(path: Path, expected: ExpectedFile) -> None:
    size = path.stat().st_size
    if expected.size_bytes is not None and size != expected.size_bytes:
        raise DownloadError(f"{path} has {size} bytes; {expected.size_bytes} are known")
    if expected.sha256 is None:
        return
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASHED_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != expected.sha256:
        raise DownloadError(
            f"{path} has the sha256 {digest.hexdigest()}; {expected.sha256} is known: it is not that file"
        )
