"""Identifiers: well formed, given once, known."""

import re
from collections.abc import Collection, Iterator, Sequence
from enum import IntEnum

from malapert_core.errors import Fault

# An activity's identifier joins request, repetition and step by slashes.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_LISTED_AT_MOST = 20
# More are not put in order, for an input may have a fault for each of as many.
_ORDERED_AT_MOST = 200
_MOST_TAGS = 32
_LONGEST_TAG = 64


def identifier_faults(identifiers: Sequence[str], path: str, field: str = "") -> Iterator[Fault]:
    """Yield a fault for each identifier of a list that is malformed or was given before.

    Parameters
    ----------
    identifiers : sequence of str
        In the order of the list.
    path : str
        Of the list, such as ``instruments``.
    field : str
        Of the identifier in the list's items; empty where the items are the identifiers.
    """
    first: dict[str, int] = {}
    for index, identifier in enumerate(identifiers):
        where = f"{path}[{index}].{field}" if field else f"{path}[{index}]"
        if not _IDENTIFIER.fullmatch(identifier):
            allowed = "1 to 64 letters, digits, '.', '_', ':' or '-', the first a letter or digit"
            yield Fault(where, "INVALID_ID", f"{identifier!r} is no identifier; allowed: {allowed}")
        elif identifier in first:
            yield Fault(where, "DUPLICATE_ID", f"{identifier!r} is already {path}[{first[identifier]}]; give each once")
        first.setdefault(identifier, index)


def unknown_faults(identifier: str, known: Collection[str], path: str, kind: str) -> Iterator[Fault]:
    """Yield a fault ``UNKNOWN_<KIND>`` naming what is allowed where an identifier is not known."""
    if identifier not in known:
        code = "UNKNOWN_" + kind.upper().replace(" ", "_")
        yield Fault(path, code, f"there is no {kind} {identifier!r}; allowed: {listed(known)}")


def listed(identifiers: Collection[str]) -> str:
    """Return identifiers in order as text, the first of them where there are many, their number where very many."""
    if not identifiers:
        return "none, the mission has none"
    if len(identifiers) > _ORDERED_AT_MOST:
        return f"one of the {len(identifiers)} that there are"
    shown = ", ".join(sorted(identifiers)[:_LISTED_AT_MOST])
    more = len(identifiers) - _LISTED_AT_MOST
    return f"{shown} and {more} more" if more > 0 else shown


def repeated_faults(identifiers: Sequence[str], path: str) -> Iterator[Fault]:
    """Yield a fault for each item of a list of references that was given before."""
    first: dict[str, int] = {}
    for index, identifier in enumerate(identifiers):
        if identifier in first:
            message = f"{identifier!r} is already {path}[{first[identifier]}]; give each once"
            yield Fault(f"{path}[{index}]", "DUPLICATE_ID", message)
        first.setdefault(identifier, index)


def version_faults(version: int, known: Sequence[int], path: str, kind: str, identifier: str) -> Iterator[Fault]:
    """Yield a fault ``UNKNOWN_<KIND>_VERSION`` where a version, 0 meaning the newest, is not there."""
    if version and version not in known:
        code = f"UNKNOWN_{kind.upper().replace(' ', '_')}_VERSION"
        shown = ", ".join(map(str, known)) or "none"
        message = f"{kind} {identifier!r} has no version {version}; allowed: {shown}, or 0 for the newest"
        yield Fault(path, code, message)


def missing_kind(path: str, kinds: type[IntEnum]) -> Fault:
    """Return the fault of an enumeration's value that is not stated."""
    allowed = ", ".join(kind.name for kind in kinds if kind)
    return Fault(path, "MISSING_KIND", f"state which; allowed: {allowed}")


def tag_faults(tags: Sequence[str], path: str) -> Iterator[Fault]:
    """Yield the faults of a list of tags, which may be in any script."""
    if len(tags) > _MOST_TAGS:
        yield Fault(path, "TOO_MANY_TAGS", f"{len(tags)} tags are given; allowed: {_MOST_TAGS}")
    for index, tag in enumerate(tags):
        if not tag.strip() or len(tag) > _LONGEST_TAG or not tag.isprintable():
            message = f"{tag[:_LONGEST_TAG]!r} is no tag; allowed: 1 to {_LONGEST_TAG} printable characters"
            yield Fault(f"{path}[{index}]", "INVALID_TAG", message)
    yield from repeated_faults(tags, path)


def text_faults(text: str, path: str, longest: int = 2000) -> Iterator[Fault]:
    """Yield the faults of a text for a person, in any script and direction."""
    if len(text) > longest:
        yield Fault(path, "TOO_LONG", f"the text has {len(text)} characters; allowed: {longest}")
    if "\x00" in text:
        yield Fault(path, "NUL_CHARACTER", "text without NUL characters is allowed")
