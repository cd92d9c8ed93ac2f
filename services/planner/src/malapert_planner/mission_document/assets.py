"""What moves and works on the surface, where it can stop, and how it talks to the Earth."""

from enum import StrEnum

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced, StrictModel
from malapert_planner.mission_document.mission import AgencyId, Identifier, Title
from malapert_planner.mission_document.quantities import (
    Angle,
    Data,
    DataRate,
    Decibel,
    DecibelWatt,
    Distance,
    Duration,
    Energy,
    Frequency,
    Latitude,
    Length,
    Mass,
    Power,
    PowerPerAngle,
    Share,
    Slope,
    Speed,
    Weight,
)


class SolarArray(Sourced):
    """The solar array: its power with the whole solar disc in sight, and its height above ground."""

    power: Power
    height: Distance


class Antenna(Sourced):
    """The antenna: its height above ground."""

    height: Distance


class Battery(Sourced):
    """The battery; floor, start and required end are shares of the capacity."""

    capacity: Energy
    floor: Share
    start: Share
    required_end: Share
    charge_efficiency: Share


class Loads(Sourced):
    """What the asset draws without any activity: awake, and asleep."""

    awake: Power
    asleep: Power


class Storage(Sourced):
    """The data storage; start and end are shares of the capacity."""

    capacity: Data
    start: Share
    max_at_end: Share


class Mobility(Sourced):
    """How it drives."""

    max_slope: Slope
    speed: Speed
    drive_power: Power
    drive_power_per_degree: PowerPerAngle


class Terminal(Sourced):
    """Its radio to the Earth."""

    band: str = Field(pattern=r"^(S|X|Ka)$")
    frequency: Frequency
    eirp: DecibelWatt
    required_eb_n0: Decibel
    margin: Decibel
    losses: Decibel
    rate_steps: list[DataRate] = Field(min_length=1)


class Asset(Sourced):
    """What is planned: a rover with its array, battery, storage, mobility and radio."""

    id: Identifier
    name: Title
    agency: AgencyId
    mass: Mass
    array: SolarArray
    antenna: Antenna
    battery: Battery
    loads: Loads
    storage: Storage
    mobility: Mobility
    terminal: Terminal
    start_place: Identifier
    resources: list[Identifier] = Field(default_factory=list)


class Offset(Sourced):
    """A place by its distance from the site."""

    east: Length
    north: Length


class SelectionCriterion(StrEnum):
    """By what a waypoint is chosen from the reachable ground."""

    MOST_LIT = "most_lit"
    LEAST_LIT = "least_lit"
    FLATTEST = "flattest"


class Selection(Sourced):
    """A place chosen from the reachable ground."""

    criterion: SelectionCriterion
    max_distance: Distance
    min_separation: Distance


class FixedPoint(Sourced):
    """A place by its coordinates."""

    latitude: Latitude
    longitude: Angle


class Waypoint(Sourced):
    """A place at which the asset can stop: exactly one of offset, selection and fixed."""

    id: Identifier
    title: Title
    offset: Offset | None = None
    selection: Selection | None = None
    fixed: FixedPoint | None = None


class ConditionKind(StrEnum):
    """What must hold for the whole time of an activity."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    CONTACT = "contact"


class Condition(StrictModel):
    """Something that must hold; ``stations`` narrows a contact, empty means any."""

    kind: ConditionKind
    stations: list[Identifier] = Field(default_factory=list)


class InstrumentUse(StrictModel):
    """An instrument in one of its modes."""

    instrument: Identifier
    mode: Identifier


class DriveRule(Sourced):
    """What every drive needs, and which instruments run in it; to and from ``dark_places`` it needs no light there."""

    conditions: list[Condition] = Field(default_factory=list)
    resources: list[Identifier] = Field(default_factory=list)
    dark_places: list[Identifier] = Field(default_factory=list)
    instruments: list[InstrumentUse] = Field(default_factory=list)


class Communications(Sourced):
    """How contacts are held."""

    min_contact: Duration
    contact_power: Power
    cost_weight: Weight
