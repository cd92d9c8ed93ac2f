"""Result of a solve: a schedule, what was proved about it, and the reasons for what is not in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from malapert_core.vocabulary.solve_status import SolveStatus as SolveStatus

from malapert_planner.domain.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class SolveResult:
    """A schedule with its objective and a bound that holds for the whole problem.

    ``conflict`` names mandatory requests that were proven to contradict each other, where the status is INFEASIBLE;
    ``conflict_minimal`` says whether each was proven to be needed for that. ``work`` is the deterministic time spent,
    in the solver's own seconds; ``parameters`` holds every setting that changes the result.
    """

    status: SolveStatus
    schedule: Schedule
    objective: float
    bound: float
    work: float
    parameters: dict[str, str] = field(default_factory=dict)
    conflict: tuple[str, ...] = ()
    conflict_minimal: bool = False


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Reason for which one repetition of a request is not in the schedule.

    ``reason`` is an upper-case code: NO_WINDOW, UNREACHABLE, RELATION, REPETITION, BATTERY, STORAGE, CONTACT, LATENCY,
    TIME, DISPLACED, LIMIT, RESERVOIR, QUOTA, RHYTHM or NOT_SUPPORTED. ``explanation`` says it with its amounts;
    ``blocking`` names the requests, rules, limits or quotas in the way.
    """

    request_id: str
    repetition_index: int
    reason: str
    explanation: str
    blocking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """A change that would admit an unplanned repetition beside all else, found by solving again with it.

    ``kind`` is LOWER_FLOOR, LOWER_END, LARGER_BATTERY, LARGER_STORAGE, MORE_AT_END, LARGER_LIMIT, LARGER_QUOTA,
    LARGER_RESOURCE, FULLER_RESERVOIR, LARGER_RESERVOIR, LONGER_WINDOW, LONGER_LATENCY, LONGER_SILENCE, ANOTHER_CONTACT,
    WIDER_TOLERANCE, SHORTER_LAG, LONGER_LAG, WITHOUT_RELATION, WITHOUT_QUIET, WITHOUT_MARGIN, DETOUR (its amount is
    what the plan would lose) or WITHOUT_REQUESTS; ``subject`` names what is changed, ``amount`` by how much, ``text``
    says it to a person.
    """

    kind: str
    subject: str
    amount: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Explanation of an unplanned repetition: its reasons, and changes that would admit it.

    ``rules`` are the families of rules each of which alone is in the way, or, where none alone is, a smallest set that
    together is; ``requests`` a smallest set of planned requests without which there would be room. ``proof`` says what
    was proven where no change of one rule admits it; it is empty where something does, or nothing was proven.
    """

    unplanned: Unplanned
    rules: tuple[str, ...]
    requests: tuple[str, ...]
    admissions: tuple[Admission, ...]
    proof: str = ""
