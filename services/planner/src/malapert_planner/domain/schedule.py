"""What the solver returns: what is placed when and where, and what was proved about it.

Times are integer seconds after the problem's start, as in :mod:`malapert_planner.domain.problem`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Span = tuple[int, int]
"""A half-open interval [start_s, end_s) in seconds after the problem's start."""


@dataclass(frozen=True, slots=True)
class PlacedActivity:
    """An activity at a place over a span as long as its duration."""

    activity_id: str
    place_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlacedDrive:
    """A drive along one of the problem's drives over a span as long as its duration."""

    from_place_id: str
    to_place_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlacedContact:
    """A chosen contact. ``place_id`` and ``window_id`` name where the asset stands when it begins."""

    station_id: str
    place_id: str
    window_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole schedule, each tuple sorted by start."""

    activities: tuple[PlacedActivity, ...] = ()
    drives: tuple[PlacedDrive, ...] = ()
    contacts: tuple[PlacedContact, ...] = ()


class SolveStatus(StrEnum):
    """What the solver proved; UNKNOWN where its work ended before it had a schedule or a contradiction."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SolveResult:
    """A schedule with its objective and a bound that holds for the whole problem.

    ``conflict`` names the mandatory requests that contradict each other, where the status is INFEASIBLE. ``work`` is
    the deterministic time spent, in the solver's own seconds; ``parameters`` holds every setting that changes the
    result.
    """

    status: SolveStatus
    schedule: Schedule
    objective: float
    bound: float
    work: float
    parameters: dict[str, str] = field(default_factory=dict)
    conflict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Why one repetition of a request is not in the schedule.

    ``reason`` is an upper-case code: NO_WINDOW, UNREACHABLE, RELATION, REPETITION, BATTERY, STORAGE, CONTACT, LATENCY,
    TIME, DISPLACED, LIMIT, RESERVOIR or NOT_SUPPORTED. ``explanation`` says it with its amounts; ``blocking`` names
    the requests, rules or limits in the way.
    """

    request_id: str
    repetition_index: int
    reason: str
    explanation: str
    blocking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """A change that would admit an unplanned repetition beside all else, found by solving again with it.

    ``kind`` is LOWER_FLOOR, LOWER_END, LARGER_BATTERY, LARGER_STORAGE, MORE_AT_END, LARGER_LIMIT, LARGER_RESOURCE,
    FULLER_RESERVOIR, LARGER_RESERVOIR, LONGER_WINDOW, LONGER_LATENCY, ANOTHER_CONTACT, WIDER_TOLERANCE, SHORTER_LAG,
    LONGER_LAG, WITHOUT_RELATION, DETOUR (its amount is what the plan would lose) or WITHOUT_REQUESTS; ``subject`` names
    what is changed, ``amount`` by how much, ``text`` says it to a person.
    """

    kind: str
    subject: str
    amount: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a repetition is not planned, and what would admit it.

    ``rules`` are the families of rules each of which alone is in the way, or, where none alone is, a smallest set that
    together is; ``requests`` a smallest set of planned requests without which there would be room.
    """

    unplanned: Unplanned
    rules: tuple[str, ...]
    requests: tuple[str, ...]
    admissions: tuple[Admission, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule with its objects, interval and amount."""

    rule_id: str
    object_ids: tuple[str, ...]
    span: Span
    amount: float
    unit: str
    message: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A resource over the horizon, linear between samples, with its extremes at the propagation's own resolution."""

    resource_id: str
    unit: str
    offset_s: tuple[float, ...]
    value: tuple[float, ...]
    floor: float | None
    capacity: float | None
    minimum: float
    minimum_offset_s: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """When a product's last bit is made and when it is on the ground; None where that is beyond the horizon.

    ``limit_s`` is the longest time that may lie between; 0 where there is no limit.
    """

    activity_id: str
    product_id: str
    made_s: int
    sent_s: float | None
    limit_s: int


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The validator's verdict: every broken rule, how often each rule was checked, and the propagated resources."""

    violations: tuple[Violation, ...]
    checks: dict[str, int]
    step_s: float
    validator: str
    profiles: tuple[Profile, ...]
    sent_bit: tuple[float, ...]
    deliveries: tuple[Delivery, ...] = ()

    @property
    def valid(self) -> bool:
        """True where no rule is broken."""
        return not self.violations
