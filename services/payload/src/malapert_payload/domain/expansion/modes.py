"""Variants of a request: its modes, each with every value of its range."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from malapert_payload.domain.catalogue.activity_type import ActivityType, Argument
from malapert_payload.domain.catalogue.arguments import settled_arguments, stated_arguments
from malapert_payload.domain.requests.request import ActivityRequest, ParameterRange, RequestMode

MAX_VARIANTS = 64
"""Largest number of variants (modes with values of their ranges) of a repetition: each becomes a chain of the
planning model."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A mode with a value of its range: the arguments, first come first, and the share of the request's value."""

    mode_id: str
    arguments: tuple[Argument, ...]
    share: float

    def settled(self, kind: ActivityType) -> dict[str, float]:
        """Return the value of each parameter in its unit."""
        return settled_arguments(self.arguments, kind)


def variants(request: ActivityRequest, kind: ActivityType) -> tuple[Variant, ...]:
    """Return the variants of a request; one without a name where it has no modes."""
    own = stated_arguments(request.arguments, request.preset_id, kind)
    if not request.modes:
        return (Variant("", own, 1.0),)
    return tuple(variant for mode in request.modes for variant in _variants(mode, own, kind))


def range_count(values: ParameterRange) -> float:
    """Return how many values a range has; not finite where its figures are not."""
    if values.step <= 0:
        return 2.0
    steps = (values.highest - values.lowest) / values.step
    return float(1 + math.ceil(round(steps, 9))) if math.isfinite(steps) else math.inf


def _variants(mode: RequestMode, own: tuple[Argument, ...], kind: ActivityType) -> Iterator[Variant]:
    stated = (*stated_arguments(mode.arguments, mode.preset_id, kind), *own)
    share = mode.share or 1.0
    if mode.range is None:
        yield Variant(mode.mode_id, stated, share)
        return
    values = mode.range
    for value in _values(values):
        chosen = Argument(values.parameter_id, value, values.unit)
        yield Variant(f"{mode.mode_id}={value:g}", (chosen, *stated), share * _share(values, value))


def _values(values: ParameterRange) -> Iterator[float]:
    """Yield the values from the lowest in steps, and the highest."""
    for number in range(int(range_count(values)) - 1):
        yield values.lowest + number * values.step
    yield values.highest


def _share(values: ParameterRange, value: float) -> float:
    lowest_share = values.lowest_share or 1.0
    return lowest_share + (1.0 - lowest_share) * (value - values.lowest) / (values.highest - values.lowest)
