"""Address of the platform's HTTP API and the key that the command line sends to it."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from malapert_cli.data_directory import printable

DEFAULT_URL = "http://127.0.0.1:8000"
LAST_PORT = 65_535
DEFAULT_KEYS_FILE = Path(".malapert/keys.json")


class NoConnectionError(Exception):
    """No platform can be asked with what is given."""


class NoKeyError(NoConnectionError):
    """No key for the platform was found."""


class AddressError(NoConnectionError):
    """An address at which no platform can be."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Address of the HTTP API and the key shown to it."""

    url: str
    key: str


def find_connection(
    url: str | None, key: str | None, agency_id: str | None, role: str, keys_file: Path | None = None
) -> Connection:
    """Return the connection from the options, the environment or an embedded platform, in this order.

    The environment is MALAPERT_URL, MALAPERT_KEY and MALAPERT_KEYS_FILE; a keys file that is given counts before it.

    Raises
    ------
    NoKeyError
        Where no key is given and no keys file has one of the agency and role, or the file cannot be read.
    AddressError
        Where the address is none of HTTP.
    """
    url = checked_url(url)
    key = key or (None if keys_file else os.environ.get("MALAPERT_KEY"))
    if key:
        return Connection(url, _checked_key(key, "the key that is given"))
    keys_file = keys_file or Path(os.environ.get("MALAPERT_KEYS_FILE") or DEFAULT_KEYS_FILE)
    keys = _read_keys(keys_file)
    for entry in keys:
        if entry["role"] == role and (agency_id is None or entry["agency_id"] == agency_id):
            return Connection(url, _checked_key(entry["key"], f"a key of {printable(keys_file)}"))
    known = ", ".join(f"{entry['agency_id']}:{entry['role']}" for entry in keys)
    raise NoKeyError(
        f"{printable(keys_file)} has no key of {agency_id or 'any agency'} with role {role}; it has {known or 'none'}"
    )


def _read_keys(path: Path) -> list[dict[str, str]]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NoKeyError(
            f"no key: give --key or MALAPERT_KEY, or start a platform here with `malapert up` (no {printable(path)})"
        ) from error
    except OSError as error:
        raise NoKeyError(f"the keys file {printable(path)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise NoKeyError(f"the keys file {printable(path)} is cut or spoilt: {error}") from error
    entries = content.get("keys") if isinstance(content, dict) else None
    wanted = ("agency_id", "role", "key")
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in wanted) for entry in entries
    ):
        raise NoKeyError(f"{printable(path)} is no keys file: it must hold keys with {', '.join(wanted)}")
    return entries


def checked_url(url: str | None) -> str:
    """Return the address of the platform from an option, the environment (MALAPERT_URL) or an embedded platform.

    Raises
    ------
    AddressError
        Where it is none of HTTP.
    """
    text = url or os.environ.get("MALAPERT_URL") or DEFAULT_URL
    try:
        parsed = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise AddressError(f"{text!r} is no address: {error}") from error
    has_port = parsed.port is None or 0 < parsed.port <= LAST_PORT
    is_whole = parsed.host and not re.search(r"[\s?#]", text) and has_port
    if parsed.scheme not in ("http", "https") or not is_whole:
        raise AddressError(f"{text!r} is no address of a platform, such as {DEFAULT_URL}")
    return text.rstrip("/")


def _checked_key(key: str, which: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NoKeyError(f"{which} holds characters that no key has")
    return key
