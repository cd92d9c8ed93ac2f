"""Every integer and time that a call takes, each put at its ends while the rest of the call is as it should be."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hostile_walk import Entry, Step, body_with, with_names
from malapert_testing.openapi_examples import body_of, parameters_of

NO_INTEGERS = ("raw-1e400", "raw-NaN", "NaN", 2**63)
INTEGERS = (-1, 0, 2**31, *NO_INTEGERS)
NO_TIMES = ("2029-01-16T00:00:00", "2029-01-16T23:59:60Z", "10000-01-01T00:00:00Z")
TIMES = (
    "0001-01-01T00:00:00Z", "1499-12-31T23:59:59Z", "1972-06-30T23:59:60Z", "2999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59Z", "2029-01-16T05:45:00+05:45", *NO_TIMES,
)  # fmt: skip
_RAW = {"raw-1e400": "1e400", "raw-NaN": "NaN"}
Place = tuple[Any, ...]


@dataclass(frozen=True)
class Field:
    """An integer or a time of a call: in its path, query or body, where `place` leads."""

    entry: Entry
    where: str
    place: Place
    is_time: bool

    @property
    def name(self) -> str:
        """Name of the field itself."""
        return str(next(key for key in reversed(self.place) if isinstance(key, str)))

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
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes | None


def fields_of(document: dict[str, Any]) -> Iterator[Field]:
    """Yield the integers and times that calls take."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = (method, path, operation)
            found: dict[tuple[str, Place], bool] = {}
            for parameter in operation.get("parameters", []):
                for place, is_time in _of_schema(document, parameter["schema"], (parameter["name"],), ()):
                    found[parameter["in"], place] = is_time
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                if "json" in media_type:
                    for place, is_time in _of_schema(document, content["schema"], (), ()):
                        found["body", place] = is_time
            yield from (Field(entry, where, place, is_time) for (where, place), is_time in found.items())


def _of_schema(
    document: dict[str, Any], schema: dict[str, Any], place: Place, seen: tuple[str, ...]
) -> Iterator[tuple[Place, bool]]:
    reference = schema.get("$ref", "")
    if reference:
        if reference in seen:
            return
        seen = (*seen, reference)
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    if schema.get("type") == "integer" or schema.get("format") == "date-time":
        yield place, schema.get("format") == "date-time"
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _of_schema(document, part, place, seen)
    for name, part in schema.get("properties", {}).items():
        yield from _of_schema(document, part, (*place, name), seen)
    if "items" in schema:
        yield from _of_schema(document, schema["items"], (*place, 0), seen)


def usual_call(document: dict[str, Any], entry: Entry, names: Mapping[str, str]) -> Call:
    """Return the call of the examples, with the identifiers of what is there."""
    return _call(document, entry, names, None)


def call_at(document: dict[str, Any], field: Field, end: Any, names: Mapping[str, str]) -> Call:
    """Return the call with the field at an end."""
    return _call(document, field.entry, names, Step(field.entry, field.where, field.place, end, full=True))


def _call(document: dict[str, Any], entry: Entry, names: Mapping[str, str], step: Step | None) -> Call:
    method, template, operation = entry
    if step is not None and step.where == "path":
        template = template.replace(f"{{{step.place[0]}}}", str(_RAW.get(str(step.value), step.value)))
    for name, value in names.items():
        template = template.replace(f"{{{name}}}", value)
    path, query, headers = parameters_of(document, template, operation)
    query = with_names(query, names)
    if step is not None and step.where == "query":
        query[step.place[0]] = _RAW.get(str(step.value), step.value)
    headers.pop("Idempotency-Key", None)
    body = None
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        headers["Content-Type"] = media_type
        if step is not None and step.where == "body":
            body = body_with(document, operation, media_type, step, names)
            for mark, text in _RAW.items():
                body = body.replace(f'"{mark}"'.encode(), text.encode())
        else:
            body = body_of(document, media_type, content)
            if body is not None and "json" in media_type:
                body = json.dumps(with_names(json.loads(body), names)).encode()
        break
    return Call(method.upper(), path, query, headers, body)
