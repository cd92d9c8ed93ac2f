"""The contact book over gRPC, with a real broker and both kinds of database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from booking_calls import START, asked, hours
from contact_listing import ISRO, JAXA, listing, reservation, without_countdown
from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc, event_pb2, window_pb2, window_pb2_grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import ConflictError, InvalidInputError, MalapertError, UnavailableError
from malapert_core.events.event import Event
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import identity_of, open_test_channel


@pytest.mark.asyncio
async def test_contacts_are_reserved_committed_and_released(comms_window: Any) -> None:
    async with comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        request = reservation("k1", asked("jaxa-mdss-54", 5, 7), asked("jaxa-usc-34", 5, 7))
        reserved = list((await stub.ReserveContacts(request)).contacts)
        misasa, uchinoura = reserved
        assert {contact.state for contact in reserved} == {contact_pb2.CONTACT_STATE_TENTATIVE}
        assert misasa.occupied == hours(4, 7.25)
        assert uchinoura.occupied == hours(4, 7.25)
        assert (misasa.agency_id, misasa.mission_id, misasa.version) == ("JAXA", "lupex", 1)
        assert from_timestamp(misasa.hold_until_time) < START
        assert all(0.0 < contact.hold_remaining_s <= 3600.0 for contact in reserved)
        assert without_countdown((await stub.ReserveContacts(request)).contacts) == without_countdown(reserved)

        ids = [contact.contact_id for contact in reserved]
        booked_time = from_timestamp(misasa.updated_time)
        for _ in range(2):
            committed = (await stub.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids))).contacts
            assert [(contact.state, contact.version) for contact in committed] == [
                (contact_pb2.CONTACT_STATE_COMMITTED, 2)
            ] * 2
        committed_time = from_timestamp(committed[0].updated_time)
        assert booked_time < committed_time
        giving = contact_pb2.ReleaseContactsRequest(contact_ids=ids[:1], reason="rover is late")
        for _ in range(2):
            released = (await stub.ReleaseContacts(giving)).contacts
            assert [(contact.state, contact.version) for contact in released] == [
                (contact_pb2.CONTACT_STATE_CANCELLED, 3)
            ]
        assert committed_time < from_timestamp(released[0].updated_time)
        assert [contact.contact_id for contact in await listing(stub, only_holding=True)] == ids[1:]
        again = await stub.ReserveContacts(reservation("k2", asked("jaxa-mdss-54", 5, 7), commit=True))
        assert again.contacts[0].state == contact_pb2.CONTACT_STATE_COMMITTED
        await _check_events(service, ids, again.contacts[0].contact_id)


async def _check_events(service: Any, ids: list[str], last_id: str) -> None:
    subscription = await service.runtime.js.pull_subscribe("malapert.comms_window.v1.contact.*", durable="test")
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < 6:
            events += [Event.from_message(message) for message in await subscription.fetch(6, timeout=10)]
    verbs = [(event.subject.rsplit(".", 1)[1], event.entity_id) for event in events]
    assert verbs == [
        *(("offered", contact_id) for contact_id in ids),
        *(("committed", contact_id) for contact_id in ids),
        ("released", ids[0]),
        ("committed", last_id),
    ]
    released = events[4].parse(event_pb2.ContactReleased)
    assert released.reason == "rover is late"
    assert events[2].parse(event_pb2.ContactCommitted).contact.station_id == "jaxa-mdss-54"
    assert {event.agency_id for event in events} == {"JAXA"}


@pytest.mark.asyncio
async def test_a_conflict_refuses_the_whole_and_names_what_is_in_the_way(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, JAXA) as jaxa,
        open_test_channel(service.target, ISRO) as isro,
    ):
        first = contact_pb2_grpc.ContactServiceStub(jaxa)
        second = contact_pb2_grpc.ContactServiceStub(isro)
        held = (await first.ReserveContacts(reservation("k", asked("esa-mlg", 5, 7)))).contacts[0]
        # Teardown and set-up need 1.25 hours between two tracking times of this antenna.
        request = reservation("k", asked("esa-ceb", 5, 7), asked("esa-mlg", 8.2, 9))
        with pytest.raises(ConflictError) as caught:
            await second.ReserveContacts(request)
        assert caught.value.reason == "CONTACT_CONFLICT"
        assert caught.value.metadata["station_id"] == "esa-mlg"
        assert caught.value.metadata["occupied_end_time"] == "2029-01-18T07:15:00+00:00"
        (fault,) = caught.value.faults
        assert (fault.path, fault.code) == ("requests[1]", "ANTENNA_TAKEN")
        # Which booking it is, is not another agency's to know.
        assert "contact_id" not in caught.value.metadata
        assert held.contact_id not in str(caught.value.metadata) + fault.message
        with pytest.raises(ConflictError) as own:
            await first.ReserveContacts(reservation("k2", asked("esa-mlg", 8.2, 9)))
        assert own.value.metadata["contact_id"] == held.contact_id
        assert held.contact_id in own.value.faults[0].message
        assert await listing(second, station_id="esa-ceb") == []
        await second.ReserveContacts(reservation("k", asked("esa-ceb", 5, 7), asked("esa-mlg", 8.25, 9)))
        with pytest.raises(ConflictError) as reused:
            await second.ReserveContacts(reservation("k", asked("esa-nno-1", 5, 7)))
        assert reused.value.reason == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.asyncio
async def test_of_many_planners_exactly_one_gets_the_pass(comms_window: Any) -> None:
    stations = ["esa-mlg", "esa-ceb", "dsn-dss43"]
    async with comms_window.run() as service:
        channels = [open_test_channel(service.target, identity_of(f"agency-{n}")) for n in range(8)]
        requests = []
        for number, channel in enumerate(channels):
            # Each asks for the antennas in another order, which must not make two wait for each other.
            order = stations[number % 3 :] + stations[: number % 3]
            wanted = [asked(station_id, 5 + number / 100, 7) for station_id in order]
            requests.append(contact_pb2_grpc.ContactServiceStub(channel).ReserveContacts(reservation("k", *wanted)))
        results = await asyncio.gather(*requests, return_exceptions=True)
        won = [result for result in results if not isinstance(result, BaseException)]
        lost = [result for result in results if isinstance(result, MalapertError)]
        assert (len(won), len(lost)) == (1, 7), results
        assert {error.reason for error in lost} == {"CONTACT_CONFLICT"}
        listed = await listing(contact_pb2_grpc.ContactServiceStub(channels[0]))
        assert sorted(contact.station_id for contact in listed) == sorted(stations)
        for channel in channels:
            await channel.close(None)


async def answered(stub: Any, request: Any) -> Any:
    """Return the answer of a call, made again while the database is said to be busy."""
    while True:
        try:
            return await stub.ReserveContacts(request)
        except UnavailableError as error:
            if error.reason != "DATABASE_BUSY":
                raise
            await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_two_services_on_one_database_give_a_pass_once(comms_window: Any) -> None:
    """Each service gathers its own calls; between them the database's locks decide, and a key counts once for both."""
    async with comms_window.run() as first, comms_window.run() as second:
        channels = [
            open_test_channel(service.target, identity_of(f"agency-{number}"))
            for number in range(12)
            for service in (first, second)
        ]
        stubs = [contact_pb2_grpc.ContactServiceStub(channel) for channel in channels]
        wanted = [asked("esa-mlg", 5, 7), asked("esa-ceb", 5, 7)]
        results = await asyncio.gather(
            *(stub.ReserveContacts(reservation(f"k{number}", *wanted)) for number, stub in enumerate(stubs)),
            return_exceptions=True,
        )
        assert sum(not isinstance(result, BaseException) for result in results) == 1
        lost = [result for result in results if isinstance(result, BaseException)]
        assert {getattr(error, "reason", repr(error)) for error in lost} == {"CONTACT_CONFLICT"}
        assert len(await listing(stubs[0])) == 2
        # One agency's key with two bodies, at once, on antennas that have nothing to do with each other.
        for number in range(8):
            pair = await asyncio.gather(
                answered(stubs[0], reservation(f"same-{number}", asked("dsn-dss34", 10 + 4 * number, 11 + 4 * number))),
                answered(stubs[1], reservation(f"same-{number}", asked("dsn-dss43", 10 + 4 * number, 11 + 4 * number))),
                return_exceptions=True,
            )
            assert [getattr(result, "reason", "") for result in pair if isinstance(result, BaseException)] == [
                "IDEMPOTENCY_KEY_REUSED"
            ]
        assert len(await listing(stubs[0])) == 10
        for channel in channels:
            await channel.close(None)


@pytest.mark.asyncio
async def test_a_call_that_is_sent_twice_at_once_books_once(comms_window: Any) -> None:
    async with comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        request = reservation("k", asked("esa-mlg", 5, 7), asked("esa-ceb", 5, 7))
        answers = await asyncio.gather(*(stub.ReserveContacts(request) for _ in range(5)))
        assert len({tuple(contact.contact_id for contact in answer.contacts) for answer in answers}) == 1
        assert len(await listing(stub)) == 2


@pytest.mark.asyncio
async def test_all_faults_of_a_reservation_come_back_at_once(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        past = type_pb2.Interval(
            start_time=to_timestamp(datetime(2020, 1, 1, tzinfo=UTC)),
            end_time=to_timestamp(datetime(2020, 1, 2, tzinfo=UTC)),
        )
        request = reservation(
            "k",
            asked("nowhere", 5, 7),
            asked("esa-mlg", 7, 5),
            contact_pb2.ContactRequest(station_id="esa-mlg", interval=past),
            asked("esa-mlg", 9, 10, window_set_id="windows-none", window_id="none"),
        )
        with pytest.raises(InvalidInputError) as caught:
            await stub.ReserveContacts(request)
        assert {fault.path: fault.code for fault in caught.value.faults} == {
            "requests[0].station_id": "UNKNOWN_STATION",
            "requests[1].interval": "EMPTY_INTERVAL",
            "requests[2].asset_id": "MISSING",
            "requests[2].interval.start_time": "IN_THE_PAST",
            "requests[2].interval": "OUTSIDE_WINDOWS",
            "requests[3].window_id": "UNKNOWN_WINDOW",
        }
        with pytest.raises(InvalidInputError) as overlap:
            await stub.ReserveContacts(reservation("k", asked("esa-mlg", 5, 7), asked("esa-mlg", 8, 9)))
        assert [fault.code for fault in overlap.value.faults] == ["OVERLAPS_REQUEST"]
        with pytest.raises(InvalidInputError) as empty:
            await stub.ReserveContacts(contact_pb2.ReserveContactsRequest(hold_s=-1.0))
        assert {fault.path for fault in empty.value.faults} == {"idempotency_key", "mission_id", "hold_s"}
        assert await listing(stub) == []


@pytest.mark.asyncio
async def test_a_contact_lies_inside_the_window_it_names(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        window_set_id, window = await _contact_window(channel)
        start, end = from_timestamp(window.interval.start_time), from_timestamp(window.interval.end_time)
        named = {"window_set_id": window_set_id, "window_id": window.window_id}

        def wanted(station_id: str, begin: datetime, finish: datetime) -> contact_pb2.ContactRequest:
            span = type_pb2.Interval(start_time=to_timestamp(begin), end_time=to_timestamp(finish))
            return contact_pb2.ContactRequest(station_id=station_id, asset_id="rover", interval=span, **named)

        for number, (request, code) in enumerate(
            (
                (wanted("jaxa-mdss-54", start, end + timedelta(seconds=1)), "OUTSIDE_WINDOW"),
                (wanted("jaxa-mdss-54", start - timedelta(seconds=1), end), "OUTSIDE_WINDOW"),
                (wanted("esa-mlg", start, end), "WRONG_STATION"),
            )
        ):
            with pytest.raises(InvalidInputError) as caught:
                await stub.ReserveContacts(reservation(f"k{number}", request))
            assert [fault.code for fault in caught.value.faults] == [code]
        whole = await stub.ReserveContacts(reservation("whole", wanted("jaxa-mdss-54", start, end)))
        assert whole.contacts[0].interval == window.interval


async def _contact_window(channel: grpc.aio.Channel) -> tuple[str, window_pb2.Window]:
    request = window_pb2.ComputeWindowsRequest(
        mission_id="lupex",
        terrain_stack_id="stack-1",
        places=[window_pb2.Place(place_id="a", point=type_pb2.SurfacePoint(longitude_deg=-136.0, latitude_deg=-88.8))],
        station_ids=["jaxa-mdss-54"],
        span=hours(0, 72),
        terminal=window_pb2.LinkTerminal(band="X", frequency_hz=8.45e9, rate_steps_bps=[2e3]),
        profile_step_s=3600.0,
    )
    windows = window_pb2_grpc.WindowServiceStub(channel)
    started = await windows.ComputeWindows(request)
    watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
    responses = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch)
    window_set_id = [response.operation.result_id async for response in responses][-1]
    kinds = [window_pb2.WINDOW_KIND_CONTACT]
    listed = await windows.ListWindows(window_pb2.ListWindowsRequest(window_set_id=window_set_id, kinds=kinds))
    return window_set_id, listed.windows[0]
