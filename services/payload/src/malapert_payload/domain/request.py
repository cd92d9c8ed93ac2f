"""What a team asks for."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from malapert_payload.domain.catalogue import Interval


class RequestState(IntEnum):
    """Where a request stands; names and numbers of CCSDS 529.1."""

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
    """How two requests stand to each other."""

    UNSPECIFIED = 0
    AFTER = 1
    EXCLUDES = 2
    REQUIRES = 3


class Visibility(IntEnum):
    """Who may see a request."""

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


@dataclass(frozen=True, slots=True)
class Repetition:
    """The same again: start n+1 follows start n by the period, give or take the tolerance, seconds."""

    count: int
    period_s: float
    tolerance_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RequestChange:
    """A row of a request's history: the state after the change, when, by which agency and why."""

    state: RequestState
    time: datetime
    agency_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActivityRequest:
    """What a team asks for, where it stands and how it got there.

    `plan_id` names the released plan that holds it while PLANNED; `is_listed` tells that the newest mission version's
    document lists it, rather than a team having submitted it on its own.
    """

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
    state: RequestState = RequestState.UNSPECIFIED
    history: tuple[RequestChange, ...] = ()
    version: int = 0
    plan_id: str = ""
    is_listed: bool = False

    @property
    def repetition_count(self) -> int:
        """How often in all."""
        return 1 if self.repetition is None else self.repetition.count

    def as_of(self, version: int) -> "ActivityRequest":
        """Return the request with the state and history that it had at a version; each change counts one."""
        return replace(self, state=self.history[version - 1].state, history=self.history[:version], version=version)

    def definition(self) -> "ActivityRequest":
        """Return what was asked alone, without where it stands."""
        return replace(self, state=RequestState.UNSPECIFIED, history=(), version=0, plan_id="", is_listed=False)


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests of a mission to list: these states and this agency's, empty meaning all, after an identifier."""

    states: frozenset[RequestState] = frozenset()
    agency_id: str = ""
    after_request_id: str = ""
