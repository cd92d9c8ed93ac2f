"""The published JSON Schema of mission documents."""

from functools import cache
from typing import Any

from malapert_core.vocabulary.content_hash import canonical_json
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Figure

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _FigureSchema(GenerateJsonSchema):
    """Lets a figure be written as text alone, and a figure without unit as a number, as the reader does."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        figure = schema["cls"]
        if not issubclass(figure, Figure):
            return json_schema
        plain: list[dict[str, Any]] = [{"type": "string", "examples": [figure.example]}]
        if not figure.unit:
            plain.append({"type": "number", "minimum": figure.lower, "maximum": figure.upper})
            json_schema["properties"]["value"] = {"type": ["string", "number"], "title": "Value"}
        described = {"title": figure.__name__, "description": json_schema.pop("description", "")}
        return {**described, "anyOf": [*plain, json_schema]}


@cache
def mission_schema() -> bytes:
    """Return the JSON Schema (draft 2020-12) of mission documents as JSON."""
    schema = MissionDocument.model_json_schema(schema_generator=_FigureSchema)
    return canonical_json({"$schema": DIALECT, **schema})
