"""The faults of arguments: known parameters, convertible units, values in range, and steps that they leave possible."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from malapert_core.errors import Fault
from malapert_core.vocabulary.figure import Figure
from malapert_core.vocabulary.units import convert

from malapert_payload.domain.catalogue.activity_type import ActivityType, Argument, Parameter, Step
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.modes import Variant
from malapert_payload.domain.expansion.sequence import step_duration_s
from malapert_payload.domain.validation.figures import number_faults, unit_faults
from malapert_payload.domain.validation.identifiers import unknown_faults


def argument_faults(arguments: Sequence[Argument], path: str, kind: ActivityType) -> Iterator[Fault]:
    """Yield the faults of arguments of an activity type."""
    parameters = {parameter.parameter_id: parameter for parameter in kind.parameters}
    seen: dict[str, int] = {}
    for index, argument in enumerate(arguments):
        where = f"{path}[{index}]"
        yield from unknown_faults(argument.parameter_id, parameters, f"{where}.parameter_id", "parameter")
        if argument.parameter_id in seen:
            message = f"{argument.parameter_id!r} is given before as {path}[{seen[argument.parameter_id]}]"
            yield Fault(f"{where}.parameter_id", "DUPLICATE_ID", message)
        seen.setdefault(argument.parameter_id, index)
        if argument.parameter_id in parameters:
            yield from value_faults(argument, where, parameters[argument.parameter_id])


def stated_faults(arguments: Sequence[Argument], preset_id: str, path: str, kind: ActivityType) -> Iterator[Fault]:
    """Yield the faults of a preset, none where its identifier is empty, and of arguments beside it."""
    if preset_id:
        known = [preset.preset_id for preset in kind.presets]
        yield from unknown_faults(preset_id, known, f"{path}.preset_id", "preset")
    yield from argument_faults(arguments, f"{path}.arguments", kind)


def variant_faults(variant: Variant, path: str, kind: ActivityType, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of what arguments that are sound by themselves make of an activity type."""
    where = f" for mode {variant.mode_id}" if variant.mode_id else ""
    given = {argument.parameter_id for argument in variant.arguments}
    missing = [p for p in kind.parameters if p.default_value is None and p.parameter_id not in given]
    for parameter in missing:
        message = f"state {parameter.parameter_id!r}{where} in {parameter.unit or '1'}; it has no default"
        yield Fault(path, "MISSING_ARGUMENT", message)
    if missing:
        return
    try:
        values = variant.settled(kind)
        durations_s = [step_duration_s(step, values) for step in kind.steps]
    except (ValueError, KeyError):
        return  # The activity type has a wrong unit, or a preset of an unknown parameter, which is its own fault.
    for step, duration_s in zip(kind.steps, durations_s, strict=True):
        for fault in _duration_faults(step, duration_s, path, catalogue):
            yield replace(fault, message=fault.message + where)


def value_faults(argument: Argument, path: str, parameter: Parameter) -> Iterator[Fault]:
    """Yield the faults of an argument's value and unit, given its parameter."""
    unit = parameter.unit
    if any(unit_faults(unit, "", unit)):
        return  # The parameter's own fault.
    faults = list(number_faults(argument.value, f"{path}.value", signed=True))
    if argument.unit:
        faults += unit_faults(argument.unit, f"{path}.unit", unit)
    yield from faults
    if faults:
        return
    value = convert(argument.value, argument.unit or unit, unit)
    try:
        lowest, highest = _in(parameter.lowest, unit, -math.inf), _in(parameter.highest, unit, math.inf)
    except ValueError:
        return  # The parameter's own fault.
    if not lowest <= value <= highest:
        message = f"{value:g} {unit} is out of range; allowed: {lowest:g} to {highest:g} {unit}"
        yield Fault(f"{path}.value", "OUT_OF_RANGE", message)


def _in(figure: Figure | None, unit: str, otherwise: float) -> float:
    return otherwise if figure is None else convert(figure.value, figure.unit, unit)


def _duration_faults(step: Step, duration_s: float, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    if duration_s <= 0 and step.effects:
        message = f"step {step.step_id!r} would take no time; allowed: more than 0 s"
        yield Fault(path, "ZERO_DURATION", message)
    limits = [("the step", step.min_duration_s, step.max_duration_s)]
    for use in step.instruments:
        mode = catalogue.mode(use)
        if mode is not None:
            limits.append((f"{use.instrument_id} in mode {use.mode_id}", mode.min_duration_s, mode.max_duration_s))
    for owner, shortest, longest in limits:
        try:
            shortest_s, longest_s = _in(shortest, "s", 0.0), _in(longest, "s", math.inf)
        except ValueError:
            continue  # The limit's own fault.
        if not shortest_s <= duration_s <= longest_s:
            message = (
                f"step {step.step_id!r} would take {duration_s:g} s; allowed by {owner}: "
                f"{shortest_s:g} to {longest_s:g} s"
            )
            yield Fault(path, "DURATION_OUT_OF_RANGE", message)
