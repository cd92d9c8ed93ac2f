"""The faults of a request's modes: names, shares, arguments, ranges, and how many ways they make."""

from collections.abc import Iterator
from dataclasses import replace

from malapert_core.errors import Fault
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.activity_type import ActivityType, Argument
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.modes import MAX_VARIANTS, range_count, variants
from malapert_payload.domain.expansion.value import value_spans
from malapert_payload.domain.requests.request import ActivityRequest, ParameterRange
from malapert_payload.domain.validation.arguments import stated_faults, value_faults, variant_faults
from malapert_payload.domain.validation.figures import number_faults, unit_faults
from malapert_payload.domain.validation.identifiers import identifier_faults, unknown_faults


def mode_faults(request: ActivityRequest, path: str, kind: ActivityType, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of a request's arguments and modes, and of the steps that they make."""
    faults = list(stated_faults(request.arguments, request.preset_id, path, kind))
    faults += identifier_faults([mode.mode_id for mode in request.modes], f"{path}.modes", "mode_id")
    for index, mode in enumerate(request.modes):
        where = f"{path}.modes[{index}]"
        faults += stated_faults(mode.arguments, mode.preset_id, where, kind)
        faults += _share_faults(mode.share, f"{where}.share")
        if mode.range is not None:
            faults += _range_faults(mode.range, f"{where}.range", kind)
    faults += [] if faults else _count_faults(request, f"{path}.modes", 1)
    yield from faults
    if faults:
        return
    for variant in variants(request, kind):
        number = next(
            (n for n, mode in enumerate(request.modes) if mode.mode_id == variant.mode_id.partition("=")[0]), None
        )
        where = f"{path}.arguments" if number is None else f"{path}.modes[{number}]"
        yield from variant_faults(variant, where, kind, catalogue)


def start_faults(request: ActivityRequest, path: str, horizon: Interval) -> Iterator[Fault]:
    """Yield a fault where sound modes and a value that falls with time make too many ways together."""
    starts = len(value_spans(request, horizon))
    if starts > 1 and request.modes:
        yield from _count_faults(request, f"{path}.modes", starts)


def _count_faults(request: ActivityRequest, path: str, starts: int) -> Iterator[Fault]:
    count = starts * sum(range_count(mode.range) if mode.range else 1.0 for mode in request.modes)
    if count > MAX_VARIANTS:
        times = f", each at {starts} worths of its start" if starts > 1 else ""
        message = f"the modes make {count:g} ways{times}; allowed: {MAX_VARIANTS}; give wider steps, or fewer modes"
        yield Fault(path, "TOO_MANY_WAYS", message)


def _share_faults(share: float, path: str) -> Iterator[Fault]:
    faults = list(number_faults(share, path))
    yield from faults
    if not faults and share > 1:
        yield Fault(path, "OUT_OF_RANGE", f"{share:g} is no share; allowed: 0 to 1")


def _range_faults(values: ParameterRange, path: str, kind: ActivityType) -> Iterator[Fault]:
    parameter = next((each for each in kind.parameters if each.parameter_id == values.parameter_id), None)
    known = [each.parameter_id for each in kind.parameters]
    faults = [
        *unknown_faults(values.parameter_id, known, f"{path}.parameter_id", "parameter"),
        *_share_faults(values.lowest_share, f"{path}.lowest_share"),
        *number_faults(values.lowest, f"{path}.lowest", signed=True),
        *number_faults(values.highest, f"{path}.highest", signed=True),
        *number_faults(values.step, f"{path}.step"),
    ]
    if parameter is not None and values.unit:
        faults += unit_faults(values.unit, f"{path}.unit", parameter.unit)
    yield from faults
    if faults or parameter is None:
        return
    if values.lowest >= values.highest:
        message = f"{values.highest:g} is not above the lowest value; allowed: more than {values.lowest:g}"
        yield Fault(f"{path}.highest", "EMPTY_RANGE", message)
    for name in ("lowest", "highest"):
        end = Argument(values.parameter_id, getattr(values, name), values.unit)
        for fault in value_faults(end, path, parameter):
            yield replace(fault, path=f"{path}.{name}")
