"""Stations of one's own, outages that cancel or move contacts, alternates, refusals and reports, on both databases."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_calls import agree
from malapert.comms_window.v1 import (
    contact_pb2,
    contact_pb2_grpc,
    outage_pb2,
    outage_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.events.event import Event
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import identity_of, open_test_channel

START = datetime(2029, 1, 18, tzinfo=UTC)
JAXA, ESA, NASA = identity_of("JAXA"), identity_of("ESA"), identity_of("NASA")


def _interval(start: datetime, end: datetime) -> type_pb2.Interval:
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))


def _hours(start_h: float, end_h: float) -> type_pb2.Interval:
    return _interval(START + timedelta(hours=start_h), START + timedelta(hours=end_h))


def _reservation(key: str, station_id: str, interval: type_pb2.Interval, **more: Any) -> Any:
    window = {name: more.pop(name) for name in ("window_set_id", "window_id") if name in more}
    asked = contact_pb2.ContactRequest(station_id=station_id, asset_id="rover", interval=interval, **window)
    return contact_pb2.ReserveContactsRequest(idempotency_key=key, mission_id="lupex", requests=[asked], **more)


async def _windows(channel: Any, *station_ids: str) -> tuple[str, dict[str, list[window_pb2.Window]]]:
    request = window_pb2.ComputeWindowsRequest(
        mission_id="lupex",
        terrain_stack_id="stack-1",
        places=[window_pb2.Place(place_id="a", point=type_pb2.SurfacePoint(longitude_deg=-136.0, latitude_deg=-88.8))],
        station_ids=station_ids,
        span=_hours(0, 72),
        terminal=window_pb2.LinkTerminal(band="X", frequency_hz=8.45e9, rate_steps_bps=[2e3]),
        profile_step_s=3600.0,
    )
    stub = window_pb2_grpc.WindowServiceStub(channel)
    started = await stub.ComputeWindows(request)
    operations = operation_pb2_grpc.OperationServiceStub(channel)
    for _ in range(600):
        found = await operations.GetOperation(operation_pb2.GetOperationRequest(operation_id=started.operation_id))
        if found.operation.result_id:
            break
        assert found.operation.state != operation_pb2.OPERATION_STATE_FAILED, found
        await asyncio.sleep(0.05)
    set_id = found.operation.result_id
    kinds = [window_pb2.WINDOW_KIND_CONTACT]
    page = await stub.ListWindows(window_pb2.ListWindowsRequest(window_set_id=set_id, kinds=kinds))
    by_station: dict[str, list[window_pb2.Window]] = {station_id: [] for station_id in station_ids}
    for window in page.windows:
        by_station[window.station_id].append(window)
    return set_id, by_station


async def _subjects(service: Any, count: int) -> list[Event]:
    subscription = await service.runtime.js.pull_subscribe("malapert.comms_window.v1.>", durable="test")
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            fetched = await subscription.fetch(20, timeout=10)
            events += [
                event for event in map(Event.from_message, fetched) if not event.subject.endswith("windows.changed")
            ]
    return events


@pytest.mark.asyncio
async def test_an_outage_cancels_what_it_hits_and_keeps_the_antenna_free(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, JAXA) as user,
        open_test_channel(service.target, ESA) as owner,
    ):
        book, outages = contact_pb2_grpc.ContactServiceStub(user), outage_pb2_grpc.OutageServiceStub(owner)
        await agree(service, "ESA", "JAXA")
        hit = (await book.ReserveContacts(_reservation("a", "esa-mlg", _hours(5, 7), commit=True))).contacts[0]
        free = (await book.ReserveContacts(_reservation("b", "esa-mlg", _hours(20, 21), commit=True))).contacts[0]
        asked = outage_pb2.AddOutageRequest(
            idempotency_key="o",
            station_id="esa-mlg",
            interval=_hours(6, 10),
            kind=outage_pb2.OUTAGE_KIND_FAILURE,
            reason="hydraulics",
        )
        effects = [await outages.AddOutage(asked) for _ in range(2)]
        assert effects[0] == effects[1]
        assert [contact.contact_id for contact in effects[0].cancelled] == [hit.contact_id]
        assert effects[0].cancelled[0].state == contact_pb2.CONTACT_STATE_CANCELLED
        assert "hydraulics" in effects[0].cancelled[0].reason
        assert not effects[0].moved
        with pytest.raises(ConflictError) as caught:
            await book.ReserveContacts(_reservation("c", "esa-mlg", _hours(8, 9)))
        assert caught.value.faults[0].code == "ANTENNA_OUT"
        assert caught.value.metadata["outage_id"] == effects[0].outage.outage_id
        alternates = json.loads(caught.value.metadata["alternates"])
        first = datetime.fromisoformat(alternates[0]["start_time"])
        assert first == START + timedelta(hours=11)  # the outage ends at 10, set-up takes an hour
        listed = (await outages.ListOutages(outage_pb2.ListOutagesRequest(span=_hours(9, 11)))).outages
        assert list(listed) == [effects[0].outage]
        for kind, count in ((outage_pb2.OUTAGE_KIND_FAILURE, 1), (outage_pb2.OUTAGE_KIND_MAINTENANCE, 0)):
            of_kind = (await outages.ListOutages(outage_pb2.ListOutagesRequest(kinds=[kind]))).outages
            assert len(of_kind) == count
        events = await _subjects(service, 5)
        assert [event.subject.split(".v1.")[1] for event in events] == [
            "agreement.changed", "contact.committed", "contact.committed", "outage.added", "contact.released",
        ]  # fmt: skip
        await outages.RemoveOutage(outage_pb2.RemoveOutageRequest(outage_id=effects[0].outage.outage_id))
        again = (await book.ReserveContacts(_reservation("d", "esa-mlg", _hours(8, 9)))).contacts[0]
        holding = (await book.ListContacts(contact_pb2.ListContactsRequest(only_holding=True))).contacts
        assert {contact.contact_id for contact in holding} == {free.contact_id, again.contact_id}
        with pytest.raises(NotFoundError):
            await outages.RemoveOutage(outage_pb2.RemoveOutageRequest(outage_id=effects[0].outage.outage_id))


@pytest.mark.asyncio
async def test_an_outage_moves_a_contact_to_another_antenna_of_the_complex(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, JAXA) as user,
        open_test_channel(service.target, NASA) as owner,
    ):
        await agree(service, "NASA", "JAXA")
        set_id, found = await _windows(user, "dsn-dss34", "dsn-dss35", "esa-mlg")
        window = found["dsn-dss34"][0]
        start = from_timestamp(window.interval.start_time) + timedelta(hours=1)
        span = _interval(start, start + timedelta(hours=2))
        book = contact_pb2_grpc.ContactServiceStub(user)
        named = {"window_set_id": set_id, "window_id": window.window_id}
        before = (await book.ReserveContacts(_reservation("a", "dsn-dss34", span, commit=True, **named))).contacts[0]
        effect = await outage_pb2_grpc.OutageServiceStub(owner).AddOutage(
            outage_pb2.AddOutageRequest(
                idempotency_key="o",
                station_id="dsn-dss34",
                interval=span,
                kind=outage_pb2.OUTAGE_KIND_MAINTENANCE,
                move_contacts=True,
            )
        )
        (moved,) = effect.moved
        assert list(effect.moved_from) == [before.contact_id]
        assert (moved.station_id, moved.state) == ("dsn-dss35", contact_pb2.CONTACT_STATE_COMMITTED)
        assert moved.interval == before.interval
        assert moved.moved_from_contact_id == before.contact_id
        assert moved.window_id in {other.window_id for other in found["dsn-dss35"]}
        subjects = [event.subject.split(".v1.")[1] for event in await _subjects(service, 6)]
        assert subjects == [
            "agreement.changed", "contact.committed", "outage.added",
            "contact.released", "contact.committed", "contact.moved",
        ]  # fmt: skip


@pytest.mark.asyncio
async def test_alternates_are_free_and_near(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        set_id, found = await _windows(channel, "esa-mlg", "dsn-dss34")
        window = max(
            found["esa-mlg"], key=lambda each: each.interval.end_time.seconds - each.interval.start_time.seconds
        )
        start = from_timestamp(window.interval.start_time) + timedelta(hours=2)
        named = {"window_set_id": set_id, "window_id": window.window_id}
        book = contact_pb2_grpc.ContactServiceStub(channel)
        taken = _interval(start, start + timedelta(hours=1))
        await book.ReserveContacts(_reservation("a", "esa-mlg", taken, **named))
        asked = contact_pb2.ContactRequest(station_id="esa-mlg", asset_id="rover", interval=taken, **named)
        answer = await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=asked, limit=5))
        assert 2 <= len(answer.alternates) <= 5
        away = [abs(from_timestamp(each.interval.start_time) - start) for each in answer.alternates]
        assert away == sorted(away)
        assert away[0] <= timedelta(hours=2, minutes=15)
        for number, each in enumerate(answer.alternates):
            span = each.interval
            request = _reservation(f"k{number}", each.station_id, span, window_set_id=set_id, window_id=each.window_id)
            (booked,) = (await book.ReserveContacts(request)).contacts
            await book.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=[booked.contact_id]))
        # Of a set without a window: within the set's windows of the same antenna.
        asked.window_id = ""
        answer = await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=asked))
        assert answer.alternates
        for each in answer.alternates:
            assert (each.station_id, each.window_set_id, each.window_id) == ("esa-mlg", set_id, "")
            assert any(
                from_timestamp(other.interval.start_time) <= from_timestamp(each.interval.start_time)
                and from_timestamp(each.interval.end_time) <= from_timestamp(other.interval.end_time)
                for other in found["esa-mlg"]
            )
        longest = from_timestamp(window.interval.end_time) - from_timestamp(window.interval.start_time)
        asked.interval.CopyFrom(_interval(start, start + longest + timedelta(minutes=1)))
        assert not (await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=asked))).alternates
        wrong = contact_pb2.ContactRequest(station_id="nowhere", interval=_hours(7, 5))
        with pytest.raises(InvalidInputError) as caught:
            await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=wrong))
        assert {fault.code for fault in caught.value.faults} == {"UNKNOWN_STATION", "EMPTY_INTERVAL", "MISSING"}


@pytest.mark.asyncio
async def test_alternates_outside_of_all_windows_are_the_owner_s_to_ask_for(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service:
        asked = contact_pb2.ContactRequest(station_id="jaxa-usc-34", asset_id="rover", interval=_hours(5, 7))
        answers: dict[str, list[str]] = {}
        for name, identity, changes in (
            ("nowhere", JAXA, {}),
            ("a window of no set", JAXA, {"window_id": "contact-1"}),
            ("foreign", ESA, {"unchecked": True}),
            ("both", JAXA, {"unchecked": True, "window_set_id": "windows-1"}),
        ):
            request = contact_pb2.ContactRequest()
            request.CopyFrom(asked)
            request.MergeFrom(contact_pb2.ContactRequest(**changes))
            async with open_test_channel(service.target, identity) as channel:
                book = contact_pb2_grpc.ContactServiceStub(channel)
                with pytest.raises(InvalidInputError) as caught:
                    await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=request))
            answers[name] = [f"{fault.path} {fault.code}" for fault in caught.value.faults]
        assert answers == {
            "nowhere": ["request.window_set_id MISSING"],
            "a window of no set": ["request.window_set_id MISSING"],
            "foreign": ["request.unchecked NOT_OWNER"],
            "both": ["request.unchecked NOT_USED"],
        }
        async with open_test_channel(service.target, JAXA) as channel:
            book = contact_pb2_grpc.ContactServiceStub(channel)
            asked.unchecked = True
            await book.ReserveContacts(_reservation("own", "jaxa-usc-34", asked.interval))
            (found, *_) = (await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=asked))).alternates
            assert found.unchecked
            asked.unchecked, asked.window_set_id = False, "windows-of-nobody"
            with pytest.raises(NotFoundError):
                await book.ListAlternates(contact_pb2.ListAlternatesRequest(request=asked))


@pytest.mark.asyncio
async def test_owners_refuse_and_users_report(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, JAXA) as user,
        open_test_channel(service.target, ESA) as owner,
    ):
        book, owners_book = contact_pb2_grpc.ContactServiceStub(user), contact_pb2_grpc.ContactServiceStub(owner)
        held = (await book.ReserveContacts(_reservation("a", "esa-mlg", _hours(5, 7)))).contacts[0]
        refusing = contact_pb2.RejectContactsRequest(contact_ids=[held.contact_id], reason="kept for another")
        with pytest.raises(PermissionDeniedError):
            await book.RejectContacts(refusing)
        with pytest.raises(ConflictError) as stale:
            await owners_book.RejectContacts(
                contact_pb2.RejectContactsRequest(contact_ids=[held.contact_id], versions=[7], reason="late")
            )
        assert stale.value.reason == "CONTACT_CHANGED"
        (refused,) = (await owners_book.RejectContacts(refusing)).contacts
        assert refused.state == contact_pb2.CONTACT_STATE_REJECTED
        # Who is refused, and what for, is the owner's to know.
        assert (refused.agency_id, refused.mission_id, refused.asset_id) == ("JAXA", "lupex", "rover")
        with pytest.raises(PreconditionError):
            await book.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=[held.contact_id]))
        await agree(service, "ESA", "JAXA")
        promised = (await book.ReserveContacts(_reservation("b", "esa-mlg", _hours(5, 7), commit=True))).contacts[0]
        with pytest.raises(PreconditionError, match="have not begun"):
            await book.ReportContact(contact_pb2.ReportContactRequest(contact_id=promised.contact_id, succeeded=True))
        with pytest.raises(ConflictError):
            await book.ReleaseContacts(
                contact_pb2.ReleaseContactsRequest(contact_ids=[promised.contact_id], versions=[2])
            )
        released = await book.ReleaseContacts(
            contact_pb2.ReleaseContactsRequest(contact_ids=[promised.contact_id], versions=[1])
        )
        assert released.contacts[0].state == contact_pb2.CONTACT_STATE_CANCELLED


@pytest.mark.asyncio
async def test_stations_are_added_changed_and_taken_away(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, ESA) as owner,
        open_test_channel(service.target, JAXA) as other,
    ):
        stub = window_pb2_grpc.StationServiceStub(owner)
        station = (await stub.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station
        assert station.version == 0
        station.mask.extend(
            window_pb2.MaskPoint(azimuth_deg=azimuth, elevation_deg=8.0) for azimuth in (0, 90, 180, 270)
        )
        station.mask_source = "surveyed by hand"
        with pytest.raises(PermissionDeniedError):
            await window_pb2_grpc.StationServiceStub(other).PutStation(window_pb2.PutStationRequest(station=station))
        changed = (await stub.PutStation(window_pb2.PutStationRequest(station=station))).station
        assert changed.version == 1
        with pytest.raises(ConflictError) as stale:
            await stub.PutStation(window_pb2.PutStationRequest(station=station))
        assert stale.value.metadata["version"] == "1"
        listed = (await stub.ListStations(window_pb2.ListStationsRequest())).stations
        assert len([each for each in listed if each.station_id == "esa-mlg"]) == 1
        assert changed in listed
        for name in ("confidence", "bands_confidence"):
            for level in {getattr(each, name) for each in listed} | {type_pb2.CONFIDENCE_UNVERIFIED}:
                wanted = window_pb2.ListStationsRequest(**{name.replace("confidence", "confidences"): [level]})
                found = (await stub.ListStations(wanted)).stations
                assert list(found) == [each for each in listed if getattr(each, name) == level]
        added = window_pb2.Station()
        added.CopyFrom(station)
        added.station_id, added.complex_name, added.name = "ogs-tenerife", "Teide", "Optical ground station"
        added.longitude_deg, added.latitude_deg, added.version = -16.51, 28.3, 0
        del added.bands[:]
        added.bands.add(band="optical")
        new = (await stub.PutStation(window_pb2.PutStationRequest(station=added))).station
        assert (new.version, new.bands[0].band) == (1, "optical")
        book = contact_pb2_grpc.ContactServiceStub(owner)
        asked = _reservation("a", "ogs-tenerife", _hours(5, 6))
        asked.requests[0].unchecked = True
        held = (await book.ReserveContacts(asked)).contacts[0]
        removing = window_pb2.RemoveStationRequest(station_id="ogs-tenerife", version=1)
        with pytest.raises(PreconditionError):
            await stub.RemoveStation(removing)
        await book.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=[held.contact_id]))
        assert not (await stub.RemoveStation(removing)).HasField("station")
        left = (await stub.RemoveStation(window_pb2.RemoveStationRequest(station_id="esa-mlg", version=1))).station
        assert (left.version, len(left.mask)) == (0, 0)
        with pytest.raises(InvalidInputError):
            await stub.RemoveStation(window_pb2.RemoveStationRequest(station_id="esa-mlg", version=0))


@pytest.mark.asyncio
async def test_all_faults_of_a_station_come_back_at_once(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as owner:
        stub = window_pb2_grpc.StationServiceStub(owner)
        station = (await stub.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station
        wrong = window_pb2.Station()
        wrong.CopyFrom(station)
        wrong.longitude_deg = 69.3981934  # the other side of the Earth
        with pytest.raises(InvalidInputError) as caught:
            await stub.PutStation(window_pb2.PutStationRequest(station=wrong))
        assert [(fault.path, fault.code) for fault in caught.value.faults] == [
            ("station.longitude_deg", "AWAY_FROM_COMPLEX")
        ]
        wrong.longitude_deg, wrong.latitude_deg = 400.0, float("nan")
        wrong.setup_s.unit = "min"
        wrong.bands.add(band="Q")
        wrong.mask.extend(
            window_pb2.MaskPoint(azimuth_deg=azimuth, elevation_deg=5.0) for azimuth in (0, 40, 30, 200, 200, 200)
        )
        with pytest.raises(InvalidInputError) as caught:
            await stub.PutStation(window_pb2.PutStationRequest(station=wrong))
        found = {(fault.path, fault.code) for fault in caught.value.faults}
        assert {
            ("station.longitude_deg", "OUT_OF_RANGE"),
            ("station.latitude_deg", "OUT_OF_RANGE"),
            ("station.setup_s.unit", "WRONG_UNIT"),
            ("station.bands[2].band", "UNKNOWN_BAND"),
            ("station.mask[2].azimuth_deg", "UNSORTED"),
            ("station.mask[5].azimuth_deg", "UNSORTED"),  # two at one azimuth are a vertical edge, three are nothing
            ("station.mask", "GAP"),
            ("station.mask_source", "MISSING"),
        } <= found
        assert ("station.mask[4].azimuth_deg", "UNSORTED") not in found
        assert (await stub.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station == station


@pytest.mark.asyncio
async def test_faults_of_an_outage(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as owner:
        stub = outage_pb2_grpc.OutageServiceStub(owner)
        past = _interval(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
        with pytest.raises(InvalidInputError) as caught:
            await stub.AddOutage(outage_pb2.AddOutageRequest(station_id="nowhere", interval=past))
        assert {fault.code for fault in caught.value.faults} == {
            "IN_THE_PAST", "UNKNOWN_STATION", "MISSING", "UNKNOWN_KIND",
        }  # fmt: skip
        with pytest.raises(PermissionDeniedError):
            await stub.AddOutage(
                outage_pb2.AddOutageRequest(
                    idempotency_key="o",
                    station_id="dsn-dss34",
                    interval=_hours(1, 2),
                    kind=outage_pb2.OUTAGE_KIND_FAILURE,
                )
            )
        assert not (await stub.ListOutages(outage_pb2.ListOutagesRequest())).outages
