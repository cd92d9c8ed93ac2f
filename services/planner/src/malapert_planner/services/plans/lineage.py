"""Lineage of plans: which plan in force a plan follows on."""

from malapert_core.errors import PreconditionError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.states import IN_FORCE, PlanState
from malapert_planner.storage.plans import PlanStore, Standing


async def bookings_plan(session: AsyncSession, plans: PlanStore, precursor_plan_id: str) -> str:
    """Return the plan in force of a lineage, whichever took over last: its bookings are those of what follows on it."""
    try:
        return await plan_in_force(session, plans, precursor_plan_id)
    except PreconditionError as error:
        return error.metadata["superseded_by_plan_id"]


async def plan_in_force(session: AsyncSession, plans: PlanStore, precursor_plan_id: str) -> str:
    """Return the plan in force among the plans from which one was made; empty where there is none.

    Raises
    ------
    PreconditionError
        ``BASE_SUPERSEDED`` where another plan took over from it meanwhile, and is in force.
    """
    plan_id = precursor_plan_id
    while plan_id:
        standing = await plans.standing(session, plan_id)
        if standing.state in IN_FORCE:
            return plan_id
        if standing.state is PlanState.SUPERSEDED:
            latest = await _latest(session, plans, standing)
            if latest.state not in IN_FORCE:
                return ""
            message = f"plan {latest.plan_id} took over from plan {plan_id}, which this one was made from: replan that"
            raise PreconditionError("BASE_SUPERSEDED", message, metadata={"superseded_by_plan_id": latest.plan_id})
        plan_id = standing.precursor_plan_id
    return ""


async def _latest(session: AsyncSession, plans: PlanStore, standing: Standing) -> Standing:
    while standing.state is PlanState.SUPERSEDED:
        standing = await plans.standing(session, standing.superseded_by_plan_id)
    return standing
