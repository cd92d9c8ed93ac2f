"""The mission document as a whole."""

from pydantic import Field

from malapert_planner.mission_document.activities import ActivityType, Instrument, Request
from malapert_planner.mission_document.assets import Asset, Communications, DriveRule, Waypoint
from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.mission import Agency, Heading, Horizon, Identifier, Landing, Launch, Terrain
from malapert_planner.mission_document.quantities import Duration, Weight


class ObjectiveWeights(Sourced):
    """What the plan is judged by besides the requests' worth; fairness is in points for a wholly unsatisfied agency."""

    fairness: Weight


class SolverSettings(Sourced):
    """How the plan is solved: the seed, the limit of deterministic work, and the grid of its times."""

    seed: int = Field(ge=0, lt=2**31)
    work_limit: Duration
    resolution: Duration


class MissionDocument(Sourced):
    """A whole mission: agencies, assets, places, activities, requests and how they are planned."""

    mission: Heading
    agencies: list[Agency] = Field(min_length=1)
    launch: Launch | None = None
    horizon: Horizon
    terrain: Terrain
    landing: Landing
    assets: list[Asset] = Field(min_length=1, max_length=1)
    waypoints: list[Waypoint] = Field(min_length=1)
    drive_rule: DriveRule
    stations: list[Identifier] = Field(min_length=1)
    communications: Communications
    instruments: list[Instrument] = Field(default_factory=list)
    activity_types: list[ActivityType] = Field(min_length=1)
    requests: list[Request] = Field(default_factory=list)
    objective: ObjectiveWeights
    solver: SolverSettings

    @property
    def asset(self) -> Asset:
        """The one asset that is planned."""
        return self.assets[0]
