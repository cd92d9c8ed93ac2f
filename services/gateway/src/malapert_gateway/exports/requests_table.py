"""Requests as a table: one row each, what is nested written in cells as text that can be read again.

Lists in a cell are parted by ``; ``. A window is ``start/end``; a relation ``kind request least most``, lags in
seconds; an argument ``parameter value unit``; a product ``product priority latency``. Tags are a JSON list, since they
may hold any character, and so are modes, which are nested. Texts that a spreadsheet would take for formulas are
written as `csv_table` says.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from malapert_core.errors import Fault, InvalidInputError
from malapert_http_models.contracts.payload import NewActivityRequest
from pydantic import ValidationError

from malapert_gateway.exports.csv_table import Value, csv_table, text_of_cell

PART = "; "
_BOM = "\ufeff"

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
        text = content.decode("utf-8").removeprefix(_BOM)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError("INVALID_TABLE", f"the file is no CSV in UTF-8: {error}") from error
    header = rows[0] if rows else []
    faults = list(_header_faults(header))
    requests: list[NewActivityRequest] = []
    if not faults:
        for number, row in enumerate(row for row in rows[1:] if row):
            try:
                requests.append(_request(header, row))
            except _CellError as error:
                faults += [Fault(f"rows[{number}].{column}", code, message) for column, code, message in error.cells]
    if faults:
        raise InvalidInputError("INVALID_TABLE", f"the table has {len(faults)} faults", faults=faults)
    return requests


class _CellError(Exception):
    """Cells that cannot be read: column, code, message."""

    def __init__(self, cells: list[tuple[str, str, str]]) -> None:
        super().__init__(cells)
        self.cells = cells


def _header_faults(header: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(header):
        if name not in _COLUMNS:
            message = f"there is no column {name[:80]!r}; allowed: {', '.join(_COLUMNS)}"
            yield Fault(f"header[{index}]", "UNKNOWN_COLUMN", message)
        elif name in header[:index]:
            yield Fault(f"header[{index}]", "DUPLICATE_COLUMN", f"{name!r} is there before")
    for name in _NEEDED:
        if name not in header:
            yield Fault("header", "MISSING_COLUMN", f"the column {name!r} is needed")


def _request(header: Sequence[str], row: Sequence[str]) -> NewActivityRequest:
    if len(row) != len(header):
        message = f"the row has {len(row)} cells, the header {len(header)}"
        raise _CellError([(header[0], "WRONG_CELL_COUNT", message)])
    values: dict[str, Any] = {}
    bad: list[tuple[str, str, str]] = []
    for name, cell in zip(header, row, strict=True):
        if cell.strip():
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
        owner[name] = [read_item(item.strip()) for item in cell.split(";") if item.strip()]

    return write, take


def _truth(cell: str) -> bool:
    found = {"true": True, "false": False}.get(cell.strip().lower())
    if found is None:
        raise ValueError("true or false is allowed")
    return found


def _number(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError("a finite number is allowed")
    return value


def _count(cell: str) -> int:
    return int(cell.strip())


def _window(cell: str) -> dict[str, str]:
    start, parted, end = cell.partition("/")
    if not parted:
        raise ValueError("a window is start/end")
    return {"start_time": start.strip(), "end_time": end.strip()}


def _relation(cell: str) -> dict[str, Any]:
    words = cell.split()
    if not 2 <= len(words) <= 4:
        raise ValueError("a relation is: kind request least-lag most-lag")
    lags = dict(zip(("min_lag_s", "max_lag_s"), map(_number, words[2:]), strict=False))
    return {"kind": words[0].upper(), "request_id": words[1], **lags}


def _argument(cell: str) -> dict[str, Any]:
    words = cell.split(maxsplit=2)
    if len(words) < 2:
        raise ValueError("an argument is: parameter value unit")
    return {"parameter_id": words[0], "value": _number(words[1]), "unit": words[2] if len(words) > 2 else ""}


def _product(cell: str) -> dict[str, Any]:
    words = cell.split()
    if len(words) != 3:
        raise ValueError("a product is: product priority latency")
    return {"product_id": words[0], "priority": _count(words[1]), "max_latency_s": _number(words[2])}


def _json(name: str, kind: type) -> Cell:
    """Return the cell of a list that is written as JSON."""

    def write(values: dict[str, Any]) -> str:
        return json.dumps(values[name], ensure_ascii=False) if values[name] else ""

    def take(values: dict[str, Any], cell: str) -> None:
        found = json.loads(cell)
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
    "value": _plain("value", _number),
    "mandatory": _plain("mandatory", _truth),
    "visibility": _plain("visibility", str.strip),
    "activity_type_version": _plain("activity_type_version", _count),
    "preset_id": _plain("preset_id"),
    "arguments": _listed("arguments", _unit_text, _argument),
    "place_ids": _listed("place_ids", str, str),
    "windows": _listed("windows", lambda item: f"{item['start_time']}/{item['end_time']}", _window),
    "relations": _listed(
        "relations",
        lambda item: f"{item['kind']} {item['request_id']} {item['min_lag_s']!r} {item['max_lag_s']!r}",
        _relation,
    ),
    "repetition_count": _inside("repetition", "count", _count),
    "repetition_period_s": _inside("repetition", "period_s", _number),
    "repetition_tolerance_s": _inside("repetition", "tolerance_s", _number),
    "campaign_place_ids": _listed("place_ids", str, str, "campaign"),
    "campaign_place_set_id": _inside("campaign", "place_set_id"),
    "campaign_count": _inside("campaign", "count", _count),
    "campaign_share": _inside("campaign", "share", _number),
    "decay_every_s": _inside("decay", "every_s", _number),
    "decay_factor": _inside("decay", "factor", _number),
    "decay_from_time": _inside("decay", "from_time", str.strip),
    "decay_least_share": _inside("decay", "least_share", _number),
    "decay_repetition_factor": _inside("decay", "repetition_factor", _number),
    "products": _listed(
        "products",
        lambda item: f"{item['product_id']} {item['priority']} {item['max_latency_s']!r}",
        _product,
    ),
    "modes": _json("modes", dict),
    "tags": _json("tags", str),
}
_NEEDED = ("request_id", "title", "activity_type_id", "agency_id", "value")
