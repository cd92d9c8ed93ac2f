"""What is carried, what can be done with it, and what the teams ask for."""

from enum import StrEnum

from pydantic import Field

from malapert_planner.mission_document.assets import Condition, InstrumentUse
from malapert_planner.mission_document.figures import Sourced, StrictModel
from malapert_planner.mission_document.mission import AgencyId, Identifier, Title
from malapert_planner.mission_document.quantities import Data, DataRate, Duration, Mass, Power, Share
from malapert_planner.mission_document.times import UtcTime


class InstrumentMode(Sourced):
    """A mode of an instrument."""

    id: Identifier
    title: Title
    power: Power
    data_rate: DataRate


class Instrument(Sourced):
    """An instrument."""

    id: Identifier
    name: Title
    agency: AgencyId
    asset: Identifier
    function: str
    mass: Mass | None = None
    modes: list[InstrumentMode] = Field(min_length=1)


class ActivityStep(Sourced):
    """A step of an activity type; the steps of a chain follow each other at one place."""

    id: Identifier
    title: Title
    duration: Duration
    power: Power | None = None
    data: Data | None = None
    instruments: list[InstrumentUse] = Field(default_factory=list)
    resources: list[Identifier] = Field(default_factory=list)
    conditions: list[Condition] = Field(default_factory=list)
    min_start_charge: Share | None = None
    max_wait: Duration | None = None


class ActivityType(Sourced):
    """A template of an activity: one step, or a chain."""

    id: Identifier
    title: Title
    asset: Identifier
    steps: list[ActivityStep] = Field(min_length=1)


class Window(StrictModel):
    """A half-open span of time."""

    start: UtcTime
    end: UtcTime


class RelationKind(StrEnum):
    """How a request stands to another."""

    AFTER = "after"
    EXCLUDES = "excludes"
    REQUIRES = "requires"


class Relation(Sourced):
    """A relation to another request."""

    kind: RelationKind
    request: Identifier
    min_lag: Duration | None = None
    max_lag: Duration | None = None


class Repetition(Sourced):
    """The same again: ``count`` times in all."""

    count: int = Field(ge=1, le=1000)
    period: Duration
    tolerance: Duration


class Visibility(StrEnum):
    """Who may see a request."""

    PUBLIC = "public"
    MISSION = "mission"
    OWNER = "owner"


class Request(Sourced):
    """What a team asks for; empty places mean any, empty windows the whole horizon."""

    id: Identifier
    title: Title
    activity_type: Identifier
    agency: AgencyId
    value: float = Field(ge=0.0, le=1e6)
    mandatory: bool = False
    places: list[Identifier] = Field(default_factory=list)
    windows: list[Window] = Field(default_factory=list)
    relations: list[Relation] = Field(default_factory=list)
    repetition: Repetition | None = None
    visibility: Visibility = Visibility.MISSION
