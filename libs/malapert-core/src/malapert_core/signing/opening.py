"""Opening of a sealed copy: its content hash found anew from what it shows and the hashes of what it does not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.signing.merkle import counted_root
from malapert_core.signing.sealing import HASH_PREFIX, blind_leaf, entry_leaf, part_commitment

MAX_ENTRIES = 200_000
"""Largest number of entries of a copy that is opened."""
_MAX_PARTS = 16
_MAX_FAULTS = 100
_HASH = re.compile(r"[0-9a-f]{64}")
_ENTRY, _OPAQUE, _BLIND = {"section", "index", "parts"}, {"leaf"}, {"section", "blind"}


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry of a copy: the parts that it shows, and the names of those that it withholds."""

    section: str
    index: int | None
    parts: Mapping[str, Any]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A copy's content hash, its entries, and the numbers of leaves that it does not open and of blind ones."""

    content_hash: str
    entries: tuple[OpenedEntry, ...]
    closed_count: int
    blind_count: int


def open_copy(content: Any, path: str = "entries") -> Opened:
    """Return what a copy shows, with the content hash that it has.

    Raises
    ------
    InvalidInputError
        ``INVALID_SEALED_COPY`` with a fault for each entry that cannot be read.
    """
    if not isinstance(content, list) or not 0 < len(content) <= MAX_ENTRIES:
        _refuse([Fault(path, "WRONG_FORM", f"a list of 1 to {MAX_ENTRIES} entries is allowed")])
    leaves: list[bytes] = []
    entries: list[OpenedEntry] = []
    blind_count = 0
    faults: list[Fault] = []
    for number, item in enumerate(content):
        try:
            leaf, entry, is_blind = _leaf(item)
        except ValueError as error:
            faults.append(Fault(f"{path}[{number}]", "WRONG_FORM", str(error)))
            if len(faults) == _MAX_FAULTS:
                break
            continue
        leaves.append(leaf)
        blind_count += is_blind
        if entry is not None:
            entries.append(entry)
    if faults:
        _refuse(faults)
    closed = len(leaves) - len(entries) - blind_count
    return Opened(HASH_PREFIX + counted_root(leaves).hex(), tuple(entries), closed, blind_count)


def _refuse(faults: list[Fault]) -> None:
    raise InvalidInputError("INVALID_SEALED_COPY", "the sealed copy cannot be read", faults=faults)


def _leaf(item: Any) -> tuple[bytes, OpenedEntry | None, bool]:
    keys = set(item) if isinstance(item, dict) else set()
    if keys == _OPAQUE:
        return _hash(item["leaf"], "leaf"), None, False
    if keys == _BLIND:
        return blind_leaf(_text(item["section"]), _hash(item["blind"], "blind")), None, True
    if keys != _ENTRY:
        raise ValueError("an entry has a section, an index and parts, or a leaf alone, or a section and a blind")
    index = item["index"]
    if index is not None and (not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 2**31):
        raise ValueError("an index is a whole number from 0, or null")
    parts, section = item["parts"], _text(item["section"])
    if not isinstance(parts, dict) or not 0 < len(parts) <= _MAX_PARTS:
        raise ValueError(f"parts are an object of 1 to {_MAX_PARTS}")
    commitments = {name: _commitment(name, part) for name, part in parts.items()}
    shown = {name: part["content"] for name, part in parts.items() if "content" in part}
    withheld = tuple(sorted(set(parts) - set(shown)))
    return entry_leaf(section, index, commitments), OpenedEntry(section, index, shown, withheld), False


def _commitment(name: str, part: Any) -> bytes:
    keys = set(part) if isinstance(part, dict) else set()
    if keys == {"hash"}:
        return _hash(part["hash"], f"hash of part {name[:80]!r}")
    if keys == {"salt", "content"}:
        return part_commitment(_hash(part["salt"], f"salt of part {name[:80]!r}"), part["content"])
    raise ValueError(f"part {name[:80]!r} has a salt and a content, or a hash alone")


def _hash(text: Any, what: str) -> bytes:
    if not isinstance(text, str) or _HASH.fullmatch(text) is None:
        raise ValueError(f"the {what} is 64 hexadecimal digits in lower case")
    return bytes.fromhex(text)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100:
        raise ValueError("a section is a text of at most 100 characters")
    return value
