"""The faults of a catalogue: mission scope, instruments, activity types."""

from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue import (
    ActivityType,
    Catalogue,
    Condition,
    ConditionKind,
    Instrument,
    InstrumentUse,
    Step,
)
from malapert_payload.domain.validation.figures import figure_faults, provenance_faults
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    listed,
    repeated_faults,
    unknown_faults,
)


def catalogue_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Yield every fault of a catalogue, with paths into the import."""
    yield from _scope_faults(catalogue)
    yield from identifier_faults([i.instrument_id for i in catalogue.instruments], "instruments", "instrument_id")
    for index, instrument in enumerate(catalogue.instruments):
        yield from _instrument_faults(instrument, f"instruments[{index}]", catalogue)
    type_ids = [kind.activity_type_id for kind in catalogue.activity_types]
    yield from identifier_faults(type_ids, "activity_types", "activity_type_id")
    for index, kind in enumerate(catalogue.activity_types):
        yield from _activity_type_faults(kind, f"activity_types[{index}]", catalogue)


def _scope_faults(catalogue: Catalogue) -> Iterator[Fault]:
    if not catalogue.mission_id:
        yield Fault("mission_id", "MISSING_MISSION", "name the mission")
    if catalogue.mission_version == 0:
        yield Fault("mission_version", "MISSING_VERSION", "state the mission's version; allowed: 1 or more")
    for field in ("agency_ids", "asset_ids", "place_ids", "station_ids", "resource_ids"):
        yield from identifier_faults(getattr(catalogue, field), field)
    if catalogue.horizon.duration_s <= 0:
        yield Fault("horizon", "EMPTY_HORIZON", "the horizon must end after it starts")


def _instrument_faults(instrument: Instrument, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    yield from unknown_faults(instrument.agency_id, catalogue.agency_ids, f"{path}.agency_id", "agency")
    yield from unknown_faults(instrument.asset_id, catalogue.asset_ids, f"{path}.asset_id", "asset")
    if instrument.instrument_id in catalogue.resource_ids:
        message = f"{instrument.instrument_id!r} is a resource too; an instrument is one by itself, name them apart"
        yield Fault(f"{path}.instrument_id", "AMBIGUOUS_RESOURCE", message)
    yield from figure_faults(instrument.mass_kg, f"{path}.mass_kg", ("kg",))
    yield from provenance_faults(instrument.source, instrument.confidence, path)
    if not instrument.modes:
        yield Fault(f"{path}.modes", "NO_MODES", "give the instrument one mode at least")
    yield from identifier_faults([mode.mode_id for mode in instrument.modes], f"{path}.modes", "mode_id")
    for index, mode in enumerate(instrument.modes):
        where = f"{path}.modes[{index}]"
        yield from figure_faults(mode.power_w, f"{where}.power_w", ("W",), required=True)
        yield from figure_faults(mode.data_rate_bps, f"{where}.data_rate_bps", ("bit/s",), required=True)


def _activity_type_faults(kind: ActivityType, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    yield from unknown_faults(kind.asset_id, catalogue.asset_ids, f"{path}.asset_id", "asset")
    yield from provenance_faults(kind.source, kind.confidence, path)
    if not kind.steps:
        yield Fault(f"{path}.steps", "EMPTY_CHAIN", "give the activity type one step at least")
    yield from identifier_faults([step.step_id for step in kind.steps], f"{path}.steps", "step_id")
    for index, step in enumerate(kind.steps):
        where = f"{path}.steps[{index}]"
        yield from _figures_of_step_faults(step, where)
        yield from _resource_faults(step, where, catalogue)
        for use_index, use in enumerate(step.instruments):
            yield from _use_faults(use, f"{where}.instruments[{use_index}]", kind.asset_id, catalogue)
        yield from _condition_faults(step.conditions, f"{where}.conditions", catalogue)


def _figures_of_step_faults(step: Step, path: str) -> Iterator[Fault]:
    yield from figure_faults(step.duration_s, f"{path}.duration_s", ("s",), required=True)
    if step.duration_s is not None and step.duration_s.value == 0:
        yield Fault(f"{path}.duration_s.value", "ZERO_DURATION", "a step takes time; allowed: more than 0 s")
    yield from figure_faults(step.power_w, f"{path}.power_w", ("W",))
    yield from figure_faults(step.data_bit, f"{path}.data_bit", ("bit",))
    yield from figure_faults(step.max_wait_s, f"{path}.max_wait_s", ("s",))
    charge = step.min_start_charge
    yield from figure_faults(charge, f"{path}.min_start_charge", ("1", ""))
    if charge is not None and charge.value > 1:
        message = f"{charge.value:g} is no share of the battery's capacity; allowed: 0 to 1"
        yield Fault(f"{path}.min_start_charge.value", "OUT_OF_RANGE", message)


def _resource_faults(step: Step, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    known = {*catalogue.resource_ids, *(instrument.instrument_id for instrument in catalogue.instruments)}
    for index, resource_id in enumerate(step.resources):
        yield from unknown_faults(resource_id, known, f"{path}.resources[{index}]", "resource")
    yield from repeated_faults(step.resources, f"{path}.resources")
    yield from repeated_faults([use.instrument_id for use in step.instruments], f"{path}.instruments")


def _use_faults(use: InstrumentUse, path: str, asset_id: str, catalogue: Catalogue) -> Iterator[Fault]:
    instruments = {instrument.instrument_id: instrument for instrument in catalogue.instruments}
    yield from unknown_faults(use.instrument_id, instruments, f"{path}.instrument_id", "instrument")
    instrument = instruments.get(use.instrument_id)
    if instrument is None:
        return
    modes = [mode.mode_id for mode in instrument.modes]
    yield from unknown_faults(use.mode_id, modes, f"{path}.mode_id", "mode")
    if instrument.asset_id != asset_id:
        own = [i.instrument_id for i in catalogue.instruments if i.asset_id == asset_id]
        message = f"{use.instrument_id!r} sits on {instrument.asset_id!r}, not on {asset_id!r}; allowed: {listed(own)}"
        yield Fault(f"{path}.instrument_id", "WRONG_ASSET", message)


def _condition_faults(conditions: tuple[Condition, ...], path: str, catalogue: Catalogue) -> Iterator[Fault]:
    kinds = [condition.kind for condition in conditions]
    if ConditionKind.ILLUMINATION in kinds and ConditionKind.DARKNESS in kinds:
        message = "illumination and darkness never hold together; keep one of them"
        yield Fault(path, "CONTRADICTING_CONDITIONS", message)
    for index, condition in enumerate(conditions):
        where = f"{path}[{index}]"
        if condition.kind == ConditionKind.UNSPECIFIED:
            allowed = ", ".join(kind.name for kind in ConditionKind if kind != ConditionKind.UNSPECIFIED)
            yield Fault(f"{where}.kind", "MISSING_KIND", f"say what the condition is about; allowed: {allowed}")
        elif condition.kind in kinds[:index] and condition.kind != ConditionKind.CONTACT:
            yield Fault(f"{where}.kind", "DUPLICATE_CONDITION", f"{condition.kind.name} is listed before; keep one")
        if condition.station_ids and condition.kind != ConditionKind.CONTACT:
            yield Fault(f"{where}.station_ids", "STATIONS_WITHOUT_CONTACT", "only a CONTACT condition names stations")
        for station_index, station_id in enumerate(condition.station_ids):
            station_path = f"{where}.station_ids[{station_index}]"
            yield from unknown_faults(station_id, catalogue.station_ids, station_path, "station")
