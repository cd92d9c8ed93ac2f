"""The published JSON Schema of mission documents: every field with a description and an example."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from malapert_core.vocabulary.content_hash import canonical_json
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Figure

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IN_EVERY_PART = "any"


class _MissionSchema(GenerateJsonSchema):
    """Describes every field, and lets a figure be written as text alone, or as a number where it has no unit."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        part = schema["cls"]
        for name, field in json_schema.get("properties", {}).items():
            _describe(part, name, field)
        if not issubclass(part, Figure):
            return json_schema
        plain: list[dict[str, Any]] = [{"type": "string", "examples": [part.example]}]
        json_schema["properties"]["value"]["examples"] = [part.example]
        if not part.unit:
            plain.append({"type": "number", "minimum": part.lower, "maximum": part.upper})
            json_schema["properties"]["value"] |= {"type": ["string", "number"], "title": "Value"}
        described = {"title": part.__name__, "description": json_schema.pop("description", "")}
        return {**described, "anyOf": [*plain, json_schema]}


@cache
def mission_schema() -> bytes:
    """Return the JSON Schema (draft 2020-12) of mission documents as JSON."""
    schema = MissionDocument.model_json_schema(schema_generator=_MissionSchema)
    _add_examples(schema)
    return canonical_json({"$schema": DIALECT, **schema})


@cache
def descriptions() -> dict[str, dict[str, Any]]:
    """Return what each field is, by part: a text, or a text and an example."""
    text = files("malapert_planner.mission_document").joinpath("descriptions.toml").read_text("utf-8")
    return tomllib.loads(text)


def _describe(part: type[BaseModel], name: str, field: dict[str, Any]) -> None:
    """State what a field is, by its part, a part that this one extends, or what it is in every part."""
    parts = [each.__name__ for each in part.__mro__ if issubclass(each, BaseModel)]
    entries = (descriptions().get(each, {}).get(name) for each in (*parts, _IN_EVERY_PART))
    entry = next((each for each in entries if each is not None), None)
    if isinstance(entry, list):
        field["description"], field["examples"] = entry[0], [entry[1]]
    elif entry is not None:
        field["description"] = entry


def _add_examples(schema: dict[str, Any]) -> None:
    """Give each field without one an example of its type."""
    parts = [schema, *schema["$defs"].values()]
    for part in [each for outer in parts for each in (outer, *outer.get("anyOf", ()))]:
        for field in part.get("properties", {}).values():
            if "examples" not in field:
                field["examples"] = [_example(field, schema["$defs"], frozenset())]


def _example(field: dict[str, Any], defs: dict[str, Any], seen: frozenset[str]) -> Any:
    """Return a value that a field takes: its own example, a choice, or of an object what it must have."""
    if "examples" in field:
        return field["examples"][0]
    for key in ("enum", "const"):
        if key in field:
            return field[key][0] if key == "enum" else field[key]
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return {} if name in seen else _example(defs[name], defs, seen | {name})
    if "anyOf" in field:
        return _example(field["anyOf"][0], defs, seen)
    kind = field.get("type")
    if kind == "object":
        required = field.get("required", ())
        return {name: _example(field["properties"][name], defs, seen) for name in required}
    if kind == "array":
        return [_example(field["items"], defs, seen)] * max(field.get("minItems", 1), 1)
    simple = {"boolean": True, "integer": max(field.get("minimum", 1), 1), "number": 10.0, "string": "text"}
    return simple.get(str(kind))
