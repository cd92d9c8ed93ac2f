"""The faults of an activity type."""

import math
from collections.abc import Iterator, Mapping, Sequence

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.activity_type import (
    LINKS,
    QUANTITY_UNITS,
    ActivityType,
    Condition,
    ConditionKind,
    InstrumentUse,
    Parameter,
    Step,
    StepQuantity,
)
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import value_of
from malapert_payload.domain.catalogue.instrument import Motion, SunLimit
from malapert_payload.domain.catalogue.resource import Resource
from malapert_payload.domain.validation.arguments import argument_faults
from malapert_payload.domain.validation.disturbances import disturbance_faults, inner_faults
from malapert_payload.domain.validation.figures import (
    figure_faults,
    missing_faults,
    number_faults,
    order_faults,
    part_figures_faults,
    provenance_faults,
    share_faults,
    unit_faults,
)
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    listed,
    missing_kind,
    repeated_faults,
    tag_faults,
    text_faults,
    unknown_faults,
    version_faults,
)
from malapert_payload.domain.validation.resources import use_faults

_STATION_KINDS = frozenset(
    {ConditionKind.CONTACT, ConditionKind.ORBITER_CONTACT, ConditionKind.OPTICAL_LINK, ConditionKind.KEY_LINK}
)
_ORBITER_KINDS = (_STATION_KINDS - {ConditionKind.CONTACT}) | {
    ConditionKind.RELAY_CONTACT,
    ConditionKind.ORBITER_SUNLIGHT,
}
_NARROWED_KINDS = _STATION_KINDS | _ORBITER_KINDS | {ConditionKind.AVAILABILITY}


def activity_type_faults(kind: ActivityType, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield every fault of an activity type, given the catalogue that it is part of."""
    yield from unknown_faults(kind.asset_id, catalogue.known_asset_ids, f"{path}.asset_id", "asset")
    if kind.agency_id:
        yield from unknown_faults(kind.agency_id, catalogue.known_agency_ids, f"{path}.agency_id", "agency")
    yield from text_faults(kind.title, f"{path}.title")
    yield from tag_faults(kind.tags, f"{path}.tags")
    yield from provenance_faults(kind.source, kind.confidence, path)
    yield from _parameter_faults(kind.parameters, f"{path}.parameters")
    yield from _preset_faults(kind, f"{path}.presets")
    if not kind.steps:
        yield Fault(f"{path}.steps", "EMPTY_CHAIN", "give the activity type one step at least")
    yield from identifier_faults([step.step_id for step in kind.steps], f"{path}.steps", "step_id")
    yield from _product_faults(kind, path)
    parameters = {parameter.parameter_id: parameter for parameter in kind.parameters}
    for index, step in enumerate(kind.steps):
        where = f"{path}.steps[{index}]"
        yield from _step_faults(step, where, parameters, catalogue.amounts_by_id)
        yield from _resource_faults(step, where, catalogue)
        for use_index, use in enumerate(step.instruments):
            yield from _use_faults(use, f"{where}.instruments[{use_index}]", step, (kind.asset_id, catalogue))
        yield from _condition_faults(step.conditions, f"{where}.conditions", catalogue)
        yield from use_faults(step.uses, f"{where}.uses", catalogue)
        yield from _link_faults(step, where)
        yield from disturbance_faults(step, where)
        yield from inner_faults(step, where, catalogue)
        before = kind.steps[index - 1] if index and value_of(step.max_wait_s) == 0 else None
        yield from _chain_faults(before, step, where, catalogue)


def _parameter_faults(parameters: Sequence[Parameter], path: str) -> Iterator[Fault]:
    yield from identifier_faults([parameter.parameter_id for parameter in parameters], path, "parameter_id")
    for index, parameter in enumerate(parameters):
        where = f"{path}[{index}]"
        yield from text_faults(parameter.title, f"{where}.title")
        own = list(unit_faults(parameter.unit, f"{where}.unit", parameter.unit))
        yield from own
        if own:
            continue
        for name in ("default_value", "lowest", "highest"):
            figure = getattr(parameter, name)
            if figure is not None:
                yield from figure_faults(figure, f"{where}.{name}", parameter.unit, signed=True)
        unit = parameter.unit
        yield from order_faults(parameter.lowest, parameter.highest, f"{where}.lowest", unit)
        yield from order_faults(parameter.lowest, parameter.default_value, f"{where}.lowest", unit)
        yield from order_faults(parameter.default_value, parameter.highest, f"{where}.default_value", unit)


def _preset_faults(kind: ActivityType, path: str) -> Iterator[Fault]:
    yield from identifier_faults([preset.preset_id for preset in kind.presets], path, "preset_id")
    for index, preset in enumerate(kind.presets):
        yield from text_faults(preset.title, f"{path}[{index}].title")
        yield from argument_faults(preset.arguments, f"{path}[{index}].arguments", kind)


def _product_faults(kind: ActivityType, path: str) -> Iterator[Fault]:
    seen: list[str] = []
    for step_index, step in enumerate(kind.steps):
        where = f"{path}.steps[{step_index}].products"
        yield from identifier_faults([product.product_id for product in step.products], where, "product_id")
        for index, product in enumerate(step.products):
            if product.product_id in seen:
                message = f"{product.product_id!r} is a product of an earlier step; give each once"
                yield Fault(f"{where}[{index}].product_id", "DUPLICATE_ID", message)
            yield from number_faults(product.share, f"{where}[{index}].share")
            yield from number_faults(product.max_latency_s, f"{where}[{index}].max_latency_s")
        shares = [product.share for product in step.products]
        if all(math.isfinite(share) for share in shares) and sum(shares) > 1 + 1e-9:
            yield Fault(where, "OUT_OF_RANGE", f"the shares add up to {sum(shares):g}; allowed: 1 at most")
        seen += [product.product_id for product in step.products]


def _link_faults(step: Step, path: str) -> Iterator[Fault]:
    """Yield a fault for each use that is a share of a link, where the step has not one link and no more."""
    links = [condition for condition in step.conditions if condition.kind in LINKS and not condition.outside]
    for index, use in enumerate(step.uses):
        if use.link_share is not None and len(links) != 1:
            allowed = ", ".join(kind.name for kind in LINKS)
            message = f"the step has {len(links)} conditions on a link; allowed: one of {allowed}"
            yield Fault(f"{path}.uses[{index}].link_share", "NO_LINK", message)


def _step_faults(
    step: Step, path: str, parameters: Mapping[str, Parameter], amounts: Mapping[str, Resource]
) -> Iterator[Fault]:
    yield from text_faults(step.title, f"{path}.title")
    yield from part_figures_faults(step, path)
    yield from missing_faults(step.duration_s, f"{path}.duration_s", "s")
    grows = any(effect.quantity == StepQuantity.DURATION for effect in step.effects)
    if step.duration_s is not None and step.duration_s.value == 0 and not grows:
        yield Fault(f"{path}.duration_s.value", "ZERO_DURATION", "a step takes time; allowed: more than 0 s")
    yield from order_faults(step.min_duration_s, step.max_duration_s, f"{path}.min_duration_s", "s")
    yield from share_faults(step.min_start_charge, f"{path}.min_start_charge")
    for index, effect in enumerate(step.effects):
        where = f"{path}.effects[{index}]"
        yield from unknown_faults(effect.parameter_id, parameters, f"{where}.parameter_id", "parameter")
        unit = QUANTITY_UNITS.get(effect.quantity)
        if effect.quantity == StepQuantity.RESOURCE:
            used = [use.resource_id for use in step.uses]
            yield from unknown_faults(effect.resource_id, used, f"{where}.resource_id", "resource")
            unit = amounts[effect.resource_id].unit if effect.resource_id in amounts else None
        elif unit is None:
            yield missing_kind(f"{where}.quantity", StepQuantity)
        if unit is None:
            continue
        yield from missing_faults(effect.per_unit, f"{where}.per_unit", unit)
        if effect.per_unit is not None:
            yield from figure_faults(effect.per_unit, f"{where}.per_unit", unit, signed=True)


def _resource_faults(step: Step, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    known = {*catalogue.resource_ids, *catalogue.instruments_by_id}
    for index, resource_id in enumerate(step.resources):
        yield from unknown_faults(resource_id, known, f"{path}.resources[{index}]", "resource")
    yield from repeated_faults(step.resources, f"{path}.resources")
    yield from repeated_faults([use.instrument_id for use in step.instruments], f"{path}.instruments")


def _use_faults(use: InstrumentUse, path: str, step: Step, scope: tuple[str, Catalogue]) -> Iterator[Fault]:
    asset_id, catalogue = scope
    newest = catalogue.instruments_by_id
    yield from unknown_faults(use.instrument_id, newest, f"{path}.instrument_id", "instrument")
    if use.instrument_id not in newest:
        return
    versions = catalogue.instrument_versions(use.instrument_id)
    yield from version_faults(use.version, versions, f"{path}.version", "instrument", use.instrument_id)
    instrument = catalogue.instrument(use.instrument_id, use.version)
    if instrument is None:
        return
    yield from unknown_faults(use.mode_id, [mode.mode_id for mode in instrument.modes], f"{path}.mode_id", "mode")
    if instrument.asset_id != asset_id:
        own = [i.instrument_id for i in newest.values() if i.asset_id == asset_id]
        message = f"{use.instrument_id!r} sits on {instrument.asset_id!r}, not on {asset_id!r}; allowed: {listed(own)}"
        yield Fault(f"{path}.instrument_id", "WRONG_ASSET", message)
    mode = instrument.mode(use.mode_id)
    if mode is None:
        return
    drives = bool(set(step.resources).intersection(catalogue.mobility_resource_ids))
    wanted = {Motion.STATIONARY: False, Motion.MOVING: True}.get(mode.motion, drives)
    if wanted != drives:
        message = (
            f"mode {use.mode_id!r} is for an asset that {'drives' if wanted else 'stands still'}; the step does not"
        )
        yield Fault(f"{path}.mode_id", "WRONG_MOTION", message)
    contrary = {SunLimit.LIT: ConditionKind.DARKNESS, SunLimit.DARK: ConditionKind.ILLUMINATION}.get(mode.sun)
    if any(condition.kind == contrary and not condition.outside for condition in step.conditions):
        message = f"mode {use.mode_id!r} works in {mode.sun.name} places only; the step asks for the contrary"
        yield Fault(f"{path}.mode_id", "CONTRADICTING_CONDITIONS", message)


def _chain_faults(before: Step | None, step: Step, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield a fault for each change of mode that an instrument cannot make."""
    earlier = {use.instrument_id: use.mode_id for use in before.instruments} if before else {}
    for index, use in enumerate(step.instruments):
        instrument = catalogue.instrument(use.instrument_id, use.version)
        from_mode_id = earlier.get(use.instrument_id, "")
        if instrument is None or not instrument.transitions or from_mode_id == use.mode_id:
            continue
        if instrument.transition(from_mode_id, use.mode_id) is None:
            possible = [t.to_mode_id or "off" for t in instrument.transitions if t.from_mode_id == from_mode_id]
            message = (
                f"{use.instrument_id!r} cannot go from {from_mode_id or 'off'!r} to {use.mode_id!r}; "
                f"allowed: {', '.join(possible) or 'none'}"
            )
            yield Fault(f"{path}.instruments[{index}].mode_id", "CHAIN_GAP", message)


def _condition_faults(conditions: tuple[Condition, ...], path: str, catalogue: Catalogue) -> Iterator[Fault]:
    kinds = [condition.kind for condition in conditions]
    wanted = {condition.kind for condition in conditions if not condition.outside}
    if {ConditionKind.ILLUMINATION, ConditionKind.DARKNESS} <= wanted:
        message = "illumination and darkness never hold together; keep one of them"
        yield Fault(path, "CONTRADICTING_CONDITIONS", message)
    for index, condition in enumerate(conditions):
        where = f"{path}[{index}]"
        if condition.kind == ConditionKind.UNSPECIFIED:
            yield missing_kind(f"{where}.kind", ConditionKind)
        elif condition.kind in kinds[:index] and condition.kind not in _NARROWED_KINDS:
            yield Fault(f"{where}.kind", "DUPLICATE_CONDITION", f"{condition.kind.name} is listed before; keep one")
        yield from _names_faults(condition, where, catalogue)
        yield from _sun_fraction_faults(condition, f"{where}.least_sun_fraction")


def _sun_fraction_faults(condition: Condition, path: str) -> Iterator[Fault]:
    """Yield a fault where a share of the disc is none, or is asked for where none of it is."""
    least = condition.least_sun_fraction
    if not 0.0 <= least <= 1.0:
        yield Fault(path, "OUT_OF_RANGE", f"{least:g} is no share of the solar disc; allowed: 0 to 1")
    elif least and (condition.kind != ConditionKind.ILLUMINATION or condition.outside):
        message = "a share of the solar disc is of illumination that must hold; leave it out of other conditions"
        yield Fault(path, "CONTRADICTING_CONDITIONS", message)


def _names_faults(condition: Condition, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    lists = (
        ("station", condition.station_ids, catalogue.station_ids, _STATION_KINDS),
        ("orbiter", condition.orbiter_ids, catalogue.orbiter_ids, _ORBITER_KINDS),
        ("calendar", condition.calendar_ids, catalogue.calendar_ids, frozenset({ConditionKind.AVAILABILITY})),
    )
    for name, given, known, kinds in lists:
        where = f"{path}.{name}_ids"
        if given and condition.kind not in kinds and condition.kind:
            allowed = ", ".join(sorted(kind.name for kind in kinds))
            code = "STATIONS_WITHOUT_CONTACT" if name == "station" else "WRONG_KIND"
            yield Fault(where, code, f"only a condition of these kinds names {name}s: {allowed}")
        for index, identifier in enumerate(given):
            yield from unknown_faults(identifier, known, f"{where}[{index}]", name)
    if condition.kind == ConditionKind.AVAILABILITY and not condition.calendar_ids:
        yield Fault(
            f"{path}.calendar_ids", "MISSING_CALENDAR", f"name a calendar; allowed: {listed(catalogue.calendar_ids)}"
        )
