"""Reviews of a plan: what agencies say of its content, under which rule, and whether that is enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from malapert_core.errors import ConflictError, NotFoundError, PermissionDeniedError
from malapert_core.signing.sign_off import SignOffGroup, SignOffRule, Standing, agencies_of, standing_of

from malapert_planner.domain.life.notices import PlanNotice, notices_digest


class Decision(StrEnum):
    """What an agency says of a plan; a conditional approval counts once none of its conditions is open."""

    APPROVED = "APPROVED"
    CONDITIONAL = "CONDITIONAL"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    UNSPECIFIED = "UNSPECIFIED"


class ConditionState(StrEnum):
    """State of a condition; one that is open stands in the way of the release."""

    OPEN = "OPEN"
    MET = "MET"
    WAIVED = "WAIVED"
    UNSPECIFIED = "UNSPECIFIED"


@dataclass(frozen=True, slots=True)
class Condition:
    """Condition of an approval. ``event_json`` says the same to a replan, as a plan event; empty where it cannot."""

    condition_id: str
    text: str
    event_json: str = ""
    state: ConditionState = ConditionState.OPEN
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """An agency's say on the exact content of a plan and the notices known then that touch it (``notices_hash``).

    ``delegate_agency_id`` is the agency whose principal said it by delegation; ``signature`` a JSON Web Signature by
    the agency's own key.
    """

    agency_id: str
    approved: bool
    content_hash: str
    comment: str
    time: datetime
    decision: Decision = Decision.UNSPECIFIED
    conditions: tuple[Condition, ...] = ()
    principal_id: str = ""
    delegate_agency_id: str = ""
    notices_hash: str = ""
    signature: str = ""

    @property
    def has_open_condition(self) -> bool:
        """True where an approval's condition is open."""
        return self.approved and any(condition.state is ConditionState.OPEN for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class SignOff:
    """The rule that a plan was submitted under, the agencies of each group then, and the instant."""

    rule: SignOffRule = field(default_factory=SignOffRule)
    groups: Mapping[SignOffGroup, tuple[str, ...]] = field(default_factory=dict)
    submitted_time: datetime | None = None

    @property
    def approver_agency_ids(self) -> tuple[str, ...]:
        """The approvers of the mission when the plan was submitted."""
        return self.groups.get(SignOffGroup.APPROVERS, ())

    @property
    def deadline_time(self) -> datetime | None:
        """Until when reviews are waited for; None where there is no deadline."""
        if not self.rule.deadline_s or self.submitted_time is None:
            return None
        return self.submitted_time + timedelta(seconds=self.rule.deadline_s)

    def is_past_deadline(self, now: datetime) -> bool:
        """Tell whether the deadline has passed."""
        return self.deadline_time is not None and now >= self.deadline_time


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """What the rule has and lacks, why an approval does not count, and the conditions that are open."""

    standing: Standing
    not_counted: Mapping[str, str]
    open_condition_ids: tuple[str, ...]
    overdue: bool

    @property
    def fulfilled(self) -> bool:
        """True where the plan may be released."""
        return self.standing.fulfilled and not self.open_condition_ids

    @property
    def text(self) -> str:
        """The standing for a person."""
        parts = [self.standing.text]
        parts += [f"the approval of {name} does not count: {why}" for name, why in sorted(self.not_counted.items())]
        if self.open_condition_ids:
            parts.append(f"open conditions: {', '.join(self.open_condition_ids)}")
        if self.overdue:
            parts.append("the deadline has passed")
        return "; ".join(parts)


def review_standing(
    sign_off: SignOff, reviews: Sequence[Review], notices: Sequence[PlanNotice], content_hash: str, now: datetime
) -> ReviewStanding:
    """Return where the sign-off of a plan stands that has these notices, and a content of this hash, now."""
    not_counted = {
        review.agency_id: why
        for review in reviews
        if review.approved and (why := _not_counted(review, sign_off.rule, notices, content_hash))
    }
    approved = {review.agency_id for review in reviews if review.approved} - not_counted.keys()
    if sign_off.rule.silence_is_consent and sign_off.is_past_deadline(now):
        said = {review.agency_id for review in reviews}
        approved |= agencies_of(sign_off.rule, sign_off.groups) - said
    standing = standing_of(sign_off.rule, sign_off.groups, approved)
    conditions = tuple(_open_conditions(reviews))
    is_done = standing.fulfilled and not conditions
    return ReviewStanding(standing, not_counted, conditions, sign_off.is_past_deadline(now) and not is_done)


def _not_counted(review: Review, rule: SignOffRule, notices: Sequence[PlanNotice], content_hash: str) -> str:
    if review.content_hash != content_hash:
        return "it is for another content"
    if not knows_notices(review.notices_hash, review.agency_id, notices):
        return "the plan has had further notices since that touch it"
    if review.has_open_condition:
        return "a condition is open"
    return "it is not signed by the agency's own key" if rule.signatures_required and not review.signature else ""


def knows_notices(notices_hash: str, agency_id: str, notices: Sequence[PlanNotice]) -> bool:
    """Tell whether a hash is of the notices that touch an agency now; of before these were told apart, of all of them.

    A review of before notices were recorded has no hash, and holds.
    """
    return notices_hash in ("", notices_digest(notices, agency_id), notices_digest(notices))


def _open_conditions(reviews: Sequence[Review]) -> Iterator[str]:
    for review in reviews:
        if review.approved:
            yield from (item.condition_id for item in review.conditions if item.state is ConditionState.OPEN)


def with_review(reviews: tuple[Review, ...], review: Review) -> tuple[Review, ...]:
    """Return reviews with an agency's say in place of what it said before."""
    return (*(each for each in reviews if each.agency_id != review.agency_id), review)


def with_withdrawal(reviews: tuple[Review, ...], withdrawal: Review) -> tuple[Review, ...]:
    """Return reviews with an agency's approval taken back.

    Raises
    ------
    ConflictError
        ``NOT_REVIEWED`` where it has none.
    """
    if not any(each.agency_id == withdrawal.agency_id and each.approved for each in reviews):
        raise ConflictError("NOT_REVIEWED", f"{withdrawal.agency_id} has not approved this plan")
    return with_review(reviews, withdrawal)


def with_condition(
    reviews: tuple[Review, ...], agency_id: str, condition_id: str, state: ConditionState, comment: str
) -> tuple[Review, ...]:
    """Return reviews with a condition settled by the agency that set it.

    Raises
    ------
    NotFoundError
        ``UNKNOWN_CONDITION``.
    PermissionDeniedError
        ``NOT_THE_AUTHOR``.
    """
    author = next((each for each in reviews if any(c.condition_id == condition_id for c in each.conditions)), None)
    if author is None:
        raise NotFoundError("condition", condition_id)
    if author.agency_id != agency_id:
        raise PermissionDeniedError("NOT_THE_AUTHOR", f"the condition is of {author.agency_id}, not of {agency_id}")
    settled = tuple(
        replace(each, state=state, comment=comment) if each.condition_id == condition_id else each
        for each in author.conditions
    )
    return tuple(replace(each, conditions=settled) if each is author else each for each in reviews)


@dataclass(frozen=True, slots=True)
class Delegation:
    """Leave to review the plans of a mission for an agency, given by one of its approvers to a member for a time.

    Without ``to_principal_id`` each approver of the other agency has it. It cannot be passed on.
    """

    delegation_id: str
    mission_id: str
    agency_id: str
    to_agency_id: str
    to_principal_id: str
    since: datetime
    until: datetime
    reason: str
    created_time: datetime
    created_by: str
    revoked_time: datetime | None = None

    def may_hold(self, now: datetime) -> bool:
        """Tell whether it holds now or later, and so belongs to the present."""
        return self.revoked_time is None and now < self.until

    def covers(self, agency_id: str, principal_id: str, now: datetime) -> bool:
        """Tell whether a principal may review by it now."""
        holds = self.revoked_time is None and self.since <= now < self.until
        return holds and self.to_agency_id == agency_id and self.to_principal_id in ("", principal_id)
