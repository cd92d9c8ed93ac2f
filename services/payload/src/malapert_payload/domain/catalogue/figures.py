"""Figures of a part: the unit that its field states, and conversion into it."""

from collections.abc import Iterator
from dataclasses import field, fields, is_dataclass, replace
from typing import Any, TypeVar

from malapert_core.vocabulary.figure import Figure
from malapert_core.vocabulary.units import UnknownUnitError, WrongUnitError, convert

T = TypeVar("T")


def figure(unit: str | None) -> Any:
    """Return the dataclass field of a figure that is kept in a unit; None for a unit that its owner states."""
    return field(default=None, metadata={"unit": unit})


def value_of(figure: Figure | None) -> float:
    """Return a figure's value, 0 when it is not set."""
    return 0.0 if figure is None else figure.value


def figures_of(part: Any, path: str) -> Iterator[tuple[Figure, str | None, str]]:
    """Yield every figure of a part with the unit that its field states and its path."""
    for entry in fields(part):
        value = getattr(part, entry.name)
        where = f"{path}.{entry.name}" if path else entry.name
        if isinstance(value, Figure):
            yield value, entry.metadata.get("unit"), where
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if is_dataclass(item):
                    yield from figures_of(item, f"{where}[{index}]")
        elif is_dataclass(value):
            yield from figures_of(value, where)


def in_own_units(part: T) -> T:
    """Return a part with every figure in the unit that its field states; one in no such unit stays as it is."""
    changed: dict[str, Any] = {}
    for entry in fields(part):  # type: ignore[arg-type]
        value = getattr(part, entry.name)
        if isinstance(value, Figure):
            changed[entry.name] = _in_unit(value, entry.metadata.get("unit"))
        elif isinstance(value, tuple) and any(is_dataclass(item) for item in value):
            changed[entry.name] = tuple(in_own_units(item) for item in value)
        elif is_dataclass(value) and not isinstance(value, type):
            changed[entry.name] = in_own_units(value)
    kept = {name: value for name, value in changed.items() if value != getattr(part, name)}
    return replace(part, **kept) if kept else part  # type: ignore[type-var]


def _in_unit(figure: Figure, unit: str | None) -> Figure:
    if unit is None or figure.unit == unit:
        return figure
    try:
        return replace(figure, value=convert(figure.value, figure.unit, unit), unit=unit)
    except (UnknownUnitError, WrongUnitError):
        return figure
