"""Paths into a mission document, such as ``requests[3].places[0]``, and the models that they lead to."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from malapert_core.documents.text import path_to
from pydantic import BaseModel

Location = tuple[int | str, ...]


def path_of(location: Location) -> str:
    """Return a location as a path."""
    text = ""
    for part in location:
        text = f"{text}[{part}]" if isinstance(part, int) else path_to(text, part)
    return text


def value_at(data: Any, location: Location) -> Any:
    """Return what is at a location of plain data, or None."""
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """Return the model that the schema expects at a location, or None where it expects a plain value."""
    annotation: Any = model
    for part in location:
        if isinstance(part, int):
            annotation = _bare(get_args(annotation)[0]) if get_args(annotation) else None
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and part in annotation.model_fields:
            annotation = _bare(annotation.model_fields[part].annotation)
        else:
            return None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _bare(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return next((_bare(part) for part in get_args(annotation) if part is not type(None)), None)
    return annotation
