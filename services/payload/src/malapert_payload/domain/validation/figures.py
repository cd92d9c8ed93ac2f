"""Figures and plain numbers: finite, in range, in the right unit, with source and confidence."""

import math
from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue import Confidence, Figure


def figure_faults(
    figure: Figure | None, path: str, units: tuple[str, ...], *, required: bool = False
) -> Iterator[Fault]:
    """Yield the faults of a figure that is 0 or more.

    Parameters
    ----------
    figure : Figure or None
        None where it is not set.
    path : str
        Of the figure.
    units : tuple of str
        The allowed ones, the usual one first.
    required : bool
        True where it must be set.
    """
    if figure is None:
        if required:
            yield Fault(path, "MISSING_FIGURE", f"state value, unit ({units[0]}), source and confidence")
        return
    yield from number_faults(figure.value, f"{path}.value")
    if figure.unit not in units:
        yield Fault(f"{path}.unit", "WRONG_UNIT", f"{figure.unit!r} is not the unit; allowed: {units[0]}")
    yield from provenance_faults(figure.source, figure.confidence, path)


def number_faults(value: float, path: str) -> Iterator[Fault]:
    """Yield a fault where a number is not finite or is negative."""
    if not math.isfinite(value):
        yield Fault(path, "NOT_FINITE", f"{value} is not a finite number; allowed: 0 or more")
    elif value < 0:
        yield Fault(path, "NEGATIVE_NUMBER", f"{value:g} is negative; allowed: 0 or more")


def provenance_faults(source: str, confidence: Confidence, path: str) -> Iterator[Fault]:
    """Yield the faults of a source and its confidence."""
    if not source.strip():
        yield Fault(f"{path}.source", "MISSING_SOURCE", "state where it was published, or why it was assumed")
    if confidence == Confidence.UNSPECIFIED:
        allowed = ", ".join(level.name for level in Confidence if level != Confidence.UNSPECIFIED)
        yield Fault(f"{path}.confidence", "MISSING_CONFIDENCE", f"state how far it may be trusted; allowed: {allowed}")
