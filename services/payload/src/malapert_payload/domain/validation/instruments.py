"""The faults of an instrument."""

from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.instrument import Exclusion, Instrument, Mode, Pointing, PointingTarget
from malapert_payload.domain.validation.disturbances import disturbance_faults
from malapert_payload.domain.validation.figures import (
    missing_faults,
    order_faults,
    part_figures_faults,
    provenance_faults,
)
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    missing_kind,
    repeated_faults,
    text_faults,
    unknown_faults,
)
from malapert_payload.domain.validation.resources import resource_faults, use_faults


def instrument_faults(instrument: Instrument, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield every fault of an instrument, given the catalogue that it is part of."""
    yield from unknown_faults(instrument.agency_id, catalogue.known_agency_ids, f"{path}.agency_id", "agency")
    yield from unknown_faults(instrument.asset_id, catalogue.known_asset_ids, f"{path}.asset_id", "asset")
    for name in ("name", "function"):
        yield from text_faults(getattr(instrument, name), f"{path}.{name}")
    if instrument.instrument_id in catalogue.known_resource_ids:
        message = f"{instrument.instrument_id!r} is a resource too; an instrument is one by itself, name them apart"
        yield Fault(f"{path}.instrument_id", "AMBIGUOUS_RESOURCE", message)
    yield from part_figures_faults(instrument, path)
    yield from order_faults(
        instrument.min_survival_temperature_k,
        instrument.max_survival_temperature_k,
        f"{path}.min_survival_temperature_k",
        "K",
    )
    yield from provenance_faults(instrument.source, instrument.confidence, path)
    if not instrument.modes:
        yield Fault(f"{path}.modes", "NO_MODES", "give the instrument one mode at least")
    yield from identifier_faults([mode.mode_id for mode in instrument.modes], f"{path}.modes", "mode_id")
    for index, mode in enumerate(instrument.modes):
        yield from _mode_faults(mode, f"{path}.modes[{index}]", catalogue)
    yield from resource_faults(instrument.resources, f"{path}.resources", catalogue)
    yield from _transition_faults(instrument, f"{path}.transitions")
    for index, exclusion in enumerate(instrument.exclusions):
        yield from _exclusion_faults(instrument, exclusion, f"{path}.exclusions[{index}]", catalogue)
    for index, agency_id in enumerate(instrument.permitted_agency_ids):
        where = f"{path}.permitted_agency_ids[{index}]"
        yield from unknown_faults(agency_id, catalogue.known_agency_ids, where, "agency")
    yield from repeated_faults(instrument.permitted_agency_ids, f"{path}.permitted_agency_ids")


def _mode_faults(mode: Mode, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    yield from text_faults(mode.title, f"{path}.title")
    yield from missing_faults(mode.power_w, f"{path}.power_w", "W")
    if mode.data_bit is None:
        yield from missing_faults(mode.data_rate_bps, f"{path}.data_rate_bps", "bit/s")
    yield from order_faults(mode.power_w, mode.peak_power_w, f"{path}.power_w", "W")
    yield from order_faults(mode.min_duration_s, mode.max_duration_s, f"{path}.min_duration_s", "s")
    yield from order_faults(mode.min_temperature_k, mode.max_temperature_k, f"{path}.min_temperature_k", "K")
    for name in ("warm_up", "cool_down"):
        phase = getattr(mode, name)
        if phase is not None:
            yield from missing_faults(phase.duration_s, f"{path}.{name}.duration_s", "s")
            yield from missing_faults(phase.power_w, f"{path}.{name}.power_w", "W")
    if mode.pointing is not None:
        yield from _pointing_faults(mode.pointing, f"{path}.pointing")
    yield from disturbance_faults(mode, path)
    yield from use_faults(mode.uses, f"{path}.uses", catalogue)


def _pointing_faults(pointing: Pointing, path: str) -> Iterator[Fault]:
    if pointing.target == PointingTarget.UNSPECIFIED:
        yield missing_kind(f"{path}.target", PointingTarget)
    fixed = pointing.target == PointingTarget.FIXED
    for name in ("azimuth_deg", "elevation_deg"):
        figure = getattr(pointing, name)
        if fixed:
            yield from missing_faults(figure, f"{path}.{name}", "deg")
        elif figure is not None:
            yield Fault(f"{path}.{name}", "WRONG_KIND", "only a FIXED direction has azimuth and elevation")
    for name, lowest, highest in (
        ("azimuth_deg", -360.0, 360.0),
        ("elevation_deg", -90.0, 90.0),
        ("tolerance_deg", 0.0, 180.0),
        ("sun_exclusion_deg", 0.0, 180.0),
    ):
        figure = getattr(pointing, name)
        if figure is not None and figure.unit == "deg" and not lowest <= figure.value <= highest:
            message = f"{figure.value:g} deg is out of range; allowed: {lowest:g} to {highest:g} deg"
            yield Fault(f"{path}.{name}.value", "OUT_OF_RANGE", message)


def _transition_faults(instrument: Instrument, path: str) -> Iterator[Fault]:
    modes = {mode.mode_id for mode in instrument.modes} | {""}
    pairs: list[tuple[str, str]] = []
    for index, transition in enumerate(instrument.transitions):
        where, pair = f"{path}[{index}]", (transition.from_mode_id, transition.to_mode_id)
        for name in ("from_mode_id", "to_mode_id"):
            yield from unknown_faults(getattr(transition, name), modes, f"{where}.{name}", "mode")
        if pair[0] == pair[1]:
            yield Fault(where, "SAME_MODE", "a change has two modes, one of them empty for off")
        elif pair in pairs:
            yield Fault(where, "DUPLICATE_ID", f"the change is listed before as {path}[{pairs.index(pair)}]")
        pairs.append(pair)


def _exclusion_faults(instrument: Instrument, exclusion: Exclusion, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    yield from text_faults(exclusion.reason, f"{path}.reason")
    others = catalogue.instruments_by_id
    yield from unknown_faults(exclusion.instrument_id, others, f"{path}.instrument_id", "instrument")
    if exclusion.instrument_id == instrument.instrument_id:
        yield Fault(f"{path}.instrument_id", "SELF_EXCLUSION", "name another instrument")
    sides = [("mode_ids", exclusion.mode_ids, instrument)]
    if exclusion.instrument_id in others:
        sides.append(("other_mode_ids", exclusion.other_mode_ids, others[exclusion.instrument_id]))
    for name, mode_ids, owner in sides:
        known = [mode.mode_id for mode in owner.modes]
        for index, mode_id in enumerate(mode_ids):
            yield from unknown_faults(mode_id, known, f"{path}.{name}[{index}]", "mode")
