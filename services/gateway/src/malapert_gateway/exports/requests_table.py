"""Requests as a table: one row each, what is nested written in cells as text that can be read again.

Lists in a cell are parted by ``; ``. A window is ``start/end``; a relation ``kind request least most``, lags in
seconds; an argument ``parameter value unit``; a product ``product priority latency``. Tags are a JSON list, since they
may hold any character, and so are modes, which are nested. Texts that a spreadsheet would take for formulas are
written as `csv_table` says.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from malapert_core.documents.json_text import read_json
from malapert_core.documents.nodes import MAX_FAULTS, DocumentError
from malapert_core.documents.numbers import read_count, read_number
from malapert_core.documents.tables import Row, read_table
from malapert_core.documents.text import text_faults
from malapert_core.errors import Fault, InvalidInputError
from malapert_http_models.contracts.payload import NewActivityRequest
from pydantic import ValidationError

from malapert_gateway.exports.csv_table import Value, csv_table, text_of_cell

PART = "; "
MOST_ROWS = 100_000

Cell = tuple[Callable[[dict[str, Any]], Value], Callable[[dict[str, Any], str], None]]


def requests_csv(requests: Sequence[NewActivityRequest]) -> bytes:
    """Return requests as CSV (RFC 4180) in UTF-8."""
    dumped = (request.model_dump(mode="json") for request in requests)
    return csv_table(tuple(_COLUMNS), ([write(values) for write, _ in _COLUMNS.values()] for values in dumped))


def read_requests_csv(content: bytes) -> list[NewActivityRequest]:
    """Return the requests of a table; columns may be in any order, and any but the first five left out.

    Raises
    ------
    InvalidInputError
        ``INVALID_TABLE`` with every fault, by row from 0 and column.
    """
    try:
        rows = read_table(content, tuple(_COLUMNS), _NEEDED, MOST_ROWS)
    except DocumentError as error:
        raise InvalidInputError("INVALID_TABLE", error.message, faults=error.faults) from error
    faults: list[Fault] = []
    requests: list[NewActivityRequest] = []
    first: dict[str, int] = {}
    for row in rows:
        faults += [*row.faults, *_repeated(row, first)]
        if row.faults:
            continue
        try:
            requests.append(_request(row))
        except _CellError as error:
            faults += [
                Fault(f"rows[{row.number}].{column}", code, f"line {row.line}: {message}")
                for column, code, message in error.cells
            ]
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        more = f"; the first {MAX_FAULTS} are told" if len(faults) > MAX_FAULTS else ""
        raise InvalidInputError("INVALID_TABLE", f"the table has {count}{more}", faults=faults[:MAX_FAULTS])
    return requests


class _CellError(Exception):
    """Cells that cannot be read: column, code, message."""

    def __init__(self, cells: list[tuple[str, str, str]]) -> None:
        super().__init__(cells)
        self.cells = cells


def _repeated(row: Row, first: dict[str, int]) -> Iterator[Fault]:
    identifier = row.cells.get("request_id", "")
    if identifier and identifier in first:
        message = f"{identifier[:80]!r} is there twice: line {first[identifier]} and line {row.line}"
        yield Fault(f"rows[{row.number}].request_id", "DUPLICATE_ID", message)
    first.setdefault(identifier, row.line)


def _request(row: Row) -> NewActivityRequest:
    values: dict[str, Any] = {}
    bad: list[tuple[str, str, str]] = []
    for name, cell in row.cells.items():
        try:
            _COLUMNS[name][1](values, text_of_cell(cell))
        except ValueError as error:
            bad.append((name, "INVALID_CELL", f"{cell[:80]!r} cannot be read: {error}"))
    if bad:
        raise _CellError(bad)
    try:
        return NewActivityRequest.model_validate(values)
    except ValidationError as error:
        cells = []
        for item in error.errors(include_url=False):
            path = ".".join(str(part) for part in item["loc"])
            cells.append((path, str(item["type"]).upper(), str(item["msg"])))
        raise _CellError(cells) from error


def _plain(name: str, read: Callable[[str], Any] = str) -> Cell:
    def write(values: dict[str, Any]) -> Value:
        return values[name]  # type: ignore[no-any-return]

    def take(values: dict[str, Any], cell: str) -> None:
        values[name] = read(cell)

    return write, take


def _inside(part: str, name: str, read: Callable[[str], Any] = str) -> Cell:
    def write(values: dict[str, Any]) -> Value:
        return (values[part] or {}).get(name) or None

    def take(values: dict[str, Any], cell: str) -> None:
        values.setdefault(part, {})[name] = read(cell)

    return write, take


def _listed(name: str, write_item: Callable[[Any], str], read_item: Callable[[str], Any], part: str = "") -> Cell:
    def write(values: dict[str, Any]) -> str:
        owner = (values[part] or {}) if part else values
        return PART.join(write_item(item) for item in owner.get(name) or [])

    def take(values: dict[str, Any], cell: str) -> None:
        owner = values.setdefault(part, {}) if part else values
        items = [item.removeprefix(" ") for item in cell.split(";")]
        if not all(items):
            raise ValueError("an item between semicolons is empty")
        owner[name] = [read_item(item) for item in items]

    return write, take


def _truth(cell: str) -> bool:
    found = {"true": True, "false": False}.get(cell.lower())
    if found is None:
        raise ValueError("true or false is allowed")
    return found


def _window(cell: str) -> dict[str, str]:
    start, parted, end = cell.partition("/")
    if not parted:
        raise ValueError("a window is start/end")
    return {"start_time": start, "end_time": end}


def _relation(cell: str) -> dict[str, Any]:
    words = cell.split(" ")
    if not 2 <= len(words) <= 4:
        raise ValueError("a relation is: kind request least-lag most-lag")
    lags = dict(zip(("min_lag_s", "max_lag_s"), map(read_number, words[2:]), strict=False))
    return {"kind": words[0].upper(), "request_id": words[1], **lags}


def _argument(cell: str) -> dict[str, Any]:
    words = cell.split(" ", 2)
    if len(words) < 2:
        raise ValueError("an argument is: parameter value unit")
    return {"parameter_id": words[0], "value": read_number(words[1]), "unit": words[2] if len(words) > 2 else ""}


def _product(cell: str) -> dict[str, Any]:
    words = cell.split(" ")
    if len(words) != 3:
        raise ValueError("a product is: product priority latency")
    return {"product_id": words[0], "priority": read_count(words[1]), "max_latency_s": read_number(words[2])}


def _json(name: str, kind: type) -> Cell:
    """Return the cell of a list that is written as JSON."""

    def write(values: dict[str, Any]) -> str:
        return json.dumps(values[name], ensure_ascii=False) if values[name] else ""

    def take(values: dict[str, Any], cell: str) -> None:
        try:
            found = read_json(cell.encode())
        except DocumentError as error:
            raise ValueError("; ".join(fault.message for fault in error.faults[:3])) from error
        unclean = next(text_faults(found), None)
        if unclean is not None:
            raise ValueError(unclean.message)
        if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
            raise ValueError(f"{name} are a JSON list of {'texts' if kind is str else 'objects'}")
        values[name] = found

    return write, take


def _unit_text(item: dict[str, Any]) -> str:
    return f"{item['parameter_id']} {item['value']!r} {item['unit']}".rstrip()


_COLUMNS: dict[str, Cell] = {
    "request_id": _plain("request_id"),
    "title": _plain("title"),
    "activity_type_id": _plain("activity_type_id"),
    "agency_id": _plain("agency_id"),
    "value": _plain("value", read_number),
    "mandatory": _plain("mandatory", _truth),
    "visibility": _plain("visibility"),
    "activity_type_version": _plain("activity_type_version", read_count),
    "preset_id": _plain("preset_id"),
    "arguments": _listed("arguments", _unit_text, _argument),
    "place_ids": _listed("place_ids", str, str),
    "windows": _listed("windows", lambda item: f"{item['start_time']}/{item['end_time']}", _window),
    "relations": _listed(
        "relations",
        lambda item: f"{item['kind']} {item['request_id']} {item['min_lag_s']!r} {item['max_lag_s']!r}",
        _relation,
    ),
    "repetition_count": _inside("repetition", "count", read_count),
    "repetition_period_s": _inside("repetition", "period_s", read_number),
    "repetition_tolerance_s": _inside("repetition", "tolerance_s", read_number),
    "repetition_largest_gap_s": _inside("repetition", "largest_gap_s", read_number),
    "repetition_when_missed": _inside("repetition", "when_missed"),
    "repetition_least_count": _inside("repetition", "least_count", read_count),
    "campaign_place_ids": _listed("place_ids", str, str, "campaign"),
    "campaign_place_set_id": _inside("campaign", "place_set_id"),
    "campaign_count": _inside("campaign", "count", read_count),
    "campaign_share": _inside("campaign", "share", read_number),
    "decay_every_s": _inside("decay", "every_s", read_number),
    "decay_factor": _inside("decay", "factor", read_number),
    "decay_from_time": _inside("decay", "from_time"),
    "decay_least_share": _inside("decay", "least_share", read_number),
    "decay_repetition_factor": _inside("decay", "repetition_factor", read_number),
    "products": _listed(
        "products",
        lambda item: f"{item['product_id']} {item['priority']} {item['max_latency_s']!r}",
        _product,
    ),
    "modes": _json("modes", dict),
    "tags": _json("tags", str),
}
_NEEDED = ("request_id", "title", "activity_type_id", "agency_id", "value")
