"""Proposed edits of a stored plan: broken rules, changes and worth, told as the caller may see them."""

import pytest
from malapert.planner.v1 import edit_pb2, edit_pb2_grpc, plan_pb2, replan_pb2
from malapert_core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner

pytestmark = pytest.mark.asyncio


async def check(
    client: PlannerClient, plan_id: str, *edits: edit_pb2.PlanEdit, **rest: object
) -> edit_pb2.CheckEditsResponse:
    stub = edit_pb2_grpc.EditServiceStub(client.channel)
    request = edit_pb2.CheckEditsRequest(plan_id=plan_id, edits=edits, **rest)
    answer: edit_pb2.CheckEditsResponse = await stub.CheckEdits(request)
    return answer


def shift(item_id: str, offset_s: float) -> edit_pb2.PlanEdit:
    return edit_pb2.PlanEdit(shift=edit_pb2.ShiftItems(item_ids=[item_id], offset_s=offset_s))


def remove(item_id: str) -> edit_pb2.PlanEdit:
    return edit_pb2.PlanEdit(remove=edit_pb2.RemoveItems(item_ids=[item_id]))


def added(item: plan_pb2.PlannedActivity) -> edit_pb2.PlanEdit:
    return edit_pb2.PlanEdit(add=edit_pb2.AddRepetition(request_id=item.request_id))


async def test_edits_are_checked_and_nothing_is_stored(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        await client.create()
        plan = await client.get((await client.generate(work_limit_s=2.0)).result_id)
        item = next(a for a in plan.activities if a.kind == plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED)

        same = await check(client, plan.plan_id, shift(item.activity_id, 0.0), content_hash=plan.content_hash)
        assert same.valid
        assert not same.changes
        assert same.objective == same.objective_before == plan.objective

        late = await check(client, plan.plan_id, shift(item.activity_id, 6.5 * 86400), with_profiles=True)
        assert not late.valid
        assert {violation.rule_id for violation in late.violations}
        assert item.activity_id in {name for violation in late.violations for name in violation.object_ids}
        assert {change.reason for change in late.changes} == {"EDITED"}
        assert [profile.resource_id for profile in late.profiles][:2] == ["battery_wh", "storage_bit"]

        out = edit_pb2.PlanEdit(disable=edit_pb2.EditedRequest(request_id=item.request_id))
        dropped = await check(client, plan.plan_id, out)
        assert list(dropped.disabled_request_ids) == [item.request_id]
        assert dropped.objective.objective < dropped.objective_before.objective

        with pytest.raises(ConflictError, match="CONTENT_HASH_MISMATCH"):
            await check(client, plan.plan_id, out, content_hash="sha256:0")
        with pytest.raises(ConflictError, match="STALE_VERSION"):
            await check(client, plan.plan_id, out, version=7)
        with pytest.raises(InvalidInputError) as refused:
            await check(client, plan.plan_id, shift("nothing", 60.0), edit_pb2.PlanEdit(), shift(item.activity_id, 0.5))
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [
            ("edits[1]", "EMPTY"),
            ("edits[2].shift.offset_s", "NOT_WHOLE"),
            ("edits[0].shift.item_ids", "UNKNOWN_ITEM"),
        ]
        with pytest.raises(InvalidInputError) as refused:
            await check(client, plan.plan_id, *([out] * 201))
        assert [fault.code for fault in refused.value.faults] == ["TOO_MANY"]
        clash = shift(item.activity_id, 3600.0)
        again = await check(client, plan.plan_id, clash, mend=True)
        assert again.mend.found == bool(again.mend.explanation and not again.mend.unmet)
        if again.mend.found:
            whole = await check(client, plan.plan_id, clash, *again.mend.edits)
            assert whole.valid
        out_and_back = await check(client, plan.plan_id, remove(item.activity_id), added(item), mend=True)
        assert out_and_back.mend.found
        assert [edit.WhichOneof("edit") for edit in out_and_back.mend.edits][-1] == "add"
        with pytest.raises(InvalidInputError) as refused:
            await check(client, plan.plan_id, remove(item.activity_id), added(item))
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [("mend", "NEEDED")]
        assert (await client.get(plan.plan_id)).version == plan.version
        assert len((await client.plans.ListPlans(plan_pb2.ListPlansRequest())).plans) == 1


async def test_edits_under_way_are_kept_and_told_apart_and_become_a_plan(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client, client_of(planner.target, "ISRO") as other:
        await client.create()
        plan = await client.get((await client.generate(work_limit_s=2.0)).result_id)
        item = next(a for a in plan.activities if a.kind == plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED)
        stub = edit_pb2_grpc.EditServiceStub(client.channel)
        away = [shift(item.activity_id, 6.5 * 86400)]
        kept = {"plan_id": plan.plan_id, "title": "an hour later"}
        draft = (await stub.CreateEditDraft(edit_pb2.CreateEditDraftRequest(edits=away, **kept))).draft
        named = {"plan_id": plan.plan_id, "draft_id": draft.draft_id}
        assert (draft.version, draft.agency_id, list(draft.edits)) == (1, "JAXA", away)

        lock = edit_pb2.PlanEdit(lock=edit_pb2.LockItems(item_ids=[item.activity_id]))
        changing = edit_pb2.UpdateEditDraftRequest(edits=[lock], title="lock it", version=1, **named)
        assert (await stub.UpdateEditDraft(changing)).draft.version == 2
        with pytest.raises(
            ConflictError, match=r"at version 2, not 1: .* changed them at .*; they are as you sent them"
        ):
            await stub.UpdateEditDraft(changing)
        stale = edit_pb2.UpdateEditDraftRequest(edits=[lock, *away], version=1, **named)
        with pytest.raises(ConflictError, match=r"edits\[1\] is not as you sent"):
            await stub.UpdateEditDraft(stale)
        long = edit_pb2.UpdateEditDraftRequest(edits=[lock] * 201, title="t" * 201, **named)
        with pytest.raises(InvalidInputError) as refused:
            await stub.UpdateEditDraft(long)
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [
            ("edits", "TOO_MANY"),
            ("title", "TOO_LONG"),
        ]
        listed = await stub.ListEditDrafts(edit_pb2.ListEditDraftsRequest(plan_id=plan.plan_id))
        assert [(each.title, list(each.edits)) for each in listed.drafts] == [("lock it", [])]
        with pytest.raises(PermissionDeniedError):
            await edit_pb2_grpc.EditServiceStub(other.channel).GetEditDraft(edit_pb2.GetEditDraftRequest(**named))

        with pytest.raises(InvalidInputError) as refused:
            await stub.ApplyEdits(edit_pb2.ApplyEditsRequest(plan_id=plan.plan_id, edits=away))
        assert refused.value.reason == "INVALID_PLAN"
        out = edit_pb2.PlanEdit(disable=edit_pb2.EditedRequest(request_id=_another(plan, item)))
        applying = edit_pb2.ApplyEditsRequest(edits=[lock, out], content_hash=plan.content_hash, **named)
        made = (await stub.ApplyEdits(applying)).plan
        assert made.replan.base_plan_id == plan.plan_id
        assert made.replan.is_edited
        assert made.acts[0].agency_id == "JAXA"
        assert item.activity_id in {each.activity_id for each in made.activities if each.is_locked}
        disabled = [each for each in made.unplanned if each.reason == "DISABLED"]
        assert {each.request_id for each in disabled} == {_another(plan, item)}
        with pytest.raises(NotFoundError):
            await stub.GetEditDraft(edit_pb2.GetEditDraftRequest(**named))

        moved = await check(client, made.plan_id, shift(item.activity_id, 300.0))
        assert "LOCKED" in {violation.rule_id for violation in moved.violations}
        asked = replan_pb2.ReplanPlanRequest(plan_id=made.plan_id, now=plan.horizon.start_time, improve=True)
        operation = await client.ended((await client.plans.ReplanPlan(asked)).operation_id)
        again = await client.get(operation.result_id)
        was = {each.activity_id: each.interval for each in made.activities if each.is_locked}
        assert was == {each.activity_id: each.interval for each in again.activities if each.is_locked}
        assert _another(plan, item) not in {each.request_id for each in again.activities}


def _another(plan: plan_pb2.Plan, item: plan_pb2.PlannedActivity) -> str:
    """Return a planned request that another one's edits leave alone."""
    names = {each.request_id for each in plan.activities} - {"", item.request_id}
    return sorted(names)[-1]
