"""Templates of activities: steps with typed parameters, presets and data products."""

from dataclasses import dataclass
from enum import IntEnum

from malapert_core.vocabulary.figure import Confidence, Figure

from malapert_payload.domain.catalogue.figures import figure, value_of
from malapert_payload.domain.catalogue.instrument import Disturbance
from malapert_payload.domain.catalogue.resource import ResourceUse


class ConditionKind(IntEnum):
    """Kind of a condition."""

    UNSPECIFIED = 0
    ILLUMINATION = 1
    DARKNESS = 2
    EARTH_VISIBILITY = 3
    CONTACT = 4
    RELAY_CONTACT = 5
    ORBITER_CONTACT = 6
    OPTICAL_LINK = 7
    KEY_LINK = 8
    ORBITER_SUNLIGHT = 9
    AVAILABILITY = 10


LINKS = (ConditionKind.RELAY_CONTACT, ConditionKind.ORBITER_CONTACT, ConditionKind.KEY_LINK)
"""Conditions on links that give data or keys, of which a step may take a share."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Condition that holds, or does not hold, for the whole of a step; no stations, orbiters or calendars meaning any.

    In illumination at least ``least_sun_fraction`` of the solar disc is above the skyline; 0 means any of it.
    """

    kind: ConditionKind
    station_ids: tuple[str, ...] = ()
    orbiter_ids: tuple[str, ...] = ()
    calendar_ids: tuple[str, ...] = ()
    outside: bool = False
    least_sun_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class InstrumentUse:
    """An instrument in one of its modes, in a version of it, 0 meaning the newest."""

    instrument_id: str
    mode_id: str
    version: int = 0


class StepQuantity(IntEnum):
    """A quantity of a step that a parameter adds to."""

    UNSPECIFIED = 0
    DURATION = 1
    POWER = 2
    DATA = 3
    RESOURCE = 4


QUANTITY_UNITS = {StepQuantity.DURATION: "s", StepQuantity.POWER: "W", StepQuantity.DATA: "bit"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed parameter; its figures are in its unit, and no default means that every request states a value."""

    parameter_id: str
    title: str
    unit: str
    default_value: Figure | None = figure(None)
    lowest: Figure | None = figure(None)
    highest: Figure | None = figure(None)


@dataclass(frozen=True, slots=True)
class ParameterEffect:
    """Increase of a quantity of a step, or of its use of a resource, for each unit of a parameter."""

    parameter_id: str
    quantity: StepQuantity
    per_unit: Figure | None = figure(None)
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Argument:
    """A value of a parameter in a unit of the parameter's dimension, an empty unit meaning its own."""

    parameter_id: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """Named arguments."""

    preset_id: str
    title: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class DataProduct:
    """A share of a step's data for somebody; priority 1 goes before 2, 0 last; a latency of 0 means no limit."""

    product_id: str
    title: str
    share: float
    priority: int = 0
    max_latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an activity type; an unset figure means zero, except for the duration, which must be set."""

    step_id: str
    title: str
    duration_s: Figure | None = figure("s")
    power_w: Figure | None = figure("W")
    data_bit: Figure | None = figure("bit")
    instruments: tuple[InstrumentUse, ...] = ()
    resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    min_start_charge: Figure | None = figure("1")
    max_wait_s: Figure | None = figure("s")
    min_duration_s: Figure | None = figure("s")
    max_duration_s: Figure | None = figure("s")
    effects: tuple[ParameterEffect, ...] = ()
    products: tuple[DataProduct, ...] = ()
    uses: tuple[ResourceUse, ...] = ()
    makes: tuple[Disturbance, ...] = ()
    needs_quiet: tuple[Disturbance, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A version of a template of an activity: one step, or a chain of steps at one place."""

    activity_type_id: str
    title: str
    asset_id: str
    steps: tuple[Step, ...]
    source: str = ""
    confidence: Confidence = Confidence.UNSPECIFIED
    version: int = 0
    agency_id: str = ""
    parameters: tuple[Parameter, ...] = ()
    presets: tuple[Preset, ...] = ()
    tags: tuple[str, ...] = ()

    def preset(self, preset_id: str) -> Preset | None:
        """Return a preset, None where there is none of that name."""
        return next((preset for preset in self.presets if preset.preset_id == preset_id), None)

    def uses(self) -> tuple[InstrumentUse, ...]:
        """Return every use of an instrument, step by step."""
        return tuple(use for step in self.steps for use in step.instruments)

    def product_ids(self) -> tuple[str, ...]:
        """Return the identifiers of its data products."""
        return tuple(product.product_id for step in self.steps for product in step.products)

    @property
    def stated_duration_s(self) -> float:
        """Sum of the steps' own durations without what parameters add, seconds."""
        return sum(value_of(step.duration_s) for step in self.steps)
