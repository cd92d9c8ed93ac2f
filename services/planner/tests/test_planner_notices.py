"""What plans say when requests in them are withdrawn or changed: events of payload over a real broker."""

from datetime import UTC, datetime, timedelta

import pytest
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import event_pb2, plan_pb2
from malapert_core.events.outbox import EventOutbox, OutboxPublisher
from malapert_core.service import RunningService
from malapert_core.timestamps import to_timestamp
from malapert_planner.config import PlannerSettings
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import approve, client_of, run_planner, submitted_plan

EARLIER, LATER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# The one request that the plans made by hand hold.
PLANNED = "survey-lander"
State = request_pb2.RequestState


def change_of(
    request_id: str,
    version: int,
    state: "State.ValueType",
    reason: str,
    *,
    revised: bool = False,
    time: datetime = LATER,
) -> payload_event_pb2.RequestChanged:
    change = request_pb2.RequestChange(state=state, agency_id="ESA", reason=reason, time=to_timestamp(time))
    request = request_pb2.ActivityRequest(
        mission_id="lupex-week", request_id=request_id, version=version, state=state, history=[change]
    )
    return payload_event_pb2.RequestChanged(request=request, revised=revised)


async def tell(
    service: RunningService[PlannerSettings], *changes: payload_event_pb2.RequestChanged, times: int = 1
) -> None:
    """Publish changes as payload's outbox does, and return when the planner has taken them."""
    outbox, runtime = EventOutbox("payload"), service.runtime
    async with runtime.database.transaction() as session:
        for _ in range(times):
            for change in changes:
                outbox.add(session, change, entity_id="request", agency_id="ESA")
    await OutboxPublisher(runtime.database, outbox, runtime.nats).publish_pending()
    while True:
        consumer = await runtime.js.consumer_info("MALAPERT_PAYLOAD", "planner-requests")
        if not consumer.num_pending and not consumer.num_ack_pending:
            return


async def outdated_events(service: RunningService[PlannerSettings]) -> list[event_pb2.PlanOutdated]:
    """Return what the planner has told of outdated plans, once for each message on its stream."""
    stream = await service.runtime.js.stream_info("MALAPERT_PLANNER")
    messages = [
        await service.runtime.js.get_msg("MALAPERT_PLANNER", seq=sequence)
        for sequence in range(stream.state.first_seq, stream.state.last_seq + 1)
    ]
    found = [message for message in messages if str(message.subject).endswith("plan.outdated")]
    return [event_pb2.PlanOutdated.FromString(message.data or b"") for message in found]


def said(plan: plan_pb2.Plan) -> list[tuple[str, str, str]]:
    return [(notice.request_id, notice.change, notice.reason) for notice in plan.notices]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_plan_says_once_which_of_its_requests_were_withdrawn_or_changed(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await tell(
            service,
            # Neither outdates a plan: one is older than it, one is not in it, one is no news of what is asked for.
            change_of(PLANNED, 2, State.REQUEST_STATE_ACCEPTED, "old", revised=True, time=EARLIER),
            change_of("night-watch", 2, State.REQUEST_STATE_CANCELLED, "not needed"),
            change_of(PLANNED, 3, State.REQUEST_STATE_PLANNED, "in released plan x"),
            change_of(PLANNED, 4, State.REQUEST_STATE_ACCEPTED, "a longer exposure", revised=True),
            change_of(PLANNED, 5, State.REQUEST_STATE_CANCELLED, "the lamp broke", time=LATER + timedelta(days=1)),
            times=2,
        )
        outdated = await client.get(plan.plan_id)
        listed = (await client.plans.ListPlans(plan_pb2.ListPlansRequest(mission_id="lupex-week"))).plans
        events = await eventually(service, 2)
    assert said(outdated) == [
        (PLANNED, "REVISED", "a longer exposure"),
        (PLANNED, "CANCELLED", "the lamp broke"),
    ]
    assert outdated.notices[0].agency_id == "ESA"
    assert (outdated.content_hash, outdated.state) == (plan.content_hash, plan.state)
    assert [item.plan_id for item in listed] == [plan.plan_id]
    assert [(event.plan.plan_id, event.notice) for event in events] == [
        (plan.plan_id, notice) for notice in outdated.notices
    ]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_request_that_lost_its_slot_is_said_of_the_released_plan_only(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        draft = await client.get((await client.generate()).result_id)
        await approve(service.target, plan)
        await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
        failed = change_of(PLANNED, 6, State.REQUEST_STATE_ACCEPTED, "the slot failed")
        await tell(service, failed)
        released, other = await client.get(plan.plan_id), await client.get(draft.plan_id)
        await client.plans.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=plan.plan_id, reason="again"))
        await tell(service, change_of(PLANNED, 7, State.REQUEST_STATE_CANCELLED, "given up"))
        ended = await client.get(plan.plan_id)
    assert said(released) == [(PLANNED, "ACCEPTED", "the slot failed")]
    assert not other.notices
    assert ended.notices == released.notices


async def eventually(service: RunningService[PlannerSettings], count: int) -> list[event_pb2.PlanOutdated]:
    """Return the events once the outbox has sent so many."""
    while len(found := await outdated_events(service)) < count:
        pass
    return found
