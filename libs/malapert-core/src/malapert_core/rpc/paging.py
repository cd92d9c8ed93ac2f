"""Cursors of listings: opaque text that carries the sort key of the last row of a page."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from malapert_core.errors import Fault, InvalidInputError

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200

Row = TypeVar("Row")


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


def cursor_key(token: str) -> str:
    """Return the sort key of one part that a cursor carries, empty where there is none; raises as `decode_cursor`."""
    return decode_cursor(token)[0] if token else ""


def next_cursor(rows: Sequence[Row], size: int, key_of: Callable[[Row], str]) -> str:
    """Return the cursor of a page's last row, empty where no row follows it.

    Parameters
    ----------
    rows
        Rows of the page, and one more where there is one.
    size
        Most rows of the page.
    key_of
        Sort key of a row.
    """
    return encode_cursor(key_of(rows[size - 1])) if len(rows) > size else ""
