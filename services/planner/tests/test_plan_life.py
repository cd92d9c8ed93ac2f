"""The life of a plan: what may follow on what, who may say it, and what a change keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from malapert_core.errors import ConflictError, MalapertError, PermissionDeniedError, PreconditionError
from malapert_planner.domain.life.acts import PlanAct, PlanAction
from malapert_planner.domain.life.content import PlanContent
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Review
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.domain.schedule.result import SolveStatus

NOW = datetime(2029, 1, 10, tzinfo=UTC)
CONTENT = PlanContent(
    "m", 1, "rover", SolveStatus.FEASIBLE, "sha256:c", "sha256:p", "w", b"", b"", b"", b"", (), {}
)  # fmt: skip
DRAFT = Plan(
    plan_id="p",
    content=CONTENT,
    reviewer_agency_ids=("JAXA", "ISRO"),
    owner_agency_id="JAXA",
    precursor_plan_id="",
    created_time=NOW,
)
BY = ("JAXA", "PLANNER", "key", "key:1")
ACT = PlanAct(PlanAction.SUBMITTED, "JAXA", "key:1", NOW)


def review(agency_id: str, *, approved: bool = True, content_hash: str = "sha256:c", comment: str = "") -> Review:
    return Review(agency_id, approved, content_hash, comment, NOW)


SUBMITTED = DRAFT.submitted(ACT)
APPROVED = SUBMITTED.reviewed(review("JAXA")).reviewed(review("ISRO"))
RELEASING = APPROVED.release_begun(BY, "key", NOW)
RELEASED = RELEASING.released(("c-1", "c-2"), ACT)
TERMINATING = RELEASED.termination_begun("late", BY)
TERMINATED = TERMINATING.terminated(ACT)


def test_each_change_counts_the_version_up_by_one_and_keeps_the_rest() -> None:
    lived = [DRAFT, SUBMITTED, RELEASING, RELEASED, TERMINATING, TERMINATED]
    assert [plan.version for plan in lived] == [1, 2, 5, 6, 7, 8]
    S, P = PlanState, Pending  # noqa: N806
    assert [(plan.state, plan.pending) for plan in lived] == [
        (S.DRAFT, P.NONE), (S.SUBMITTED, P.NONE), (S.SUBMITTED, P.RELEASING), (S.RELEASED, P.NONE),
        (S.RELEASED, P.TERMINATING), (S.TERMINATED, P.NONE),
    ]  # fmt: skip
    assert [plan.pending_by for plan in lived] == [(), (), BY, (), BY, ()]
    assert [plan.contact_ids for plan in lived[2:]] == [(), *[("c-1", "c-2")] * 3]
    assert (TERMINATED.state_reason, TERMINATED.reviews) == ("late", APPROVED.reviews)


def test_a_refused_release_leaves_the_plan_as_it_was_but_for_its_version() -> None:
    assert RELEASING.release_refused() == replace(APPROVED, version=APPROVED.version + 2)


def test_a_draft_is_archived_with_its_reason_and_restored_as_it_was() -> None:
    laid_aside = PlanAct(PlanAction.ARCHIVED, "JAXA", "key:1", NOW, "a better one is there")
    back = PlanAct(PlanAction.RESTORED, "JAXA", "key:1", NOW)
    archived = DRAFT.archived(laid_aside)
    assert (archived.state, archived.state_reason) == (PlanState.ARCHIVED, "a better one is there")
    assert archived.restored(back) == replace(DRAFT, version=DRAFT.version + 2, acts=(*DRAFT.acts, laid_aside, back))


@pytest.mark.parametrize("plan", [SUBMITTED, RELEASING, RELEASED, TERMINATING, TERMINATED, DRAFT.archived(ACT)])
def test_only_a_draft_is_archived_and_only_an_archived_plan_is_restored(plan: Plan) -> None:
    with pytest.raises(PreconditionError) as raised:
        plan.archived(ACT)
    assert raised.value.reason == "WRONG_STATE"
    if plan.state is PlanState.ARCHIVED:
        for move in (plan.submitted, DRAFT.restored):
            with pytest.raises(PreconditionError):
                move(ACT)
    else:
        with pytest.raises(PreconditionError):
            plan.restored(ACT)


@pytest.mark.parametrize("seen", [0, 5])
def test_the_version_that_was_seen_may_be_changed(seen: int) -> None:
    RELEASING.require_version(seen)


@pytest.mark.parametrize("seen", [4, 6])
def test_another_version_is_refused_with_the_present_one(seen: int) -> None:
    with pytest.raises(ConflictError, match="STALE_VERSION") as caught:
        RELEASING.require_version(seen)
    assert caught.value.metadata == {"version": "5"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: SUBMITTED.submitted(ACT), "WRONG_STATE"),
        (lambda: DRAFT.reviewed(review("JAXA")), "WRONG_STATE"),
        (lambda: RELEASING.reviewed(review("JAXA")), "PLAN_BUSY"),
        (lambda: DRAFT.release_begun(BY, "key", NOW), "WRONG_STATE"),
        (lambda: RELEASED.release_begun(BY, "key", NOW), "WRONG_STATE"),
        (lambda: RELEASING.release_begun(BY, "key", NOW), "PLAN_BUSY"),
        (lambda: RELEASING.termination_begun("late", BY), "PLAN_BUSY"),
        (lambda: TERMINATED.termination_begun("late", BY), "WRONG_STATE"),
        (lambda: DRAFT.termination_begun("late", BY).submitted(ACT), "PLAN_BUSY"),
    ],
)
def test_what_may_not_follow_is_refused(change: Callable[[], Plan], reason: str) -> None:
    with pytest.raises(MalapertError) as caught:
        change()
    assert caught.value.reason == reason
    if reason == "WRONG_STATE":
        assert caught.value.metadata["state"] in set(PlanState)


@pytest.mark.parametrize("plan", [DRAFT, SUBMITTED, RELEASED, TERMINATING])
def test_whatever_has_not_ended_may_be_ended(plan: Plan) -> None:
    begun = plan.termination_begun("late", BY)
    assert (begun.state, begun.pending, begun.pending_by, begun.state_reason) == (
        plan.state, Pending.TERMINATING, BY, "late",
    )  # fmt: skip


def test_a_release_takes_the_approval_of_every_reviewer() -> None:
    with pytest.raises(PreconditionError, match="NOT_APPROVED") as caught:
        SUBMITTED.reviewed(review("ISRO")).release_begun(BY, "key", NOW)
    assert caught.value.metadata == {"missing": "JAXA"}
    with pytest.raises(PreconditionError) as caught:
        SUBMITTED.release_begun(BY, "key", NOW)
    assert caught.value.metadata == {"missing": "ISRO,JAXA"}


def test_a_reviewer_has_one_say_about_the_exact_content() -> None:
    with pytest.raises(PermissionDeniedError, match="NOT_A_REVIEWER"):
        SUBMITTED.reviewed(review("NASA"))
    revised = APPROVED.reviewed(review("JAXA", comment="once more"))
    assert [(each.agency_id, each.comment) for each in revised.reviews] == [("ISRO", ""), ("JAXA", "once more")]
    with pytest.raises(ConflictError, match="CONTENT_HASH_MISMATCH"):
        SUBMITTED.reviewed(review("JAXA", content_hash="sha256:other"))


@pytest.mark.parametrize(("comment", "reason"), [("", "rejected by ISRO"), ("too dear", "rejected by ISRO: too dear")])
def test_a_rejection_ends_the_plan(comment: str, reason: str) -> None:
    rejected = SUBMITTED.reviewed(review("ISRO", approved=False, comment=comment))
    assert (rejected.state, rejected.state_reason, rejected.version) == (PlanState.TERMINATED, reason, 3)
    assert [each.approved for each in rejected.reviews] == [False]
