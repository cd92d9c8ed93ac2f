"""Plans as a principal of the present call sees them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from malapert.planner.v1 import plan_pb2
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import require_identity

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.services.making.problem_file import unpack_schedule
from malapert_planner.services.ports import Clock
from malapert_planner.services.sharing.plan_eyes import PlanEyes, eyes_of, hidden_requests


class PlanViewing:
    """Finds what of plans the present caller sees.

    Parameters
    ----------
    charters : Charters
    clock : Clock
    """

    def __init__(self, charters: Charters, clock: Clock) -> None:
        self._charters = charters
        self._clock = clock

    async def eyes(self, *plans: Plan) -> PlanEyes:
        """Return what the caller sees of some plans of a mission."""
        owner_only = {name: agency for plan in plans for name, agency in plan.content.owner_only_requests.items()}
        mission_id = plans[0].content.mission_id
        # Most plans hide nothing of anybody, and their content is large.
        if not await self.hidden(mission_id, owner_only):
            return PlanEyes()
        charter = await self._charters.get(mission_id)
        messages = await asyncio.to_thread(lambda: [plan_pb2.Plan.FromString(plan.content.message) for plan in plans])
        return eyes_of(require_identity(), charter, self._clock(), *messages)

    async def owns(self, mission_id: str) -> bool:
        """Tell whether the caller's agency is an owner of a mission."""
        charter = await self._charters.get(mission_id)
        identity = require_identity()
        return charter is not None and Part.OWNER in charter.parts_of(identity.agency_id, self._clock())

    async def hidden(self, mission_id: str, owner_only: Mapping[str, str]) -> frozenset[str]:
        """Return the requests, of those that their owners alone see whole, that the caller does not."""
        if not owner_only:
            return frozenset()
        charter = await self._charters.get(mission_id)
        return hidden_requests(owner_only, require_identity(), charter, self._clock())


def visible_schedule(problem: PlanningProblem, plan: Plan, eyes: PlanEyes) -> Schedule:
    """Return a plan's schedule without the activities that a principal does not see whole."""
    schedule = unpack_schedule(plan.content.schedule)
    if eyes.see_all:
        return schedule
    hidden = {a.activity_id for a in problem.activities if a.request_id in eyes.hidden_request_ids}
    kept = tuple(placed for placed in schedule.activities if placed.activity_id not in hidden)
    return replace(schedule, activities=kept)
