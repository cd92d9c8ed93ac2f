"""Figures and plain numbers: finite, in range, in a unit of the right dimension, with source and confidence."""

import math
from collections.abc import Iterator
from typing import Any

from malapert_core.errors import Fault
from malapert_core.vocabulary.figure import Confidence, Figure
from malapert_core.vocabulary.units import UnknownUnitError, WrongUnitError, convert

from malapert_payload.domain.catalogue.figures import figures_of

_SIGNED_UNITS = frozenset({"deg"})
"""Units whose figures may be negative."""

LARGEST_AMOUNT = 1e15
"""No amount is larger, in its own unit: beyond it sums are not exact, and a planner takes none."""


def part_figures_faults(part: Any, path: str) -> Iterator[Fault]:
    """Yield the faults of every figure of a part whose field states a unit."""
    for figure, unit, where in figures_of(part, path):
        if unit is not None:
            yield from figure_faults(figure, where, unit)


def figure_faults(figure: Figure, path: str, unit: str, *, signed: bool = False) -> Iterator[Fault]:
    """Yield the faults of a figure: its number, its unit against the one it is kept in, its source and confidence."""
    yield from number_faults(figure.value, f"{path}.value", signed=signed or unit in _SIGNED_UNITS)
    yield from unit_faults(figure.unit, f"{path}.unit", unit)
    yield from provenance_faults(figure.source, figure.confidence, path)


def missing_faults(figure: Figure | None, path: str, unit: str) -> Iterator[Fault]:
    """Yield a fault where a figure must be set and is not."""
    if figure is None:
        yield Fault(path, "MISSING_FIGURE", f"state value, unit ({unit}), source and confidence")


def unit_faults(given: str, path: str, unit: str) -> Iterator[Fault]:
    """Yield a fault where a unit is not known, or not of the dimension of another."""
    wanted = f"{unit} or a unit of the same dimension" if unit not in ("", "1") else "1 or %"
    try:
        convert(1.0, given, unit)
    except UnknownUnitError:
        yield Fault(path, "UNKNOWN_UNIT", f"{given!r} is no unit that is known; allowed: {wanted}")
    except WrongUnitError:
        yield Fault(path, "WRONG_UNIT", f"{given!r} is of another dimension; allowed: {wanted}")


def number_faults(value: float, path: str, *, signed: bool = False) -> Iterator[Fault]:
    """Yield a fault where a number is not finite, too large, or negative where that is not allowed."""
    allowed = f"{-LARGEST_AMOUNT if signed else 0:g} to {LARGEST_AMOUNT:g}"
    if not math.isfinite(value):
        yield Fault(path, "NOT_FINITE", f"{value} is not a finite number; allowed: {allowed}")
    elif value < 0 and not signed:
        yield Fault(path, "NEGATIVE_NUMBER", f"{value:g} is negative; allowed: {allowed}")
    elif abs(value) > LARGEST_AMOUNT:
        yield Fault(path, "OUT_OF_RANGE", f"{value:g} is too large; allowed: {allowed}")


def share_faults(figure: Figure | None, path: str) -> Iterator[Fault]:
    """Yield a fault where a share is above 1; what is no number has its fault already."""
    if figure is not None and _amount(figure, "1") > 1:
        yield Fault(f"{path}.value", "OUT_OF_RANGE", f"{figure.value:g} {figure.unit} is no share; allowed: 0 to 1")


def order_faults(low: Figure | None, high: Figure | None, path: str, unit: str) -> Iterator[Fault]:
    """Yield a fault where a lowest figure is above the highest; the path is the lowest's."""
    if low is not None and high is not None and _amount(low, unit) > _amount(high, unit):
        message = f"{low.value:g} {low.unit} is above the highest, {high.value:g} {high.unit}"
        yield Fault(f"{path}.value", "REVERSED_RANGE", message)


def provenance_faults(source: str, confidence: Confidence, path: str) -> Iterator[Fault]:
    """Yield the faults of a source and its confidence."""
    if not source.strip():
        yield Fault(f"{path}.source", "MISSING_SOURCE", "state where it was published, or why it was assumed")
    if confidence == Confidence.UNSPECIFIED:
        allowed = ", ".join(level.name for level in Confidence if level != Confidence.UNSPECIFIED)
        yield Fault(f"{path}.confidence", "MISSING_CONFIDENCE", f"state how far it may be trusted; allowed: {allowed}")


def _amount(figure: Figure, unit: str) -> float:
    try:
        return convert(figure.value, figure.unit, unit)
    except (UnknownUnitError, WrongUnitError):
        return math.nan
