"""Plans as messages for the present caller: content, standing, reviews and sign-off as it sees them."""

from malapert.planner.v1 import plan_pb2
from malapert_core.policy.identity import require_identity

from malapert_planner.domain.life.listing import ListedPlan
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import PlanState
from malapert_planner.handlers.messages import listed_plan_message, plan_message, withhold_principals
from malapert_planner.handlers.review_messages import add_reviews
from malapert_planner.services.ports import Clock
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.viewing import PlanViewing


class ShownPlans:
    """Makes messages of plans.

    Parameters
    ----------
    viewing : PlanViewing
    clock : Clock
    """

    def __init__(self, viewing: PlanViewing, clock: Clock) -> None:
        self._viewing = viewing
        self._clock = clock

    async def message(self, plan: Plan) -> plan_pb2.Plan:
        """Return a plan as the caller sees it."""
        eyes = await self.eyes(plan)
        message = plan_message(plan, eyes)
        standing = None if plan.state is PlanState.DRAFT else plan.review_standing(self._clock())
        agency_id = require_identity().agency_id
        add_reviews(message, plan, standing, agency_id, eyes)
        if not await self._viewing.owns(plan.content.mission_id):
            withhold_principals(message, agency_id)
        return message

    async def listed(self, plan: ListedPlan) -> plan_pb2.Plan:
        """Return a plan of a listing as the caller sees it."""
        hidden = await self._viewing.hidden(plan.mission_id, plan.owner_only_requests)
        message = listed_plan_message(plan, PlanEyes(hidden))
        for review in message.reviews:
            review.ClearField("principal_id")
        return message

    async def eyes(self, *plans: Plan) -> PlanEyes:
        """Return what the caller sees of some plans of a mission."""
        return await self._viewing.eyes(*plans)
