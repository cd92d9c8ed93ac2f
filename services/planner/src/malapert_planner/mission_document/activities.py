"""Activity types, activity requests and request sets of a mission document."""

from enum import StrEnum
from typing import Self

from malapert_core.vocabulary.units import convert
from pydantic import Field, model_validator

from malapert_planner.mission_document.assets import Condition, InstrumentUse
from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.instruments import Disturbance
from malapert_planner.mission_document.mission import AgencyId, Identifier, Title
from malapert_planner.mission_document.quantities import Amount, Data, Duration, Power, Share
from malapert_planner.mission_document.resources import ResourceUse, Window
from malapert_planner.mission_document.times import UtcTime

Tag = Title


class StepQuantity(StrEnum):
    """A quantity of a step that a parameter adds to."""

    DURATION = "duration"
    POWER = "power"
    DATA = "data"
    RESOURCE = "resource"


class Parameter(Sourced):
    """A typed parameter; without a default every request states a value."""

    id: Identifier
    title: Title
    unit: str = Field(max_length=32)
    default: Amount | None = None
    lowest: Amount | None = None
    highest: Amount | None = None


class ParameterEffect(Sourced):
    """By how much a quantity of a step, or its use of a resource, grows for each unit of a parameter."""

    parameter: Identifier
    quantity: StepQuantity
    resource: Identifier | None = None
    per_unit: Amount


class Argument(Sourced):
    """A value of a parameter."""

    parameter: Identifier
    value: Amount


class Preset(Sourced):
    """Named arguments."""

    id: Identifier
    title: Title
    arguments: list[Argument] = Field(min_length=1)


class DataProduct(Sourced):
    """A share of a step's data for somebody; priority 1 goes before 2, 0 last."""

    id: Identifier
    title: Title
    share: Share
    priority: int = Field(default=0, ge=0, le=1000)
    max_latency: Duration | None = None


class ActivityStep(Sourced):
    """A step of an activity type; the steps of a chain follow each other at one place."""

    id: Identifier
    title: Title
    duration: Duration
    min_duration: Duration | None = None
    max_duration: Duration | None = None
    power: Power | None = None
    data: Data | None = None
    effects: list[ParameterEffect] = Field(default_factory=list)
    instruments: list[InstrumentUse] = Field(default_factory=list)
    resources: list[Identifier] = Field(default_factory=list)
    uses: list[ResourceUse] = Field(default_factory=list)
    conditions: list[Condition] = Field(default_factory=list)
    products: list[DataProduct] = Field(default_factory=list)
    min_start_charge: Share | None = None
    max_wait: Duration | None = None
    makes: list[Disturbance] = Field(default_factory=list)
    needs_quiet: list[Disturbance] = Field(default_factory=list)


class ActivityType(Sourced):
    """A template of an activity: one step, or a chain."""

    id: Identifier
    title: Title
    asset: Identifier
    agency: AgencyId | None = None
    parameters: list[Parameter] = Field(default_factory=list)
    presets: list[Preset] = Field(default_factory=list)
    tags: list[Tag] = Field(default_factory=list)
    steps: list[ActivityStep] = Field(min_length=1)


class RelationKind(StrEnum):
    """Kind of a relation of a request to another."""

    AFTER = "after"
    EXCLUDES = "excludes"
    REQUIRES = "requires"
    BEFORE = "before"
    TOGETHER = "together"
    NOT_WITH = "not_with"


class Relation(Sourced):
    """A relation to another request."""

    kind: RelationKind
    request: Identifier
    min_lag: Duration | None = None
    max_lag: Duration | None = None


class WhenMissed(StrEnum):
    """What becomes of a series where a repetition is missed."""

    END = "end"
    SKIP = "skip"


class Repetition(Sourced):
    """The same again: ``count`` times in all.

    A series ends with the first that is missed, unless missed ones are skipped: then each has its own time, so many
    periods after the first window's start, or the horizon's. Where ``largest_gap`` is stated a late one is caught up
    within it. Of a mandatory request ``least_count`` are enough.
    """

    count: int = Field(ge=1, le=1000)
    period: Duration
    tolerance: Duration
    largest_gap: Duration | None = None
    when_missed: WhenMissed = WhenMissed.END
    least_count: int | None = Field(default=None, ge=1, le=1000)


class Campaign(Sourced):
    """The same at so many of several places, each once: a count of them, or a share."""

    places: list[Identifier] = Field(default_factory=list)
    place_set: Identifier | None = None
    count: int | None = Field(default=None, ge=1, le=10_000)
    share: Share | None = None


class Decay(Sourced):
    """Decay of a value: by ``factor`` with each whole ``every`` up to a start, and from one repetition to the next."""

    every: Duration | None = None
    factor: Share | None = None
    from_time: UtcTime | None = None
    least_share: Share | None = None
    repetition_factor: Share | None = None


class ParameterRange(Sourced):
    """Values of a parameter from the lowest in steps, and the highest; without a step only these two."""

    parameter: Identifier
    lowest: Amount
    highest: Amount
    step: Amount | None = None
    lowest_share: Share | None = None

    @model_validator(mode="after")
    def _check_units(self) -> Self:
        for figure in (self.highest, self.step):
            if figure is not None:
                self.in_its_unit(figure)
        return self

    def in_its_unit(self, figure: Amount) -> float:
        """Return an amount in the unit of the lowest value; ValueError where it is of another dimension."""
        return convert(figure.amount, figure.unit_name, self.lowest.unit_name)


class RequestMode(Sourced):
    """A way to do what is asked for, worth a share of the request's value; the planner chooses one."""

    id: Identifier
    preset: Identifier | None = None
    arguments: list[Argument] = Field(default_factory=list)
    share: Share | None = None
    range: ParameterRange | None = None


class RequestSet(Sourced):
    """Requests of which so many are enough; each is asked for once."""

    id: Identifier
    title: Title
    requests: list[Identifier] = Field(min_length=2)
    count: int = Field(ge=1, le=10_000)


class ProductDemand(Sourced):
    """Requirements of a request on a data product, in place of those of the activity type."""

    product: Identifier
    priority: int = Field(default=0, ge=0, le=1000)
    max_latency: Duration | None = None


class Visibility(StrEnum):
    """Audience of a request."""

    PUBLIC = "public"
    MISSION = "mission"
    OWNER = "owner"


class Request(Sourced):
    """Activity request of a team; empty places mean any, empty windows the whole horizon."""

    id: Identifier
    title: Title
    activity_type: Identifier
    activity_type_version: int = Field(default=0, ge=0)
    agency: AgencyId
    value: float = Field(ge=0.0, le=1e6)
    mandatory: bool = False
    preset: Identifier | None = None
    arguments: list[Argument] = Field(default_factory=list)
    tags: list[Tag] = Field(default_factory=list)
    places: list[Identifier] = Field(default_factory=list)
    windows: list[Window] = Field(default_factory=list)
    relations: list[Relation] = Field(default_factory=list)
    repetition: Repetition | None = None
    campaign: Campaign | None = None
    decay: Decay | None = None
    products: list[ProductDemand] = Field(default_factory=list)
    modes: list[RequestMode] = Field(default_factory=list)
    visibility: Visibility = Visibility.MISSION
