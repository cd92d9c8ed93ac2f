"""An instrument as its team describes it: modes, changes between them, what it takes, what it must not meet."""

from dataclasses import dataclass
from enum import IntEnum

from malapert_core.vocabulary.figure import Confidence, Figure

from malapert_payload.domain.catalogue.figures import figure
from malapert_payload.domain.catalogue.resource import Resource, ResourceUse


class SunLimit(IntEnum):
    """Light in which a mode may be used; unspecified means in any."""

    UNSPECIFIED = 0
    LIT = 1
    DARK = 2


class Motion(IntEnum):
    """Motion of the asset while a mode is used; unspecified means that it may move."""

    UNSPECIFIED = 0
    STATIONARY = 1
    MOVING = 2


class Disturbance(IntEnum):
    """Disturbance that one activity makes and that another may need to be absent beside it."""

    UNSPECIFIED = 0
    MOTION = 1
    VIBRATION = 2
    TURNING = 3
    HEAT = 4
    GAS = 5
    MAGNETIC_FIELD = 6
    RADIO = 7
    LIGHT = 8
    DUST = 9


class PointingTarget(IntEnum):
    """Direction in which an instrument points."""

    UNSPECIFIED = 0
    NADIR = 1
    ZENITH = 2
    SUN = 3
    EARTH = 4
    FIXED = 5


@dataclass(frozen=True, slots=True)
class ModePhase:
    """A phase before or after the use of a mode."""

    duration_s: Figure | None = figure("s")
    power_w: Figure | None = figure("W")


@dataclass(frozen=True, slots=True)
class Pointing:
    """The direction that a mode needs; azimuth clockwise from true north and elevation for a fixed one."""

    target: PointingTarget
    azimuth_deg: Figure | None = figure("deg")
    elevation_deg: Figure | None = figure("deg")
    tolerance_deg: Figure | None = figure("deg")
    sun_exclusion_deg: Figure | None = figure("deg")


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of an instrument: power and data while on, what comes before and after, and its limits.

    What it ``makes`` disturbs others that need quiet of it; nothing beside it makes what it ``needs_quiet`` of.
    """

    mode_id: str
    title: str
    power_w: Figure | None = figure("W")
    data_rate_bps: Figure | None = figure("bit/s")
    peak_power_w: Figure | None = figure("W")
    data_bit: Figure | None = figure("bit")
    warm_up: ModePhase | None = None
    cool_down: ModePhase | None = None
    min_duration_s: Figure | None = figure("s")
    max_duration_s: Figure | None = figure("s")
    min_temperature_k: Figure | None = figure("K")
    max_temperature_k: Figure | None = figure("K")
    sun: SunLimit = SunLimit.UNSPECIFIED
    pointing: Pointing | None = None
    motion: Motion = Motion.UNSPECIFIED
    uses: tuple[ResourceUse, ...] = ()
    makes: tuple[Disturbance, ...] = ()
    needs_quiet: tuple[Disturbance, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeTransition:
    """A change from one mode to another, empty meaning off."""

    from_mode_id: str
    to_mode_id: str
    duration_s: Figure | None = figure("s")
    power_w: Figure | None = figure("W")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Another instrument that must not be on at the same time; no modes meaning any."""

    instrument_id: str
    mode_ids: tuple[str, ...] = ()
    other_mode_ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A version of an instrument on an asset, owned by an agency.

    No transitions means that any change between modes is possible, in no time. The permitted agencies may use it
    without asking its owner.
    """

    instrument_id: str
    name: str
    agency_id: str
    asset_id: str
    function: str
    mass_kg: Figure | None = figure("kg")
    modes: tuple[Mode, ...] = ()
    source: str = ""
    confidence: Confidence = Confidence.UNSPECIFIED
    version: int = 0
    resources: tuple[Resource, ...] = ()
    transitions: tuple[ModeTransition, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    permitted_agency_ids: tuple[str, ...] = ()
    min_survival_temperature_k: Figure | None = figure("K")
    max_survival_temperature_k: Figure | None = figure("K")

    def mode(self, mode_id: str) -> Mode | None:
        """Return a mode, None where there is none of that name."""
        return next((mode for mode in self.modes if mode.mode_id == mode_id), None)

    def transition(self, from_mode_id: str, to_mode_id: str) -> ModeTransition | None:
        """Return the change between two modes, empty meaning off; None where it is not listed."""
        pair = (from_mode_id, to_mode_id)
        return next((t for t in self.transitions if (t.from_mode_id, t.to_mode_id) == pair), None)

    def admits(self, agency_id: str) -> bool:
        """Tell whether an agency may use it without asking its owner."""
        return agency_id in (self.agency_id, *self.permitted_agency_ids)
