"""Notices to plans whose requests were withdrawn or changed; the plans themselves stay as they are."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.plan import Plan, PlanNotice, PlanState
from malapert_planner.services.ports import Announcer
from malapert_planner.storage.plans import PlanStore

log = structlog.get_logger(__name__)

REVISED = "REVISED"
_GONE = frozenset({"CANCELLED", "REJECTED"})
_LEFT_A_RELEASED_PLAN = _GONE | {"ACCEPTED", "TERMINATED"}


@dataclass(frozen=True, slots=True)
class RequestUpdate:
    """Change of a request: its state and version after the change, and who changed it, when and why."""

    mission_id: str
    request_id: str
    request_version: int
    state: str
    revised: bool
    agency_id: str
    reason: str
    time: datetime


class DemandChanges:
    """Follows requests; each call works within the session of the event that it is made for.

    Parameters
    ----------
    plans : PlanStore
    announcer : Announcer
    """

    def __init__(self, plans: PlanStore, announcer: Announcer) -> None:
        self._plans = plans
        self._announcer = announcer

    async def changed(self, session: AsyncSession, update: RequestUpdate) -> None:
        """Note on every plan that was made for the request as it was before that it is so no more."""
        for plan in await self._plans.holding(session, update.mission_id, update.request_id):
            change = _change(plan, update)
            if not change or update.time <= plan.created_time:
                continue
            notice = PlanNotice(update.request_id, change, update.reason, update.agency_id, update.time)
            if await self._plans.add_notice(session, plan.plan_id, notice, update.request_version):
                self._announcer.announce_notice(session, plan, notice)
                log.info("plan outdated", plan_id=plan.plan_id, request_id=update.request_id, change=change)


def _change(plan: Plan, update: RequestUpdate) -> str:
    if update.state in _GONE:
        return update.state
    if update.revised:
        return REVISED
    # A released plan's request that is asked for again has lost its slot.
    return update.state if plan.state is PlanState.RELEASED and update.state in _LEFT_A_RELEASED_PLAN else ""
