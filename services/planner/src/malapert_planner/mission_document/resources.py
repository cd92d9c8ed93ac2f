"""Resources with amounts, what activities do to them, and calendars of availability."""

from enum import StrEnum

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced, StrictModel
from malapert_planner.mission_document.mission import Identifier, Title
from malapert_planner.mission_document.quantities import Amount, Duration, Share
from malapert_planner.mission_document.times import UtcTime


class ResourceKind(StrEnum):
    """Kind of a resource."""

    CUMULATIVE = "cumulative"
    CONSUMABLE = "consumable"
    RESERVOIR = "reservoir"


class Resource(Sourced):
    """A resource that has an amount: held by several at a time, used up, or filled and drained."""

    id: Identifier
    title: Title
    kind: ResourceKind
    capacity: Amount
    start: Amount | None = None


class Effect(StrEnum):
    """Effect of an activity on a resource."""

    HOLD = "hold"
    CONSUME = "consume"
    PRODUCE = "produce"


class ResourceUse(Sourced):
    """An amount of a resource, or which share of what the link of the step's conditions gives over it."""

    resource: Identifier
    effect: Effect = Effect.CONSUME
    amount: Amount | None = None
    link_share: Share | None = None


class Window(StrictModel):
    """A half-open span of time."""

    start: UtcTime
    end: UtcTime


class RepeatedWindow(Sourced):
    """The same span again and again."""

    start: UtcTime
    duration: Duration
    every: Duration
    count: int = Field(ge=1, le=10_000)


class Calendar(Sourced):
    """Calendar of availability, such as of a facility, a crew or a gate."""

    id: Identifier
    title: Title
    windows: list[Window] = Field(default_factory=list)
    repeated: list[RepeatedWindow] = Field(default_factory=list)


class PlaceSet(StrictModel):
    """A named list of places, such as the points of a grid."""

    id: Identifier
    places: list[Identifier] = Field(min_length=1)
