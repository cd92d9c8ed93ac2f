"""Identifiers: well formed, given once, known."""

import re
from collections.abc import Collection, Iterator, Sequence

from malapert_core.errors import Fault

# An activity's identifier joins request, repetition and step by slashes.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_LISTED_AT_MOST = 20


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
    """Return identifiers in order as text, the first of them where there are many."""
    if not identifiers:
        return "none, the mission has none"
    shown = ", ".join(sorted(identifiers)[:_LISTED_AT_MOST])
    more = len(identifiers) - _LISTED_AT_MOST
    return f"{shown} and {more} more" if more > 0 else shown


def repeated_faults(identifiers: Sequence[str], path: str) -> Iterator[Fault]:
    """Yield a fault for each item of a list of references that was given before."""
    for index, identifier in enumerate(identifiers):
        if identifier in identifiers[:index]:
            yield Fault(f"{path}[{index}]", "DUPLICATE_ID", f"{identifier!r} is listed before; give each once")
