"""Tables as CSV (RFC 4180) whose texts no spreadsheet takes for formulas, and which are read back as they were.

A text that begins, after any blanks, marks of direction and apostrophes, with one of ``= + - @`` or their full-width
forms, or with a tab or a line end, gets an apostrophe before it; where a cell is read, one apostrophe before such a
text is taken away. Numbers are written as numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from malapert_core.documents.plain_text import printable

Value = str | float | bool | None

# Blanks, characters without a width, and marks of direction.
_BLANK = "[\\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_FORMULA = re.compile(f"'*(?:{_BLANK}*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\n\r])")


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a table in UTF-8 with a header; None is an empty cell."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(columns)
    table.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def text_of_cell(cell: str) -> str:
    """Return the text that a cell was written for."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) else text
