"""Messages as the platform answers them: what is given, and the contract's examples for every other required field."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from malapert_http_models.wire import WireModel


def example_of(model: type[WireModel], given: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a message with what is given, itself filled up."""
    filled = {
        name: field.examples[0] if field.examples else []
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    for name, value in given.items():
        filled[name] = _filled(model.model_fields[name].annotation, value)
    return filled


def _filled(annotation: Any, value: Any) -> Any:
    for part in _models_in(annotation):
        if isinstance(value, dict):
            return example_of(part, value)
        if isinstance(value, list):
            return [example_of(part, each) if isinstance(each, dict) else each for each in value]
    return value


def _models_in(annotation: Any) -> list[type[WireModel]]:
    if get_origin(annotation) in (list, Union, UnionType, Annotated):
        return [model for part in get_args(annotation) for model in _models_in(part)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, WireModel) else []
