"""What a mission version's instruments and activity types are."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Confidence(IntEnum):
    """How far a figure may be trusted."""

    UNSPECIFIED = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    DERIVED = 4
    UNVERIFIED = 5
    ASSUMPTION = 6


class ConditionKind(IntEnum):
    """What a condition is about."""

    UNSPECIFIED = 0
    ILLUMINATION = 1
    DARKNESS = 2
    EARTH_VISIBILITY = 3
    CONTACT = 4


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open span of UTC time, [start_time, end_time); reversed ones exist until validation refuses them."""

    start_time: datetime
    end_time: datetime

    @property
    def duration_s(self) -> float:
        """Length in seconds, negative when reversed."""
        return (self.end_time - self.start_time).total_seconds()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit (UCUM), source and confidence."""

    value: float
    unit: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of an instrument: power in W, data rate in bit/s."""

    mode_id: str
    title: str
    power_w: Figure | None
    data_rate_bps: Figure | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument on an asset, owned by an agency; mass in kg where it is published."""

    instrument_id: str
    name: str
    agency_id: str
    asset_id: str
    function: str
    mass_kg: Figure | None
    modes: tuple[Mode, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class InstrumentUse:
    """An instrument in one of its modes."""

    instrument_id: str
    mode_id: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for the whole of a step; for contacts with one of the stations, none meaning any."""

    kind: ConditionKind
    station_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an activity type; an unset figure means zero, except for the duration, which must be set."""

    step_id: str
    title: str
    duration_s: Figure | None
    power_w: Figure | None = None
    data_bit: Figure | None = None
    instruments: tuple[InstrumentUse, ...] = ()
    resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    min_start_charge: Figure | None = None
    max_wait_s: Figure | None = None


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A template of an activity: one step, or a chain of steps at one place."""

    activity_type_id: str
    title: str
    asset_id: str
    steps: tuple[Step, ...]
    source: str
    confidence: Confidence

    @property
    def duration_s(self) -> float:
        """Sum of the steps' durations without waits, seconds."""
        return sum(value_of(step.duration_s) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A mission version's share of the payload service; immutable once stored."""

    mission_id: str
    mission_version: int
    agency_ids: tuple[str, ...]
    asset_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    station_ids: tuple[str, ...]
    resource_ids: tuple[str, ...]
    horizon: Interval
    instruments: tuple[Instrument, ...]
    activity_types: tuple[ActivityType, ...]

    def activity_types_by_id(self) -> dict[str, ActivityType]:
        """Return the activity types by identifier, the first where one is given twice."""
        return {kind.activity_type_id: kind for kind in reversed(self.activity_types)}

    def modes_by_use(self) -> dict[InstrumentUse, Mode]:
        """Return every mode of every instrument by its use."""
        return {
            InstrumentUse(instrument.instrument_id, mode.mode_id): mode
            for instrument in self.instruments
            for mode in instrument.modes
        }


def value_of(figure: Figure | None) -> float:
    """Return a figure's value, 0 when it is not set."""
    return 0.0 if figure is None else figure.value
