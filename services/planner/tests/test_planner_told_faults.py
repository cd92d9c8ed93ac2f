"""What faults, refusals and listings tell an agency of what another one keeps to itself, over gRPC."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shared_plan
from google.protobuf.json_format import MessageToJson
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2, review_pb2_grpc, sign_off_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError, MalapertError, NotFoundError, PermissionDeniedError
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_planner.config import PlannerSettings
from malapert_planner.domain.life.reviews import Condition, Decision, Review
from malapert_planner.services.sharing.plan_eyes import PlanEyes, eyes_of
from malapert_planner.services.sharing.redaction import WITHHELD_REASON, redacted_error
from malapert_planner.storage.plans import PlanStore
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import load_mission
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner, submitted_plan

REVIEWS = "malapert.planner.v1.ReviewService"
KEPT = "survey-lander"
SECRET = "Canary of NASA alone"


def kept(request_id: str, agency_id: str = "NASA", **more: Any) -> bytes:
    """Return the week's document in which a request is an agency's, and no other agency sees it whole."""
    document = load_mission("lupex-week")
    found = next(each for each in document["requests"] if each["id"] == request_id)
    found |= {"agency": agency_id, "visibility": "owner", "title": SECRET, **more}
    return json.dumps(document).encode()


async def submitted(client: PlannerClient) -> plan_pb2.Plan:
    await client.create(kept(KEPT))
    operation = await client.generate()
    return (await client.plans.SubmitPlan(plan_pb2.SubmitPlanRequest(plan_id=operation.result_id))).plan


def outage(station_id: str, start: datetime) -> replan_pb2.PlanEvent:
    span = type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(start + timedelta(hours=1)))
    return replan_pb2.PlanEvent(station_outage=replan_pb2.StationOutage(station_id=station_id, interval=span))


async def store_conditional_review(
    service: RunningService[PlannerSettings], plan_id: str, *events: replan_pb2.PlanEvent
) -> None:
    """Store an approval of NASA as one of before conditions were held against the plan."""
    conditions = tuple(
        Condition(f"NASA-{number}", f"condition {number}", MessageToJson(event))
        for number, event in enumerate(events, 1)
    )
    async with service.runtime.database.transaction() as session:
        plan = await PlanStore().get(session, plan_id)
        review = Review(
            "NASA",
            True,
            plan.content.content_hash,
            "",
            datetime.now(UTC),
            decision=Decision.CONDITIONAL,
            conditions=conditions,
            notices_hash=plan.notices_hash,
        )
        await PlanStore().save(session, plan.reviewed(review))


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_condition_that_no_replan_could_take_is_refused_with_its_review(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    """It was taken, and refused only when somebody else replanned the plan."""
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        plan = await submitted_plan(jaxa)
        start = from_timestamp(plan.horizon.start_time)
        station_id = plan.contacts[0].station_id
        stated = {
            "night": None,
            "nowhere": outage("nowhere", start),
            "too late": outage(station_id, from_timestamp(plan.horizon.end_time)),
            "too strong": replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=11)),
            " ": outage(station_id, start),
        }
        async with client_of(service.target, "NASA", Role.APPROVER) as nasa:
            conditions = [sign_off_pb2.ReviewCondition(text=text, constraint=each) for text, each in stated.items()]
            asked = plan_pb2.ReviewPlanRequest(
                plan_id=plan.plan_id, content_hash=plan.content_hash, approve=True, conditions=conditions
            )
            with pytest.raises(InvalidInputError) as refused:
                await nasa.plans.ReviewPlan(asked)
            assert not (await nasa.get(plan.plan_id)).reviews
            asked.conditions[4].text = "rain"
            del asked.conditions[1:4]
            reviewed = (await nasa.plans.ReviewPlan(asked)).plan
    assert refused.value.reason == "INVALID_REVIEW_PLAN"
    assert {(fault.path, fault.code) for fault in refused.value.faults} == {
        ("conditions[1].constraint.station_outage.station_id", "UNKNOWN_STATION"),
        ("conditions[2].constraint.station_outage.interval", "OUTSIDE_HORIZON"),
        ("conditions[3].constraint.array_power.factor", "OUT_OF_RANGE"),
        ("conditions[4].text", "REQUIRED"),
    }
    assert [each.text for each in reviewed.reviews[0].conditions] == ["night", "rain"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_faults_of_others_conditions_name_the_condition_and_nothing_hidden(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    """They were told as events of the caller's request, at places that it does not have, with what they name."""
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        plan = await submitted(jaxa)
        start = from_timestamp(plan.horizon.start_time)
        async with client_of(service.target, "NASA", Role.APPROVER) as nasa:
            whole = await nasa.get(plan.plan_id)
            hidden = next(each for each in whole.activities if each.request_id == KEPT)
        stated = (
            outage(hidden.activity_id, start),
            outage("nowhere", start),
            replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=11)),
        )
        await store_conditional_review(service, plan.plan_id, *stated)
        asked = replan_pb2.ReplanPlanRequest(
            plan_id=plan.plan_id, now=to_timestamp(start), events=[replan_pb2.PlanEvent()], take_conditions=True
        )
        with pytest.raises(InvalidInputError) as refused:
            await jaxa.plans.ReplanPlan(asked)
    told = {fault.path: (fault.code, fault.message) for fault in refused.value.faults}
    assert told.keys() == {
        "events[0]",
        "conditions[NASA-1].constraint.station_outage.station_id",
        "conditions[NASA-2].constraint.station_outage.station_id",
        "conditions[NASA-3].constraint.array_power.factor",
    }
    first = told["conditions[NASA-1].constraint.station_outage.station_id"]
    assert first == ("UNKNOWN_STATION", WITHHELD_REASON)
    assert "nowhere" in told["conditions[NASA-2].constraint.station_outage.station_id"][1]
    assert not any(word in str(refused.value.faults) for word in (KEPT, SECRET))


@pytest.mark.asyncio
@pytest.mark.parametrize(("of_agency_id", "sees_it"), [("NASA", False), ("JAXA", True)])
async def test_an_impossible_request_is_named_to_whom_may_see_it(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str], of_agency_id: str, sees_it: bool
) -> None:
    """The operation's error named the mandatory request that another agency keeps to itself."""
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        await jaxa.create(kept("night-watch", of_agency_id, mandatory=True))
        operation = await jaxa.generate()
    assert operation.state == operation_pb2.OPERATION_STATE_FAILED
    assert operation.error_reason == "INFEASIBLE"
    assert ("night-watch" in str(operation)) == sees_it


@pytest.mark.parametrize("agency_id", ["JAXA", "ISRO"])
def test_an_error_keeps_its_kind_and_loses_what_is_hidden(agency_id: str) -> None:
    plan = shared_plan.shared_plan()
    eyes = eyes_of(shared_plan.identity(agency_id), shared_plan.CHARTER, shared_plan.NOW, plan)
    faults = [
        Fault("events[0].activity_run.activity_id", "NOT_PLANNED", "'secret-dig/0/dig' is not in the plan"),
        Fault("events[1].activity_run.activity_id", "NOT_PLANNED", "'drill-a/0/drill' is not in the plan"),
    ]
    error = InvalidInputError("INVALID", "of secret-dig", metadata={"conflict": "drill-a,secret-dig"}, faults=faults)
    told: MalapertError = redacted_error(error, eyes)
    assert (type(told), told.reason) == (InvalidInputError, "INVALID")
    assert [fault.code for fault in told.faults] == ["NOT_PLANNED", "NOT_PLANNED"]
    assert told.faults[1] == faults[1]
    shown = f"{told} {told.metadata} {told.faults}"
    assert ("secret-dig" in shown) == (agency_id == "ISRO")
    assert "drill-a" in told.metadata["conflict"]
    assert redacted_error(error, PlanEyes()) is error


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_revoked_delegation_gives_no_say_and_what_was_said_by_it_stays(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    now = datetime.now(UTC)
    given = sign_off_pb2.Delegation(
        to_agency_id="ESA", since=to_timestamp(now), until=to_timestamp(now + timedelta(days=1))
    )
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        said = {"plan_id": plan.plan_id, "content_hash": plan.content_hash, "approve": True}
        async with (
            client_of(service.target, "ESA", Role.APPROVER) as esa,
            open_test_channel(service.target, identity_of("ISRO", Role.APPROVER), (REVIEWS,)) as channel,
        ):
            delegating = review_pb2_grpc.ReviewServiceStub(channel)

            async def refused(agency_id: str) -> PermissionDeniedError:
                with pytest.raises(PermissionDeniedError) as denied:
                    await esa.plans.ReviewPlan(plan_pb2.ReviewPlanRequest(**said, for_agency_id=agency_id))
                assert denied.value.reason == "NOT_DELEGATED"
                return denied.value

            before = await refused("ISRO")
            request = sign_off_pb2.CreateDelegationRequest(mission_id=plan.mission_id, delegation=given)
            made = (await delegating.CreateDelegation(request)).delegation
            await esa.plans.ReviewPlan(plan_pb2.ReviewPlanRequest(**said, for_agency_id="ISRO"))
            await delegating.RevokeDelegation(
                sign_off_pb2.RevokeDelegationRequest(mission_id=plan.mission_id, delegation_id=made.delegation_id)
            )
            seen = await client.get(plan.plan_id)
            after, never = await refused("ISRO"), await refused("NASA")
            # Neither that there was a delegation nor that it was taken back is told by the refusal.
            assert before.message == after.message == never.message.replace("NASA", "ISRO")
            assert (before.metadata, before.faults) == (after.metadata, after.faults)
            rejecting = plan_pb2.ReviewPlanRequest(**said | {"approve": False}, for_agency_id="ISRO", comment="no")
            with pytest.raises(PermissionDeniedError):
                await esa.plans.ReviewPlan(rejecting)
            left = await client.get(plan.plan_id)
    assert left == seen
    assert [(each.agency_id, each.delegate_agency_id) for each in left.reviews] == [("ISRO", "ESA")]
    assert left.state == plan_pb2.PLAN_STATE_SUBMITTED


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_requests_in_a_plan_are_told_as_the_plan_is_seen(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service:
        async with client_of(service.target) as owner:
            plan = await submitted(owner)
        listing = plan_pb2.ListRequestsInPlanRequest(plan_id=plan.plan_id)

        async def listed(agency_id: str) -> list[plan_pb2.RequestInPlan]:
            async with client_of(service.target, agency_id, Role.VIEWER) as client:
                return list((await client.plans.ListRequestsInPlan(listing)).requests)

        async def refusal(agency_id: str, request_id: str) -> NotFoundError:
            asked = plan_pb2.GetRequestInPlanRequest(plan_id=plan.plan_id, request_id=request_id)
            async with client_of(service.target, agency_id, Role.VIEWER) as client:
                with pytest.raises(NotFoundError) as absent:
                    await client.plans.GetRequestInPlan(asked)
            return absent.value

        whole = {each.request_id: each for each in await listed("NASA")}
        assert whole[KEPT].title == SECRET
        assert whole[KEPT].state == plan_pb2.REQUEST_IN_PLAN_STATE_PLANNED
        assert [slot.activities[0].is_busy for slot in whole[KEPT].slots] == [False]
        for agency_id in ("JAXA", "ISRO", "ESA"):  # Busy: a member, and the owner of the mission too.
            others = await listed(agency_id)
            assert {each.agency_id for each in others} <= {agency_id}
            assert not any(word in str(others) for word in (KEPT, SECRET)), agency_id
            hidden, absent = await refusal(agency_id, KEPT), await refusal(agency_id, "nothing")
            assert hidden.reason == absent.reason == "UNKNOWN_REQUEST"
            assert hidden.message.replace(KEPT, "nothing") == absent.message
        outside = await refusal("OUTSIDE", KEPT)
        assert outside.reason == "UNKNOWN_PLAN"
        async with client_of(service.target, "OUTSIDE", Role.VIEWER) as client:
            with pytest.raises(NotFoundError) as unknown:
                await client.plans.ListRequestsInPlan(listing)
        assert unknown.value.message == outside.message
