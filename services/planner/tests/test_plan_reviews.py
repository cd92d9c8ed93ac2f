"""Sign-off of a plan: what counts as an approval, and what stands in the way of the release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from malapert_core.errors import ConflictError, MalapertError, NotFoundError, PermissionDeniedError, PreconditionError
from malapert_core.signing.sign_off import SignOffGroup, SignOffKind, SignOffRule, SignOffTerm
from malapert_planner.domain.life.notices import PlanNotice, touched
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Condition, ConditionState, Decision, Delegation, Review, SignOff
from malapert_planner.domain.life.states import PlanState
from malapert_planner.storage.review_columns import review_columns, review_of, sign_off_columns, sign_off_of
from test_plan_life import ACT, BY, CONTENT, DRAFT, NOW

LATER = NOW + timedelta(hours=1)
GROUPS = {SignOffGroup.APPROVERS: ("ESA", "ISRO", "JAXA"), SignOffGroup.WITH_ITEMS: ("JAXA",), SignOffGroup.CHANGED: ()}
NOTICE = PlanNotice("drill-a", "REVISED", "deeper", "JAXA", NOW, notice_id="request:drill-a:2")


def under_review(**rule: object) -> Plan:
    return DRAFT.submitted(ACT, SignOff(SignOffRule(**rule), GROUPS, NOW))  # type: ignore[arg-type]


def said(agency_id: str, plan: Plan, *conditions: str, **changes: object) -> Review:
    made = tuple(Condition(f"{agency_id}-{number}", text) for number, text in enumerate(conditions, 1))
    review = Review(
        agency_id, True, CONTENT.content_hash, "", NOW,
        decision=Decision.CONDITIONAL if made else Decision.APPROVED, conditions=made, notices_hash=plan.notices_hash,
    )  # fmt: skip
    return replace(review, **changes)  # type: ignore[arg-type]


def approved(plan: Plan, *agency_ids: str) -> Plan:
    for agency_id in agency_ids:
        plan = plan.reviewed(said(agency_id, plan))
    return plan


def refusal(plan: Plan, now: datetime = NOW) -> str:
    with pytest.raises(PreconditionError) as caught:
        plan.release_begun(BY, "key", now)
    return caught.value.reason


def test_the_rule_of_the_charter_decides() -> None:
    any_one = SignOffTerm(SignOffKind.ANY, group=SignOffGroup.APPROVERS)
    assert refusal(under_review(term=any_one)) == "NOT_APPROVED"
    approved(under_review(term=any_one), "ESA").release_begun(BY, "key", NOW)
    with_items = SignOffTerm(group=SignOffGroup.WITH_ITEMS)
    assert refusal(approved(under_review(term=with_items), "ESA")) == "NOT_APPROVED"
    approved(under_review(term=with_items), "JAXA").release_begun(BY, "key", NOW)
    # Nobody has changed anything: everybody is asked.
    changed = under_review(term=SignOffTerm(group=SignOffGroup.CHANGED))
    assert changed.review_standing(NOW).standing.needed_agency_ids == ("ESA", "ISRO", "JAXA")


def test_an_open_condition_blocks_until_its_author_settles_it() -> None:
    plan = approved(under_review(), "ESA", "JAXA")
    plan = plan.reviewed(said("ISRO", plan, "after noon", "not on the 14th"))
    assert refusal(plan) == "NOT_APPROVED"
    assert plan.review_standing(NOW).not_counted == {"ISRO": "a condition is open"}
    plan = plan.condition_settled("ISRO", "ISRO-1", ConditionState.MET, "it is")
    with pytest.raises(PermissionDeniedError, match="NOT_THE_AUTHOR"):
        plan.condition_settled("ESA", "ISRO-2", ConditionState.WAIVED, "")
    with pytest.raises(NotFoundError):
        plan.condition_settled("ISRO", "ISRO-3", ConditionState.WAIVED, "")
    assert plan.review_standing(NOW).open_condition_ids == ("ISRO-2",)
    plan.condition_settled("ISRO", "ISRO-2", ConditionState.WAIVED, "").release_begun(BY, "key", NOW)


def test_a_condition_of_one_who_is_not_needed_blocks_too() -> None:
    plan = approved(under_review(term=SignOffTerm(agency_ids=("ESA",))), "ESA")
    plan = plan.reviewed(said("ISRO", plan, "after noon"))
    assert refusal(plan) == "CONDITIONS_OPEN"


def test_an_approval_is_revised_and_taken_back_until_the_release() -> None:
    plan = approved(under_review(), "ESA", "ISRO", "JAXA")
    taken = plan.withdrawn(said("ESA", plan, approved=False, decision=Decision.WITHDRAWN))
    assert (taken.state, refusal(taken)) == (PlanState.SUBMITTED, "NOT_APPROVED")
    with pytest.raises(ConflictError, match="NOT_REVIEWED"):
        taken.withdrawn(said("ESA", plan, approved=False, decision=Decision.WITHDRAWN))
    approved(taken, "ESA").release_begun(BY, "key", NOW)
    releasing = plan.release_begun(BY, "key", NOW)
    for change in (lambda: releasing.withdrawn(said("ESA", plan)), lambda: releasing.reviewed(said("ESA", plan))):
        with pytest.raises(PreconditionError, match="PLAN_BUSY"):
            change()
    rejected = plan.reviewed(said("ESA", plan, approved=False, decision=Decision.REJECTED))
    assert rejected.state is PlanState.TERMINATED


def test_an_approval_is_for_the_notices_known_then() -> None:
    plan = replace(approved(under_review(), "ESA", "ISRO", "JAXA"), notices=(NOTICE,))
    assert refusal(plan) == "NOT_APPROVED"
    assert set(plan.review_standing(NOW).not_counted) == {"ESA", "ISRO", "JAXA"}
    with pytest.raises(ConflictError, match="NOTICES_CHANGED"):
        plan.reviewed(said("ESA", under_review()))
    approved(plan, "ESA", "ISRO", "JAXA").release_begun(BY, "key", NOW)


def test_silence_is_consent_only_where_the_charter_says_so_and_after_the_deadline() -> None:
    plan = under_review(deadline_s=600.0)
    assert plan.review_standing(NOW).overdue is False
    assert plan.review_standing(LATER).overdue is True
    assert refusal(plan, LATER) == "NOT_APPROVED"
    silent = under_review(deadline_s=600.0, silence_is_consent=True)
    assert refusal(silent) == "NOT_APPROVED"
    silent.release_begun(BY, "key", LATER)
    open_one = silent.reviewed(said("ESA", silent, "after noon"))
    assert refusal(open_one, LATER) == "NOT_APPROVED"
    taken = approved(silent, "ESA").withdrawn(said("ESA", silent, approved=False, decision=Decision.WITHDRAWN))
    assert refusal(taken, LATER) == "NOT_APPROVED"


TOUCHING_JAXA = replace(NOTICE, notice_id="request:drill-a:3", agency_ids=("JAXA",))


def test_a_notice_voids_the_approvals_of_whom_it_touches_alone() -> None:
    plan = under_review()
    plan = replace(plan, notices=(replace(NOTICE, agency_ids=("ESA",)),))
    for agency_id in ("ESA", "ISRO", "JAXA"):
        plan = plan.reviewed(said(agency_id, plan, notices_hash=plan.agency_notices_hash(agency_id)))
    later = replace(plan, notices=(*plan.notices, TOUCHING_JAXA))
    assert later.review_standing(NOW).not_counted == {"JAXA": "the plan has had further notices since that touch it"}
    assert later.review_standing(NOW).standing.needed_agency_ids == ("JAXA",)
    again = later.reviewed(said("JAXA", later, notices_hash=later.agency_notices_hash("JAXA")))
    again.release_begun(BY, "key", NOW)
    for_all = replace(again, notices=(*again.notices, NOTICE))
    assert set(for_all.review_standing(NOW).not_counted) == {"ESA", "ISRO", "JAXA"}


def test_a_review_says_the_notices_that_touch_its_agency_or_all_of_them() -> None:
    plan = replace(under_review(), notices=(TOUCHING_JAXA,))
    hashes = {plan.notices_hash, plan.agency_notices_hash("ESA"), plan.agency_notices_hash("JAXA")}
    assert len(hashes) == 2  # no notice, and the one
    for notices_hash in (plan.notices_hash, plan.agency_notices_hash("ESA")):
        assert plan.reviewed(said("ESA", plan, notices_hash=notices_hash)).review_standing(NOW).not_counted == {}
    with pytest.raises(ConflictError, match="NOTICES_CHANGED"):
        plan.reviewed(said("JAXA", plan, notices_hash=plan.agency_notices_hash("ESA")))
    # A review of before notices were told apart has the hash of all: any further one makes it void.
    old = plan.reviewed(said("ESA", plan, notices_hash=plan.notices_hash))
    more = replace(old, notices=(TOUCHING_JAXA, replace(TOUCHING_JAXA, notice_id="request:drill-a:4")))
    assert "ESA" in more.review_standing(NOW).not_counted


def test_whom_a_change_touches_is_known_from_the_parties_or_may_be_anybody() -> None:
    parties = {"contacts[0]": ["JAXA"], "contacts[1]": ["ESA", "JAXA"], "requests[drill-a]": []}
    assert touched(parties, ["contacts[0]", "contacts[1]"], ["ISRO", ""]) == ("ESA", "ISRO", "JAXA")
    assert touched(parties, ["contacts[0]", "contacts[2]"], ["ISRO"]) == ()
    assert touched({}, ["contacts[0]"], ["ISRO"]) == touched(parties, [], ["ISRO"]) == ()


def test_where_signatures_are_required_an_approval_without_one_does_not_count() -> None:
    plan = approved(under_review(signatures_required=True), "ESA", "ISRO", "JAXA")
    assert refusal(plan) == "NOT_APPROVED"
    for agency_id in ("ESA", "ISRO", "JAXA"):
        plan = plan.reviewed(said(agency_id, plan, signature="a.b.c"))
    plan.release_begun(BY, "key", NOW)


@pytest.mark.parametrize("agency_id", ["NASA", ""])
def test_who_is_no_approver_says_nothing(agency_id: str) -> None:
    plan = under_review()
    for change in (lambda: plan.reviewed(said(agency_id, plan)), lambda: plan.withdrawn(said(agency_id, plan))):
        with pytest.raises(MalapertError, match="NOT_A_REVIEWER"):
            change()


def test_reviews_and_terms_are_stored_as_they_are() -> None:
    plan = under_review(term=SignOffTerm(SignOffKind.ANY, ("ESA",)), deadline_s=60.0)
    review = said("ISRO", plan, "after noon", delegate_agency_id="JAXA", principal_id="key:1", signature="a.b.c")
    assert review_of(review_columns(review)) == review
    assert sign_off_of(sign_off_columns(plan.sign_off)) == plan.sign_off
    assert (sign_off_columns(None), sign_off_of({})) == ({}, None)
    old = {
        "agency_id": "ESA",
        "approved": True,
        "content_hash": "sha256:c",
        "comment": "",
        "time": "2029-01-10T00:00:00Z",
    }
    assert review_of(old) == Review("ESA", True, "sha256:c", "", NOW)


def test_a_delegation_covers_one_agency_or_principal_for_a_time() -> None:
    given = Delegation("d", "m", "ISRO", "JAXA", "", NOW, LATER, "", NOW, "key:1")
    assert given.covers("JAXA", "key:9", NOW)
    assert not given.covers("JAXA", "key:9", LATER)
    assert not given.covers("JAXA", "key:9", NOW - timedelta(seconds=1))
    assert not given.covers("ESA", "key:9", NOW)
    assert not replace(given, to_principal_id="key:8").covers("JAXA", "key:9", NOW)
    assert not replace(given, revoked_time=NOW).covers("JAXA", "key:9", NOW)
    assert NOW.tzinfo is UTC
