"""Where the platform is and with which key it is asked."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_KEYS_FILE = Path(".malapert/keys.json")


class NoKeyError(Exception):
    """No key for the platform was found."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Address of the HTTP API and the key shown to it."""

    url: str
    key: str


def find_connection(url: str | None, key: str | None, agency_id: str | None, role: str) -> Connection:
    """Return the connection from the options, the environment or an embedded platform, in this order.

    The environment is MALAPERT_URL, MALAPERT_KEY and MALAPERT_KEYS_FILE.

    Raises
    ------
    NoKeyError
        Where no key is given and no keys file has one of the agency and role.
    """
    url = url or os.environ.get("MALAPERT_URL") or DEFAULT_URL
    key = key or os.environ.get("MALAPERT_KEY")
    if key:
        return Connection(url, key)
    keys_file = Path(os.environ.get("MALAPERT_KEYS_FILE") or DEFAULT_KEYS_FILE)
    if not keys_file.exists():
        raise NoKeyError(
            f"no key: give --key or MALAPERT_KEY, or start a platform here with `malapert up` (no {keys_file})"
        )
    keys = json.loads(keys_file.read_text())["keys"]
    for entry in keys:
        if entry["role"] == role and (agency_id is None or entry["agency_id"] == agency_id):
            return Connection(url, entry["key"])
    known = ", ".join(f"{entry['agency_id']}:{entry['role']}" for entry in keys)
    raise NoKeyError(f"{keys_file} has no key of {agency_id or 'any agency'} with role {role}; it has {known}")
