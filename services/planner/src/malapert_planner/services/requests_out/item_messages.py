"""Instruments, activity types and resources of a mission document as messages of the payload service."""

from collections.abc import Iterable, Iterator

from malapert.payload.v1 import catalogue_pb2, mode_pb2, parameter_pb2, request_pb2, resource_pb2
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import number_of

from malapert_planner.mission_document.activities import ActivityStep, ActivityType, Argument
from malapert_planner.mission_document.assets import Condition
from malapert_planner.mission_document.figures import Confidence, Figure
from malapert_planner.mission_document.instruments import Disturbance, Instrument, InstrumentMode, ModePhase, Pointing
from malapert_planner.mission_document.resources import Resource, ResourceUse


def figure_message(figure: Figure | None) -> type_pb2.Figure | None:
    """Return a figure in its own unit as its message."""
    if figure is None:
        return None
    return type_pb2.Figure(
        value=figure.amount,
        unit=figure.unit_name,
        source=figure.source or "",
        confidence=confidence_number(figure.confidence),
    )


def resource_message(resource: Resource) -> resource_pb2.Resource:
    """Return a resource as its message."""
    return resource_pb2.Resource(
        resource_id=resource.id,
        title=resource.title,
        kind=resource_pb2.ResourceKind.Value(f"RESOURCE_KIND_{resource.kind.name}"),
        capacity=figure_message(resource.capacity),
        start=figure_message(resource.start),
    )


def instrument_message(instrument: Instrument) -> catalogue_pb2.Instrument:
    """Return an instrument as its message."""
    return catalogue_pb2.Instrument(
        instrument_id=instrument.id,
        name=instrument.name,
        agency_id=instrument.agency,
        asset_id=instrument.asset,
        function=instrument.function,
        mass_kg=figure_message(instrument.mass),
        min_survival_temperature_k=figure_message(instrument.min_survival_temperature),
        max_survival_temperature_k=figure_message(instrument.max_survival_temperature),
        modes=[_mode(mode) for mode in instrument.modes],
        source=instrument.source or "",
        confidence=confidence_number(instrument.confidence),
        resources=[resource_message(resource) for resource in instrument.resources],
        transitions=[
            mode_pb2.ModeTransition(
                from_mode_id=change.from_mode or "",
                to_mode_id=change.to_mode or "",
                duration_s=figure_message(change.duration),
                power_w=figure_message(change.power),
            )
            for change in instrument.transitions
        ],
        exclusions=[
            mode_pb2.Exclusion(
                instrument_id=exclusion.instrument,
                mode_ids=exclusion.modes,
                other_mode_ids=exclusion.other_modes,
                reason=exclusion.reason,
            )
            for exclusion in instrument.exclusions
        ],
        permitted_agency_ids=instrument.permitted_agencies,
    )


def activity_type_message(activity_type: ActivityType) -> catalogue_pb2.ActivityType:
    """Return an activity type as its message."""
    return catalogue_pb2.ActivityType(
        activity_type_id=activity_type.id,
        title=activity_type.title,
        asset_id=activity_type.asset,
        agency_id=activity_type.agency or "",
        parameters=[
            parameter_pb2.Parameter(
                parameter_id=parameter.id,
                title=parameter.title,
                unit=parameter.unit,
                default_value=figure_message(parameter.default),
                lowest=figure_message(parameter.lowest),
                highest=figure_message(parameter.highest),
            )
            for parameter in activity_type.parameters
        ],
        presets=[
            parameter_pb2.Preset(preset_id=preset.id, title=preset.title, arguments=argument_messages(preset.arguments))
            for preset in activity_type.presets
        ],
        tags=activity_type.tags,
        steps=[_step(step) for step in activity_type.steps],
        source=activity_type.source or "",
        confidence=confidence_number(activity_type.confidence),
    )


def argument_messages(arguments: Iterable[Argument]) -> Iterator[request_pb2.Argument]:
    """Yield arguments as their messages."""
    for argument in arguments:
        figure = argument.value
        yield request_pb2.Argument(parameter_id=argument.parameter, value=figure.amount, unit=figure.unit_name)


def confidence_number(confidence: Confidence | None) -> type_pb2.Confidence.ValueType:
    """Return the number of a confidence in the contract."""
    enum = type_pb2.Confidence.DESCRIPTOR
    return number_of(confidence, enum) if confidence else type_pb2.CONFIDENCE_UNSPECIFIED  # type: ignore[return-value]


def _mode(mode: InstrumentMode) -> catalogue_pb2.InstrumentMode:
    return catalogue_pb2.InstrumentMode(
        mode_id=mode.id,
        title=mode.title,
        power_w=figure_message(mode.power),
        peak_power_w=figure_message(mode.peak_power),
        data_rate_bps=figure_message(mode.data_rate),
        data_bit=figure_message(mode.data),
        warm_up=_phase(mode.warm_up),
        cool_down=_phase(mode.cool_down),
        min_duration_s=figure_message(mode.min_duration),
        max_duration_s=figure_message(mode.max_duration),
        min_temperature_k=figure_message(mode.min_temperature),
        max_temperature_k=figure_message(mode.max_temperature),
        sun=mode_pb2.SunLimit.Value(f"SUN_LIMIT_{mode.sun.name if mode.sun else 'UNSPECIFIED'}"),
        pointing=_pointing(mode.pointing),
        motion=mode_pb2.Motion.Value(f"MOTION_{mode.motion.name if mode.motion else 'UNSPECIFIED'}"),
        uses=_uses(mode.uses),
        makes=_disturbances(mode.makes),
        needs_quiet=_disturbances(mode.needs_quiet),
    )


def _disturbances(named: Iterable[Disturbance]) -> "list[mode_pb2.Disturbance.ValueType]":
    return [mode_pb2.Disturbance.Value(f"DISTURBANCE_{each.name}") for each in named]


def _phase(phase: ModePhase | None) -> mode_pb2.ModePhase | None:
    if phase is None:
        return None
    return mode_pb2.ModePhase(duration_s=figure_message(phase.duration), power_w=figure_message(phase.power))


def _pointing(pointing: Pointing | None) -> mode_pb2.Pointing | None:
    if pointing is None:
        return None
    return mode_pb2.Pointing(
        target=mode_pb2.PointingTarget.Value(f"POINTING_TARGET_{pointing.target.name}"),
        azimuth_deg=figure_message(pointing.azimuth),
        elevation_deg=figure_message(pointing.elevation),
        tolerance_deg=figure_message(pointing.tolerance),
        sun_exclusion_deg=figure_message(pointing.sun_exclusion),
    )


def _uses(uses: Iterable[ResourceUse]) -> Iterator[resource_pb2.ResourceUse]:
    for use in uses:
        yield resource_pb2.ResourceUse(
            resource_id=use.resource,
            effect=resource_pb2.ResourceEffect.Value(f"RESOURCE_EFFECT_{use.effect.name}"),
            amount=figure_message(use.amount) if use.amount else None,
            link_share=figure_message(use.link_share) if use.link_share else None,
        )


def _step(step: ActivityStep) -> catalogue_pb2.ActivityStep:
    return catalogue_pb2.ActivityStep(
        step_id=step.id,
        title=step.title,
        duration_s=figure_message(step.duration),
        min_duration_s=figure_message(step.min_duration),
        max_duration_s=figure_message(step.max_duration),
        power_w=figure_message(step.power),
        data_bit=figure_message(step.data),
        effects=[
            parameter_pb2.ParameterEffect(
                parameter_id=effect.parameter,
                quantity=parameter_pb2.StepQuantity.Value(f"STEP_QUANTITY_{effect.quantity.name}"),
                per_unit=figure_message(effect.per_unit),
                resource_id=effect.resource or "",
            )
            for effect in step.effects
        ],
        instruments=[
            catalogue_pb2.InstrumentUse(instrument_id=use.instrument, mode_id=use.mode, version=use.version)
            for use in step.instruments
        ],
        resources=step.resources,
        uses=_uses(step.uses),
        conditions=[_condition(condition) for condition in step.conditions],
        products=[
            parameter_pb2.DataProduct(
                product_id=product.id,
                title=product.title,
                share=product.share.amount,
                priority=product.priority,
                max_latency_s=product.max_latency.amount if product.max_latency else 0.0,
            )
            for product in step.products
        ],
        min_start_charge=figure_message(step.min_start_charge),
        max_wait_s=figure_message(step.max_wait),
        makes=_disturbances(step.makes),
        needs_quiet=_disturbances(step.needs_quiet),
    )


def _condition(condition: Condition) -> request_pb2.Condition:
    return request_pb2.Condition(
        kind=request_pb2.ConditionKind.Value(f"CONDITION_KIND_{condition.kind.name}"),
        station_ids=condition.stations,
        orbiter_ids=condition.orbiters,
        calendar_ids=condition.calendars,
        outside=condition.outside,
        least_sun_fraction=condition.least_sun.amount if condition.least_sun else 0.0,
    )
