"""Assets of a mission document: mobility, power, storage, waypoints and communications with the Earth."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced, StrictModel, within
from malapert_planner.mission_document.links import KeySource, LightLink, Receiver
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
    Factor,
    Frequency,
    Latitude,
    Length,
    Longitude,
    Mass,
    Power,
    PowerPerAngle,
    Share,
    Slope,
    Speed,
    Weight,
)
from malapert_planner.mission_document.resources import Resource
from malapert_planner.mission_document.thermal import Thermal
from malapert_planner.mission_document.times import UtcTime


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
    """Power that the asset draws without any activity: awake, and asleep."""

    awake: Power
    asleep: Power


class Storage(Sourced):
    """The data storage; start and end are shares of the capacity."""

    capacity: Data
    start: Share
    max_at_end: Share


class Mobility(Sourced):
    """Slope limit, speed and power of driving."""

    max_slope: Slope
    speed: Speed
    drive_power: Power
    drive_power_per_degree: PowerPerAngle


class Terminal(Sourced):
    """Its radio to the Earth."""

    band: str = Field(pattern=r"^(S|X|Ka)$")
    frequency: Annotated[Frequency, within(1e8, 1e11)]
    eirp: Annotated[DecibelWatt, within(-30.0, 120.0)]
    required_eb_n0: Annotated[Decibel, within(-2.0, 40.0)]
    margin: Annotated[Decibel, within(0.0, 40.0)]
    losses: Annotated[Decibel, within(0.0, 60.0)]
    rate_steps: list[DataRate] = Field(min_length=1)


class AssetKind(StrEnum):
    """Kind of an asset."""

    ROVER = "rover"
    LANDER = "lander"
    ORBITER = "orbiter"
    RELAY = "relay"
    SATELLITE = "satellite"
    GROUND_ANTENNA = "ground_antenna"
    OPTICAL_STATION = "optical_station"
    FACILITY = "facility"
    SPACECRAFT = "spacecraft"
    STATION = "station"
    ARM = "arm"
    CREW = "crew"
    PLANT = "plant"
    LAUNCHER = "launcher"


IN_ORBIT = frozenset({AssetKind.ORBITER, AssetKind.RELAY, AssetKind.SATELLITE, AssetKind.STATION})
"""Kinds of assets that have an orbit."""
ON_EARTH = frozenset({AssetKind.GROUND_ANTENNA, AssetKind.OPTICAL_STATION})
"""Kinds of assets that contacts and links are held with."""


class CentralBody(StrEnum):
    """The body that an orbit goes around."""

    EARTH = "earth"
    MOON = "moon"


class MeanElements(Sourced):
    """Mean Keplerian elements about the equator of the body, with its axes at the epoch."""

    center: CentralBody
    epoch: UtcTime
    semi_major_axis: Distance
    eccentricity: Share
    inclination: Angle
    ascending_node: Angle
    argument_of_pericenter: Angle
    mean_anomaly: Angle


class Orbit(Sourced):
    """Orbit of an asset: exactly one of a CCSDS OEM, two-line elements and mean elements."""

    oem: str | None = None
    two_line_elements: list[str] | None = Field(default=None, min_length=2, max_length=3)
    elements: MeanElements | None = None
    position_error: Distance


class EarthSite(Sourced):
    """Position of an asset on the Earth: WGS 84, height above the ellipsoid."""

    latitude: Latitude
    longitude: Longitude
    height: Length


class Asset(Sourced):
    """Asset of the mission: a rover with its array, battery, storage, mobility and radio, or anything else that works.

    A rover that is planned on a terrain has every part; others have what matters of them. ``resources`` are unary,
    ``amounts`` are the others.
    """

    id: Identifier
    kind: AssetKind = AssetKind.ROVER
    name: Title
    agency: AgencyId
    mass: Mass | None = None
    array: SolarArray | None = None
    antenna: Antenna | None = None
    battery: Battery | None = None
    loads: Loads | None = None
    thermal: Thermal | None = None
    storage: Storage | None = None
    mobility: Mobility | None = None
    terminal: Terminal | None = None
    start_place: Identifier | None = None
    orbit: Orbit | None = None
    receiver: Receiver | None = None
    laser: LightLink | None = None
    key_source: KeySource | None = None
    site: EarthSite | None = None
    clear_sky: Share | None = None
    resources: list[Identifier] = Field(default_factory=list)
    amounts: list[Resource] = Field(default_factory=list)


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
    """A place by its coordinates; the elevation above the 1,737,400 m sphere is the terrain's where there is one."""

    latitude: Latitude
    longitude: Longitude
    elevation: Length | None = None


class Waypoint(Sourced):
    """A place at which an asset can stop: on a terrain one of offset, selection and fixed, else fixed or a name."""

    id: Identifier
    title: Title
    offset: Offset | None = None
    selection: Selection | None = None
    fixed: FixedPoint | None = None


class ConditionKind(StrEnum):
    """Kind of a condition for the whole time of an activity."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    CONTACT = "contact"
    RELAY_CONTACT = "relay_contact"
    ORBITER_CONTACT = "orbiter_contact"
    OPTICAL_LINK = "optical_link"
    KEY_LINK = "key_link"
    ORBITER_SUNLIGHT = "orbiter_sunlight"
    AVAILABILITY = "availability"


class Condition(StrictModel):
    """Something that must hold, or must not; the lists narrow it to some stations, orbiters or calendars.

    In illumination at least ``least_sun`` of the solar disc is above the skyline; without it any of it.
    """

    kind: ConditionKind
    stations: list[Identifier] = Field(default_factory=list)
    orbiters: list[Identifier] = Field(default_factory=list)
    calendars: list[Identifier] = Field(default_factory=list)
    outside: bool = False
    least_sun: Share | None = None


class InstrumentUse(StrictModel):
    """An instrument in one of its modes."""

    instrument: Identifier
    mode: Identifier
    version: int = Field(default=0, ge=0)


class DriveRule(Sourced):
    """Requirements of every drive, and the instruments that run in it; to and from ``dark_places`` it needs no light.

    Where ``along_the_way`` is true the conditions hold at every point of the route by the skyline there and the time of
    passing, not only at its ends; for a contact the whole Earth is in view. A drive is given ``pace_tolerance`` more
    time than planned, and its conditions hold at every pace in between.
    """

    conditions: list[Condition] = Field(default_factory=list)
    resources: list[Identifier] = Field(default_factory=list)
    dark_places: list[Identifier] = Field(default_factory=list)
    instruments: list[InstrumentUse] = Field(default_factory=list)
    along_the_way: bool = False
    pace_tolerance: Share | None = None


class StationPreference(Sourced):
    """Who is preferred: by what factor an hour with some stations counts beside its price."""

    stations: list[Identifier] = Field(min_length=1)
    cost_factor: Factor


class Communications(Sourced):
    """Limits, power and cost weight of contacts.

    A contact is one only while its link closes at ``min_rate`` or faster, margins kept; without it at any rate, even
    none. Where ``max_silence`` is stated the asset is heard at least so often: hours count in which a contact could be
    held, so that nights of the Earth, outages and others' bookings do not. Contacts with different stations lie
    ``hand_over`` apart. By ``preferences`` an hour with some stations counts less, or more, than its price.
    """

    min_contact: Duration
    contact_power: Power
    cost_weight: Weight
    min_rate: DataRate | None = None
    max_silence: Duration | None = None
    hand_over: Duration | None = None
    preferences: list[StationPreference] = Field(default_factory=list)
