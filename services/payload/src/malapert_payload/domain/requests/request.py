"""Activity requests of the teams."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.activity_type import Argument

USUAL_BYTES = 500
"""Size of a request's message, bytes, as most are."""


class RequestState(IntEnum):
    """State of a request; names and numbers of CCSDS 529.1."""

    UNSPECIFIED = 0
    REQUESTED = 1
    ACCEPTED = 2
    REJECTED = 3
    CANCELLED = 4
    PLANNED = 5
    PROCESSING = 6
    PROCESSED = 7
    TERMINATED = 8


class RelationKind(IntEnum):
    """Kind of a relation between two requests."""

    UNSPECIFIED = 0
    AFTER = 1
    EXCLUDES = 2
    REQUIRES = 3
    BEFORE = 4
    TOGETHER = 5
    NOT_WITH = 6


class Visibility(IntEnum):
    """Audience of a request."""

    UNSPECIFIED = 0
    PUBLIC = 1
    MISSION = 2
    OWNER = 3


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to another request; lags in seconds, a greatest lag of 0 meaning no limit."""

    kind: RelationKind
    request_id: str
    min_lag_s: float = 0.0
    max_lag_s: float = 0.0


class WhenMissed(IntEnum):
    """What becomes of a series where a repetition is missed; unspecified, it ends."""

    UNSPECIFIED = 0
    END = 1
    SKIP = 2


@dataclass(frozen=True, slots=True)
class Repetition:
    """The same again: start n+1 follows start n by the period, give or take the tolerance, seconds.

    A late one is caught up within ``largest_gap_s``, where that is not 0. Where missed ones are skipped, repetition n
    starts n periods after the first window's start, or the horizon's, give or take the tolerance. Of a mandatory
    request ``least_count`` are enough, 0 meaning all.
    """

    count: int
    period_s: float
    tolerance_s: float = 0.0
    largest_gap_s: float = 0.0
    when_missed: WhenMissed = WhenMissed.UNSPECIFIED
    least_count: int = 0

    @property
    def skips(self) -> bool:
        """Whether a missed repetition leaves the others where they are."""
        return self.when_missed is WhenMissed.SKIP


@dataclass(frozen=True, slots=True)
class Campaign:
    """The same at so many of several places, each once: a count of them, or a share of them rounded up."""

    place_ids: tuple[str, ...] = ()
    place_set_id: str = ""
    count: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class ValueDecay:
    """Decay of a value: by `factor` with each whole `every_s` from `from_time` to a start, down to `least_share`.

    The second repetition or place is worth `repetition_factor` of the first, and so on; 0 means the same. A
    `from_time` of None is the start of the request's first window, or of the horizon.
    """

    every_s: float = 0.0
    factor: float = 0.0
    from_time: datetime | None = None
    least_share: float = 0.0
    repetition_factor: float = 0.0


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """Requirements of a request on a data product, in place of those of its activity type."""

    product_id: str
    priority: int = 0
    max_latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ParameterRange:
    """Values of a parameter from the lowest in steps, and the highest, a step of 0 meaning only these two.

    The lowest is worth `lowest_share` of the highest, 0 meaning as much; between them the worth grows evenly.
    """

    parameter_id: str
    lowest: float
    highest: float
    step: float = 0.0
    unit: str = ""
    lowest_share: float = 0.0


@dataclass(frozen=True, slots=True)
class RequestMode:
    """A way to do what is asked for, worth a share of the request's value, 0 meaning all of it."""

    mode_id: str
    preset_id: str = ""
    arguments: tuple[Argument, ...] = ()
    share: float = 0.0
    range: ParameterRange | None = None


@dataclass(frozen=True, slots=True)
class RequestChange:
    """A row of a request's history: the state after the change, when, by which agency and principal, and why."""

    state: RequestState
    time: datetime
    agency_id: str
    reason: str
    principal_id: str = ""


class Origin(StrEnum):
    """Origin of what a request asks for now: its agency through a call, or a mission version's document."""

    AGENCY = "agency"
    DOCUMENT = "document"


class Triage(StrEnum):
    """Decision of the mission's owner on a request: none, kept back, or in whatever its agency's budget."""

    NONE = "none"
    DEFERRED = "deferred"
    ADMITTED = "admitted"


class HoldKind(IntEnum):
    """Reason for which a request is not planned yet."""

    UNSPECIFIED = 0
    OVER_BUDGET = 1
    TOO_MANY_REQUESTS = 2
    DEFERRED = 3
    USE_PERMISSION = 4
    NOT_VALID = 5
    NEEDS_HELD = 6


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on a request; `excess` is in points or requests, `agency_id` can lift it where that is not the owner."""

    kind: HoldKind
    reason: str
    excess: float = 0.0
    item_id: str = ""
    agency_id: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Status of a request besides its state.

    `plan_id` names the released plan that holds it and `slots` how many repetitions of it are held and have no end yet,
    those under way among them; `done`, `abandoned` and `under_way` list repetitions. `is_listed` tells that the newest
    mission version's document lists the request; `mandatory_granted` that a plan without it is no plan. `triage` is the
    decision of the mission's owner with its reason, until `deferred_until` where that is set, UTC. `not_valid` says why
    the newest mission version no longer allows what is asked for, empty where it does.
    """

    plan_id: str = ""
    slots: int = 0
    done: tuple[int, ...] = ()
    abandoned: tuple[int, ...] = ()
    under_way: tuple[int, ...] = ()
    is_listed: bool = False
    origin: Origin = Origin.AGENCY
    mandatory_granted: bool = False
    triage: Triage = Triage.NONE
    triage_reason: str = ""
    deferred_until: datetime | None = None
    not_valid: str = ""


@dataclass(frozen=True, slots=True)
class ActivityRequest:
    """Activity request of a team, with its status and history."""

    request_id: str
    mission_id: str
    title: str
    activity_type_id: str
    agency_id: str
    value: float
    mandatory: bool = False
    place_ids: tuple[str, ...] = ()
    windows: tuple[Interval, ...] = ()
    relations: tuple[Relation, ...] = ()
    repetition: Repetition | None = None
    visibility: Visibility = Visibility.UNSPECIFIED
    activity_type_version: int = 0
    preset_id: str = ""
    arguments: tuple[Argument, ...] = ()
    tags: tuple[str, ...] = ()
    campaign: Campaign | None = None
    decay: ValueDecay | None = None
    products: tuple[ProductDemand, ...] = ()
    modes: tuple[RequestMode, ...] = ()
    state: RequestState = RequestState.UNSPECIFIED
    history: tuple[RequestChange, ...] = ()
    version: int = 0
    standing: Standing = Standing()
    holds: tuple[Hold, ...] = ()

    @property
    def mandatory_granted(self) -> bool:
        """True where a plan without it is no plan; `mandatory` is what its agency wants."""
        return self.standing.mandatory_granted

    @property
    def repetition_count(self) -> int:
        """Number of repetitions in all, at one place; places of a campaign are not counted."""
        return 1 if self.repetition is None else self.repetition.count

    def as_of(self, version: int) -> "ActivityRequest":
        """Return the request with the state and history that it had at a version; each change counts one."""
        return replace(self, state=self.history[version - 1].state, history=self.history[:version], version=version)

    def definition(self) -> "ActivityRequest":
        """Return what was asked alone, without where it stands."""
        return replace(self, state=RequestState.UNSPECIFIED, history=(), version=0, standing=Standing(), holds=())


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Filter of a mission's requests, after an identifier; an empty field means all."""

    states: frozenset[RequestState] = frozenset()
    agency_id: str = ""
    after_request_id: str = ""
    visibilities: frozenset[Visibility] = frozenset()
