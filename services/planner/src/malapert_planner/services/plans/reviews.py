"""Reviews of plans: said, revised, withdrawn, also for another agency by its delegation; conditions, signatures."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, PermissionDeniedError
from malapert_core.policy.identity import Identity
from malapert_core.signing import statement as portable
from malapert_core.signing.statement import ReviewStatement, read_key_set, verified_statement

from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Condition, ConditionState, Decision, Review
from malapert_planner.domain.life.states import PlanState
from malapert_planner.services.plans.record import PlanRecord
from malapert_planner.services.ports import Announcer, Clock
from malapert_planner.services.replanning.conditions import constraint_faults
from malapert_planner.storage.delegations import DelegationStore
from malapert_planner.storage.plans import PlanStore

MAX_CONDITIONS = 20
MAX_TEXT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review as it is handed in.

    ``conditions`` are texts with what says the same to a replan; ``agency_keys`` the public keys of the agency as they
    are pinned, to verify ``signature``; ``for_agency_id`` is another agency that delegated it, or empty.
    """

    plan_id: str
    content_hash: str
    approve: bool
    comment: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    notices_hash: str = ""
    signature: str = ""
    for_agency_id: str = ""
    agency_keys: Any = None


class PlanReviews:
    """Records what agencies say of plans.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    delegations : DelegationStore
    record : PlanRecord
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        delegations: DelegationStore,
        record: PlanRecord,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._delegations = delegations
        self._record = record
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def review(self, asked: NewReview, identity: Identity) -> Plan:
        """Record an agency's say on the exact content; a rejection terminates the plan.

        Raises
        ------
        InvalidInputError
            ``INVALID_REVIEW_PLAN`` with every fault; ``INVALID_SIGNATURE``.
        PermissionDeniedError
            ``NOT_DELEGATED`` where it is said for another agency without leave. Else as `Plan.reviewed`.
        """
        await self._require_sound(asked)
        agency_id = asked.for_agency_id or identity.agency_id
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, asked.plan_id)
            if agency_id != identity.agency_id:
                await self._require_delegated(session, plan, agency_id, identity)
            review = self._review_of(asked, plan, agency_id, identity)
            reviewed = plan.reviewed(review)
            _require_signed(review, plan, asked.agency_keys)
            self._note(session, plan, review, f"plan.{review.decision.lower()}", identity)
            if reviewed.state is PlanState.TERMINATED:
                return await self._record.changed(session, reviewed, PlanAction.TERMINATED, identity)
            return await self._stored(session, reviewed, review)

    async def withdraw(self, plan_id: str, comment: str, identity: Identity, signed: NewReview) -> Plan:
        """Take back the approval of the caller's agency before the release; raises as `Plan.withdrawn`."""
        _require_text("comment", comment)
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            review = Review(
                agency_id=identity.agency_id,
                approved=False,
                content_hash=plan.content.content_hash,
                comment=comment,
                time=self._clock(),
                decision=Decision.WITHDRAWN,
                principal_id=identity.principal_id,
                notices_hash=_notices_hash(signed, plan, identity.agency_id),
                signature=signed.signature,
            )
            withdrawn = plan.withdrawn(review)
            _require_signed(review, plan, signed.agency_keys)
            self._note(session, plan, review, "plan.withdrawn", identity)
            return await self._stored(session, withdrawn, review)

    async def settle(
        self, plan_id: str, condition_id: str, state: ConditionState, comment: str, identity: Identity
    ) -> Plan:
        """Mark a condition of the caller's agency as met or waived; raises as `Plan.condition_settled`."""
        if state not in (ConditionState.MET, ConditionState.WAIVED):
            _refuse([Fault("state", "NOT_ALLOWED", "MET or WAIVED is allowed")])
        _require_text("comment", comment, may_be_empty=True)
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            settled = plan.condition_settled(identity.agency_id, condition_id, state, comment)
            review = next(each for each in settled.reviews if each.agency_id == identity.agency_id)
            self._note(session, plan, review, f"plan.condition_{state.lower()}", identity)
            return await self._stored(session, settled, review)

    async def _require_sound(self, asked: NewReview) -> None:
        faults, stated = _faults(asked), [event_json for _, event_json in asked.conditions[:MAX_CONDITIONS]]
        if any(stated):
            # The content of a plan never changes: it is read before, and not within, the transaction.
            async with self._database.reading() as session:
                plan = await self._plans.get(session, asked.plan_id)
            faults += await asyncio.to_thread(constraint_faults, plan, stated)
        if faults:
            _refuse(faults)

    async def _require_delegated(self, session: Any, plan: Plan, agency_id: str, identity: Identity) -> None:
        mission_id, now = plan.content.mission_id, self._clock()
        given = await self._delegations.of_agency(session, mission_id, agency_id)
        if not any(each.covers(identity.agency_id, identity.principal_id, now) for each in given):
            message = f"{agency_id} has not delegated its reviews in {mission_id} to this principal for now"
            raise PermissionDeniedError("NOT_DELEGATED", message)

    def _review_of(self, asked: NewReview, plan: Plan, agency_id: str, identity: Identity) -> Review:
        decision = Decision.REJECTED
        if asked.approve:
            decision = Decision.CONDITIONAL if asked.conditions else Decision.APPROVED
        conditions = tuple(
            Condition(f"{agency_id}-{number}", text, event_json)
            for number, (text, event_json) in enumerate(asked.conditions, 1)
        )
        return Review(
            agency_id=agency_id,
            approved=asked.approve,
            content_hash=asked.content_hash,
            comment=asked.comment,
            time=self._clock(),
            decision=decision,
            conditions=conditions,
            principal_id=identity.principal_id,
            delegate_agency_id=identity.agency_id if agency_id != identity.agency_id else "",
            notices_hash=_notices_hash(asked, plan, agency_id),
            signature=asked.signature,
        )

    async def _stored(self, session: Any, plan: Plan, review: Review) -> Plan:
        stored = await self._plans.save(session, plan)
        self._announcer.announce_review(session, stored, review, self._clock())
        return stored

    def _note(self, session: Any, plan: Plan, review: Review, action: str, identity: Identity) -> None:
        self._audit.record(
            session,
            action,
            entity_kind="plan",
            entity_id=plan.plan_id,
            mission_id=plan.content.mission_id,
            after_hash=review.content_hash,
            detail=f"for {review.agency_id}" if review.delegate_agency_id else "",
            identity=identity,
        )


def _notices_hash(asked: NewReview, plan: Plan, agency_id: str) -> str:
    """Return the hash of the notices that a review speaks of.

    A signature says it itself, of those that touch the agency or, by an older signer, of all; without a signature who
    knows all of them knows those that touch the agency.
    """
    now_hashes = (plan.agency_notices_hash(agency_id), plan.notices_hash)
    said = asked.notices_hash
    if asked.signature and not said:
        said = _verified(asked.signature, asked.agency_keys).notices_hash
        return said if said in now_hashes else now_hashes[0]
    return said if asked.signature or said not in ("", *now_hashes) else now_hashes[0]


def _verified(signature: str, agency_keys: Any) -> ReviewStatement:
    if agency_keys is None:
        _refuse_signature("no public keys of the agency are pinned on this platform")
    return verified_statement(signature, read_key_set(agency_keys, "agency_keys"))


def _require_signed(review: Review, plan: Plan, agency_keys: Any) -> None:
    """Refuse a signature that is not the agency's own under exactly this review; without one there is nothing to."""
    if not review.signature:
        return
    stated = _verified(review.signature, agency_keys)
    wanted = statement_of(review, plan)
    # The time and the principal are the signer's own word.
    if replace(stated, time=wanted.time, principal_id=wanted.principal_id) != wanted:
        names = [
            name
            for name in ReviewStatement.__slots__
            if name not in ("time", "principal_id") and getattr(stated, name) != getattr(wanted, name)
        ]
        _refuse_signature(f"it states something else than the review: {', '.join(names)}")


def statement_of(review: Review, plan: Plan) -> ReviewStatement:
    """Return what a signature of a review states."""
    return ReviewStatement(
        plan_id=plan.plan_id,
        mission_id=plan.content.mission_id,
        content_hash=review.content_hash,
        agency_id=review.agency_id,
        decision=portable.Decision(review.decision.value),
        conditions=tuple(condition.text for condition in review.conditions),
        notices_hash=review.notices_hash,
        principal_id=review.principal_id,
        time=review.time,
    )


def _faults(asked: NewReview) -> list[Fault]:
    faults = []
    if len(asked.conditions) > MAX_CONDITIONS:
        faults.append(Fault("conditions", "TOO_LONG", f"at most {MAX_CONDITIONS} conditions are allowed"))
    if asked.conditions and not asked.approve:
        faults.append(Fault("conditions", "NOT_ALLOWED", "conditions are of an approval; a rejection has a comment"))
    texts = [("comment", asked.comment, True)]
    texts += [(f"conditions[{index}].text", text, False) for index, (text, _) in enumerate(asked.conditions)]
    return faults + [fault for path, text, empty in texts for fault in _text_faults(path, text, may_be_empty=empty)]


def _require_text(path: str, text: str, *, may_be_empty: bool = False) -> None:
    if faults := _text_faults(path, text, may_be_empty=may_be_empty):
        _refuse(faults)


def _text_faults(path: str, text: str, *, may_be_empty: bool) -> list[Fault]:
    if len(text) > MAX_TEXT_CHARS:
        return [Fault(path, "TOO_LONG", f"at most {MAX_TEXT_CHARS} characters are allowed, not {len(text)}")]
    return [] if may_be_empty or text.strip() else [Fault(path, "REQUIRED", "say what or why")]


def _refuse(faults: Sequence[Fault]) -> None:
    raise InvalidInputError("INVALID_REVIEW_PLAN", "the review has faults", faults=faults)


def _refuse_signature(message: str) -> None:
    fault = Fault("signature", "INVALID_SIGNATURE", message)
    raise InvalidInputError("INVALID_SIGNATURE", message, faults=[fault])
