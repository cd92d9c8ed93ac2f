"""What agencies learn of notices on what another one keeps to itself: over gRPC, with events of payload by a broker."""

import json
from typing import Any

import pytest
import shared_plan
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.planner.v1 import plan_pb2, review_pb2_grpc, sign_off_pb2
from malapert_core.db.tables import AuditEntryRow
from malapert_core.errors import NotFoundError, PreconditionError
from malapert_core.events.event import Event
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_core.vocabulary.content_hash import content_hash
from malapert_planner.config import PlannerSettings
from malapert_planner.domain.life.notices import NoticeKind, PlanNotice
from malapert_planner.services.sharing.plan_eyes import common_eyes, eyes_of
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from neighbours import Neighbours
from planner_client import approve, client_of, run_planner
from sqlmodel import select
from test_planner_notices import LATER, State, change_of, eventually, noticed_plans, tell
from test_planner_told_faults import KEPT, REVIEWS, SECRET, submitted

CANCELLED = f"request:{KEPT}:4"


async def outdated(service: RunningService[PlannerSettings]) -> list[Event]:
    """Return the events of outdated plans with whom they are for."""
    stream = await service.runtime.js.stream_info("MALAPERT_PLANNER")
    found = [
        Event.from_message(await service.runtime.js.get_msg("MALAPERT_PLANNER", seq=sequence))
        for sequence in range(stream.state.first_seq, stream.state.last_seq + 1)
    ]
    return [event for event in found if event.subject.endswith("plan.outdated")]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_notice_that_is_not_seen_is_told_by_no_filter_hash_name_event_refusal_or_audit(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(service_runtime, target) as service, client_of(service.target) as jaxa:
        before = await submitted(jaxa)
        await tell(service, change_of(KEPT, 4, State.REQUEST_STATE_CANCELLED, "the lamp broke"))
        await eventually(service, 1)

        async with client_of(service.target, "NASA") as nasa:
            whole = await nasa.get(before.plan_id)
            assert [notice.notice_id for notice in whole.notices] == [CANCELLED]
            assert await noticed_plans(nasa) == {before.plan_id}
        seen = await jaxa.get(before.plan_id)
        assert not seen.notices
        assert await noticed_plans(jaxa) == set()
        assert (seen.version, seen.updated_time, seen.state) == (before.version, before.updated_time, before.state)
        assert seen.notices_hash == before.notices_hash == ""
        # Who guesses what the notice is of cannot try it on a hash that is told.
        assert whole.notices_hash != content_hash([CANCELLED])

        with pytest.raises(NotFoundError) as hidden:
            await jaxa.plans.AcknowledgeNotices(acknowledging(before.plan_id, CANCELLED))
        with pytest.raises(NotFoundError) as absent:
            await jaxa.plans.AcknowledgeNotices(acknowledging(before.plan_id, "request:nothing:4"))
        assert hidden.value.message.replace(CANCELLED, "request:nothing:4") == absent.value.message

        told = await outdated(service)
        assert [(event.visibility, event.agency_id, event.party_agency_ids) for event in told] == [
            (Visibility.OWNER, "ESA", ("NASA",))
        ]

        servicers.requests = [
            request_pb2.ActivityRequest(request_id=KEPT, agency_id="NASA", state=State.REQUEST_STATE_CANCELLED)
        ]
        with pytest.raises(PreconditionError, match="PLAN_OUTDATED") as refused:
            await jaxa.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=before.plan_id))
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [("busy", "CHANGED")]
        assert not told_of(refused.value, refused.value.faults)

        # All that one sees are none of what one does not see: nobody says unseen that it may stay so.
        await jaxa.plans.AcknowledgeNotices(acknowledging(before.plan_id))
        async with client_of(service.target, "NASA") as nasa:
            assert [notice.is_open for notice in (await nasa.get(before.plan_id)).notices] == [True]
        async with service.runtime.database.reading() as session:
            entries = (await session.exec(select(AuditEntryRow))).all()
        assert not told_of(*entries)
        assert not any("notices_acknowledged" in str(entry) for entry in entries)


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_an_export_of_approvals_tells_of_no_notice_that_is_not_seen(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        plan = await submitted(jaxa)
        await approve(service.target, plan, ("ISRO",))
        exported = []
        for number in range(2):
            if number:
                await tell(service, change_of(KEPT, 4, State.REQUEST_STATE_CANCELLED, "the lamp broke"))
            async with open_test_channel(
                service.target, identity_of("ISRO", Role.VIEWER), (REVIEWS,), service_name="planner"
            ) as channel:
                asked = sign_off_pb2.ExportApprovalsRequest(plan_id=plan.plan_id)
                answer = await review_pb2_grpc.ReviewServiceStub(channel).ExportApprovals(asked)
                exported.append(answer.approvals_json)
    assert b'"notices_hash":""' in exported[0]
    assert exported[0] == exported[1]


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_an_export_of_approvals_does_not_tell_how_often_there_were_notices_that_are_not_seen(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    """That an approval counts no more is told; each further notice that touches who gave it had changed a hash."""
    exported = []
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        plan = await submitted(jaxa)
        await approve(service.target, plan, ("NASA",))
        for version in (4, 5, 6):
            async with open_test_channel(
                service.target, identity_of("ISRO", Role.VIEWER), (REVIEWS,), service_name="planner"
            ) as channel:
                asked = sign_off_pb2.ExportApprovalsRequest(plan_id=plan.plan_id)
                answer = await review_pb2_grpc.ReviewServiceStub(channel).ExportApprovals(asked)
                exported.append(json.loads(answer.approvals_json))
            await tell(service, change_of(KEPT, version, State.REQUEST_STATE_CANCELLED, f"lamp {version}"))
            await eventually(service, version - 3)
    (before, after, later) = ({each["agency_id"]: each for each in told["reviews"]} for told in exported)
    assert before["NASA"]["notices_hash"] == exported[0]["agency_notices_hashes"]["NASA"]
    assert after["NASA"]["notices_hash"] != exported[1]["agency_notices_hashes"]["NASA"] == ""
    assert exported[1] == exported[2]
    assert before == after == later


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_versions_of_types_and_instruments_are_noticed_by_who_sees_that_the_plan_has_them(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service, client_of(service.target) as jaxa:
        plan = await submitted(jaxa)
        async with client_of(service.target, "NASA") as nasa:
            activities = (await nasa.get(plan.plan_id)).activities
            (kept,) = {each.activity_type_id for each in activities if each.request_id == KEPT}
            newer = catalogue_pb2.ActivityType(activity_type_id=kept, version=2)
            unused = catalogue_pb2.Instrument(instrument_id="nobody-uses-it", version=2)
            await tell(
                service,
                payload_event_pb2.ActivityTypePublished(mission_id="lupex-week", activity_type=newer),
                payload_event_pb2.InstrumentPublished(mission_id="lupex-week", instrument=unused),
            )
            seen = (await nasa.get(plan.plan_id)).notices
            assert [(each.kind, each.subject_id, each.is_open) for each in seen] == [
                (plan_pb2.NOTICE_KIND_ACTIVITY_TYPE, kept, True)
            ]
            await eventually(service, 1)
            assert await noticed_plans(nasa) == {plan.plan_id}
        # The one request in the plan that is of this type is NASA's alone.
        assert await noticed_plans(jaxa) == set()
        (event,) = await outdated(service)
    # JAXA has a request of this type that is left out of the plan; ISRO has none.
    assert event.visibility is Visibility.OWNER
    assert {event.agency_id, *event.party_agency_ids} == {"ESA", "JAXA", "NASA"}


@pytest.mark.parametrize(("type_id", "is_hidden"), [("trench-type", True), ("spectro-x", True), ("drill", False)])
def test_a_version_of_what_hidden_requests_alone_use_is_noticed_by_their_agency_alone(
    type_id: str, is_hidden: bool
) -> None:
    """The event went to every member, and said that something in the plan that it does not see has changed."""
    plan = shared_plan.shared_plan()
    notice = PlanNotice(
        "",
        "PUBLISHED",
        f"version 2 of {type_id} is in force",
        "ISRO",
        LATER,
        "type:2",
        NoticeKind.ACTIVITY_TYPE,
        type_id,
    )
    seeing = {
        agency_id: eyes_of(shared_plan.identity(agency_id), shared_plan.CHARTER, shared_plan.NOW, plan)
        for agency_id in ("JAXA", "ISRO")
    }
    assert {agency_id: eyes.see_notice(notice) for agency_id, eyes in seeing.items()} == {
        "JAXA": not is_hidden,
        "ISRO": True,
    }
    assert common_eyes(plan).see_notice(notice) is not is_hidden


def acknowledging(plan_id: str, *notice_ids: str) -> plan_pb2.AcknowledgeNoticesRequest:
    return plan_pb2.AcknowledgeNoticesRequest(plan_id=plan_id, notice_ids=notice_ids)


def told_of(*said: Any) -> list[str]:
    """Return the words of the hidden request that are in what was said."""
    return [word for word in (KEPT, SECRET, str(LATER.year)) if word in " ".join(map(str, said))]
