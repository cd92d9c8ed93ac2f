"""What plans say when requests in them are withdrawn or changed: events of payload over a real broker."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.message import Message
from malapert.comms_window.v1 import contact_pb2, outage_pb2
from malapert.comms_window.v1 import event_pb2 as comms_event_pb2
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.planner.v1 import event_pb2, plan_pb2
from malapert_core.errors import ConflictError, PreconditionError
from malapert_core.events.outbox import EventOutbox, OutboxPublisher
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_core.timestamps import to_timestamp
from malapert_planner.config import PlannerSettings
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import REVIEWERS, PlannerClient, approve, client_of, run_planner, submitted_plan

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
    held_by: "request_pb2.HoldKind.ValueType" = request_pb2.HOLD_KIND_UNSPECIFIED,
    time: datetime = LATER,
) -> payload_event_pb2.RequestChanged:
    change = request_pb2.RequestChange(state=state, agency_id="ESA", reason=reason, time=to_timestamp(time))
    request = request_pb2.ActivityRequest(
        mission_id="lupex-week", request_id=request_id, version=version, state=state, history=[change]
    )
    return payload_event_pb2.RequestChanged(request=request, revised=revised, held_by=held_by)


_CONSUMERS = {
    "payload": ("planner-requests", "planner-catalogue"),
    "comms_window": ("planner-contacts", "planner-outages"),
}


async def tell(
    service: RunningService[PlannerSettings], *changes: Message, times: int = 1, source: str = "payload"
) -> None:
    """Publish changes as another service's outbox does, and return when the planner has taken them."""
    outbox, runtime = EventOutbox(source), service.runtime
    async with runtime.database.transaction() as session:
        for _ in range(times):
            for change in changes:
                outbox.add(session, change, entity_id="request", agency_id="ESA")
    await OutboxPublisher(runtime.database, outbox, runtime.nats).publish_pending()
    for durable in _CONSUMERS[source]:
        while True:
            consumer = await runtime.js.consumer_info(f"MALAPERT_{source.upper()}", durable)
            if not consumer.num_pending and not consumer.num_ack_pending:
                break


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


def changes_of(plan: plan_pb2.Plan) -> list[tuple[str, str, str]]:
    kind = plan_pb2.NoticeKind.Name
    return [(kind(n.kind).removeprefix("NOTICE_KIND_"), n.subject_id, n.change) for n in plan.notices]


def outage_event(plan: plan_pb2.Plan, number: int) -> comms_event_pb2.OutageAdded:
    contact = plan.contacts[number]
    outage = outage_pb2.Outage(
        outage_id=f"outage-{number}",
        station_id=contact.station_id,
        interval=contact.interval,
        kind=outage_pb2.OUTAGE_KIND_FAILURE,
        reason="hydraulics",
        agency_id="ISRO",
    )
    return comms_event_pb2.OutageAdded(outage=outage)


def contact_of(plan: plan_pb2.Plan, number: int, state: "contact_pb2.ContactState.ValueType") -> contact_pb2.Contact:
    planned = plan.contacts[number]
    return contact_pb2.Contact(
        contact_id=planned.contact_id,
        station_id=planned.station_id,
        mission_id=plan.mission_id,
        plan_id=plan.plan_id,
        occupied=planned.interval,
        interval=planned.interval,
        state=state,
        version=2,
        reason="the owner needs it",
    )


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_outages_bookings_types_and_missions_are_noticed_once_and_acknowledged(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        draft = await client.get((await client.generate()).result_id)
        await approve(service.target, plan)
        plan = (await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))).plan
        added = outage_event(plan, 1)
        removed = comms_event_pb2.OutageRemoved(outage=added.outage)
        rejected = comms_event_pb2.ContactRejected(contact=contact_of(plan, 0, contact_pb2.CONTACT_STATE_REJECTED))
        elsewhere = outage_event(plan, 0)
        elsewhere.outage.station_id = "esa-nno-1"
        foreign = contact_of(draft, 1, contact_pb2.CONTACT_STATE_COMMITTED)
        foreign.mission_id, foreign.plan_id, foreign.contact_id = "other", "", "contact-other"
        foreign.agency_id, foreign.reason = "ISRO", "burn of the other mission"
        taken = comms_event_pb2.ContactCommitted(contact=foreign)
        await tell(service, added, removed, rejected, elsewhere, taken, times=2, source="comms_window")
        used = plan.activities[0].activity_type_id
        kind = catalogue_pb2.ActivityType(activity_type_id=used, version=2)
        unused = catalogue_pb2.ActivityType(activity_type_id="nobody-uses-it", version=2)
        for each in (kind, unused):
            published = payload_event_pb2.ActivityTypePublished(mission_id="lupex-week", activity_type=each)
            await tell(service, published, times=2)
        noticed, other = await client.get(plan.plan_id), await client.get(draft.plan_id)
        comms = [("OUTAGE", "outage-1", "ADDED"), ("OUTAGE", "outage-1", "REMOVED")]
        lost = ("BOOKING", plan.contacts[0].contact_id, "REJECTED")
        assert [each for each in changes_of(noticed) if each[0] != "ACTIVITY_TYPE"] == [*comms, lost]
        assert [each for each in changes_of(other) if each[0] != "ACTIVITY_TYPE"] == [
            *comms,
            ("BOOKING", foreign.station_id, "TAKEN"),
        ]
        told = str(next(notice for notice in other.notices if notice.change == "TAKEN"))
        assert not any(theirs in told for theirs in (foreign.contact_id, foreign.reason, foreign.agency_id))
        assert {notice.item_ids[0] for notice in noticed.notices[:3]} == {"contacts[0]", "contacts[1]"}
        assert [notice.is_breaking for notice in noticed.notices[:3]] == [False, False, True]

        assert await noticed_plans(client) == {plan.plan_id, draft.plan_id}
        asked = plan_pb2.AcknowledgeNoticesRequest(plan_id=draft.plan_id, comment="known")
        known = (await client.plans.AcknowledgeNotices(asked)).plan
        assert not any(notice.is_open for notice in known.notices)
        assert {word.agency_id for notice in known.notices for word in notice.acknowledgements} == {"JAXA"}
        assert await noticed_plans(client) == {plan.plan_id}

        checked = (await client.plans.ValidatePlan(plan_pb2.ValidatePlanRequest(plan_id=plan.plan_id))).validation
        assert checked.valid
        assert not checked.as_things_stand.valid
        assert [notice.change for notice in checked.as_things_stand.notices] == ["REJECTED"]


async def noticed_plans(client: PlannerClient) -> set[str]:
    listed = await client.plans.ListPlans(plan_pb2.ListPlansRequest(mission_id="lupex-week", only_noticed=True))
    return {plan.plan_id for plan in listed.plans}


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_release_checks_again_what_has_happened_since_the_approval(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        release = plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id)
        # No event has come yet: payload is asked.
        servicers.requests = [
            request_pb2.ActivityRequest(request_id=name, agency_id="ESA", state=State.REQUEST_STATE_CANCELLED)
            for name in (PLANNED, "not-in-the-plan")
        ]
        with pytest.raises(PreconditionError, match="PLAN_OUTDATED") as refused:
            await client.plans.ReleasePlan(release)
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [(f"requests[{PLANNED}]", "CANCELLED")]
        servicers.requests = []
        revised = change_of(PLANNED, 4, State.REQUEST_STATE_ACCEPTED, "longer", revised=True)
        await tell(service, revised)
        added = outage_event(plan, 1)
        await tell(service, added, source="comms_window")
        with pytest.raises(PreconditionError, match="PLAN_OUTDATED") as refused:
            await client.plans.ReleasePlan(release)
        found = {(fault.path, fault.code) for fault in refused.value.faults}
        assert found == {(f"requests[{PLANNED}]", "REVISED"), ("outage[outage-1]", "ADDED")}
        await client.plans.AcknowledgeNotices(plan_pb2.AcknowledgeNoticesRequest(plan_id=plan.plan_id))
        with pytest.raises(PreconditionError, match="PLAN_OUTDATED") as refused:
            await client.plans.ReleasePlan(release)
        assert [fault.path for fault in refused.value.faults] == ["outage[outage-1]"]
        await tell(service, comms_event_pb2.OutageRemoved(outage=added.outage), source="comms_window")
        with pytest.raises(PreconditionError, match="NOT_APPROVED"):
            await client.plans.ReleasePlan(release)
        await approve(service.target, plan)
        released = (await client.plans.ReleasePlan(release)).plan
        assert released.state == plan_pb2.PLAN_STATE_RELEASED


async def eventually(service: RunningService[PlannerSettings], count: int) -> list[event_pb2.PlanOutdated]:
    """Return the events once the outbox has sent so many."""
    while len(found := await outdated_events(service)) < count:
        pass
    return found


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_notice_leaves_the_approvals_of_agencies_that_it_does_not_touch(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        await approve(service.target, plan)
        assert (await client.get(plan.plan_id)).sign_off.fulfilled
        before = await hashes_of(service, plan)
        # A request of JAXA, changed by ESA.
        await tell(service, change_of(PLANNED, 4, State.REQUEST_STATE_ACCEPTED, "longer", revised=True))
        revised = await client.get(plan.plan_id)
        assert set(revised.sign_off.not_counted) == {"ESA", "JAXA"}
        assert list(revised.notices[0].agency_ids) == ["ESA", "JAXA"]
        after = await hashes_of(service, plan)
        assert {name for name in after if after[name] != before[name]} == {"ESA", "JAXA"}
        async with client_of(service.target, "JAXA", Role.APPROVER) as approver:
            asked = plan_pb2.ReviewPlanRequest(
                plan_id=plan.plan_id, content_hash=plan.content_hash, approve=True, notices_hash=before["JAXA"]
            )
            with pytest.raises(ConflictError, match="NOTICES_CHANGED"):
                await approver.plans.ReviewPlan(asked)
        await approve(service.target, plan, ("ESA", "JAXA"))
        assert (await client.get(plan.plan_id)).sign_off.fulfilled
        # An antenna of ISRO that brings data of JAXA down.
        await tell(service, outage_event(plan, 0), source="comms_window")
        out = await client.get(plan.plan_id)
        assert set(out.sign_off.not_counted) == {"ISRO", "JAXA"}
        newer = catalogue_pb2.ActivityType(activity_type_id=plan.activities[0].activity_type_id, version=2)
        await tell(service, payload_event_pb2.ActivityTypePublished(mission_id="lupex-week", activity_type=newer))
        assert "NASA" not in (await client.get(plan.plan_id)).sign_off.not_counted


async def hashes_of(service: RunningService[PlannerSettings], plan: plan_pb2.Plan) -> dict[str, str]:
    """Return the hash of notices of which a review by each approver speaks."""
    found = {}
    for agency_id in REVIEWERS:
        async with client_of(service.target, agency_id) as client:
            found[agency_id] = (await client.get(plan.plan_id)).agency_notices_hash
    return found


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_reports_and_holds_of_a_planned_request_are_noticed(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        plan = await submitted_plan(client)
        draft = await client.get((await client.generate()).result_id)
        await approve(service.target, plan)
        await client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))
        planned = State.REQUEST_STATE_PLANNED
        await tell(
            service,
            change_of(PLANNED, 6, planned, f"in released plan {plan.plan_id}"),
            change_of(PLANNED, 7, planned, "deferred", held_by=request_pb2.HOLD_KIND_DEFERRED),
            change_of(PLANNED, 8, planned, "admitted"),
            change_of(PLANNED, 9, planned, "no leave", held_by=request_pb2.HOLD_KIND_USE_PERMISSION),
            change_of(PLANNED, 10, State.REQUEST_STATE_PROCESSING, "repetition 0 began"),
            change_of(PLANNED, 11, State.REQUEST_STATE_PROCESSING, "repetition 1 started"),
            change_of(PLANNED, 12, State.REQUEST_STATE_PROCESSED, "2 of 2 done"),
        )
        told, of_draft = changes_of(await client.get(plan.plan_id)), changes_of(await client.get(draft.plan_id))
    held = [("REQUEST", PLANNED, "DEFERRED"), ("REQUEST", PLANNED, "USE_PERMISSION")]
    reported = [("EXECUTION", PLANNED, state) for state in ("PROCESSING", "PROCESSING", "PROCESSED")]
    assert sorted(told) == sorted([*held, *reported])
    assert sorted(of_draft) == held
