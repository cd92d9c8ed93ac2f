"""Address of the platform and the key shown to it: of arguments, environment, configuration or a keys file."""

import json
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from malapert_client.errors import ConfigurationError

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_ROLE = "PLANNER"
LAST_PORT = 65_535
DEFAULT_KEYS_FILE = Path(".malapert/keys.json")
CONFIGURATION_HELP = (
    "Where the platform is and which key it is shown: options; MALAPERT_URL, MALAPERT_KEY, MALAPERT_KEYS_FILE; the "
    "profile (MALAPERT_PROFILE, or `default`) of the configuration file (MALAPERT_CONFIG, or "
    "~/.config/malapert/config.toml), a table [profiles.NAME] with url, key or keys_file, agency and role; "
    ".malapert/keys.json of a platform that was started here."
)
_PROFILE_KEYS = ("url", "key", "keys_file", "agency", "role")


class NoKeyError(ConfigurationError):
    """No key for the platform was found."""


class AddressError(ConfigurationError):
    """An address at which no platform can be."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Address of the HTTP API and the key shown to it, which is never printed; an empty key is not shown."""

    url: str
    key: str = field(repr=False)


def find_connection(
    url: str | None = None,
    key: str | None = None,
    agency_id: str | None = None,
    role: str | None = None,
    keys_file: Path | None = None,
    *,
    profile: str | None = None,
) -> Connection:
    """Return the connection from the arguments, the environment, the configuration file or an embedded platform.

    They count in this order; a keys file that is given counts before the environment's key.

    Raises
    ------
    NoKeyError
        Where no key is given and no keys file has one of the agency and role, or the file cannot be read.
    AddressError
        Where the address is none of HTTP.
    ConfigurationError
        Where the configuration file cannot be used.
    """
    settings = read_profile(profile)
    address = checked_url(url or os.environ.get("MALAPERT_URL") or settings.get("url"))
    key = key or (None if keys_file else os.environ.get("MALAPERT_KEY"))
    if key:
        return Connection(address, _checked_key(key, "the key that is given"))
    named_file = keys_file or os.environ.get("MALAPERT_KEYS_FILE")
    if not named_file and settings.get("key"):
        return Connection(address, _checked_key(settings["key"], "the key of the configuration file"))
    path = Path(named_file or settings.get("keys_file") or DEFAULT_KEYS_FILE).expanduser()
    agency_id = agency_id or settings.get("agency")
    role = role or settings.get("role") or DEFAULT_ROLE
    return Connection(address, _key_of(path, agency_id, role))


def checked_url(url: str | None) -> str:
    """Return an address of a platform without the slash at its end; the embedded platform's where it is left out.

    Raises
    ------
    AddressError
        Where it is none of HTTP.
    """
    import httpx

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


def configuration_file() -> Path:
    """Return where the configuration file is, whether there is one or not."""
    named = os.environ.get("MALAPERT_CONFIG")
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(named or Path(base) / "malapert" / "config.toml").expanduser()


def read_profile(profile: str | None = None) -> dict[str, str]:
    """Return a profile of the configuration file; nothing where neither is named and there is none.

    Raises
    ------
    ConfigurationError
        Where the file cannot be read, is none, may be read by others while it holds a key, or lacks the profile.
    """
    path, name = configuration_file(), profile or os.environ.get("MALAPERT_PROFILE")
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = tomllib.load(file)
    except FileNotFoundError as error:
        if name or os.environ.get("MALAPERT_CONFIG"):
            raise ConfigurationError(f"there is no configuration file {path!s}") from error
        return {}
    except OSError as error:
        raise ConfigurationError(f"the configuration file {path!s} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"the configuration file {path!s} is no TOML: {error}") from error
    return _profile(content, path, name, is_private=not mode & (stat.S_IRWXG | stat.S_IRWXO))


def _profile(content: dict[str, Any], path: Path, name: str | None, *, is_private: bool) -> dict[str, str]:
    profiles = content.get("profiles", {})
    if not isinstance(profiles, dict) or set(content) - {"profiles"}:
        raise ConfigurationError(f"{path!s} may have tables [profiles.NAME] alone")
    if name and name not in profiles:
        raise ConfigurationError(f"{path!s} has no profile {name!r}; it has {', '.join(profiles) or 'none'}")
    found = profiles.get(name or "default", {})
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path!s}: profiles.{name or 'default'} is a table")
    wrong = [key for key, value in found.items() if key not in _PROFILE_KEYS or not isinstance(value, str)]
    if wrong:
        allowed = ", ".join(_PROFILE_KEYS)
        raise ConfigurationError(f"{path!s}: {', '.join(wrong)} is not known: texts {allowed} are allowed")
    if "key" in found and not is_private:
        raise ConfigurationError(f"{path!s} holds a key and may be read by others: `chmod 600` it")
    return found


def _key_of(path: Path, agency_id: str | None, role: str) -> str:
    keys = _read_keys(path)
    for entry in keys:
        if entry["role"] == role and (agency_id is None or entry["agency_id"] == agency_id):
            return _checked_key(entry["key"], f"a key of {shown(path)}")
    known = ", ".join(f"{entry['agency_id']}:{entry['role']}" for entry in keys)
    raise NoKeyError(
        f"{shown(path)} has no key of {agency_id or 'any agency'} with role {role}; it has {known or 'none'}"
    )


def _read_keys(path: Path) -> list[dict[str, str]]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NoKeyError(
            f"no key: give --key or MALAPERT_KEY, or start a platform here with `malapert up` (no {shown(path)})"
        ) from error
    except OSError as error:
        raise NoKeyError(f"the keys file {shown(path)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise NoKeyError(f"the keys file {shown(path)} is cut or spoilt: {error}") from error
    entries = content.get("keys") if isinstance(content, dict) else None
    wanted = ("agency_id", "role", "key")
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in wanted) for entry in entries
    ):
        raise NoKeyError(f"{shown(path)} is no keys file: it must hold keys with {', '.join(wanted)}")
    return entries


def _checked_key(key: str, which: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NoKeyError(f"{which} holds characters that no key has")
    return key


def shown(path: Path) -> str:
    """Return a path as text that can be printed, of whatever bytes its name is."""
    return str(path).encode("utf-8", "backslashreplace").decode()
