import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, sent_events, served
from google.protobuf.message import Message
from malapert.comms_window.v1 import event_pb2 as comms_window_events
from malapert.operation.v1 import operation_pb2
from malapert.payload.v1 import event_pb2 as payload_events
from malapert.planner.v1 import charter_pb2, plan_pb2
from malapert.planner.v1 import event_pb2 as planner_events
from malapert_core.errors import NotFoundError, UnavailableError
from malapert_core.events.broker import ensure_streams
from malapert_core.events.event import Event
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import to_timestamp, utc_now
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_gateway.services.event_feed import EventFilter
from malapert_gateway.services.feed_cursor import FeedCursor

RUNNING, SUCCEEDED = operation_pb2.OPERATION_STATE_RUNNING, operation_pb2.OPERATION_STATE_SUCCEEDED


def operation(state: int, fraction: float = 1.0) -> operation_pb2.Operation:
    stage = operation_pb2.OperationStage(name="solve", title="Solving", fraction=fraction)
    return operation_pb2.Operation(
        operation_id="o-1", kind="generate_plan", state=state, owner_agency_id="JAXA", stages=[stage], result_id="p-1"
    )


def only_the_planner_knows(platform: GatewayPlatform, found: operation_pb2.Operation) -> None:
    def unknown(_request: Any) -> Any:
        raise NotFoundError("operation", "o-1")

    platform.services.answers["GetOperation"] = unknown
    platform.services.answers["planner/GetOperation"] = lambda _: operation_pb2.GetOperationResponse(operation=found)


@pytest.mark.asyncio
async def test_long_work_is_followed_to_its_end(platform: GatewayPlatform) -> None:
    only_the_planner_knows(platform, operation(RUNNING, 0.0))
    platform.services.answers["GeneratePlan"] = lambda _: plan_pb2.GeneratePlanResponse(operation_id="o-1")

    async def progress() -> AsyncIterator[operation_pb2.WatchOperationResponse]:
        for state, fraction in [(RUNNING, 0.25), (RUNNING, 0.75), (SUCCEEDED, 1.0)]:
            yield operation_pb2.WatchOperationResponse(operation=operation(state, fraction))

    platform.services.answers["planner/WatchOperation"] = lambda _: progress()
    begun = await platform.http.post("/api/v1/plans", json={"mission_id": "m"}, headers=platform.bearer())
    assert (begun.status_code, begun.json()["state"]) == (202, "RUNNING")
    address = begun.headers["Location"] + "/events"
    async with platform.http.stream("GET", address, headers=platform.bearer("JAXA", "VIEWER")) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [event async for event in sent_events(answer)]
    assert [event["event"] for event in events] == ["progress", "progress", "end"]
    assert [event["data"]["stages"][0]["fraction"] for event in events] == [0.25, 0.75, 1.0]
    assert (events[-1]["data"]["state"], events[-1]["data"]["result_id"]) == ("SUCCEEDED", "p-1")
    (watched,) = [call for call in platform.services.calls if call.method == "WatchOperation"]
    assert watched.identity.agency_id == "JAXA"


@pytest.mark.asyncio
async def test_an_operation_is_found_wherever_it_is(sqlite_platform: GatewayPlatform) -> None:
    def unknown(_request: Any) -> Any:
        raise NotFoundError("operation", "o-1")

    sqlite_platform.services.answers["GetOperation"] = unknown
    missing = await sqlite_platform.http.get("/api/v1/operations/o-1/events", headers=sqlite_platform.bearer())
    assert (missing.status_code, missing.json()["reason"]) == (404, "UNKNOWN_OPERATION")
    found = operation_pb2.GetOperationResponse(operation=operation(RUNNING))
    sqlite_platform.services.answers["payload/GetOperation"] = lambda _: found
    answer = await sqlite_platform.http.get("/api/v1/operations/o-1", headers=sqlite_platform.bearer())
    assert answer.json()["kind"] == "generate_plan"
    asked = len(sqlite_platform.services.asked("GetOperation"))
    await sqlite_platform.http.get("/api/v1/operations/o-1", headers=sqlite_platform.bearer())
    assert len(sqlite_platform.services.asked("GetOperation")) == asked + 1


@pytest.mark.asyncio
async def test_unknown_is_not_said_while_a_service_is_away(sqlite_platform: GatewayPlatform) -> None:
    def unknown(_request: Any) -> Any:
        raise NotFoundError("operation", "o-1")

    def away(_request: Any) -> Any:
        raise UnavailableError("SERVICE_UNAVAILABLE", "gone")

    sqlite_platform.services.answers["GetOperation"] = unknown
    sqlite_platform.services.answers["comms-window/GetOperation"] = away
    answer = await sqlite_platform.http.get("/api/v1/operations/o-1", headers=sqlite_platform.bearer())
    assert answer.status_code == 503


@pytest.mark.asyncio
async def test_operations_of_all_services_are_one_list(sqlite_platform: GatewayPlatform) -> None:
    identifiers = sorted(new_identifier() for _ in range(9))
    services = ("planner", "landing-site", "comms-window", "payload")

    def page_of(own: list[str]) -> Any:
        def script(request: operation_pb2.ListOperationsRequest) -> operation_pb2.ListOperationsResponse:
            from malapert_core.rpc.paging import decode_cursor, encode_cursor

            before = decode_cursor(request.page.page_token)[0] if request.page.page_token else "~"
            rows = [name for name in sorted(own, reverse=True) if name < before]
            size = request.page.page_size
            operations = [operation_pb2.Operation(operation_id=name, state=RUNNING) for name in rows[:size]]
            token = encode_cursor(rows[size - 1]) if len(rows) > size else ""
            return operation_pb2.ListOperationsResponse(operations=operations, next_page_token=token)

        return script

    for index, service in enumerate(services):
        sqlite_platform.services.answers[f"{service}/ListOperations"] = page_of(identifiers[index::4])
    listed: list[str] = []
    token = ""
    while True:
        query = {"page_size": 4, "page_token": token}
        answer = await sqlite_platform.http.get("/api/v1/operations", params=query, headers=sqlite_platform.bearer())
        listed += [row["operation_id"] for row in answer.json()["operations"]]
        token = answer.json()["next_page_token"]
        if not token:
            break
    assert listed == identifiers[::-1]


@pytest.mark.asyncio
async def test_a_lost_service_ends_the_stream_with_a_problem(sqlite_platform: GatewayPlatform) -> None:
    only_the_planner_knows(sqlite_platform, operation(RUNNING))

    async def progress() -> AsyncIterator[operation_pb2.WatchOperationResponse]:
        yield operation_pb2.WatchOperationResponse(operation=operation(RUNNING, 0.5))
        raise UnavailableError("SERVICE_STOPS", "the service stops")

    sqlite_platform.services.answers["planner/WatchOperation"] = lambda _: progress()
    async with sqlite_platform.http.stream(
        "GET", "/api/v1/operations/o-1/events", headers=sqlite_platform.bearer()
    ) as answer:
        events = [event async for event in sent_events(answer)]
    assert [event["event"] for event in events] == ["progress", "error"]
    assert (events[-1]["data"]["status"], events[-1]["data"]["reason"]) == (503, "SERVICE_STOPS")


@pytest.mark.asyncio
async def test_another_agencys_work_is_not_stopped(sqlite_platform: GatewayPlatform) -> None:
    only_the_planner_knows(sqlite_platform, operation(RUNNING))
    for agency_id, status in [("ISRO", 403), ("JAXA", 200)]:
        answer = await sqlite_platform.http.post(
            "/api/v1/operations/o-1:cancel", headers=sqlite_platform.bearer(agency_id, "PLANNER")
        )
        assert answer.status_code == status
    assert len(sqlite_platform.services.asked("CancelOperation")) == 1


async def publish(
    platform: GatewayPlatform,
    subject: str,
    message: Message,
    *,
    agency_id: str = "",
    visibility: Visibility = Visibility.MISSION,
    party_agency_ids: tuple[str, ...] = (),
) -> str:
    event = Event(
        event_id=new_identifier(),
        subject=subject,
        source="/malapert/test",
        time=utc_now(),
        entity_id="e",
        agency_id=agency_id,
        visibility=visibility,
        data=message.SerializeToString(),
        party_agency_ids=party_agency_ids,
    )
    await platform.runtime.js.publish(subject, event.data, headers=event.headers())
    return event.event_id


PLAN_RELEASED, REQUEST_CHANGED = "malapert.planner.v1.plan.released", "malapert.payload.v1.request.changed"


def charters(**members: str) -> Callable[[charter_pb2.GetCharterRequest], charter_pb2.GetCharterResponse]:
    """Answer with public missions of one agency each, which came a moment ago."""

    def answer(request: charter_pb2.GetCharterRequest) -> charter_pb2.GetCharterResponse:
        if request.mission_id not in members:
            raise NotFoundError("mission", request.mission_id)
        charter = charter_pb2.Charter(mission_id=request.mission_id, version=1, is_public=True)
        charter.members.add(agency_id=members[request.mission_id], parts=[charter_pb2.PART_OBSERVER], since=began)
        return charter_pb2.GetCharterResponse(charter=charter)

    began = to_timestamp(utc_now())
    return answer


@pytest.mark.asyncio
async def test_feed_replays_nothing_from_before_a_membership_nor_what_a_key_is_not_for(
    sqlite_platform: GatewayPlatform,
) -> None:
    platform = sqlite_platform
    start = await platform.gateway.feed.start_cursor("")
    await publish(platform, PLAN_RELEASED, released("ours"))
    answers = platform.services.answers
    answers["GetCharter"] = charters(ours="JAXA")
    told = [await publish(platform, PLAN_RELEASED, released("ours"), agency_id="ISRO")]
    told.append(await publish(platform, PLAN_RELEASED, released("ours"), visibility=Visibility.PUBLIC))
    entries: Any = platform.gateway.feed.entries(Identity("JAXA", Role.VIEWER, "k"), start, EventFilter())
    async with asyncio.timeout(20):
        found = [await anext(entries) for _ in range(2)]
    assert [entry.event.event_id for entry in found] == told
    assert not found[0].message.plan.planned_requests
    scoped = Identity("JAXA", Role.VIEWER, "k", mission_ids=frozenset({"another"}))
    entries = platform.gateway.feed.entries(scoped, start, EventFilter())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await anext(entries)


@pytest.mark.asyncio
async def test_an_event_reaches_its_parties_inside_the_mission_and_outside(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    platform.services.answers["GetCharter"] = charters(ours="JAXA")
    start = await platform.gateway.feed.start_cursor("")
    offered = comms_window_events.ContactOffered()
    offered.contact.mission_id = "ours"
    subject = "malapert.comms_window.v1.contact.offered"
    for parties in ((), ("ESA", "ISRO"), ("ESA",)):
        last = await publish(
            platform,
            subject,
            offered,
            agency_id="JAXA",
            visibility=Visibility.OWNER,
            party_agency_ids=parties,
        )
    found = {}
    for agency_id, count in (("JAXA", 3), ("ESA", 2), ("ISRO", 1)):
        entries: Any = platform.gateway.feed.entries(Identity(agency_id, Role.VIEWER, "k"), start, EventFilter())
        async with asyncio.timeout(20):
            found[agency_id] = [(await anext(entries)).event for _ in range(count)]
    assert [event.party_agency_ids for event in found["JAXA"]] == [(), ("ESA", "ISRO"), ("ESA",)]
    assert found["ESA"] == found["JAXA"][1:]
    assert found["ESA"][-1].event_id == last
    assert found["ISRO"] == found["JAXA"][1:2]


def released(mission_id: str) -> planner_events.PlanReleased:
    state = plan_pb2.PLAN_STATE_RELEASED
    return planner_events.PlanReleased(
        plan=planner_events.PlanSummary(plan_id="p", mission_id=mission_id, state=state, planned_requests={"secret": 1})
    )


@pytest.mark.asyncio
async def test_feed_tells_what_the_caller_may_see_and_resumes(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    platform.services.answers["GetCharter"] = charters(ours="JAXA", theirs="ISRO")
    request_changed = payload_events.RequestChanged()
    request_changed.request.mission_id = "ours"
    await publish(platform, PLAN_RELEASED, released("ours"))  # before the reader came
    async with served(platform) as (_, http):
        viewer = platform.bearer("JAXA", "VIEWER")
        async with http.stream("GET", "/api/v1/events", headers=viewer) as answer:
            events = sent_events(answer)
            opened = await anext(events)
            assert opened["event"] == "open"
            await publish(platform, PLAN_RELEASED, released("theirs"))
            hidden = {"agency_id": "ISRO", "visibility": Visibility.OWNER}
            await publish(platform, REQUEST_CHANGED, request_changed, **hidden)  # type: ignore[arg-type]
            public = await publish(platform, PLAN_RELEASED, released("theirs"), visibility=Visibility.PUBLIC)
            first = await anext(events)
            assert first["data"]["event_id"] == public
            ours = await publish(platform, PLAN_RELEASED, released("ours"))
            second = await anext(events)
            assert second["data"]["event_id"] == ours
            assert second["data"]["data"]["plan"]["state"] == "RELEASED"
            assert (second["data"]["mission_id"], second["data"]["visibility"]) == ("ours", "MISSION")
        later = await publish(platform, REQUEST_CHANGED, request_changed, agency_id="JAXA")
        resumed = {**viewer, "Last-Event-ID": first["id"]}
        async with http.stream("GET", "/api/v1/events", headers=resumed) as answer:
            events = sent_events(answer)
            await anext(events)
            found = [(await anext(events))["data"]["event_id"] for _ in range(2)]
        assert set(found) == {ours, later}
        wanted = {"types": REQUEST_CHANGED, "mission_id": "ours", "last_event_id": opened["id"]}
        async with http.stream("GET", "/api/v1/events", params=wanted, headers=viewer) as answer:
            events = sent_events(answer)
            await anext(events)
            assert (await anext(events))["data"]["event_id"] == later


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["nonsense", "", "malapert.planner.v1.plan"])
async def test_a_type_that_no_event_has_is_refused_by_name(sqlite_platform: GatewayPlatform, name: str) -> None:
    wanted = {"types": [REQUEST_CHANGED, name]}
    answer = await sqlite_platform.http.get("/api/v1/events", params=wanted, headers=sqlite_platform.bearer())
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["path"], fault["code"]) == ("types[1]", "UNKNOWN_EVENT_TYPE")
    assert PLAN_RELEASED in fault["message"]


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["7", "planner=1", "landing_site=x,comms_window=1,payload=1,planner=1", "\u00b2"])
async def test_an_id_of_another_feed_is_refused(sqlite_platform: GatewayPlatform, text: str) -> None:
    answer = await sqlite_platform.http.get(
        "/api/v1/events", params={"last_event_id": text}, headers=sqlite_platform.bearer()
    )
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_LAST_EVENT_ID")


def test_cursor_survives_its_text() -> None:
    cursor = FeedCursor((("landing_site", 1), ("comms_window", 0), ("payload", 7), ("planner", 12))).at("payload", 8)
    assert FeedCursor.parse(cursor.text) == cursor
    assert cursor.text == "landing_site=1,comms_window=0,payload=8,planner=12"
    made = replace(cursor, made_ms_by_area=(("payload", 17), ("planner", 0)))
    assert made.text == "landing_site=1,comms_window=0,payload=8@17,planner=12@0"
    assert FeedCursor.parse(made.text) == made


@pytest.mark.asyncio
async def test_a_stream_made_anew_is_read_from_its_beginning_and_the_others_from_the_cursor(
    sqlite_platform: GatewayPlatform,
) -> None:
    platform, js = sqlite_platform, sqlite_platform.runtime.js
    platform.services.answers["GetCharter"] = charters(ours="ISRO")
    feed = platform.gateway.feed
    for _ in range(3):
        await publish(platform, PLAN_RELEASED, released("ours"), visibility=Visibility.PUBLIC)
        await publish(platform, REQUEST_CHANGED, payload_events.RequestChanged(), visibility=Visibility.PUBLIC)
    seen = await feed.start_cursor("")
    assert dict(seen.sequence_by_area) == {"landing_site": 0, "comms_window": 0, "payload": 3, "planner": 3}
    at_the_end, within = seen.text, seen.at("planner", 2).text
    assert [(await feed.start_cursor(text)).text for text in (at_the_end, within)] == [at_the_end, within]
    await js.delete_stream("MALAPERT_PLANNER")
    await ensure_streams(js)
    assert dict((await feed.start_cursor(at_the_end)).sequence_by_area)["planner"] == 0
    told = [await publish(platform, PLAN_RELEASED, released("ours"), visibility=Visibility.PUBLIC) for _ in range(2)]
    start = await feed.start_cursor(at_the_end)
    assert dict(start.sequence_by_area) == {"landing_site": 0, "comms_window": 0, "payload": 3, "planner": 0}
    async with asyncio.timeout(20):
        entries: Any = feed.entries(Identity("JAXA", Role.VIEWER, "k"), start, EventFilter())
        found = [await anext(entries) for _ in range(2)]
        told += [await publish(platform, PLAN_RELEASED, released("ours"), visibility=Visibility.PUBLIC)]
        found.append(await anext(entries))
        await entries.aclose()
    assert [entry.event.event_id for entry in found] == told
    assert [dict(entry.cursor.sequence_by_area)["planner"] for entry in found] == [1, 2, 3]
    # One event further than the stream is not in it.
    beyond = found[-1].cursor.at("planner", 4).text
    assert dict((await feed.start_cursor(beyond)).sequence_by_area) == {**dict(start.sequence_by_area), "planner": 0}


@pytest.mark.asyncio
async def test_streams_end_when_the_process_stops(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    only_the_planner_knows(platform, operation(RUNNING))

    async def forever() -> AsyncIterator[operation_pb2.WatchOperationResponse]:
        yield operation_pb2.WatchOperationResponse(operation=operation(RUNNING, 0.5))
        await asyncio.Event().wait()

    platform.services.answers["planner/WatchOperation"] = lambda _: forever()
    async with served(platform) as (server, http):
        feed = http.stream("GET", "/api/v1/events", headers=platform.bearer())
        work = http.stream("GET", "/api/v1/operations/o-1/events", headers=platform.bearer())
        async with feed as feed_answer, work as work_answer:
            feed_events, work_events = sent_events(feed_answer), sent_events(work_answer)
            assert (await anext(feed_events))["event"] == "open"
            assert (await anext(work_events))["event"] == "progress"
            server.should_exit = True
            assert [event async for event in feed_events] == []
            assert [event async for event in work_events] == []
    ready = await platform.http.get("/readyz")
    assert ready.status_code == 503


@pytest.mark.asyncio
async def test_the_feed_ends_where_the_broker_came_back(sqlite_platform: GatewayPlatform, own_nats_server: Any) -> None:
    platform = sqlite_platform
    platform.services.answers["GetCharter"] = charters(ours="JAXA")
    async with served(platform) as (_, http):
        async with http.stream("GET", "/api/v1/events", headers=platform.bearer()) as answer:
            events = sent_events(answer)
            opened = await anext(events)
            own_nats_server.kill()
            own_nats_server.start()
            assert [event async for event in events] == []
        told = await publish(platform, PLAN_RELEASED, released("ours"))
        resumed = {**platform.bearer(), "Last-Event-ID": opened["id"]}
        async with http.stream("GET", "/api/v1/events", headers=resumed) as answer:
            events = sent_events(answer)
            await anext(events)
            assert (await anext(events))["data"]["event_id"] == told
