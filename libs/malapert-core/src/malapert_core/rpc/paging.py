"""Cursors of listings: opaque text that carries the sort key of the last row of a page."""

import base64
import binascii
import json

from malapert_core.errors import Fault, InvalidInputError

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


def page_size_of(requested: int) -> int:
    """Return the number of rows to list: the default where 0 is asked for, and never more than the maximum."""
    return min(requested or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_cursor(*key: str) -> str:
    """Return the cursor of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(token: str, length: int = 1) -> tuple[str, ...]:
    """Return the sort key that a cursor carries.

    Raises
    ------
    InvalidInputError
        ``INVALID_PAGE_TOKEN`` where the token was not made by `encode_cursor` with so many parts.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or len(key) != length or not all(isinstance(part, str) for part in key):
        fault = Fault("page.page_token", "INVALID_PAGE_TOKEN", "use next_page_token of the page before, unchanged")
        raise InvalidInputError("INVALID_PAGE_TOKEN", "the page token is not one of this listing", faults=[fault])
    return tuple(key)
