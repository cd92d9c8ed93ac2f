"""Catalogue messages as domain values and back."""

from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.type.v1 import type_pb2

from malapert_payload.domain.catalogue import (
    ActivityType,
    Catalogue,
    Confidence,
    Instrument,
    InstrumentUse,
    Mode,
    Step,
)
from malapert_payload.handlers.shared_messages import (
    condition_message,
    condition_of,
    figure_message,
    figure_of,
    interval_of,
    known,
)


def catalogue_of(message: catalogue_pb2.ImportCatalogueRequest) -> Catalogue:
    """Return the catalogue of an import."""
    return Catalogue(
        mission_id=message.mission_id,
        mission_version=message.mission_version,
        agency_ids=tuple(message.agency_ids),
        asset_ids=tuple(message.asset_ids),
        place_ids=tuple(message.place_ids),
        station_ids=tuple(message.station_ids),
        resource_ids=tuple(message.resource_ids),
        horizon=interval_of(message.horizon),
        instruments=tuple(_instrument_of(instrument) for instrument in message.instruments),
        activity_types=tuple(_activity_type_of(kind) for kind in message.activity_types),
    )


def instrument_message(instrument: Instrument) -> catalogue_pb2.Instrument:
    """Return the message of an instrument."""
    return catalogue_pb2.Instrument(
        instrument_id=instrument.instrument_id,
        name=instrument.name,
        agency_id=instrument.agency_id,
        asset_id=instrument.asset_id,
        function=instrument.function,
        mass_kg=figure_message(instrument.mass_kg),
        modes=[_mode_message(mode) for mode in instrument.modes],
        source=instrument.source,
        confidence=type_pb2.Confidence.ValueType(instrument.confidence),
    )


def activity_type_message(kind: ActivityType) -> catalogue_pb2.ActivityType:
    """Return the message of an activity type."""
    return catalogue_pb2.ActivityType(
        activity_type_id=kind.activity_type_id,
        title=kind.title,
        asset_id=kind.asset_id,
        steps=[_step_message(step) for step in kind.steps],
        source=kind.source,
        confidence=type_pb2.Confidence.ValueType(kind.confidence),
    )


def _instrument_of(message: catalogue_pb2.Instrument) -> Instrument:
    return Instrument(
        instrument_id=message.instrument_id,
        name=message.name,
        agency_id=message.agency_id,
        asset_id=message.asset_id,
        function=message.function,
        mass_kg=figure_of(message.mass_kg) if message.HasField("mass_kg") else None,
        modes=tuple(_mode_of(mode) for mode in message.modes),
        source=message.source,
        confidence=known(Confidence, message.confidence),
    )


def _mode_of(message: catalogue_pb2.InstrumentMode) -> Mode:
    return Mode(
        mode_id=message.mode_id,
        title=message.title,
        power_w=figure_of(message.power_w) if message.HasField("power_w") else None,
        data_rate_bps=figure_of(message.data_rate_bps) if message.HasField("data_rate_bps") else None,
    )


def _mode_message(mode: Mode) -> catalogue_pb2.InstrumentMode:
    return catalogue_pb2.InstrumentMode(
        mode_id=mode.mode_id,
        title=mode.title,
        power_w=figure_message(mode.power_w),
        data_rate_bps=figure_message(mode.data_rate_bps),
    )


def _activity_type_of(message: catalogue_pb2.ActivityType) -> ActivityType:
    return ActivityType(
        activity_type_id=message.activity_type_id,
        title=message.title,
        asset_id=message.asset_id,
        steps=tuple(_step_of(step) for step in message.steps),
        source=message.source,
        confidence=known(Confidence, message.confidence),
    )


def _step_of(message: catalogue_pb2.ActivityStep) -> Step:
    return Step(
        step_id=message.step_id,
        title=message.title,
        duration_s=figure_of(message.duration_s) if message.HasField("duration_s") else None,
        power_w=figure_of(message.power_w) if message.HasField("power_w") else None,
        data_bit=figure_of(message.data_bit) if message.HasField("data_bit") else None,
        instruments=tuple(InstrumentUse(use.instrument_id, use.mode_id) for use in message.instruments),
        resources=tuple(message.resources),
        conditions=tuple(condition_of(condition) for condition in message.conditions),
        min_start_charge=figure_of(message.min_start_charge) if message.HasField("min_start_charge") else None,
        max_wait_s=figure_of(message.max_wait_s) if message.HasField("max_wait_s") else None,
    )


def _step_message(step: Step) -> catalogue_pb2.ActivityStep:
    conditions: list[request_pb2.Condition] = [condition_message(condition) for condition in step.conditions]
    return catalogue_pb2.ActivityStep(
        step_id=step.step_id,
        title=step.title,
        duration_s=figure_message(step.duration_s),
        power_w=figure_message(step.power_w),
        data_bit=figure_message(step.data_bit),
        instruments=[
            catalogue_pb2.InstrumentUse(instrument_id=use.instrument_id, mode_id=use.mode_id)
            for use in step.instruments
        ],
        resources=step.resources,
        conditions=conditions,
        min_start_charge=figure_message(step.min_start_charge),
        max_wait_s=figure_message(step.max_wait_s),
    )
