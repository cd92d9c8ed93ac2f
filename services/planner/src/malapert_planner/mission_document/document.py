"""The mission document as a whole."""

from dataclasses import dataclass, fields
from enum import StrEnum

from malapert_core.errors import PreconditionError
from pydantic import Field

from malapert_planner.mission_document.activities import ActivityType, Request, RequestSet
from malapert_planner.mission_document.assets import (
    Antenna,
    Asset,
    AssetKind,
    Battery,
    Communications,
    DriveRule,
    Loads,
    Mobility,
    SolarArray,
    Storage,
    Terminal,
    Waypoint,
)
from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.instruments import Instrument
from malapert_planner.mission_document.links import LightLink
from malapert_planner.mission_document.margins import Margins
from malapert_planner.mission_document.mission import Agency, Heading, Horizon, Identifier, Landing, Launch, Terrain
from malapert_planner.mission_document.nights import NightRule
from malapert_planner.mission_document.quantities import Duration, Weight
from malapert_planner.mission_document.resources import Calendar, PlaceSet
from malapert_planner.mission_document.science import ScienceModel
from malapert_planner.mission_document.thermal import Thermal


class FairnessBasis(StrEnum):
    """What an agency's satisfied share is part of: all that it asks for, or what of it something can hold."""

    ASKED = "asked"
    FEASIBLE = "feasible"


class ObjectiveWeights(Sourced):
    """Weights of the objective besides the value of requests.

    Fairness is in points for a wholly unsatisfied agency, latency in points for each gigabyte that is stored for a day.
    Shares are of all that is asked for, or, by ``fairness_of``, of what is feasible: what no plan can hold, whatever
    else is planned, then counts for nobody.
    """

    fairness: Weight
    latency: Weight | None = None
    fairness_of: FairnessBasis = FairnessBasis.ASKED


class SolverSettings(Sourced):
    """Settings of the solver: the seed, the limit of deterministic work, and the grid of its times."""

    seed: int = Field(ge=0, lt=2**31)
    work_limit: Duration
    resolution: Duration


@dataclass(frozen=True, slots=True)
class Rover:
    """A rover with every part that surface planning needs."""

    id: str
    array: SolarArray
    antenna: Antenna
    battery: Battery
    loads: Loads
    storage: Storage
    mobility: Mobility
    terminal: Terminal
    start_place: str
    thermal: Thermal | None = None


@dataclass(frozen=True, slots=True)
class Surface:
    """Parts of a document that a mission on a terrain is planned from, all present."""

    rover: Rover
    terrain: Terrain
    landing: Landing
    communications: Communications


class MissionDocument(Sourced):
    """A whole mission: agencies, assets, places, activities, requests and how they are planned.

    A mission on a terrain has a landing, communications and one rover with every part; another has what matters.
    """

    mission: Heading
    agencies: list[Agency] = Field(min_length=1)
    launch: Launch | None = None
    horizon: Horizon
    terrain: Terrain | None = None
    landing: Landing | None = None
    assets: list[Asset] = Field(min_length=1, max_length=100)
    waypoints: list[Waypoint] = Field(default_factory=list)
    place_sets: list[PlaceSet] = Field(default_factory=list)
    drive_rule: DriveRule = Field(default_factory=DriveRule)
    night_rule: NightRule | None = None
    stations: list[Identifier] = Field(default_factory=list)
    calendars: list[Calendar] = Field(default_factory=list)
    communications: Communications | None = None
    instruments: list[Instrument] = Field(default_factory=list)
    activity_types: list[ActivityType] = Field(min_length=1)
    requests: list[Request] = Field(default_factory=list)
    request_sets: list[RequestSet] = Field(default_factory=list)
    science: ScienceModel | None = None
    margins: Margins | None = None
    objective: ObjectiveWeights
    solver: SolverSettings

    @property
    def ground_terminal(self) -> Terminal | None:
        """The radio of what is on the ground of the Moon: of the first asset without an orbit that has one."""
        return next((asset.terminal for asset in self.assets if asset.terminal and asset.orbit is None), None)

    @property
    def ground_laser(self) -> LightLink | None:
        """The terminal of light of what is on the ground of the Moon: of the first asset without an orbit with one."""
        return next((asset.laser for asset in self.assets if asset.laser and asset.orbit is None), None)

    @property
    def surface(self) -> Surface:
        """Parts that the mission is planned from on its terrain.

        Raises
        ------
        PreconditionError
            ``NOT_A_SURFACE_MISSION`` where it has no terrain; its parts were checked when it was taken.
        """
        rover = next((asset for asset in self.assets if asset.kind is AssetKind.ROVER), None)
        landing, communications = self.landing, self.communications
        if self.terrain is None or landing is None or communications is None or rover is None:
            message = "plans are made for one rover on a terrain; the mission has no terrain, landing or rover"
            raise PreconditionError("NOT_A_SURFACE_MISSION", message)
        parts = {name: getattr(rover, name) for name in ROVER_PARTS}
        return Surface(Rover(id=rover.id, thermal=rover.thermal, **parts), self.terrain, landing, communications)


ROVER_PARTS = tuple(field.name for field in fields(Rover) if field.name not in ("id", "thermal"))
"""Parts that a rover must have to be planned on a terrain."""
