"""Answers of the platform for people: tables of lists, and the fields of one thing."""

import json
import re
from collections.abc import Iterable
from typing import Any

import typer
from rich.table import Table

from malapert_cli.terminal import console

MOST_COLUMNS = 7
MOST_ROWS = 30
"""Rows of a list inside of a thing that is shown with it."""
LONGEST_CELL = 100
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|\+00:00)")


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False))


def print_rows(rows: Iterable[dict[str, Any]], columns: tuple[str, ...] = ()) -> None:
    """Print things of one kind as a table, or say that there are none."""
    flat = [flat_of(row) for row in rows]
    if not flat:
        console.print("none")
        return
    shown = [name for name in columns if any(name in row for row in flat)] or _columns(flat)
    table = Table(header_style="bold")
    for name in shown:
        is_number = all(isinstance(row.get(name), (int, float)) for row in flat)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in flat:
        table.add_row(*(text_of(row.get(name)) for name in shown))
    console.print(table)
    console.print(f"{len(flat)} in all")


def print_thing(thing: dict[str, Any], columns: tuple[str, ...] = ()) -> None:
    """Print one thing: its fields, and a list in it that is all it has as a table."""
    lists = [value for value in thing.values() if isinstance(value, list)]
    if len(thing) == 1 and len(lists) == 1 and all(isinstance(each, dict) for each in lists[0]):
        print_rows(lists[0], columns)
        return
    if columns and all(name in thing for name in columns):
        thing = {name: thing[name] for name in columns}
    table = Table(show_header=False)
    table.add_column("field", style="bold")
    table.add_column("value", overflow="fold")
    flat = flat_of(thing)
    shown = {name: value for name, value in flat.items() if _is_list_of_things(value) and len(value) <= MOST_ROWS}
    for name, value in flat.items():
        if name not in shown:
            table.add_row(name, text_of(value))
    if table.row_count:
        console.print(table)
    for name, rows in shown.items():
        console.print(f"{name}:", style="bold")
        print_rows(rows)


def flat_of(thing: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of a thing and of its parts, named `part.field`."""
    flat: dict[str, Any] = {}
    for name, value in thing.items():
        if isinstance(value, dict):
            flat |= flat_of(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def text_of(value: Any) -> str:
    """Return a value for a cell; times to the minute, lists of things as their number."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        if any(isinstance(each, (dict, list)) for each in value):
            return f"{len(value)} (--json shows them)"
        text = ", ".join(map(text_of, value))
        return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}… ({len(value)})"
    return _TIME.sub(r"\1Z", str(value))


def _is_list_of_things(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row)
    plain = [name for name in names if not any(isinstance(row.get(name), list) for row in rows)]
    told = [name for name in plain if any(row.get(name) not in (None, "") for row in rows)]
    return told[:MOST_COLUMNS] or plain[:MOST_COLUMNS] or list(names)[:MOST_COLUMNS]
