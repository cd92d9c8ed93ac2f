"""Canonical JSON after RFC 8785 (JSON Canonicalization Scheme): one form of bytes for the same content everywhere."""

from typing import Any

import rfc8785


def canonical_bytes(content: Any) -> bytes:
    """Return plain content as canonical JSON in UTF-8.

    Raises
    ------
    ValueError
        For NaN, infinities, whole numbers beyond 2⁵³ − 1, text that is no Unicode, and what JSON does not have.
    """
    try:
        return rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, TypeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"the content has no canonical form: {error}") from error
