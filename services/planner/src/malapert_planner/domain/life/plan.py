"""States of a plan: proposed, reviewed by each agency, released whole or not at all, terminated with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.errors import ConflictError, PermissionDeniedError, PreconditionError
from malapert_core.signing.sign_off import SignOffGroup

from malapert_planner.domain.life.acts import PlanAct
from malapert_planner.domain.life.content import PlanContent
from malapert_planner.domain.life.notices import PlanNotice, notices_digest
from malapert_planner.domain.life.reviews import (
    ConditionState,
    Review,
    ReviewStanding,
    SignOff,
    knows_notices,
    review_standing,
    with_condition,
    with_review,
    with_withdrawal,
)
from malapert_planner.domain.life.standing import PlanStanding
from malapert_planner.domain.life.states import IN_FORCE, Pending, PlanState


@dataclass(frozen=True, slots=True)
class AwaitedContact:
    """Contact that is held for a plan until the owner of its antenna, ``agency_id``, consents.

    ``until_time`` is when the hold ends, None where that is not limited.
    """

    contact_id: str
    station_id: str
    agency_id: str
    start_time: datetime
    end_time: datetime
    until_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(PlanStanding):
    """A plan and where it stands. Each change returns a new value with the version counted up.

    ``pending_by`` is the principal in whose name what is pending was begun, as `stored_identity` keeps it,
    ``pending_key`` what names the attempt to other services; ``awaited`` are the contacts to which owners have yet to
    consent.
    """

    content: PlanContent
    reviewer_agency_ids: tuple[str, ...]
    contact_ids: tuple[str, ...] = ()
    pending_by: tuple[str, ...] = ()
    notices: tuple[PlanNotice, ...] = ()
    pending_key: str = ""
    awaited: tuple[AwaitedContact, ...] = ()
    sign_off: SignOff | None = None

    def require_version(self, seen: int) -> None:
        """Refuse an edit of another version than the caller saw; 0 skips the check.

        Raises
        ------
        ConflictError
            ``STALE_VERSION``.
        """
        if seen and seen != self.version:
            message = f"the plan is at version {self.version}, not {seen}; read it again"
            raise ConflictError("STALE_VERSION", message, metadata={"version": str(self.version)})

    def submitted(self, act: PlanAct, sign_off: SignOff | None = None) -> Plan:
        """Return the draft under review."""
        self._require(PlanState.DRAFT, "submitted")
        return self._next(state=PlanState.SUBMITTED, acts=(*self.acts, act), sign_off=sign_off)

    def archived(self, act: PlanAct) -> Plan:
        """Return the draft laid aside."""
        self._require(PlanState.DRAFT, "archived")
        return self._next(state=PlanState.ARCHIVED, state_reason=act.reason, acts=(*self.acts, act))

    def restored(self, act: PlanAct) -> Plan:
        """Return an archived plan as the draft that it was."""
        self._require(PlanState.ARCHIVED, "restored")
        return self._next(state=PlanState.DRAFT, state_reason="", acts=(*self.acts, act))

    @property
    def sign_off_terms(self) -> SignOff:
        """What its sign-off asks for; of a plan of before that was recorded the approval of every reviewer."""
        return self.sign_off or SignOff(groups={SignOffGroup.APPROVERS: self.reviewer_agency_ids})

    @property
    def notices_hash(self) -> str:
        """Hash of the notices that the plan has."""
        return notices_digest(self.notices)

    def agency_notices_hash(self, agency_id: str) -> str:
        """Return the hash of the notices that touch an agency: what a review by it speaks of."""
        return notices_digest(self.notices, agency_id)

    def review_standing(self, now: datetime) -> ReviewStanding:
        """Return where its sign-off stands."""
        return review_standing(self.sign_off_terms, self.reviews, self.notices, self.content.content_hash, now)

    def reviewed(self, review: Review) -> Plan:
        """Return the plan with an agency's say, in place of what it said before; a rejection terminates it.

        Raises
        ------
        PermissionDeniedError
            ``NOT_A_REVIEWER``.
        PreconditionError
            ``WRONG_STATE``.
        ConflictError
            ``CONTENT_HASH_MISMATCH`` where the agency looked at other content, ``NOTICES_CHANGED`` where at others of
            its notices.
        """
        self._require_reviewer(review)
        if review.content_hash != self.content.content_hash:
            message = f"the plan's content is {self.content.content_hash}, not {review.content_hash}"
            raise ConflictError("CONTENT_HASH_MISMATCH", message)
        if not knows_notices(review.notices_hash, review.agency_id, self.notices):
            now_hash = self.agency_notices_hash(review.agency_id)
            message = (
                f"the plan has had notices since that touch the agency; their hash is {now_hash} now: read it again"
            )
            raise ConflictError("NOTICES_CHANGED", message)
        reviews = with_review(self.reviews, review)
        if review.approved:
            return self._next(reviews=reviews)
        reason = f"rejected by {review.agency_id}" + (f": {review.comment}" if review.comment else "")
        return self._next(reviews=reviews, state=PlanState.TERMINATED, state_reason=reason)

    def withdrawn(self, withdrawal: Review) -> Plan:
        """Return the plan without an agency's approval; raises as `reviewed`, and ``NOT_REVIEWED``."""
        self._require_reviewer(withdrawal)
        return self._next(reviews=with_withdrawal(self.reviews, withdrawal))

    def condition_settled(self, agency_id: str, condition_id: str, state: ConditionState, comment: str) -> Plan:
        """Return the plan with a condition met or waived; raises as `with_condition`, and ``WRONG_STATE``."""
        self._require(PlanState.SUBMITTED, "changed in its conditions")
        return self._next(reviews=with_condition(self.reviews, agency_id, condition_id, state, comment))

    def _require_reviewer(self, review: Review) -> None:
        reviewers = self.sign_off_terms.approver_agency_ids
        if review.agency_id not in reviewers:
            message = f"{review.agency_id} does not review this plan; {', '.join(reviewers)} do"
            raise PermissionDeniedError("NOT_A_REVIEWER", message)
        self._require(PlanState.SUBMITTED, "reviewed")

    def release_begun(self, by: tuple[str, ...], key: str, now: datetime, supersedes_plan_id: str = "") -> Plan:
        """Return the plan marked as being released, in the place of another one where that is named.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE``; ``NOT_APPROVED`` with the agencies that cannot be done without and what would be enough;
            ``CONDITIONS_OPEN`` with the conditions.
        """
        self._require(PlanState.SUBMITTED, "released")
        found = self.review_standing(now)
        if not found.standing.fulfilled:
            missing = ",".join(found.standing.needed_agency_ids)
            raise PreconditionError("NOT_APPROVED", found.text, metadata={"missing": missing})
        if found.open_condition_ids:
            metadata = {"conditions": ",".join(found.open_condition_ids)}
            raise PreconditionError("CONDITIONS_OPEN", found.text, metadata=metadata)
        return self._next(
            pending=Pending.RELEASING, pending_by=by, pending_key=key, supersedes_plan_id=supersedes_plan_id
        )

    def awaiting(self, awaited: tuple[AwaitedContact, ...]) -> Plan:
        """Return the plan whose release waits for owners of antennas to consent."""
        return self._next(pending=Pending.AWAITING_STATIONS, awaited=awaited)

    def released(self, contact_ids: tuple[str, ...], act: PlanAct) -> Plan:
        """Return the plan released, with the bookings of its contacts in their order, empty where there is none."""
        return self._settled(state=PlanState.RELEASED, contact_ids=contact_ids, acts=(*self.acts, act))

    def release_refused(self) -> Plan:
        """Return the plan as it was before its release was begun."""
        return self._settled(supersedes_plan_id="")

    def superseding_begun(self, by_plan_id: str) -> Plan:
        """Return the released plan marked as being taken over from by another one.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE`` where it is not in force, ``PLAN_BUSY``.
        """
        if self.state not in IN_FORCE:
            raise self._wrong_state("superseded")
        self._require(self.state, "superseded")
        return self._next(pending=Pending.SUPERSEDING, superseded_by_plan_id=by_plan_id)

    def superseded(self, act: PlanAct) -> Plan:
        """Return the plan that another one took over from; it keeps its bookings of what has begun."""
        reason = f"superseded by plan {self.superseded_by_plan_id}"
        return self._settled(state=PlanState.SUPERSEDED, state_reason=reason, acts=(*self.acts, act))

    def superseding_refused(self) -> Plan:
        """Return the plan as it was before another one began to take over from it."""
        return self._settled(superseded_by_plan_id="")

    def termination_begun(self, reason: str, by: tuple[str, ...]) -> Plan:
        """Return the plan marked as being terminated; a release that waits for owners of antennas ends with it.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE`` where it has ended, ``PLAN_BUSY`` where it is being released or superseded.
        """
        if self.state in (PlanState.TERMINATED, PlanState.SUPERSEDED):
            raise self._wrong_state("terminated")
        if self.pending in (Pending.RELEASING, Pending.SUPERSEDING):
            raise PreconditionError("PLAN_BUSY", f"the plan is {self.pending.lower()}; ask again")
        return self._next(
            pending=Pending.TERMINATING, pending_by=by, state_reason=reason, awaited=(), supersedes_plan_id=""
        )

    def terminated(self, act: PlanAct) -> Plan:
        """Return the plan ended, for the reason that its termination was begun with."""
        return self._settled(state=PlanState.TERMINATED, acts=(*self.acts, act))

    def _settled(self, **changes: object) -> Plan:
        return self._next(pending=Pending.NONE, pending_by=(), pending_key="", awaited=(), **changes)

    def _next(self, **changes: object) -> Plan:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]

    def _require(self, state: PlanState, what: str) -> None:
        if self.state is not state:
            raise self._wrong_state(what)
        if self.pending is not Pending.NONE:
            what = self.pending.lower().replace("_", " ")
            raise PreconditionError("PLAN_BUSY", f"the plan is {what}; ask again")

    def _wrong_state(self, what: str) -> PreconditionError:
        message = f"a plan in state {self.state} cannot be {what}"
        return PreconditionError("WRONG_STATE", message, metadata={"state": self.state.value})
