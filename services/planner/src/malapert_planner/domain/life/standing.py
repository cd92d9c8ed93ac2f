"""Standing of a plan: what is known of it beside its content."""

from dataclasses import dataclass
from datetime import datetime

from malapert_planner.domain.life.acts import PlanAct
from malapert_planner.domain.life.reviews import Review
from malapert_planner.domain.life.states import Pending, PlanState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStanding:
    """Where a plan stands.

    ``updated_time`` is when it was stored last, None where that was not recorded. A plan that supersedes another one
    names it from when its release was begun.
    """

    plan_id: str
    owner_agency_id: str
    precursor_plan_id: str
    created_time: datetime
    updated_time: datetime | None = None
    state: PlanState = PlanState.DRAFT
    state_reason: str = ""
    reviews: tuple[Review, ...] = ()
    pending: Pending = Pending.NONE
    version: int = 1
    supersedes_plan_id: str = ""
    superseded_by_plan_id: str = ""
    acts: tuple[PlanAct, ...] = ()
