"""Every example in the OpenAPI document is accepted where it stands."""

from collections.abc import Iterator
from typing import Any

from malapert_gateway.app import create_app
from openapi_schema_validator import OAS31Validator

DOCUMENT = create_app().openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]


def stated(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield every example in the document with its path and the schema that it stands at."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from stated(item, f"{path}/{index}")
    elif isinstance(part, dict):
        schema = part.get("schema", part)
        if ("example" in part and "in" in part) or ("example" in part and "schema" in part):
            yield path, schema, part["example"]
        if isinstance(part.get("examples"), list) and "type" in str(part):
            for example in part["examples"]:
                yield path, part, example
        for name, item in part.items():
            if name not in ("example", "examples", "default", "enum"):
                yield from stated(item, f"{path}/{name}")


def body_of(schema: dict[str, Any]) -> Any:
    """Return the body that a reader puts together from the examples of a schema's fields, every field set."""
    if "$ref" in schema:
        return body_of(SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]])
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return body_of(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "array":
        return [body_of(schema["items"])]
    if "properties" in schema:
        return {name: body_of(part) for name, part in schema["properties"].items()}
    raise AssertionError(f"no example: {schema}")


def test_every_example_is_of_its_schema() -> None:
    found = list(stated(DOCUMENT))
    wrong = []
    for path, schema, example in found:
        whole = {**schema, "components": DOCUMENT["components"]}
        wrong += [f"{path}: {error.message}" for error in OAS31Validator(whole).iter_errors(example)]
    assert wrong == []
    assert len(found) > 900
