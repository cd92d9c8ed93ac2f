"""The frame of a mission: agencies, launch and landing, terrain, horizon, and the limits of its lander."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from malapert_planner.mission_document.figures import Sourced, StrictModel
from malapert_planner.mission_document.quantities import (
    Distance,
    Duration,
    Latitude,
    Longitude,
    Mass,
    Share,
    Slope,
    Weight,
)
from malapert_planner.mission_document.times import UtcTime

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
AgencyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
"""Title for a person: not of blanks only."""


class Heading(StrictModel):
    """Name of the mission, and notes for its readers."""

    id: Identifier
    title: Title
    notes: list[str] = Field(default_factory=list)


class Agency(Sourced):
    """An organisation that takes part; a reviewer must approve every plan, ``share`` is its promised part."""

    id: AgencyId
    name: Title
    role: str = ""
    reviewer: bool = False
    share: Share | None = None


class LaunchScenario(Sourced):
    """One of the launch dates that were published or assumed, with the landing that follows."""

    id: Identifier
    title: Title
    landing: UtcTime
    note: str = ""


class MassCheck(Sourced):
    """Masses of the launch: the launcher's capacity to lunar transfer, and the mass that it has to bring there."""

    vehicle: Title
    lunar_transfer_capability: Mass
    spacecraft_mass: Mass
    earlier_spacecraft_mass: Mass | None = None


class Launch(Sourced):
    """The launch: its scenarios, the one that this document plans, and the mass check."""

    default_scenario: Identifier
    scenarios: list[LaunchScenario] = Field(min_length=1)
    mass_check: MassCheck | None = None


class Horizon(Sourced):
    """The surface span that is planned; light and rates are sampled every ``profile_step``."""

    start: UtcTime
    duration: Duration
    profile_step: Duration


class Builtin(StrEnum):
    """The pole whose built-in LOLA grid is taken, or none."""

    SOUTH = "south"
    NORTH = "north"
    NONE = "none"


class Region(Sourced):
    """The circle in which sites are sought."""

    latitude: Latitude
    longitude: Longitude
    radius: Distance


class SyntheticDetail(Sourced):
    """Seeded detail where no terrain is fine enough."""

    seed: int = Field(ge=0, lt=2**32)
    pixel_size: Distance


class Terrain(Sourced):
    """Landing region of the mission, and the terrain that it is planned on."""

    builtin: Builtin
    region: Region
    synthetic_detail: SyntheticDetail | None = None


class LanderLimits(Sourced):
    """Limits of the lander on its site."""

    max_slope: Slope
    slope_baseline: Distance
    landing_radius: Distance
    max_hazard_fraction: Share
    hazard_slope: Slope
    min_lit_time: Duration
    earth_visible_at_landing: bool


class SiteWeights(Sourced):
    """Weights of the criteria of a site's score; they are normalised."""

    illumination: Weight | None = None
    longest_night: Weight | None = None
    earth_visibility: Weight | None = None
    sun_and_earth: Weight | None = None
    slope: Weight | None = None
    roughness: Weight | None = None
    hazard: Weight | None = None
    shadow_distance: Weight | None = None


class JudgedOver(StrEnum):
    """What of the landing ellipse light, nights, Earth and slope are taken from when sites are ranked."""

    POINT = "point"
    ELLIPSE_MEAN = "ellipse_mean"
    ELLIPSE_TENTH = "ellipse_tenth"
    ELLIPSE_WORST = "ellipse_worst"


class Landing(Sourced):
    """The touchdown and the search for its site."""

    time: UtcTime
    limits: LanderLimits
    weights: SiteWeights
    max_sites: int = Field(ge=1, le=50)
    min_separation: Distance
    judged_over: JudgedOver = JudgedOver.POINT
