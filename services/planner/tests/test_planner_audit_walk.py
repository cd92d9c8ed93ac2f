"""Every call that changes something of the planner's leaves its entry in the audit, once, with who did it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from malapert.planner.v1 import (
    charter_pb2,
    charter_pb2_grpc,
    edit_pb2,
    edit_pb2_grpc,
    mission_pb2,
    plan_pb2,
    replan_pb2,
    review_pb2_grpc,
    robustness_pb2,
    robustness_pb2_grpc,
    sign_off_pb2,
    thread_pb2,
    thread_pb2_grpc,
)
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import to_timestamp
from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.services.plans.record import act_of
from malapert_planner.storage.plans import PlanStore
from malapert_testing.audit_walk import AuditWalk
from malapert_testing.services import ServiceLauncher, open_test_channel
from mission_documents import changed, load_mission
from neighbours import Neighbours
from planner_client import PlannerClient, run_planner

M = "lupex-week"
JAXA, ISRO, ESA, NASA = (f"person:of-{name}" for name in ("jaxa", "isro", "esa", "nasa"))
OWNER, CONTRIBUTOR, APPROVER = charter_pb2.PART_OWNER, charter_pb2.PART_CONTRIBUTOR, charter_pb2.PART_APPROVER


class Caller(PlannerClient):
    """A principal at every door of the planner."""

    charters: Any
    reviews: Any
    threads: Any
    edits: Any
    robustness: Any

    @classmethod
    @asynccontextmanager
    async def of(cls, target: str, principal_id: str, role: Role = Role.PLANNER) -> AsyncIterator["Caller"]:
        agency_id = principal_id.rpartition("-")[2].upper()
        async with open_test_channel(target, Identity(agency_id, role, f"{agency_id}-key", principal_id)) as channel:
            caller = cls(**vars(PlannerClient.over(channel)))
            caller.charters = charter_pb2_grpc.CharterServiceStub(channel)
            caller.reviews = review_pb2_grpc.ReviewServiceStub(channel)
            caller.threads = thread_pb2_grpc.ThreadServiceStub(channel)
            caller.edits = edit_pb2_grpc.EditServiceStub(channel)
            caller.robustness = robustness_pb2_grpc.RobustnessServiceStub(channel)
            yield caller


async def walk_missions(walk: AuditWalk, jaxa: Caller, isro: Caller, outsider: Caller) -> None:
    document = json.dumps(load_mission(M)).encode()
    other = changed(load_mission(M), solver__seed=2)

    def create(caller: Caller, content: bytes, **rest: Any) -> Any:
        return caller.missions.CreateMission(mission_pb2.CreateMissionRequest(document_json=content, **rest))

    await walk.leaves_none(create(jaxa, document, validate_only=True), create(jaxa, b"{}"))
    await walk.leaves("MissionService/CreateMission", create(jaxa, document), "mission.taken", by=JAXA)
    await walk.leaves_none(create(jaxa, document), create(outsider, other), create(isro, other, validate_only=True))
    for verb, actions in (
        ("Decline", ["mission.proposal_declined"]),
        ("Accept", ["mission.taken", "mission.proposal_accepted"]),
    ):
        proposed = create(isro, other)
        answer = await walk.leaves("MissionService/CreateMission", proposed, "mission.proposed", by=ISRO)
        asked = {"mission_id": M, "proposal_id": answer.proposal.proposal_id}
        decide = getattr(jaxa.missions, f"{verb}MissionProposal")
        refused = getattr(outsider.missions, f"{verb}MissionProposal")
        request = getattr(mission_pb2, f"{verb}MissionProposalRequest")(**asked)
        await walk.leaves_none(create(isro, other), refused(request))
        await walk.leaves(f"MissionService/{verb}MissionProposal", decide(request), *actions, by=JAXA)
        await walk.leaves_none(decide(request))


async def walk_charter(walk: AuditWalk, jaxa: Caller, isro: Caller, nasa: Caller, outsider: Caller) -> None:
    def wanted(**parts: list[int]) -> charter_pb2.ChangeCharterRequest:
        members = [charter_pb2.WantedMembership(agency_id=name, parts=held) for name, held in parts.items()]  # type: ignore[arg-type]
        return charter_pb2.ChangeCharterRequest(mission_id=M, members=members)

    rest = {"NASA": [CONTRIBUTOR, APPROVER], "ESA": [CONTRIBUTOR, APPROVER]}
    both = wanted(JAXA=[OWNER, APPROVER], ISRO=[OWNER, APPROVER], **rest)
    await walk.leaves_none(isro.charters.ChangeCharter(both), outsider.charters.ChangeCharter(both))
    asked = jaxa.charters.ChangeCharter(both)
    await walk.leaves("CharterService/ChangeCharter", asked, "charter.proposed", by=JAXA)
    for verb, action in (("DeclineCharter", "charter.declined"), ("ConsentToCharter", "charter.consented")):
        change_id = (await isro.charters.ChangeCharter(both)).change.change_id
        await walk.skip()
        request = getattr(charter_pb2, f"{verb}Request")(mission_id=M, change_id=change_id)
        if verb == "ConsentToCharter":
            await walk.leaves_none(isro.charters.ConsentToCharter(request))
        await walk.leaves_none(getattr(nasa.charters, verb)(request), getattr(outsider.charters, verb)(request))
        await walk.leaves(f"CharterService/{verb}", getattr(jaxa.charters, verb)(request), action, by=JAXA)
        await walk.leaves_none(getattr(jaxa.charters, verb)(request))


async def walk_threads(walk: AuditWalk, plan_id: str, jaxa: Caller, isro: Caller, outsider: Caller) -> None:
    opening = thread_pb2.OpenThreadRequest(plan_id=plan_id, title="Contact", text="@ISRO an hour later?")
    await walk.leaves_none(outsider.threads.OpenThread(opening))
    opened = isro.threads.OpenThread(opening)
    answer = await walk.leaves("ThreadService/OpenThread", opened, "plan_thread.opened", by=ISRO)
    named = {"plan_id": plan_id, "thread_id": answer.thread.thread_id}
    saying = thread_pb2.AddCommentRequest(**named, text="yes")
    resolving, reopening = thread_pb2.ResolveThreadRequest(**named), thread_pb2.ReopenThreadRequest(**named)
    for verb, request, action in (
        ("AddComment", saying, "plan_thread.commented"),
        ("ResolveThread", resolving, "plan_thread.resolved"),
        ("ReopenThread", reopening, "plan_thread.reopened"),
    ):
        await walk.leaves_none(getattr(outsider.threads, verb)(request))
        await walk.leaves(f"ThreadService/{verb}", getattr(jaxa.threads, verb)(request), action, by=JAXA)
        if verb != "AddComment":
            await walk.leaves_none(getattr(jaxa.threads, verb)(request))


async def walk_reviews(walk: AuditWalk, plan: plan_pb2.Plan, target: str, outsider: Caller) -> None:
    async with Caller.of(target, ISRO, Role.APPROVER) as isro, Caller.of(target, ESA, Role.APPROVER) as esa:
        now = datetime.now(UTC)
        delegating = sign_off_pb2.CreateDelegationRequest(
            mission_id=M,
            delegation=sign_off_pb2.Delegation(
                to_agency_id="ESA", since=to_timestamp(now), until=to_timestamp(now + timedelta(days=1))
            ),
        )
        given = isro.reviews.CreateDelegation(delegating)
        answer = await walk.leaves("ReviewService/CreateDelegation", given, "delegation.created", by=ISRO)
        condition = sign_off_pb2.ReviewCondition(text="after noon")
        said = {
            "plan_id": plan.plan_id,
            "comment": "seen",
            "content_hash": plan.content_hash,
            "notices_hash": plan.notices_hash,
        }
        for_isro = plan_pb2.ReviewPlanRequest(**said, approve=True, for_agency_id="ISRO", conditions=[condition])
        await walk.leaves_none(outsider.plans.ReviewPlan(for_isro))
        reviewed = esa.plans.ReviewPlan(for_isro)
        shown = (await walk.leaves("PlanService/ReviewPlan", reviewed, "plan.conditional", by=ESA)).plan
        review = next(each for each in shown.reviews if each.agency_id == "ISRO")
        revoking = sign_off_pb2.RevokeDelegationRequest(mission_id=M, delegation_id=answer.delegation.delegation_id)
        await walk.leaves_none(esa.reviews.RevokeDelegation(revoking), outsider.reviews.RevokeDelegation(revoking))
        revoked = isro.reviews.RevokeDelegation(revoking)
        await walk.leaves("ReviewService/RevokeDelegation", revoked, "delegation.revoked", by=ISRO)
        await walk.leaves_none(isro.reviews.RevokeDelegation(revoking))
        settling = sign_off_pb2.SettleConditionRequest(
            plan_id=plan.plan_id,
            condition_id=review.conditions[0].condition_id,
            state=sign_off_pb2.CONDITION_STATE_MET,
        )
        await walk.leaves_none(esa.reviews.SettleCondition(settling))
        settled = isro.reviews.SettleCondition(settling)
        await walk.leaves("ReviewService/SettleCondition", settled, "plan.condition_met", by=ISRO)
        withdrawing = sign_off_pb2.WithdrawReviewRequest(plan_id=plan.plan_id, comment="no longer")
        taken = isro.reviews.WithdrawReview(withdrawing)
        await walk.leaves("ReviewService/WithdrawReview", taken, "plan.withdrawn", by=ISRO)
        await walk.leaves_none(isro.reviews.WithdrawReview(withdrawing))


async def walk_plans(walk: AuditWalk, service: Any, jaxa: Caller, isro: Caller, outsider: Caller) -> None:
    async def made(verb: str, request: Any, of: Any = jaxa.plans) -> str:
        operation = await jaxa.ended((await getattr(of, verb)(request)).operation_id)
        assert operation.result_id, operation
        return str(operation.result_id)

    generating = plan_pb2.GeneratePlanRequest(mission_id=M)
    await walk.leaves_none(outsider.plans.GeneratePlan(generating))
    plan_id = await walk.leaves("PlanService/GeneratePlan", made("GeneratePlan", generating), "plan.created", by=JAXA)
    plan = await jaxa.get(plan_id)
    items = [
        plan_pb2.ImportedItem(
            activity_id=each.activity_id, place_id=each.place_id, to_place_id=each.to_place_id, interval=each.interval
        )
        for each in plan.activities
    ]
    items += [plan_pb2.ImportedItem(station_id=each.station_id, interval=each.interval) for each in plan.contacts]
    importing = jaxa.plans.ImportPlan(plan_pb2.ImportPlanRequest(plan_id=plan_id, items=items))
    draft_id = (await walk.leaves("PlanService/ImportPlan", importing, "plan.created", by=JAXA)).plan.plan_id
    halved = plan_pb2.ImportPlanRequest(plan_id=plan_id, items=[plan_pb2.ImportedItem()])
    await walk.leaves_none(jaxa.plans.ImportPlan(halved))
    await walk_edits(walk, plan, jaxa, outsider)
    policy = robustness_pb2.MarginPolicy(policy_id="still")
    assessing = robustness_pb2.AssessRobustnessRequest(plan_id=plan_id, policy=policy, draws=1)
    await walk.leaves_none(outsider.robustness.AssessRobustness(assessing))
    assessed = made("AssessRobustness", assessing, jaxa.robustness)
    await walk.leaves("RobustnessService/AssessRobustness", assessed, "plan.assessed", by=JAXA)
    await _archived(service, draft_id)
    restoring = plan_pb2.RestorePlanRequest(plan_id=draft_id)
    await walk.leaves_none(outsider.plans.RestorePlan(restoring))
    restored = jaxa.plans.RestorePlan(restoring)
    await walk.leaves("PlanService/RestorePlan", restored, "plan.restored", by=JAXA)
    await walk.leaves_none(jaxa.plans.RestorePlan(restoring))
    submitting = plan_pb2.SubmitPlanRequest(plan_id=plan_id)
    await walk.leaves_none(outsider.plans.SubmitPlan(submitting))
    await walk.leaves("PlanService/SubmitPlan", jaxa.plans.SubmitPlan(submitting), "plan.submitted", by=JAXA)
    await walk.leaves_none(jaxa.plans.SubmitPlan(submitting))
    await walk_threads(walk, plan_id, jaxa, isro, outsider)
    await walk_reviews(walk, await jaxa.get(plan_id), service.target, outsider)
    await walk_release(walk, service, plan_id, jaxa, outsider)
    replanning = replan_pb2.ReplanPlanRequest(plan_id=plan_id, now=plan.horizon.start_time)
    await walk.leaves("PlanService/ReplanPlan", made("ReplanPlan", replanning), "plan.created", by=JAXA)
    terminating = plan_pb2.TerminatePlanRequest(plan_id=plan_id, reason="late")
    await walk.leaves_none(outsider.plans.TerminatePlan(terminating))
    terminated = jaxa.plans.TerminatePlan(terminating)
    await walk.leaves("PlanService/TerminatePlan", terminated, "plan.terminated", by=JAXA)
    await walk.leaves_none(jaxa.plans.TerminatePlan(terminating))


async def walk_edits(walk: AuditWalk, plan: plan_pb2.Plan, jaxa: Caller, outsider: Caller) -> None:
    item = next(each for each in plan.activities if each.kind == plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED)
    edits = [edit_pb2.PlanEdit(shift=edit_pb2.ShiftItems(item_ids=[item.activity_id]))]
    creating = edit_pb2.CreateEditDraftRequest(plan_id=plan.plan_id, title="later", edits=edits)
    await walk.leaves_none(outsider.edits.CreateEditDraft(creating))
    begun = jaxa.edits.CreateEditDraft(creating)
    answer = await walk.leaves("EditService/CreateEditDraft", begun, "edit_draft.created", by=JAXA)
    named = {"plan_id": plan.plan_id, "draft_id": answer.draft.draft_id}
    updating = edit_pb2.UpdateEditDraftRequest(edits=edits, version=1, **named)
    await walk.leaves_none(outsider.edits.UpdateEditDraft(updating))
    updated = jaxa.edits.UpdateEditDraft(updating)
    await walk.leaves("EditService/UpdateEditDraft", updated, "edit_draft.updated", by=JAXA)
    await walk.leaves_none(jaxa.edits.UpdateEditDraft(updating))
    deleting = edit_pb2.DeleteEditDraftRequest(**named)
    await walk.leaves_none(outsider.edits.DeleteEditDraft(deleting))
    deleted = jaxa.edits.DeleteEditDraft(deleting)
    await walk.leaves("EditService/DeleteEditDraft", deleted, "edit_draft.deleted", by=JAXA)
    applying = edit_pb2.ApplyEditsRequest(plan_id=plan.plan_id, edits=edits)
    await walk.leaves_none(outsider.edits.ApplyEdits(applying))
    await walk.leaves_none(jaxa.edits.ApplyEdits(edit_pb2.ApplyEditsRequest(plan_id=plan.plan_id)))
    await walk.leaves("EditService/ApplyEdits", jaxa.edits.ApplyEdits(applying), "plan.created", by=JAXA)


async def walk_release(walk: AuditWalk, service: Any, plan_id: str, jaxa: Caller, outsider: Caller) -> None:
    await jaxa.create(changed(load_mission(M), solver__seed=3))
    await walk.skip()
    acknowledging = plan_pb2.AcknowledgeNoticesRequest(plan_id=plan_id, comment="known")
    await walk.leaves_none(outsider.plans.AcknowledgeNotices(acknowledging))
    known = jaxa.plans.AcknowledgeNotices(acknowledging)
    await walk.leaves("PlanService/AcknowledgeNotices", known, "plan.notices_acknowledged", by=JAXA)
    await walk.leaves_none(jaxa.plans.AcknowledgeNotices(acknowledging))
    releasing = plan_pb2.ReleasePlanRequest(plan_id=plan_id)
    await walk.leaves_none(jaxa.plans.ReleasePlan(releasing))
    plan = await jaxa.get(plan_id)
    said = {"plan_id": plan_id, "content_hash": plan.content_hash, "notices_hash": plan.notices_hash}
    approving = plan_pb2.ReviewPlanRequest(**said, approve=True)
    for principal_id in (JAXA, ISRO, ESA, NASA):
        async with Caller.of(service.target, principal_id, Role.APPROVER) as approver:
            reviewed = approver.plans.ReviewPlan(approving)
            await walk.leaves("PlanService/ReviewPlan", reviewed, "plan.approved", by=principal_id)
    await walk.leaves("PlanService/ReleasePlan", jaxa.plans.ReleasePlan(releasing), "plan.released", by=JAXA)
    await walk.leaves_none(jaxa.plans.ReleasePlan(releasing))


async def _archived(service: Any, plan_id: str) -> None:
    """Lay a draft aside as the clock does."""
    clerk = Identity("JAXA", Role.PLANNER, "k", "person:clerk")
    runtime, act = service.runtime, act_of(PlanAction.ARCHIVED, clerk, datetime.now(UTC), "old")
    async with runtime.database.transaction() as session:
        plan = await PlanStore().get(session, plan_id)
        await PlanStore().save(session, plan.archived(act))


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_each_changing_call_of_the_planner_leaves_its_entries(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(run_planner(sqlite_service_runtime, neighbours[1]))
        jaxa, isro, nasa, outsider = [
            await stack.enter_async_context(Caller.of(service.target, each))
            for each in (JAXA, ISRO, NASA, "person:of-outside")
        ]
        walk = AuditWalk(service, M)
        await walk_missions(walk, jaxa, isro, outsider)
        await walk_charter(walk, jaxa, isro, nasa, outsider)
        await walk_plans(walk, service, jaxa, isro, outsider)
        leaving = nasa.charters.LeaveMission(charter_pb2.LeaveMissionRequest(mission_id=M))
        await walk.leaves("CharterService/LeaveMission", leaving, "charter.left", by=NASA)
        await walk.leaves_none(nasa.charters.LeaveMission(charter_pb2.LeaveMissionRequest(mission_id=M)))
        walk.require_all("planner")
