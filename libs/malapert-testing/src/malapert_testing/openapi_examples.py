"""Calls put together from the examples of an OpenAPI document, as a reader or a tool would."""

import json
from typing import Any

_FILE = b"example"


def parameters_of(
    document: dict[str, Any], path: str, operation: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The address, query and headers of a call: every parameter that has an example, and every one that is required.

    Parameters
    ----------
    document
        The OpenAPI document.
    path
        The path template.
    operation
        The operation at it.

    Raises
    ------
    LookupError
        Where a required parameter has no example.
    """
    found: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", []):
        example = example_of(document, parameter.get("example"), parameter["schema"])
        if example is None and parameter["required"]:
            raise LookupError(f"{path}: {parameter['name']} has no example")
        if example is not None:
            found[parameter["in"]][parameter["name"]] = example
    for name, value in found["path"].items():
        path = path.replace(f"{{{name}}}", str(value))
    return path, found["query"], {name: str(value) for name, value in found["header"].items()}


def body_of(document: dict[str, Any], media_type: str | None, content: dict[str, Any]) -> bytes | None:
    """The body of a call: the example of its media type or schema, else one put together from those of the fields."""
    if media_type is None:
        return None
    body = content.get("example")
    if body is None:
        body = example_of(document, None, content["schema"])
    if body is None and "json" not in media_type:
        return _FILE
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def example_of(document: dict[str, Any], example: Any, schema: dict[str, Any]) -> Any:
    """Return an example as it is, or one of a schema, or one put together from those of its parts; else None."""
    if example is not None:
        return example
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(document, None, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return next(
            (found for part in schema["anyOf"] if (found := example_of(document, None, part)) is not None), None
        )
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        values = {name: example_of(document, None, part) for name, part in schema["properties"].items()}
        return {name: value for name, value in values.items() if value is not None}
    if schema.get("type") == "array":
        item = example_of(document, None, schema["items"])
        return None if item is None else [item]
    return None
