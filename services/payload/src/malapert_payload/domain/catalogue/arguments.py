"""Values of an activity type's parameters, in the parameters' units."""

from collections.abc import Iterator, Mapping, Sequence

from malapert_core.vocabulary.units import convert

from malapert_payload.domain.catalogue.activity_type import ActivityType, Argument, Parameter


def stated_arguments(own: tuple[Argument, ...], preset_id: str, kind: ActivityType) -> tuple[Argument, ...]:
    """Return arguments, then those of a preset; no preset where its identifier is empty."""
    preset = kind.preset(preset_id) if preset_id else None
    return (*own, *(preset.arguments if preset else ()))


def settled_arguments(arguments: Sequence[Argument], kind: ActivityType) -> dict[str, float]:
    """Return the value of each parameter in its unit: of the first argument that states it, else the default.

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
