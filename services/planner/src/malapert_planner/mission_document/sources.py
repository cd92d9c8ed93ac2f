"""Hands source and confidence down to the parts and figures that state none of their own."""

from collections.abc import Iterator
from typing import Any

from malapert_core.errors import Fault
from pydantic import BaseModel

from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Confidence, Figure, Sourced
from malapert_planner.mission_document.paths import Location, path_of


def settle_sources(document: MissionDocument) -> list[Fault]:
    """Give every part the source and confidence of the nearest enclosing object; a fault where a figure has none."""
    return list(_settle(document, (), None, None))


def figures_of(part: Any, location: Location = ()) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of a document with its path."""
    if isinstance(part, Figure):
        yield path_of(location), part
    else:
        for key, child in _children(part):
            yield from figures_of(child, (*location, key))


def _settle(part: Any, location: Location, source: str | None, confidence: Confidence | None) -> Iterator[Fault]:
    if isinstance(part, Sourced):
        source, confidence = part.source or source, part.confidence or confidence
        part.source, part.confidence = source, confidence
    if isinstance(part, Figure):
        for name, value in (("source", source), ("confidence", confidence)):
            if value is None:
                message = f"the figure has no {name}, nor has any object around it"
                yield Fault(f"{path_of(location)}.{name}", "MISSING_FIELD", message)
        return
    for key, child in _children(part):
        yield from _settle(child, (*location, key), source, confidence)


def _children(part: Any) -> Iterator[tuple[int | str, Any]]:
    if isinstance(part, BaseModel):
        yield from ((name, getattr(part, name)) for name in type(part).model_fields)
    elif isinstance(part, list):
        yield from enumerate(part)
