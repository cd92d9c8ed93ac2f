"""What becomes of requests when a plan that holds them is released or terminated."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.lifecycle import LIVE_STATES, Change, plan, transition
from malapert_payload.domain.request import RequestState
from malapert_payload.services.ports import Clock
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.plans import EndedPlanStore
from malapert_payload.storage.requests import RequestStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlanNews:
    """What is known of a plan that was released or terminated, and the agency that made it known."""

    plan_id: str
    mission_id: str
    request_ids: Collection[str]
    reason: str
    agency_id: str


class PlanOutcomes:
    """Follows plans; each method works within the session of the event that it is called for.

    Parameters
    ----------
    catalogues : CatalogueStore
    requests : RequestStore
    plans : EndedPlanStore
    record : RequestRecord
    clock : Clock
    """

    def __init__(
        self,
        catalogues: CatalogueStore,
        requests: RequestStore,
        plans: EndedPlanStore,
        record: RequestRecord,
        clock: Clock,
    ) -> None:
        self._catalogues = catalogues
        self._requests = requests
        self._plans = plans
        self._record = record
        self._clock = clock

    async def released(self, session: AsyncSession, news: PlanNews) -> None:
        """Mark a released plan's requests PLANNED; those unknown here, or withdrawn meanwhile, are only logged."""
        await self._catalogues.lock_mission(session, news.mission_id)
        if await self._plans.has_ended(session, news.plan_id):
            log.warning("release of a terminated plan ignored", plan_id=news.plan_id, mission_id=news.mission_id)
            return
        change = Change(news.agency_id, self._clock(), f"in released plan {news.plan_id}")
        stored = await self._requests.find_all(session, news.mission_id, news.request_ids)
        for request_id in sorted(news.request_ids):
            before = stored.get(request_id)
            state = before.state.name if before else "UNKNOWN"
            if before is None or before.state not in LIVE_STATES:
                log.warning("request of a released plan skipped", request_id=request_id, state=state, plan=news.plan_id)
            elif before.plan_id != news.plan_id:
                await self._record.keep(session, before, plan(before, news.plan_id, change))

    async def terminated(self, session: AsyncSession, news: PlanNews) -> None:
        """Make the requests that a terminated plan holds ACCEPTED again."""
        await self._catalogues.lock_mission(session, news.mission_id)
        change = Change(news.agency_id, self._clock(), f"plan {news.plan_id} was terminated: {news.reason}")
        await self._plans.add(session, news.plan_id, change.time)
        for before in await self._requests.of_plan(session, news.mission_id, news.plan_id):
            await self._record.keep(session, before, transition(before, RequestState.ACCEPTED, change))
