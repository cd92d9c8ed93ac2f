"""Record of plans: each change of one is stored, announced and audited in the transaction that it happens in."""

from datetime import datetime

from malapert_core.audit.trail import AuditTrail
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.acts import PlanAct, PlanAction
from malapert_planner.domain.life.content import PlanContent
from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.ports import Announcer
from malapert_planner.storage.plans import PlanStore


def act_of(action: PlanAction, identity: Identity, time: datetime, reason: str = "") -> PlanAct:
    """Return an act of a principal."""
    return PlanAct(action, identity.agency_id, identity.principal_id, time, reason)


def new_plan(
    content: PlanContent,
    reviewer_agency_ids: tuple[str, ...],
    precursor_plan_id: str,
    identity: Identity,
    time: datetime,
) -> Plan:
    """Return a draft that was made for a principal."""
    return Plan(
        plan_id=new_identifier(),
        content=content,
        reviewer_agency_ids=reviewer_agency_ids,
        owner_agency_id=identity.agency_id,
        precursor_plan_id=precursor_plan_id,
        created_time=time,
        acts=(act_of(PlanAction.CREATED, identity, time),),
    )


class PlanRecord:
    """Stores plans and their changes; whoever changes a plan does it here.

    Parameters
    ----------
    plans : PlanStore
    announcer : Announcer
    audit : AuditTrail
    """

    def __init__(self, plans: PlanStore, announcer: Announcer, audit: AuditTrail) -> None:
        self._plans = plans
        self._announcer = announcer
        self._audit = audit

    async def add(self, session: AsyncSession, plan: Plan, identity: Identity) -> None:
        """Store a new plan that was made for a principal."""
        await self._plans.add(session, plan)
        self._announcer.announce(session, plan)
        self._audit_act(session, plan, PlanAction.CREATED, identity)

    async def changed(self, session: AsyncSession, plan: Plan, action: PlanAction, identity: Identity) -> Plan:
        """Store a plan in the state that an act has brought it to, and return it as stored."""
        stored = await self._plans.save(session, plan)
        self._announcer.announce(session, stored)
        self._audit_act(session, stored, action, identity)
        return stored

    def _audit_act(self, session: AsyncSession, plan: Plan, action: PlanAction, identity: Identity) -> None:
        self._audit.record(
            session,
            f"plan.{action.lower()}",
            entity_kind="plan",
            entity_id=plan.plan_id,
            mission_id=plan.content.mission_id,
            after_hash=plan.content.content_hash,
            detail=plan.state_reason,
            identity=identity,
        )
