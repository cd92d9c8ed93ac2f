"""Instruments of a mission document: modes, mode transitions, exclusions and pointing limits."""

from enum import StrEnum

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced, StrictModel
from malapert_planner.mission_document.mission import AgencyId, Identifier, Title
from malapert_planner.mission_document.quantities import (
    Angle,
    Data,
    DataRate,
    Duration,
    Mass,
    Power,
    Temperature,
)
from malapert_planner.mission_document.resources import Resource, ResourceUse


class SunLimit(StrEnum):
    """In which light a mode may be used."""

    LIT = "lit"
    DARK = "dark"


class Motion(StrEnum):
    """Motion of the asset while a mode is used."""

    STATIONARY = "stationary"
    MOVING = "moving"


class Disturbance(StrEnum):
    """Disturbance that one activity makes and that another may need to be absent beside it."""

    MOTION = "motion"
    VIBRATION = "vibration"
    TURNING = "turning"
    HEAT = "heat"
    GAS = "gas"
    MAGNETIC_FIELD = "magnetic_field"
    RADIO = "radio"
    LIGHT = "light"
    DUST = "dust"


class PointingTarget(StrEnum):
    """Direction in which an instrument points."""

    NADIR = "nadir"
    ZENITH = "zenith"
    SUN = "sun"
    EARTH = "earth"
    FIXED = "fixed"


class Pointing(Sourced):
    """The direction that a mode needs; azimuth clockwise from true north and elevation for a fixed one."""

    target: PointingTarget
    azimuth: Angle | None = None
    elevation: Angle | None = None
    tolerance: Angle | None = None
    sun_exclusion: Angle | None = None


class ModePhase(Sourced):
    """A phase before or after the use of a mode."""

    duration: Duration
    power: Power


class InstrumentMode(Sourced):
    """A mode of an instrument: power and data while on, what comes before and after, and its limits."""

    id: Identifier
    title: Title
    power: Power
    peak_power: Power | None = None
    data_rate: DataRate | None = None
    data: Data | None = None
    warm_up: ModePhase | None = None
    cool_down: ModePhase | None = None
    min_duration: Duration | None = None
    max_duration: Duration | None = None
    min_temperature: Temperature | None = None
    max_temperature: Temperature | None = None
    sun: SunLimit | None = None
    pointing: Pointing | None = None
    motion: Motion | None = None
    uses: list[ResourceUse] = Field(default_factory=list)
    makes: list[Disturbance] = Field(default_factory=list)
    needs_quiet: list[Disturbance] = Field(default_factory=list)


class ModeTransition(Sourced):
    """A change between modes; a mode left out is off. None listed means any, in no time."""

    from_mode: Identifier | None = None
    to_mode: Identifier | None = None
    duration: Duration
    power: Power


class Exclusion(StrictModel):
    """Another instrument that must not be on at the same time; no modes mean any."""

    instrument: Identifier
    modes: list[Identifier] = Field(default_factory=list)
    other_modes: list[Identifier] = Field(default_factory=list)
    reason: str = ""


class Instrument(Sourced):
    """An instrument; the permitted agencies may use it without asking its owner, any other needs leave."""

    id: Identifier
    name: Title
    agency: AgencyId
    asset: Identifier
    function: str
    mass: Mass | None = None
    min_survival_temperature: Temperature | None = None
    max_survival_temperature: Temperature | None = None
    modes: list[InstrumentMode] = Field(min_length=1)
    resources: list[Resource] = Field(default_factory=list)
    transitions: list[ModeTransition] = Field(default_factory=list)
    exclusions: list[Exclusion] = Field(default_factory=list)
    permitted_agencies: list[AgencyId] = Field(default_factory=list)
