"""Links of an audit chain: the content of an entry, its hash, and the hash that binds it to the entry before it.

A link is ``sha256`` over the canonical JSON (RFC 8785) of the entry's sequence number, the hash of the link before it
and the hash of the entry's content. The content is hashed on its own, salted, so that a partial view which carries the
content hashes of hidden entries proves their place in the chain and tells nothing of them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from json.encoder import encode_basestring

FIRST_PREVIOUS_HASH = "0" * 64
"""Stands for the hash before the first link of a chain."""


@dataclass(frozen=True, slots=True)
class AuditContent:
    """What an entry states; every field is text, empty where it does not apply.

    ``time`` is UTC in RFC 3339 form with six decimals; ``salt`` is random. ``before_hash`` and ``after_hash`` are the
    content hashes of the entity before and after the change. ``detail`` is a short remark that tells no content.
    """

    action: str
    after_hash: str
    agency_id: str
    before_hash: str
    detail: str
    entity_id: str
    entity_kind: str
    key_id: str
    mission_id: str
    principal_id: str
    role: str
    salt: str
    service: str
    time: str
    via_service: str


CONTENT_FIELDS = tuple(field.name for field in fields(AuditContent))
"""Names of the content's fields in the order of canonical JSON."""
_CONTENT_FORM = "{" + ",".join(f'"{name}":%s' for name in CONTENT_FIELDS) + "}"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place: the hash of the link before it, and its own hash."""

    sequence: int
    previous_hash: str
    hash: str
    content: AuditContent


def hash_of_content(values: Iterable[str]) -> str:
    """Return the hexadecimal SHA-256 of an entry's content, given as the values of `CONTENT_FIELDS`.

    The JSON is RFC 8785's: names in order, no spaces, and of a flat object of texts nothing else is to be decided.
    """
    return hash_of_json((_CONTENT_FORM % tuple(map(encode_basestring, values))).encode())


def hash_of_json(canonical: bytes) -> str:
    """Return the hexadecimal SHA-256 of canonical JSON."""
    return hashlib.sha256(canonical).hexdigest()


def link_hash(sequence: int, previous_hash: str, content_hash: str) -> str:
    """Return the hexadecimal SHA-256 that binds a content to its place in the chain."""
    text = f'{{"content_hash":"{content_hash}","previous_hash":"{previous_hash}","sequence":{sequence}}}'
    return hashlib.sha256(text.encode()).hexdigest()


def linked(sequence: int, previous_hash: str, content: AuditContent) -> Link:
    """Return an entry bound to the link before it."""
    return Link(sequence, previous_hash, link_hash(sequence, previous_hash, hash_of_content(astuple(content))), content)
