"""Every integer and time that a call takes, each put at its ends while the rest of the call is as its examples say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from malapert_testing.openapi_examples import body_of, example_of, parameters_of

RAW = {"raw-1e400": "1e400", "raw-NaN": "NaN"}
"""Texts that no writer of JSON would write, by what stands for them until then."""
NO_INTEGERS = (*RAW, "NaN", 2**63)
INTEGERS = (-1, 0, 2**31, *NO_INTEGERS)
NO_TIMES = (
    "0001-01-01T00:00:00Z", "1499-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z",
    "2029-01-16T00:00:00", "2029-01-16T23:59:60Z",
)  # fmt: skip
TIMES = (*NO_TIMES, "1972-06-30T23:59:60Z", "2999-12-31T23:59:59.999999Z", "2029-01-16T05:45:00+05:45")
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """An integer or a time of a call: in its path, query or body, where `place` leads; the schemas on the way."""

    method: str
    path: str
    operation: dict[str, Any]
    where: str
    place: Place
    schemas: tuple[dict[str, Any], ...]
    is_time: bool

    @property
    def name(self) -> str:
        """Name of the field itself."""
        return str(next(key for key in reversed(self.place) if isinstance(key, str)))

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which a fault may tell of it: its own, or the other end of its span."""
        return (self.name, self.name.replace("start", "end"))

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values at which it is put."""
        return TIMES if self.is_time else INTEGERS

    def admits(self, end: Any) -> bool:
        """Whether the end is a value of the field's type, which a call may take or refuse."""
        return end not in (NO_TIMES if self.is_time else NO_INTEGERS)


@dataclass(frozen=True)
class Call:
    """What is sent."""

    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: bytes | None


def fields_of(document: dict[str, Any]) -> Iterator[Field]:
    """Yield the integers and times that calls take."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts: list[tuple[tuple[str, ...], Any]]
            parts = [((p["in"], p["name"]), p["schema"]) for p in operation.get("parameters", [])]
            contents = operation.get("requestBody", {}).get("content", {})
            parts += [(("body",), content["schema"]) for kind, content in contents.items() if "json" in kind]
            for (where, *place), schema in parts:
                for at, schemas, is_time in _of_schema(document, schema, tuple(place), (), ()):
                    yield Field(method.upper(), path, operation, where, at, schemas, is_time)


def _of_schema(
    document: dict[str, Any],
    schema: dict[str, Any],
    place: Place,
    way: tuple[dict[str, Any], ...],
    seen: tuple[str, ...],
) -> Iterator[tuple[Place, tuple[dict[str, Any], ...], bool]]:
    reference = schema.get("$ref", "")
    if reference in seen:
        return
    seen = (*seen, reference) if reference else seen
    if reference:
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    if schema.get("type") == "integer" or schema.get("format") == "date-time":
        yield place, way, schema.get("format") == "date-time"
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _of_schema(document, part, place, way, seen)
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        # Of a choice the example has another: beside the value stays only what is needed.
        beside = {other: schema["properties"][other] for other in needed}
        yield from _of_schema(document, part, (*place, name), (*way, {"value": part, "beside": beside}), seen)
    if "items" in schema:
        yield from _of_schema(document, schema["items"], (*place, 0), (*way, {"value": schema["items"]}), seen)


def call_at(document: dict[str, Any], field: Field, end: Any) -> Call:
    """Return the call of the examples with the field at an end."""
    template = field.path
    if field.where == "path":
        template = template.replace(f"{{{field.name}}}", str(RAW.get(str(end), end)))
    path, query, headers = parameters_of(document, template, field.operation)
    if field.where == "query":
        query[field.name] = RAW.get(str(end), end)
    body = None
    for kind, content in field.operation.get("requestBody", {}).get("content", {}).items():
        headers["Content-Type"] = kind
        body = body_of(document, kind, content)
        if field.where == "body":
            body = _written(_put(document, json.loads(body or b"{}"), field.place, field.schemas, end))
        break
    headers.pop("Idempotency-Key", None)
    return Call(field.method, path, query, headers, body)


def _put(document: dict[str, Any], tree: Any, place: Place, way: tuple[dict[str, Any], ...], end: Any) -> Any:
    """Return a tree with a value in a place; what is missing on the way there is of the schemas' examples."""
    if not place:
        return end
    key, schema = place[0], way[0]["value"]
    if isinstance(key, int):
        tree = list(tree) if isinstance(tree, list) and tree else [example_of(document, None, schema)]
        inner = tree[0]
    else:
        tree = dict(tree) if isinstance(tree, dict) else {}
        if key not in tree:
            tree = {name: value for name, value in tree.items() if name in way[0]["beside"]}
        inner = tree.get(key)
    if inner is None and len(place) > 1:
        inner = example_of(document, None, schema)
    tree[key] = _put(document, inner, place[1:], way[1:], end)
    return tree


def _written(tree: Any) -> bytes:
    text = json.dumps(tree)
    for mark, raw in RAW.items():
        text = text.replace(f'"{mark}"', raw)
    return text.encode()
