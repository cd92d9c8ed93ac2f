"""Plans as listings, notices and checks of access tell them: without their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from malapert_planner.domain.life.standing import PlanStanding
from malapert_planner.domain.life.states import ALIVE, Pending, PlanState
from malapert_planner.domain.schedule.result import SolveStatus


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Filter of plans, older than one of them; an empty field means all."""

    mission_id: str = ""
    states: frozenset[PlanState] = frozenset()
    statuses: frozenset[SolveStatus] = frozenset()
    before_id: str = ""
    entered: Mapping[str, datetime | None] | None = None
    """The missions that the reader enters, each with the instant since which it sees what ended; None means all."""
    only_noticed: bool = False
    pending_steps: frozenset[Pending] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanPlace:
    """Mission, maker and age of a plan, by which its readers are known."""

    mission_id: str
    owner_agency_id: str
    created_time: datetime
    state: PlanState

    @property
    def lives(self) -> bool:
        """True until the plan has ended or another took its place."""
        return self.state in ALIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlan(PlanStanding):
    """A plan as a listing tells it: where it stands, and the headline of its content."""

    headline: bytes
    mission_id: str
    owner_only_requests: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoticedPlan:
    """A plan in short, as it is told of with a notice."""

    plan_id: str
    owner_agency_id: str
    mission_id: str
    mission_version: int
    state: PlanState
    state_reason: str
    content_hash: str
    planned_requests: dict[str, int]
    owner_only_requests: dict[str, str]
