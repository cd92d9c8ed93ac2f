"""JSON of the platform as models, at the speed of pydantic's core."""

import functools
import gc
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from malapert_client.errors import UnknownAnswerError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import SchemaValidator

MOST_FAULTS = 20
_OPAQUE = ("cls", "metadata", "serialization")


def read_model(kind: str, content: bytes | str) -> Any:
    """Return JSON as a model; what a newer platform tells more is passed over.

    Parameters
    ----------
    kind
        ``module.Class``.
    content
        The JSON.

    Raises
    ------
    UnknownAnswerError
        Where it is none, with what is wrong.
    """
    return _read(kind, lambda reader: reader.validate_json(content, extra="ignore"))


def read_plain(kind: str, value: Any) -> Any:
    """Return plain JSON values as a model; see `read_model`."""
    return _read(kind, lambda reader: reader.validate_python(value, extra="ignore"))


def _read(kind: str, read: "Callable[[SchemaValidator], Any]") -> Any:
    from pydantic import ValidationError

    reader = _reader_of(kind)
    # A large answer is thousands of new objects, none of them garbage; each some hundred would set off a collection, in
    # all a third of the time of reading.
    collects = gc.isenabled()
    gc.disable()
    try:
        return read(reader)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        faults = [
            {"path": ".".join(map(str, each["loc"])), "message": each["msg"], "code": each["type"]}
            for each in wrong[:MOST_FAULTS]
        ]
        name = kind.partition(".")[2]
        detail = f"the answer is no {name} of this version, {len(wrong)} of its fields are wrong"
        problem = {"title": "unknown answer", "detail": detail, "reason": "UNKNOWN_ANSWER", "errors": faults}
        raise UnknownAnswerError(problem) from error
    finally:
        if collects:
            gc.enable()


def model_named(kind: str) -> "type[BaseModel]":
    """Return the model of ``module.Class``; its module is imported when it is needed."""
    module, _, name = kind.partition(".")
    package = "malapert_client.generated" if module == "platform" else "malapert_http_models.contracts"
    model: type[BaseModel] = getattr(importlib.import_module(f"{package}.{module}"), name)
    return model


@functools.cache
def _reader_of(kind: str) -> "SchemaValidator":
    from malapert_http_models.wire import is_bound
    from pydantic_core import SchemaValidator

    # The models' own validators, which would be taken for their parts, hold the bounds.
    schema = _without_bounds(model_named(kind).__pydantic_core_schema__, is_bound)
    return SchemaValidator(schema, _use_prebuilt=False)


def _without_bounds(schema: Any, is_bound: Callable[[Any], bool]) -> Any:
    """Return a schema without the validators that end early at very many faults; the platform's answers have none."""
    if isinstance(schema, list):
        return [_without_bounds(each, is_bound) for each in schema]
    if not isinstance(schema, dict):
        return schema
    while schema.get("type") == "function-wrap" and is_bound(schema):
        schema = schema["schema"]
    return {key: each if key in _OPAQUE else _without_bounds(each, is_bound) for key, each in schema.items()}
