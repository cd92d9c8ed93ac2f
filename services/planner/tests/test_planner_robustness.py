"""Assessments of a stored plan's robustness: begun, followed, kept, and told as the caller may see them."""

import asyncio

import pytest
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import robustness_pb2, robustness_pb2_grpc
from malapert_core.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.identity import Role
from malapert_planner.services.robustness import assessments
from malapert_planner.services.robustness.policy_messages import policy_of, redacted_robustness
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner
from problem_factory import make_activity

pytestmark = pytest.mark.usefixtures("_hand_made_plans")
Get, List = robustness_pb2.GetRobustnessRequest, robustness_pb2.ListRobustnessRequest


def policy(**changes: object) -> robustness_pb2.MarginPolicy:
    spread = robustness_pb2.FactorSpread(mean=1.0, sigma=0.1, least=0.8, most=1.5)
    return robustness_pb2.MarginPolicy(policy_id="p", activity_duration=spread, contact_failure=0.2, **changes)


async def assessed(
    client: PlannerClient, plan_id: str, asked: robustness_pb2.MarginPolicy, **rest: int
) -> robustness_pb2.Robustness:
    stub = robustness_pb2_grpc.RobustnessServiceStub(client.channel)
    request = robustness_pb2.AssessRobustnessRequest(plan_id=plan_id, policy=asked, **rest)
    operation = await client.ended((await stub.AssessRobustness(request)).operation_id)
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    assert [stage.name for stage in operation.stages] == ["queue", "replay"]
    answer = await stub.GetRobustness(Get(plan_id=plan_id, robustness_id=operation.result_id))
    found: robustness_pb2.Robustness = answer.robustness
    return found


@pytest.mark.asyncio
async def test_a_plan_is_assessed_and_its_assessments_are_kept(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as planner, client_of(planner.target) as client:
        await client.create()
        plan = await client.get((await client.generate()).result_id)
        still = await assessed(client, plan.plan_id, robustness_pb2.MarginPolicy(policy_id="still"), draws=3)
        assert (still.kept, still.draws, still.share, still.is_robust) == (3, 3, 1.0, True)
        assert still.content_hash == plan.content_hash
        assert not still.HasField("first_break_time")

        first = await assessed(client, plan.plan_id, policy(required_share=1.0), seed=3, draws=60)
        again = await assessed(client, plan.plan_id, policy(required_share=1.0), seed=3, draws=60)
        own = ("robustness_id", "created_time")
        for each in (first, again):
            for name in own:
                each.ClearField(name)
        assert first == again
        assert first.kept < first.draws
        assert not first.is_robust
        assert sum(rule.first for rule in first.rules) == first.draws - first.kept
        assert first.first_break_time.seconds >= plan.horizon.start_time.seconds

        stub = robustness_pb2_grpc.RobustnessServiceStub(client.channel)
        page = await stub.ListRobustness(List(plan_id=plan.plan_id))
        assert len(page.assessments) == 3
        assert page.assessments[2].robustness_id == still.robustness_id
        assert not any(each.items for each in page.assessments)


@pytest.mark.asyncio
async def test_what_is_asked_for_wrongly_is_refused_whole_and_by_nobody_else(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as planner, client_of(planner.target) as client:
        await client.create()
        plan_id = (await client.generate()).result_id
        stub = robustness_pb2_grpc.RobustnessServiceStub(client.channel)
        wrong = robustness_pb2.AssessRobustnessRequest(
            plan_id=plan_id, policy=policy(light_edge_s=-1.0, common_part=2.0), draws=20_000
        )
        with pytest.raises(InvalidInputError) as raised:
            await stub.AssessRobustness(wrong)
        assert {fault.path for fault in raised.value.faults} == {"policy.light_edge_s", "policy.common_part", "draws"}
        with pytest.raises(InvalidInputError, match="INVALID_ASSESS_ROBUSTNESS"):
            await stub.AssessRobustness(robustness_pb2.AssessRobustnessRequest(plan_id=plan_id))
        with pytest.raises(NotFoundError):
            await stub.GetRobustness(Get(plan_id=plan_id, robustness_id="none"))
        asked = robustness_pb2.AssessRobustnessRequest(plan_id=plan_id, policy=policy())
        async with client_of(planner.target, "JAXA", Role.VIEWER) as viewer:
            with pytest.raises(PermissionDeniedError):
                await robustness_pb2_grpc.RobustnessServiceStub(viewer.channel).AssessRobustness(asked)
        async with client_of(planner.target, "CNES") as outsider:
            outside = robustness_pb2_grpc.RobustnessServiceStub(outsider.channel)
            for call in (outside.AssessRobustness(asked), outside.ListRobustness(List(plan_id=plan_id))):
                with pytest.raises(NotFoundError):
                    await call


@pytest.mark.asyncio
async def test_an_assessment_is_cancelled(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as planner, client_of(planner.target) as client:
        await client.create()
        plan_id = (await client.generate()).result_id
        stub = robustness_pb2_grpc.RobustnessServiceStub(client.channel)
        asked = robustness_pb2.AssessRobustnessRequest(plan_id=plan_id, policy=policy(), draws=10_000)
        begun = await stub.AssessRobustness(asked)
        await asyncio.sleep(0.5)
        await client.operations.CancelOperation(operation_pb2.CancelOperationRequest(operation_id=begun.operation_id))
        operation = await client.ended(begun.operation_id)
        assert operation.state == operation_pb2.OPERATION_STATE_CANCELLED
        assert not (await stub.ListRobustness(List(plan_id=plan_id))).assessments


@pytest.mark.asyncio
async def test_each_agency_has_its_newest_assessments_whatever_others_ask_for(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assessments, "MOST_OF_PLAN", 2)
    async with (
        run_planner(sqlite_service_runtime, neighbours[1]) as planner,
        client_of(planner.target) as owner,
        client_of(planner.target, "ISRO") as other,
    ):
        await owner.create()
        plan_id = (await owner.generate()).result_id
        own = await assessed(owner, plan_id, policy(), draws=1)
        theirs = [(await assessed(other, plan_id, policy(), draws=1)).robustness_id for _ in range(3)]
        stub = robustness_pb2_grpc.RobustnessServiceStub(owner.channel)
        kept = (await stub.ListRobustness(List(plan_id=plan_id))).assessments
        assert [each.robustness_id for each in kept] == [theirs[2], theirs[1], own.robustness_id]


def test_a_class_of_activities_holds_none_that_its_author_does_not_see() -> None:
    slow = robustness_pb2.FactorSpread(mean=2.0, sigma=0.0, least=2.0, most=2.0)
    classes = [robustness_pb2.ActivityClass(class_id="guess", duration=slow, activity_type_ids=["dig"])]
    asked = robustness_pb2.MarginPolicy(policy_id="p", activity_classes=classes)
    hidden = make_activity("secret", activity_type_id="dig")
    assert policy_of(asked).duration_of(hidden)[0] == "guess"
    assert policy_of(asked, frozenset({hidden.request_id})).duration_of(hidden)[0] == ""


def test_a_policy_names_nothing_that_is_withheld_but_to_whom_wrote_it() -> None:
    classes = [robustness_pb2.ActivityClass(class_id="secret", activity_type_ids=["secret", "look"])]
    written = robustness_pb2.MarginPolicy(policy_id="secret", title="For secret", activity_classes=classes)
    message = robustness_pb2.Robustness(agency_id="ISRO", policy=written)
    shown = redacted_robustness(message, PlanEyes(frozenset({"b"}), frozenset({"secret"}), "JAXA"))
    assert "secret" not in str(shown)
    assert list(shown.policy.activity_classes[0].activity_type_ids) == ["look"]
    assert redacted_robustness(message, PlanEyes(frozenset({"b"}), frozenset({"secret"}), "ISRO")) == message


def test_items_that_are_withheld_are_not_named() -> None:
    items = [robustness_pb2.WeakItem(item_id=name, rule_id="QUIET", broken=3) for name in ("a/0/drill", "b/0/look")]
    for item in items:
        item.start_time.seconds = 5
    shown = redacted_robustness(
        robustness_pb2.Robustness(items=items), PlanEyes(frozenset({"b"}), frozenset({"b"}), "JAXA")
    )
    assert [item.item_id for item in shown.items] == ["a/0/drill", ""]
    assert not shown.items[1].HasField("start_time")
    assert shown.items[1].broken == 3
