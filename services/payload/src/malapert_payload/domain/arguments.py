"""Values of an activity type's parameters, in the parameters' units."""

from collections.abc import Iterator, Mapping, Sequence

from malapert_core.units import convert

from malapert_payload.domain.activity_type import ActivityType, Argument, Parameter
from malapert_payload.domain.request import ActivityRequest


def stated_arguments(request: ActivityRequest, kind: ActivityType) -> tuple[Argument, ...]:
    """Return a request's own arguments, then those of its preset that it does not state itself."""
    own = {argument.parameter_id for argument in request.arguments}
    preset = kind.preset(request.preset_id) if request.preset_id else None
    taken_over = preset.arguments if preset else ()
    return (*request.arguments, *(argument for argument in taken_over if argument.parameter_id not in own))


def settled_arguments(arguments: Sequence[Argument], kind: ActivityType) -> dict[str, float]:
    """Return the value of each parameter in its unit, the default where an argument states none.

    The arguments are valid; a parameter without a default that no argument states is left out.
    """
    values = dict(_defaults(kind.parameters))
    units = {parameter.parameter_id: parameter.unit for parameter in kind.parameters}
    for argument in reversed(arguments):
        unit = units[argument.parameter_id]
        values[argument.parameter_id] = convert(argument.value, argument.unit or unit, unit)
    return values


def _defaults(parameters: Sequence[Parameter]) -> Iterator[tuple[str, float]]:
    for parameter in parameters:
        figure = parameter.default_value
        if figure is not None:
            yield parameter.parameter_id, convert(figure.value, figure.unit, parameter.unit)


def added(values: Mapping[str, float], effects: Sequence[tuple[str, float]]) -> float:
    """Return the sum of what parameters add, given pairs of a parameter and an amount for each unit of it."""
    return sum(values.get(parameter_id, 0.0) * per_unit for parameter_id, per_unit in effects)
