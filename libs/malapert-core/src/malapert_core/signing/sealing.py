"""Sealed content: entries of salted parts, so that a copy without some of them proves that it is of the whole.

An entry stands in a section at an index; an entry without an index stands in a section that is padded with blind leaves
and ordered by hash, so that not even the number of its entries is told.

====================  ==========================================================================================
part's commitment     SHA-256(02 ‖ salt ‖ RFC 8785 JSON of its content)
entry's leaf          SHA-256(00 ‖ RFC 8785 JSON of ``{"index", "parts": {name: commitment}, "section"}``)
blind leaf            SHA-256(00 ‖ RFC 8785 JSON of ``{"blind": salt, "section"}``)
content hash          ``merkle-sha256:`` SHA-256(03 ‖ number of leaves, 8 bytes ‖ Merkle tree hash of RFC 6962)
====================  ==========================================================================================
"""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from malapert_core.signing.canonical import canonical_bytes
from malapert_core.signing.merkle import HASH_BYTES, counted_root, leaf_hash

HASH_PREFIX = "merkle-sha256:"
"""Prefix of a content hash that is a root over sealed entries."""
PADDING = 8
"""Number of leaves of which a padded section has a multiple."""
_PART = b"\x02"


@dataclass(frozen=True, slots=True)
class Entry:
    """Parts of an entry by name, as plain JSON, in a section at an index; None in a padded section."""

    section: str
    index: int | None
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry with the salts and commitments of its parts; ``entry`` is None for a blind leaf with its ``blind``."""

    section: str
    leaf: bytes
    entry: Entry | None = None
    salts: Mapping[str, bytes] = field(default_factory=dict)
    commitments: Mapping[str, bytes] = field(default_factory=dict)
    blind: bytes = b""


Shown = Callable[[Entry | None], Collection[str]]
"""Returns the names of the parts of an entry that a copy shows; for a blind leaf any name shows that it is one."""


class Salts:
    """Salts by HMAC-SHA-256: the same content in the same context has the same salt, and no one can guess another's.

    Parameters
    ----------
    secret
        Known to who seals alone, at least 32 bytes.
    context
        What is sealed, so that the same entry in another context has another salt.
    """

    def __init__(self, secret: bytes, context: str) -> None:
        if len(secret) < HASH_BYTES:
            raise ValueError(f"the secret of salts must have at least {HASH_BYTES} bytes")
        self._secret = secret
        self._context = context

    def of(self, place: Sequence[str | int | None], data: bytes) -> bytes:
        """Return the salt of a part's canonical content at its place."""
        named = canonical_bytes([self._context, list(place)])
        return hmac.new(self._secret, len(named).to_bytes(8, "big") + named + data, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed entries in the order of their leaves."""

    entries: tuple[SealedEntry, ...]

    @property
    def content_hash(self) -> str:
        """The content hash, with its prefix."""
        return HASH_PREFIX + counted_root([entry.leaf for entry in self.entries]).hex()

    def copy(self, shown: Shown) -> list[dict[str, Any]]:
        """Return the entries as plain JSON with the parts that are shown, the rest by its hashes alone."""
        return [_copied(entry, shown(entry.entry)) for entry in self.entries]


def seal(entries: Iterable[Entry], salts: Salts, padded: Collection[str] = ()) -> Sealed:
    """Return entries sealed; those of a section follow each other, and ``padded`` names the padded sections.

    Raises ValueError where JSON has no such content.
    """
    by_section: dict[str, list[SealedEntry]] = {}
    for entry in entries:
        by_section.setdefault(entry.section, []).append(_sealed(entry, salts))
    for section in padded:
        by_section[section] = _padded(section, by_section.get(section, []), salts)
    return Sealed(tuple(each for sealed in by_section.values() for each in sealed))


def part_commitment(salt: bytes, content: Any) -> bytes:
    """Return the commitment to a part's content."""
    return _commitment(salt, canonical_bytes(content))


def entry_leaf(section: str, index: int | None, commitments: Mapping[str, bytes]) -> bytes:
    """Return the leaf of an entry by the commitments of its parts."""
    parts = {name: commitment.hex() for name, commitment in commitments.items()}
    return leaf_hash(canonical_bytes({"section": section, "index": index, "parts": parts}))


def blind_leaf(section: str, salt: bytes) -> bytes:
    """Return the leaf that only fills a section up."""
    return leaf_hash(canonical_bytes({"section": section, "blind": salt.hex()}))


def _commitment(salt: bytes, data: bytes) -> bytes:
    return hashlib.sha256(_PART + salt + data).digest()


def _sealed(entry: Entry, salts: Salts) -> SealedEntry:
    given: dict[str, bytes] = {}
    commitments: dict[str, bytes] = {}
    for name, content in entry.parts.items():
        data = canonical_bytes(content)
        given[name] = salts.of([entry.section, entry.index, name], data)
        commitments[name] = _commitment(given[name], data)
    return SealedEntry(entry.section, entry_leaf(entry.section, entry.index, commitments), entry, given, commitments)


def _padded(section: str, sealed: list[SealedEntry], salts: Salts) -> list[SealedEntry]:
    missing = PADDING - len(sealed) % PADDING if len(sealed) % PADDING or not sealed else 0
    blinds = (salts.of([section, "blind", number], b"") for number in range(missing))
    filling = [SealedEntry(section, blind_leaf(section, salt), blind=salt) for salt in blinds]
    return sorted([*sealed, *filling], key=lambda each: each.leaf)


def _copied(sealed: SealedEntry, shown: Collection[str]) -> dict[str, Any]:
    entry = sealed.entry
    if not shown:
        return {"leaf": sealed.leaf.hex()}
    if entry is None:
        return {"section": sealed.section, "blind": sealed.blind.hex()}
    return {
        "section": entry.section,
        "index": entry.index,
        "parts": {
            name: {"salt": sealed.salts[name].hex(), "content": content}
            if name in shown
            else {"hash": sealed.commitments[name].hex()}
            for name, content in entry.parts.items()
        },
    }
