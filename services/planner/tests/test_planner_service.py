"""The planner over real gRPC, a real broker and both databases; the services below are test-only servicers."""

import json
from typing import Any

import neighbour_data as data
import pytest
from database_statements import statements_of
from malapert.comms_window.v1 import contact_pb2
from malapert.planner.v1 import event_pb2, mission_pb2, plan_pb2, review_pb2_grpc, sign_off_pb2
from malapert_core.db.database import Database
from malapert_core.errors import (
    ConflictError,
    Fault,
    InvalidInputError,
    MalapertError,
    NotFoundError,
    PreconditionError,
)
from malapert_core.events.event import Event
from malapert_core.policy.identity import Role
from malapert_core.signing.verification import verify_approvals
from malapert_core.timestamps import utc_now
from malapert_planner.domain.life.states import Pending
from malapert_planner.factory import MIGRATIONS
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.tables import PlannerTable
from malapert_testing.schema import schema_drift
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import changed, load_mission
from neighbours import Neighbours
from planner_client import approve, client_of, run_planner, submitted_plan

WEEK = load_mission("lupex-week")


async def events_of(js: Any, count: int) -> list[Event]:
    """Return the next events of the planner's stream."""
    pulls = await js.pull_subscribe("malapert.planner.v1.>", stream="MALAPERT_PLANNER")
    found: list[Event] = []
    while len(found) < count:
        for message in await pulls.fetch(count - len(found), timeout=10):
            await message.ack()
            found.append(Event.from_message(message))
    await pulls.unsubscribe()
    return found


@pytest.mark.asyncio
async def test_migrations_and_tables_say_the_same(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, PlannerTable.metadata) == []


@pytest.mark.asyncio
async def test_a_mission_is_versioned_by_content(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        first = await client.create()
        again = await client.create(json.dumps(WEEK, indent=3).encode())
        second = await client.create(changed(WEEK, solver__seed=2))
        back = await client.create()
        page = await client.missions.ListMissions(mission_pb2.ListMissionsRequest())
        newest = await client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id="lupex-week"))
        with pytest.raises(NotFoundError) as unknown:
            await client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id="lupex-week", version=9))
    assert (first.version, again.version, second.version, back.version) == (1, 1, 2, 3)
    assert first.content_hash == again.content_hash != second.content_hash
    assert list(first.reviewer_agency_ids) == ["JAXA", "ISRO", "NASA", "ESA"]
    figure = json.loads(first.document_json)["assets"][0]["array"]["power"]
    assert figure == {"value": "400 W", "confidence": "A", "source": WEEK["source"]}
    assert [(mission.mission_id, mission.version) for mission in page.missions] == [("lupex-week", 3)]
    assert not page.missions[0].document_json
    assert newest.mission.version == 3
    assert newest.mission.content_hash == first.content_hash
    assert unknown.value.reason == "UNKNOWN_MISSION_VERSION"
    assert sorted(servicers.catalogues) == [("lupex-week", 1), ("lupex-week", 2), ("lupex-week", 3)]


@pytest.mark.asyncio
async def test_a_refused_catalogue_stores_nothing(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    servicers.catalogue_faults = [
        Fault("requests[2].relations[0].min_lag_s", "OUT_OF_RANGE", "too long"),
        Fault("activity_types[1].steps[0].duration_s", "OUT_OF_RANGE", "too short"),
        Fault("requests[0].place_ids[0]", "UNKNOWN_PLACE", "no such place"),
    ]
    document = changed(WEEK, requests__0__places=["crater"], stations=["isro-idsn-32", "nowhere"])
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        with pytest.raises(InvalidInputError) as caught:
            await client.create(document)
        servicers.catalogue_faults = []
        servicers.refuse_imports = True
        with pytest.raises(MalapertError, match="SERVICE_STOPPING"):
            await client.create()
        page = await client.missions.ListMissions(mission_pb2.ListMissionsRequest())
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [
        ("requests[0].places[0]", "UNKNOWN_PLACE"),
        ("stations[1]", "UNKNOWN_STATION"),
        ("requests[2].relations[0].min_lag", "OUT_OF_RANGE"),
        ("activity_types[1].steps[0].duration", "OUT_OF_RANGE"),
    ]
    assert caught.value.reason == "INVALID_MISSION"
    assert not page.missions
    assert not servicers.catalogues


@pytest.mark.asyncio
async def test_validating_stores_nothing_and_a_version_taken_below_is_passed_over(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        checked = await client.create(validate_only=True)
        assert not servicers.catalogues
        # What an import leaves whose mission was never stored, because the planner died between the two.
        await client.create(changed(WEEK, requests=WEEK["requests"][:1], mission__id="other"))
        orphan = servicers.catalogues.pop(("other", 1))
        servicers.catalogues["lupex-week", 1] = orphan
        taken = await client.create()
    assert checked.version == 1
    assert taken.version == 2


@pytest.mark.asyncio
async def test_a_plan_lives_from_proposal_to_release_and_end(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target, "ISRO") as client:
        plan = await submitted_plan(client)
        check_content(plan)
        with pytest.raises(PreconditionError, match="NOT_APPROVED"):
            await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
        await approve(service.target, plan)
        with pytest.raises(ConflictError, match="STALE_VERSION"):
            await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id, version=1))
        asked = plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id)
        released = (await client.plans.ReleasePlan(asked)).plan
        again = (await client.plans.ReleasePlan(asked)).plan
        assert again == released
        assert released.state == plan_pb2.PLAN_STATE_RELEASED
        times = [each.ToNanoseconds() for each in (plan.created_time, plan.updated_time, released.updated_time)]
        assert times[0] < times[1] < times[2]
        assert [contact.contact_id for contact in released.contacts] == list(servicers.contacts)
        assert {review.agency_id for review in released.reviews} == {"JAXA", "ISRO", "NASA", "ESA"}
        checked = await client.plans.ValidatePlan(plan_pb2.ValidatePlanRequest(plan_id=plan.plan_id))
        assert checked.validation.as_things_stand.valid
        checked.validation.ClearField("as_things_stand")
        assert checked.validation == plan.validation
        ended = await client.plans.TerminatePlan(
            plan_pb2.TerminatePlanRequest(plan_id=plan.plan_id, reason="the rover is late")
        )
        with statements_of(service.runtime.database) as statements:
            listed = await client.plans.ListPlans(plan_pb2.ListPlansRequest(mission_id="lupex-week"))
        # The outbox and the operations ask beside it.
        (query,) = [statement for statement in statements if "plan_content" in statement or "plan_notice" in statement]
        for large in ("message", "problem", "schedule"):
            assert f"plan_content.{large}" not in query
        assert all(not plan.HasField("provenance") and not plan.notices for plan in listed.plans)
        by_state = {
            state: len((await client.plans.ListPlans(plan_pb2.ListPlansRequest(states=[state]))).plans)
            for state in (plan_pb2.PLAN_STATE_TERMINATED, plan_pb2.PLAN_STATE_DRAFT)
        }
        by_status = {
            status: len((await client.plans.ListPlans(plan_pb2.ListPlansRequest(statuses=[status]))).plans)
            for status in plan_pb2.SolveStatus.values()[1:]
        }
        # Each of the four approvals is announced, too.
        told = await events_of(service.runtime.js, 8)
        seen = [event for event in told if not event.subject.endswith(".reviewed")]
    assert (ended.plan.state, ended.plan.state_reason) == (plan_pb2.PLAN_STATE_TERMINATED, "the rover is late")
    assert {contact.state for contact in servicers.contacts.values()} == {contact_pb2.CONTACT_STATE_CANCELLED}
    assert [item.plan_id for item in listed.plans] == [plan.plan_id]
    assert by_state == {plan_pb2.PLAN_STATE_TERMINATED: 1, plan_pb2.PLAN_STATE_DRAFT: 0}
    assert [status for status, count in by_status.items() if count] == [plan.status]
    assert not listed.plans[0].activities
    assert listed.plans[0].objective == plan.objective
    assert [event.subject.rpartition(".")[2] for event in seen] == ["proposed", "submitted", "released", "terminated"]
    summary = seen[2].parse(event_pb2.PlanReleased).plan
    assert (summary.plan_id, summary.content_hash) == (plan.plan_id, plan.content_hash)
    requests = {activity.request_id for activity in plan.activities if activity.request_id}
    assert set(summary.planned_requests) == requests
    # Whoever asked the planner is who asks the other services.
    assert set(servicers.identities) == {"ISRO"}


def check_content(plan: plan_pb2.Plan) -> None:
    """Hold a plan of the small mission against its data."""
    assert plan.validation.valid
    assert sum(plan.validation.checks.values()) > 100
    assert plan.state == plan_pb2.PLAN_STATE_SUBMITTED
    assert plan.objective.objective <= plan.objective.bound + 1e-6
    assert sum(plan.objective.parts.values()) == pytest.approx(plan.objective.objective)
    requested = {item["id"] for item in WEEK["requests"]}
    planned = {activity.request_id for activity in plan.activities if activity.request_id}
    unplanned = {item.request_id for item in plan.unplanned}
    assert planned
    assert planned | unplanned == requested
    # The haven is never dark in this data.
    (watch,) = [item for item in plan.unplanned if item.request_id == "night-watch"]
    assert watch.reason == "NO_WINDOW"
    assert (watch.value, watch.agency_id, watch.title != "") == (25.0, "ESA", True)
    profiles = {profile.resource_id: profile for profile in plan.profiles}
    assert {"battery_wh", "storage_bit", "generation_w", "load_w", "sun_elevation_deg"} <= set(profiles)
    assert profiles["battery_wh"].minimum >= profiles["battery_wh"].floor == 900.0
    assert profiles["storage_bit"].maximum <= profiles["storage_bit"].capacity == 4e9
    for contact in plan.contacts:
        length_s = (contact.interval.end_time.ToNanoseconds() - contact.interval.start_time.ToNanoseconds()) / 1e9
        assert contact.capacity_bit == pytest.approx(data.RATE_BPS * length_s)
        assert contact.sent_bit <= contact.capacity_bit
        assert contact.cost == pytest.approx(length_s / 3600.0)
    kinds = {record.kind for record in plan.provenance.inputs}
    assert {"mission", "terrain", "site_search", "window_set", "catalogue"} <= kinds
    assert plan.provenance.synthetic_terrain
    assert any("modelling assumptions" in note for note in plan.provenance.notes)
    stages = [stage.name for stage in plan.stage_times]
    assert " ".join(stages) == ("terrain sites waypoints windows requests problem queue solve validate explain store")
    assert (plan.site.site_id, [site.site_id for site in plan.alternative_sites]) == ("site-1", ["site-2"])


@pytest.mark.asyncio
async def test_the_same_mission_seed_and_work_give_the_same_hash(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        plans = [await client.get((await client.generate(work_limit_s=1.0)).result_id) for _ in range(2)]
        other = await client.get((await client.generate(site_id="site-2", work_limit_s=1.0)).result_id)
    assert plans[0].plan_id != plans[1].plan_id
    assert plans[0].content_hash == plans[1].content_hash
    assert plans[0].problem_hash == plans[1].problem_hash
    assert list(plans[0].activities) == list(plans[1].activities)
    assert other.site.site_id == "site-2"
    assert other.problem_hash == plans[0].problem_hash
    assert other.content_hash != plans[0].content_hash


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_reviews_bind_agency_and_content(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)

        async def reason_of(agency_id: str, content_hash: str) -> str:
            async with client_of(service.target, agency_id, Role.APPROVER) as reviewer:
                request = plan_pb2.ReviewPlanRequest(plan_id=plan.plan_id, content_hash=content_hash, approve=True)
                with pytest.raises(MalapertError) as caught:
                    await reviewer.plans.ReviewPlan(request)
                return caught.value.reason

        assert await reason_of("DLR", plan.content_hash) == "UNKNOWN_PLAN"
        assert await reason_of("NASA", "sha256:other") == "CONTENT_HASH_MISMATCH"
        await approve(service.target, plan, ("NASA",))
        await approve(service.target, plan, ("NASA",))
        assert [review.agency_id for review in (await client.get(plan.plan_id)).reviews] == ["NASA"]
        async with client_of(service.target, "ESA", Role.APPROVER) as reviewer:
            rejected = await reviewer.plans.ReviewPlan(
                plan_pb2.ReviewPlanRequest(
                    plan_id=plan.plan_id, content_hash=plan.content_hash, approve=False, comment="too little EMS-L"
                )
            )
        assert await reason_of("JAXA", plan.content_hash) == "WRONG_STATE"
    assert rejected.plan.state == plan_pb2.PLAN_STATE_TERMINATED
    assert rejected.plan.state_reason == "rejected by ESA: too little EMS-L"


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_taken_contact_refuses_the_release_whole(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        taken = plan.contacts[-1]
        servicers.contacts["other-1"] = contact_pb2.Contact(
            contact_id="other-1",
            station_id=taken.station_id,
            occupied=taken.interval,
            state=contact_pb2.CONTACT_STATE_COMMITTED,
        )
        with pytest.raises(ConflictError) as caught:
            await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
        refused = await client.get(plan.plan_id)
        assert list(servicers.contacts) == ["other-1"]
        del servicers.contacts["other-1"]
        released = (await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))).plan
    assert caught.value.reason == "CONTACT_CONFLICT"
    assert caught.value.metadata == {"contact_ids": "other-1"}
    assert refused.state == plan_pb2.PLAN_STATE_SUBMITTED
    assert released.state == plan_pb2.PLAN_STATE_RELEASED


async def pending_of(url: str, plan_id: str) -> Pending:
    database = Database(url)
    async with database.reading() as session:
        plan = await PlanStore().get(session, plan_id)
    await database.close()
    return plan.pending


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
@pytest.mark.parametrize("loss", ["lose_reservation_answers", "stop_before_reserving"])
async def test_a_release_that_was_cut_off_is_finished_at_the_next_start(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str], loss: str
) -> None:
    servicers, target = neighbours
    setattr(servicers, loss, 1_000_000)
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        with pytest.raises(MalapertError, match="SERVICE_STOPPING"):
            await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
        assert (await client.get(plan.plan_id)).state == plan_pb2.PLAN_STATE_SUBMITTED
        with pytest.raises(PreconditionError, match="PLAN_BUSY"):
            await client.plans.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=plan.plan_id))
    assert await pending_of(service_runtime.database_url, plan.plan_id) is Pending.RELEASING
    setattr(servicers, loss, 0)
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        seen = await events_of(service.runtime.js, 9)
        released = await client.get(plan.plan_id)
    # A service that stops anchors its audit chain, which is announced beside.
    assert "malapert.planner.v1.plan.released" in {event.subject for event in seen}
    assert released.state == plan_pb2.PLAN_STATE_RELEASED
    assert [contact.contact_id for contact in released.contacts] == list(servicers.contacts)
    assert len({call.SerializeToString(deterministic=True) for call in servicers.reserve_calls}) == 1


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_conditions_withdrawal_delegation_and_the_export_of_approvals(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        assert plan.content_hash.startswith("merkle-sha256:")
        async with (
            open_test_channel(
                service.target, identity_of("NASA", Role.APPROVER), ("malapert.planner.v1.ReviewService",)
            ) as channel,
            client_of(service.target, "NASA", Role.APPROVER) as nasa,
        ):
            reviews = review_pb2_grpc.ReviewServiceStub(channel)
            conditional = plan_pb2.ReviewPlanRequest(
                plan_id=plan.plan_id, content_hash=plan.content_hash, approve=True,
                conditions=[sign_off_pb2.ReviewCondition(text="after noon")],
            )  # fmt: skip
            told = (await nasa.plans.ReviewPlan(conditional)).plan
            assert dict(told.sign_off.not_counted) == {"NASA": "a condition is open"}
            settled = sign_off_pb2.SettleConditionRequest(
                plan_id=plan.plan_id, condition_id="NASA-1", state=sign_off_pb2.CONDITION_STATE_MET
            )
            told = (await reviews.SettleCondition(settled)).plan
            assert list(told.sign_off.approved_agency_ids) == ["NASA"]
            answer = await reviews.ExportApprovals(sign_off_pb2.ExportApprovalsRequest(plan_id=plan.plan_id))
            found = verify_approvals(json.loads(answer.approvals_json), {}, utc_now())
            assert found.opened is not None
            assert found.opened.content_hash == plan.content_hash
            withdrawn = sign_off_pb2.WithdrawReviewRequest(plan_id=plan.plan_id, comment="a mistake")
            told = (await reviews.WithdrawReview(withdrawn)).plan
            assert set(told.sign_off.needed_agency_ids) == {"JAXA", "ISRO", "NASA", "ESA"}
