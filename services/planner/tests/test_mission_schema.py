"""Every field of a mission document says what it is, with an example that the document takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
from malapert_planner.mission_document import mission_schema
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import StrictModel
from malapert_planner.mission_document.schema import descriptions

SCHEMA: dict[str, Any] = json.loads(mission_schema())


def parts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Objects of the schema by name; a figure is one of several forms, of which one is an object."""
    for name, part in {"MissionDocument": SCHEMA, **SCHEMA["$defs"]}.items():
        for form in (part, *part.get("anyOf", ())):
            if "properties" in form:
                yield name, form


FIELDS = [(name, field, described) for name, part in parts() for field, described in part["properties"].items()]


def test_every_field_has_a_description_and_an_example() -> None:
    assert len(FIELDS) > 500
    without = [f"{part}.{field}" for part, field, described in FIELDS if not described.get("description", "").strip()]
    assert without == []
    assert [f"{part}.{field}" for part, field, described in FIELDS if not described.get("examples")] == []


def test_every_part_has_a_description() -> None:
    assert [name for name, part in SCHEMA["$defs"].items() if not part.get("description", "").strip()] == []


def test_every_example_is_one() -> None:
    """By a validator of JSON Schema that is not ours."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    wrong = [
        f"{part}.{field}: {error.message}"
        for part, field, described in FIELDS
        for example in described["examples"]
        for error in validator.evolve(schema={**described, "$defs": SCHEMA["$defs"]}).iter_errors(example)
    ]
    assert wrong == []


def test_no_description_is_of_what_is_not_there() -> None:
    classes = {each.__name__: each for each in _extensions(StrictModel)}
    fields = {name: set(part.model_fields) for name, part in classes.items()}
    stale = [
        f"{part}.{name}"
        for part, texts in descriptions().items()
        for name in texts
        if part != "any" and name not in fields.get(part, ())
    ]
    assert stale == []
    assert MissionDocument.__name__ in fields


def _extensions(part: type[StrictModel]) -> Iterator[type[StrictModel]]:
    for each in part.__subclasses__():
        yield each
        yield from _extensions(each)
