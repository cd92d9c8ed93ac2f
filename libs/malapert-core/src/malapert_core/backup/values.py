"""Values of a database as a line of JSON holds them, whichever database they are from or for."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, DateTime

_BYTES, _TIME, _JSON = "bytes", "time", "json"


def line_of(row: Mapping[str, Any], columns: Mapping[str, Column[Any]]) -> bytes:
    """Return a row as one line."""
    values = {name: _encoded(value, columns[name]) for name, value in row.items()}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=True).encode() + b"\n"


def row_of(line: bytes, columns: Mapping[str, Column[Any]]) -> dict[str, Any]:
    """Return the row of a line, as the database takes it.

    Raises
    ------
    ValueError
        Where the line is none, or names a column that the table has not.
    """
    values = json.loads(line)
    if not isinstance(values, dict) or set(values) != set(columns):
        raise ValueError("a row has other columns than its table")
    return {name: _decoded(value, columns[name]) for name, value in values.items()}


def _encoded(value: Any, column: Column[Any]) -> Any:
    if value is None:
        return None
    if isinstance(column.type, JSON):
        return {_JSON: value}
    if isinstance(value, bytes | memoryview):
        return {_BYTES: base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return {_TIME: aware.astimezone(UTC).isoformat()}
    return value


def _decoded(value: Any, column: Column[Any]) -> Any:
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        if kind == _JSON:
            return content
        if kind == _BYTES:
            return base64.b64decode(content, validate=True)
        time = datetime.fromisoformat(content)
        # SQLite keeps the fields of an instant in UTC and no offset.
        return time if isinstance(column.type, DateTime) and column.type.timezone else time.replace(tzinfo=None)
    return bool(value) if isinstance(column.type, Boolean) else value
