"""Sight of missions and plans: outsiders get what they get of things that are not there, in form and reason."""

import json
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import neighbour_data
import pytest
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.planner.v1 import (
    charter_pb2,
    charter_pb2_grpc,
    edit_pb2,
    edit_pb2_grpc,
    mission_pb2,
    plan_pb2,
    replan_pb2,
    review_pb2,
    robustness_pb2,
    thread_pb2,
)
from malapert_core.errors import AlreadyExistsError, MalapertError, NotFoundError, PermissionDeniedError
from malapert_core.policy.identity import Role
from malapert_planner.mission_document.redaction import redacted_document
from malapert_planner.services.plans.entry import named_plans
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import load_mission
from neighbours import Neighbours
from planner_client import SERVICES, PlannerClient, client_of, run_planner

SECRET = "Canary of NASA alone"


def week_with_secret() -> bytes:
    document = load_mission("lupex-week")
    first, second = document["requests"][:2]
    first |= {"title": SECRET, "agency": "NASA", "visibility": "owner", "relations": []}
    second["relations"] = [{"kind": "after", "request": first["id"]}]
    return json.dumps(document).encode()


async def refusal(call: Awaitable[Any]) -> MalapertError:
    with pytest.raises(MalapertError) as raised:
        await call
    return raised.value


def plan_calls(client: PlannerClient, plan_id: str) -> list[Awaitable[Any]]:
    stub, edits = client.plans, edit_pb2_grpc.EditServiceStub(client.channel)
    return [
        stub.GetPlan(plan_pb2.GetPlanRequest(plan_id=plan_id)),
        stub.SubmitPlan(plan_pb2.SubmitPlanRequest(plan_id=plan_id)),
        stub.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan_id)),
        stub.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=plan_id, reason="mine now")),
        stub.ReplanPlan(replan_pb2.ReplanPlanRequest(plan_id=plan_id)),
        stub.ImportPlan(plan_pb2.ImportPlanRequest(plan_id=plan_id)),
        stub.ComparePlans(replan_pb2.ComparePlansRequest(plan_id=plan_id, other_plan_id=plan_id)),
        stub.ExplainUnplanned(plan_pb2.ExplainUnplannedRequest(plan_id=plan_id, request_id="r")),
        stub.ValidatePlan(plan_pb2.ValidatePlanRequest(plan_id=plan_id)),
        edits.CheckEdits(edit_pb2.CheckEditsRequest(plan_id=plan_id)),
        edits.ApplyEdits(edit_pb2.ApplyEditsRequest(plan_id=plan_id)),
        edits.CreateEditDraft(edit_pb2.CreateEditDraftRequest(plan_id=plan_id)),
        edits.ListEditDrafts(edit_pb2.ListEditDraftsRequest(plan_id=plan_id)),
        edits.GetEditDraft(edit_pb2.GetEditDraftRequest(plan_id=plan_id, draft_id="d")),
        edits.UpdateEditDraft(edit_pb2.UpdateEditDraftRequest(plan_id=plan_id, draft_id="d")),
        edits.DeleteEditDraft(edit_pb2.DeleteEditDraftRequest(plan_id=plan_id, draft_id="d")),
    ]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_outsider_sees_and_moves_nothing(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service:
        async with client_of(service.target) as owner:
            await owner.create()
            plan_id = (await owner.generate()).result_id
            before = await owner.get(plan_id)
        async with client_of(service.target, "OUTSIDE", Role.PLANNER) as outsider:
            assert not (await outsider.missions.ListMissions(mission_pb2.ListMissionsRequest())).missions
            assert not (await outsider.plans.ListPlans(plan_pb2.ListPlansRequest())).plans
            for call, other in zip(plan_calls(outsider, plan_id), plan_calls(outsider, "nowhere"), strict=True):
                told, untold = await refusal(call), await refusal(other)
                assert isinstance(told, NotFoundError)
                assert told.message.replace(plan_id, "") == untold.message.replace("nowhere", "")
                assert (told.reason, untold.reason) == ("UNKNOWN_PLAN", "UNKNOWN_PLAN")
            for mission_id in ("lupex-week", "nowhere"):
                for call in (
                    outsider.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=mission_id)),
                    outsider.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=mission_id, version=7)),
                    outsider.plans.ListPlans(plan_pb2.ListPlansRequest(mission_id=mission_id)),
                    outsider.plans.GeneratePlan(plan_pb2.GeneratePlanRequest(mission_id=mission_id)),
                ):
                    assert (await refusal(call)).reason == "UNKNOWN_MISSION"
            taken = await refusal(outsider.create())
            assert isinstance(taken, AlreadyExistsError)
            assert taken.faults == ()
            checked = await refusal(outsider.create(validate_only=True))
            assert checked.message == taken.message
        async with client_of(service.target) as owner:
            assert await owner.get(plan_id) == before


def test_every_plan_that_a_request_names_is_entered() -> None:
    """A replan names the plan to merge beside its own: it was told of which mission another agency's plan is."""
    named = {
        f"{service.full_name}.{method.name}": [f.name for f in method.input_type.fields if "plan_id" in f.name]
        for module in (charter_pb2, edit_pb2, mission_pb2, plan_pb2, review_pb2, robustness_pb2, thread_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert named["malapert.planner.v1.PlanService.ReplanPlan"] == ["plan_id", "merge_plan_id"]
    for name, fields in named.items():
        assert all(field.endswith("plan_id") for field in fields), f"{name} names plans that are not entered"
    request = replan_pb2.ReplanPlanRequest(plan_id="a", merge_plan_id="b")
    assert named_plans(request) == ["a", "b"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_plan_to_merge_is_none_where_it_is_not_seen(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    own = json.loads(json.dumps(load_mission("lupex-week")))
    own["mission"]["id"] = "own-week"
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service:
        async with client_of(service.target) as owner:
            await owner.create()
            plan_id = (await owner.generate()).result_id
        async with client_of(service.target, "OUTSIDE") as outsider:
            await outsider.create(json.dumps(own).encode())
            mine = (await outsider.generate(mission_id="own-week")).result_id
            told = []
            for other in (plan_id, "nowhere"):
                request = replan_pb2.ReplanPlanRequest(plan_id=mine, merge_plan_id=other)
                request.now.FromJsonString("2029-01-20T00:00:00Z")
                told.append(await refusal(outsider.plans.ReplanPlan(request)))
            assert [each.reason for each in told] == ["UNKNOWN_PLAN", "UNKNOWN_PLAN"]
            assert "lupex" not in told[0].message


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_member_moves_what_it_made_and_no_other_role_does(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service:
        async with client_of(service.target) as owner:
            await owner.create()
            plan_id = (await owner.generate()).result_id
        async with client_of(service.target, "NASA", Role.PLANNER) as member:
            await member.get(plan_id)
            for call in plan_calls(member, plan_id)[1:6]:
                assert isinstance(await refusal(call), PermissionDeniedError)
        async with client_of(service.target, "JAXA", Role.VIEWER) as viewer:
            await viewer.get(plan_id)
            for call in plan_calls(viewer, plan_id)[1:6]:
                assert isinstance(await refusal(call), PermissionDeniedError)
        scoped = replace(identity_of("JAXA"), mission_ids=frozenset({"another"}))
        async with open_test_channel(service.target, scoped, SERVICES) as channel:
            client = PlannerClient.over(channel)
            assert (await refusal(client.get(plan_id))).reason == "UNKNOWN_PLAN"
            assert not (await client.missions.ListMissions(mission_pb2.ListMissionsRequest())).missions
            assert (await refusal(client.create())).reason == "UNKNOWN_MISSION"


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_new_plan_shows_its_owner_alone_what_says_nothing_of_who_may_see_it(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, target = neighbours
    expanded = neighbour_data.expanded

    def unsaid(catalogue: catalogue_pb2.ImportCatalogueRequest) -> request_pb2.ExpandRequestsResponse:
        answer = expanded(catalogue)
        for draft in answer.activities:
            draft.ClearField("visibility")
        return answer

    monkeypatch.setattr(neighbour_data, "expanded", unsaid)
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as owner:
        await owner.create()
        plan_id = (await owner.generate()).result_id
        shown = {}
        for agency_id in ("JAXA", "ISRO"):
            async with client_of(service.target, agency_id, Role.VIEWER) as member:
                shown[agency_id] = (await member.get(plan_id)).activities[0]
        whose = {seen.agency_id for seen in shown.values() if not seen.is_busy}
        assert whose <= {"JAXA", "ISRO"}
        for agency_id, seen in shown.items():
            assert seen.is_busy == (agency_id not in whose)
        assert any(seen.is_busy for seen in shown.values())


@pytest.mark.asyncio
async def test_document_is_shown_without_what_others_keep_to_themselves(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    hidden_id = load_mission("lupex-week")["requests"][0]["id"]

    async def seen_by(agency_id: str) -> mission_pb2.Mission:
        async with client_of(service.target, agency_id, Role.VIEWER) as client:
            request = mission_pb2.GetMissionRequest(mission_id="lupex-week")
            return (await client.missions.GetMission(request)).mission

    async with run_planner(sqlite_service_runtime, target) as service:
        async with client_of(service.target) as owner:
            created = await owner.create(week_with_secret())
            charter = charter_pb2_grpc.CharterServiceStub(owner.channel)
            found = (await charter.GetCharter(charter_pb2.GetCharterRequest(mission_id="lupex-week"))).charter
        for agency_id, is_redacted in (("JAXA", False), ("NASA", False), ("ISRO", True)):
            mission = await seen_by(agency_id)
            text = mission.document_json.decode()
            assert (SECRET not in text, f'"{hidden_id}"' not in text) == (is_redacted, is_redacted), agency_id
            assert (mission.is_redacted, mission.content_hash) == (is_redacted, created.content_hash)
    parts = {member.agency_id: set(member.parts) for member in found.members}
    assert charter_pb2.PART_OWNER in parts["JAXA"]
    assert parts["NASA"] >= {charter_pb2.PART_CONTRIBUTOR, charter_pb2.PART_APPROVER}


@pytest.mark.parametrize("sets", [[], [{"id": "s", "title": "S", "requests": ["a", "b"], "count": 1}]])
def test_nothing_in_a_redacted_document_names_what_was_left_out(sets: list[dict[str, Any]]) -> None:
    hidden = {"id": "a", "agency": "NASA", "visibility": "owner", "title": "t"}
    shown = {"id": "b", "agency": "JAXA", "title": "u", "relations": [{"kind": "after", "request": "a"}]}
    document = json.dumps({"requests": [hidden, shown], "request_sets": sets}).encode()
    found = json.loads(redacted_document(document, "JAXA"))
    assert found == {"requests": [shown | {"relations": []}], "request_sets": []}
    assert redacted_document(document, "NASA") == document
