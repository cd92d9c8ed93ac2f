"""Plans on which a principal sees an open notice."""

from dataclasses import replace

from malapert_planner.domain.life.listing import ListedPlan, PlanFilter
from malapert_planner.services.plans.plans import PlanService
from malapert_planner.services.sharing.viewing import PlanViewing


class NoticedPlans:
    """Lists plans with open notices, but for those all of whose notices are of what the caller does not see.

    Parameters
    ----------
    plans : PlanService
    viewing : PlanViewing
    """

    def __init__(self, plans: PlanService, viewing: PlanViewing) -> None:
        self._plans = plans
        self._viewing = viewing

    async def page(self, size: int, wanted: PlanFilter) -> list[ListedPlan]:
        """Return at most so many of the wanted plans, newest first."""
        found: list[ListedPlan] = []
        while len(found) < size:
            noticed = await self._plans.page(size, wanted)
            found += [plan for plan in noticed if await self._is_seen_noticed(plan)]
            if len(noticed) < size:
                break
            wanted = replace(wanted, before_id=noticed[-1].plan_id)
        return found[:size]

    async def _is_seen_noticed(self, listed: ListedPlan) -> bool:
        if not await self._viewing.hidden(listed.mission_id, listed.owner_only_requests):
            return True
        plan = await self._plans.get(listed.plan_id)
        eyes = await self._viewing.eyes(plan)
        return any(notice.is_open and eyes.see_notice(notice) for notice in plan.notices)
