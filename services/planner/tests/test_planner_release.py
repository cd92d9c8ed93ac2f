"""A release that was refused is over: nothing takes it up again, neither later nor at the next start."""

import asyncio

import pytest
from malapert.comms_window.v1 import contact_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.db.database import Database
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    MalapertError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.storage.plans import PlanStore
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import PlannerClient, approve, client_of, run_planner, submitted_plan

REFUSALS = (
    ConflictError("CONTACT_CONFLICT", "the antenna is taken"),
    PreconditionError("CONTACT_IN_THE_PAST", "the contact has begun"),
    InvalidInputError("INVALID_CONTACTS", "the window is no longer"),
    PermissionDeniedError("NOT_ALLOWED", "the agency may not book"),
)
DOUBTS = (ConflictError("IDEMPOTENCY_KEY_IN_USE", "another call has just booked; ask again"),)


async def stored(url: str, plan_id: str) -> Plan:
    """Return a plan as its table holds it, and that it is listed as pending where it is."""
    database = Database(url)
    async with database.reading() as session:
        plan = await PlanStore().get(session, plan_id)
        assert (plan_id in await PlanStore().pending_ids(session)) == (plan.pending is not Pending.NONE)
    await database.close()
    return plan


async def release_refused(client: PlannerClient, plan: plan_pb2.Plan) -> str:
    """Ask for a release and return the reason of its refusal."""
    with pytest.raises(MalapertError) as caught:
        await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
    return caught.value.reason


async def pending_settled(url: str, plan_id: str) -> Plan:
    """Wait until nothing is pending of a plan."""
    async with asyncio.timeout(20):
        while (plan := await stored(url, plan_id)).pending is not Pending.NONE:
            await asyncio.sleep(0.02)
    return plan


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_refused_release_is_not_taken_up_by_a_restart(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    (servicers, target), url = neighbours, sqlite_service_runtime.database_url
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        for refusal in REFUSALS:
            servicers.reservation_refusal = refusal
            assert await release_refused(client, plan) == refusal.reason
            left = await stored(url, plan.plan_id)
            assert (left.state, left.pending, left.pending_by) == (PlanState.SUBMITTED, Pending.NONE, ())
            assert left.contact_ids == ()
    servicers.reservation_refusal = None
    asked = len(servicers.reserve_calls)
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        # What is pending is taken up before the second of these is answered.
        again = await submitted_plan(client)
        await approve(service.target, again)
        await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=again.plan_id))
        kept = await stored(url, plan.plan_id)
        ended = await client.plans.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=plan.plan_id, reason="no use"))
    assert (kept.state, kept.pending) == (PlanState.SUBMITTED, Pending.NONE)
    assert ended.plan.state == plan_pb2.PLAN_STATE_TERMINATED
    assert [call.plan_id for call in servicers.reserve_calls[asked:]] == [again.plan_id]
    assert {contact.plan_id for contact in servicers.contacts.values()} == {again.plan_id}


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_release_refused_when_it_is_taken_up_is_over_too(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    (servicers, target), url = neighbours, sqlite_service_runtime.database_url
    servicers.stop_before_reserving = 1_000_000
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        assert await release_refused(client, plan) == "SERVICE_STOPPING"
    assert (await stored(url, plan.plan_id)).pending is Pending.RELEASING
    taken = plan.contacts[-1]
    servicers.stop_before_reserving = 0
    servicers.contacts["other-1"] = contact_pb2.Contact(
        contact_id="other-1",
        station_id=taken.station_id,
        occupied=taken.interval,
        state=contact_pb2.CONTACT_STATE_COMMITTED,
    )
    async with run_planner(sqlite_service_runtime, target):
        refused = await pending_settled(url, plan.plan_id)
    assert (refused.state, refused.contact_ids) == (PlanState.SUBMITTED, ())
    assert list(servicers.contacts) == ["other-1"]
    del servicers.contacts["other-1"]
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        again = await client.get(plan.plan_id)
        assert again.state == plan_pb2.PLAN_STATE_SUBMITTED
        released = (await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))).plan
    assert released.state == plan_pb2.PLAN_STATE_RELEASED


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
@pytest.mark.parametrize("doubt", DOUBTS, ids=[doubt.reason for doubt in DOUBTS])
async def test_a_refusal_that_may_be_a_booking_leaves_the_release_pending(
    sqlite_service_runtime: ServiceLauncher,
    neighbours: tuple[Neighbours, str],
    doubt: MalapertError,
) -> None:
    (servicers, target), url = neighbours, sqlite_service_runtime.database_url
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        servicers.reservation_refusal = doubt
        assert await release_refused(client, plan) == doubt.reason
        assert (await stored(url, plan.plan_id)).pending is Pending.RELEASING
        servicers.reservation_refusal = None
    async with run_planner(sqlite_service_runtime, target):
        assert (await pending_settled(url, plan.plan_id)).state is PlanState.RELEASED
