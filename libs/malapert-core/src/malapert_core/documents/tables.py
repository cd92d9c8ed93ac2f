"""Tables as CSV (RFC 4180) in UTF-8, read strictly.

Rows without any text are skipped, and so are columns at the end that have neither a name nor a cell: spreadsheets
leave both behind. Nothing else is passed over.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from malapert_core.documents.nodes import MAX_FAULTS, DocumentError
from malapert_core.documents.text import shown_key, text_fault
from malapert_core.errors import Fault

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number among those with text, from 0, its line in the file, its cells by column, and its faults."""

    number: int
    line: int
    cells: dict[str, str]
    faults: tuple[Fault, ...] = ()


def read_table(content: bytes, columns: Sequence[str], needed: Sequence[str], most_rows: int) -> list[Row]:
    """Return the rows of a table, those with faults as well; its columns may be in any order.

    A row's own faults are its length and control characters.

    Parameters
    ----------
    content : bytes
    columns : sequence of str
        Those that are known.
    needed : sequence of str
        Those that must be there.
    most_rows : int

    Raises
    ------
    DocumentError
        With the faults: no CSV in UTF-8, another separator than commas, columns that are unknown, missing or there
        twice, too many rows.
    """
    lines = _lines(content)
    header = _trimmed(lines[0][1]) if lines else []
    faults = list(islice(_header_faults(header, columns, needed), MAX_FAULTS))
    if len(lines) - 1 > most_rows:
        message = f"the table has {len(lines) - 1} rows; at most {most_rows} are read"
        faults.append(Fault("rows", "TOO_MANY_ROWS", message))
    if faults:
        message = f"the table has {len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise DocumentError(message, faults, is_malformed=False)
    return [_row(number, *line, header) for number, line in enumerate(lines[1:])]


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows that have any text, with the line on which each ends."""
    try:
        text = content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        fault = Fault("", "NOT_UTF8", f"byte {error.start + 1} is no UTF-8: {error.reason}")
        raise DocumentError("the file is no CSV in UTF-8", [fault]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        fault = Fault("", "INVALID_CSV", f"line {reader.line_num}: {error}")
        raise DocumentError(f"the file is no CSV in UTF-8: {error}", [fault]) from error


def _trimmed(header: list[str]) -> list[str]:
    while header and not header[-1]:
        header = header[:-1]
    return header


def _header_faults(header: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> Iterator[Fault]:
    separator = next((mark for mark in ";\t|" if header and mark in header[0]), None)
    if separator:
        yield Fault("header[0]", "WRONG_SEPARATOR", f"columns are parted by {separator!r}; commas are allowed")
        return
    first: dict[str, int] = {}
    for index, name in enumerate(header):
        if name not in columns:
            message = f"there is no column {shown_key(name)!r}; allowed: {', '.join(columns)}"
            yield Fault(f"header[{index}]", "UNKNOWN_COLUMN", message)
        elif name in first:
            message = f"the column {name!r} is there twice: column {first[name] + 1} and column {index + 1}"
            yield Fault(f"header[{index}]", "DUPLICATE_COLUMN", message)
        first.setdefault(name, index)
    for name in needed:
        if name not in first:
            yield Fault("header", "MISSING_COLUMN", f"the column {name!r} is needed")


def _row(number: int, line: int, cells: Sequence[str], header: Sequence[str]) -> Row:
    path = f"rows[{number}]"
    if len(cells) < len(header) or any(cells[len(header) :]):
        message = f"line {line}: the row has {len(cells)} cells, the header {len(header)}"
        return Row(number, line, {}, (Fault(f"{path}.{header[0]}", "WRONG_CELL_COUNT", message),))
    found = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    unclean = [text_fault(cell, f"{path}.{name}") for name, cell in found.items()]
    faults = tuple(Fault(each.path, each.code, f"line {line}: {each.message}") for each in unclean if each)
    return Row(number, line, found, faults)
