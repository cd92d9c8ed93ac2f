"""Values of options as the API takes them."""

import base64
import sys
from pathlib import Path
from typing import Any

import typer

MOST_FILE_BYTES = 32 * 1024 * 1024


def body_of(fields: list[dict[str, Any]], given: dict[str, Any], file: Path | None) -> dict[str, Any]:
    """Return a body: what a file holds, and over it what options state.

    Raises
    ------
    typer.BadParameter
        Where an option or the file cannot be read, or what is needed is in neither.
    """
    body: dict[str, Any] = document_of(file.name if str(file) == "-" else str(file)) if file else {}
    if not isinstance(body, dict):
        raise typer.BadParameter("an object is allowed", param_hint="--body")
    for field in fields:
        value = given.get(field["name"])
        if value is not None and value != []:
            body[field["name"]] = value_of(field, value)
    missing = [option_of(field) for field in fields if field["required"] and field["name"] not in body]
    if missing:
        raise typer.BadParameter(
            f"{', '.join(missing)}: needed, or --body FILE that states {'it' if len(missing) == 1 else 'them'}"
        )
    return body


def option_of(field: dict[str, Any]) -> str:
    """Return the option that states a field."""
    return f"--{field['name'].replace('_', '-')}"


def value_of(field: dict[str, Any], value: Any) -> Any:
    """Return the value of an option of the body as JSON."""
    hint = option_of(field)
    if field["type"] == "file":
        return base64.b64encode(read_bytes(value, hint)).decode()
    if field["type"] not in ("object", "any"):
        return value
    if field["model"] == "Interval" and not field["list"] and "/" in value and value[:1].isdecimal():
        start, _, end = value.partition("/")
        return {"start_time": start, "end_time": end}
    found = document_of(value[1:], hint) if value.startswith("@") else _parsed(value.encode(), hint, is_json=True)
    wanted = list if field["list"] else dict
    if field["list"] and isinstance(found, dict):
        found = found.get(field["name"], [found])  # a file of one thing, or of the whole body
    if not isinstance(found, wanted):
        raise typer.BadParameter(f"{'a list' if field['list'] else 'an object'} is allowed", param_hint=hint)
    return found


def document_of(name: str, hint: str = "--body") -> Any:
    """Return a JSON or YAML file's content; `-` is standard input."""
    return _parsed(read_bytes(name, hint), hint, is_json=name.lower().endswith(".json"))


def read_bytes(name: str, hint: str) -> bytes:
    """Return a file's content; `-` is standard input."""
    if name == "-":
        content = sys.stdin.buffer.read(MOST_FILE_BYTES + 1)
    else:
        with Path(name).open("rb") as file:
            content = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise typer.BadParameter(f"{name} has more than {MOST_FILE_BYTES} bytes", param_hint=hint)
    return content


def _parsed(content: bytes, hint: str, *, is_json: bool) -> Any:
    from malapert_core.documents.json_text import read_json
    from malapert_core.documents.nodes import DocumentError
    from malapert_core.documents.yaml_text import read_yaml_tree

    try:
        return read_json(content) if is_json else read_yaml_tree(content).plain()
    except DocumentError as error:
        told = "; ".join(f"{fault.path or 'content'}: {fault.message}" for fault in error.faults) or str(error)
        raise typer.BadParameter(f"{told} (JSON, or @FILE of JSON or YAML)", param_hint=hint) from error
