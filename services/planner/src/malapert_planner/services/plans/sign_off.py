"""Sign-off terms of a plan at its submission: the rule of its mission's charter, and the agencies that it concerns."""

from malapert.planner.v1 import plan_pb2
from malapert_core.policy.charter import Charter, Part
from malapert_core.signing.sign_off import SignOffGroup, SignOffRule
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import SignOff
from malapert_planner.domain.life.states import IN_FORCE
from malapert_planner.services.ports import Clock
from malapert_planner.storage.plans import PlanStore


async def sign_off_of(
    session: AsyncSession, plans: PlanStore, plan: Plan, charter: Charter | None, clock: Clock
) -> SignOff:
    """Return the terms under which a plan is submitted now."""
    now = clock()
    approvers = charter.agencies(now, {Part.APPROVER}) if charter else plan.reviewer_agency_ids
    content = plan_pb2.Plan.FromString(plan.content.message)
    with_items = {activity.agency_id for activity in content.activities if activity.request_id}
    changed = {change.agency_id for change in content.changes if change.agency_id}
    if not await _replaces_one_in_force(session, plans, content):
        # What has changed is told against a plan that nobody released: whoever has an item is concerned.
        changed |= with_items
    groups = {
        SignOffGroup.APPROVERS: approvers,
        SignOffGroup.WITH_ITEMS: tuple(name for name in approvers if name in with_items),
        SignOffGroup.CHANGED: tuple(name for name in approvers if name in changed),
    }
    return SignOff(charter.sign_off if charter else SignOffRule(), groups, now)


async def _replaces_one_in_force(session: AsyncSession, plans: PlanStore, content: plan_pb2.Plan) -> bool:
    base_id = content.replan.base_plan_id
    return bool(base_id) and (await plans.standing(session, base_id)).state in IN_FORCE
