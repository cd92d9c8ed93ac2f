"""Computing and reading windows over gRPC, with a real broker and both kinds of database."""

import asyncio
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import pytest
from malapert.comms_window.v1 import (
    event_pb2,
    opportunity_pb2,
    opportunity_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.factory import MIGRATIONS
from malapert_comms_window.storage.tables import CommsWindowTable
from malapert_core.errors import InvalidInputError, NotFoundError
from malapert_core.events.event import Event
from malapert_core.service import RunningService
from malapert_core.timestamps import from_timestamp
from malapert_testing.schema import schema_drift
from malapert_testing.services import identity_of, open_test_channel
from window_calls import START, all_stations, all_windows, computed, days_after, window_request


async def _events(service: RunningService[Any], subject: str, count: int) -> list[Event]:
    subscription = await service.runtime.js.pull_subscribe(subject, durable="test")
    events: list[Event] = []
    # One fetch gives what is there, which may be less.
    while len(events) < count:
        fetched = await subscription.fetch(count - len(events), timeout=10)
        events += [Event.from_message(message) for message in fetched]
    return events


@pytest.mark.asyncio
async def test_migrations_and_tables_agree(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, CommsWindowTable.metadata) == []


@pytest.mark.asyncio
async def test_windows_are_computed_stored_and_announced(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        operation = await computed(channel, window_request())
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
        assert [stage.name for stage in operation.stages] == ["horizons", "light", "earth", "contacts", "store"]
        stub = window_pb2_grpc.WindowServiceStub(channel)
        got = await stub.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=operation.result_id))
        window_set = got.window_set
        assert window_set.request == window_request()
        assert window_set.provenance.synthetic_terrain
        assert "hand-made skyline" in window_set.provenance.notes
        assert window_set.provenance.software == f"malapert-comms-window {version('malapert-comms-window')}"
        assert {record.kind for record in window_set.provenance.inputs} >= {
            "terrain",
            "skyline",
            "station",
            "lunar_pck",
        }
        windows = await all_windows(stub, operation.result_id)
        _check_summaries(window_set, windows)
        _check_windows(windows)
        (event,) = await _events(service, "malapert.comms_window.v1.windows.changed", 1)
        changed = event.parse(event_pb2.WindowsChanged)
        assert (changed.window_set_id, changed.mission_id) == (operation.result_id, "lupex")
        assert changed.window_count == len(windows)
        assert event.agency_id == "JAXA"


@pytest.mark.asyncio
async def test_opportunities_are_where_windows_are_long_enough(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        operation = await computed(channel, window_request())
        windows = await all_windows(window_pb2_grpc.WindowServiceStub(channel), operation.result_id)
        stub = opportunity_pb2_grpc.OpportunityServiceStub(channel)
        seen = opportunity_pb2.OpportunityCondition(kind=window_pb2.WINDOW_KIND_EARTH_VISIBILITY)
        query = opportunity_pb2.OpportunityQuery(
            key="look", steps=[opportunity_pb2.OpportunityStep(duration_s=3600.0, conditions=[seen])]
        )
        answer = await stub.FindOpportunities(
            opportunity_pb2.FindOpportunitiesRequest(mission_id="lupex", queries=[query])
        )
        assert answer.window_set_id == operation.result_id
        (found,) = answer.answers
        wanted = {
            (window.place_id, window.interval.start_time.ToDatetime(), window.interval.end_time.ToDatetime())
            for window in windows
            if window.kind == window_pb2.WINDOW_KIND_EARTH_VISIBILITY and _duration_s(window) >= 3600.0
        }
        hour = timedelta(hours=1)
        assert {
            (item.place_id, item.first_start_time.ToDatetime(), item.last_start_time.ToDatetime() + hour)
            for item in found.opportunities
        } == wanted
        assert found.opportunity_count == len(wanted) > 0
        none = opportunity_pb2.FindOpportunitiesRequest(mission_id="nobody", queries=[query])
        assert (await stub.FindOpportunities(none)).window_set_id == ""
        with pytest.raises(NotFoundError, match="UNKNOWN_WINDOW_SET"):
            await stub.FindOpportunities(opportunity_pb2.FindOpportunitiesRequest(window_set_id="windows-0"))
        query.steps[0].duration_s = float("nan")
        with pytest.raises(InvalidInputError) as caught:
            await stub.FindOpportunities(opportunity_pb2.FindOpportunitiesRequest(mission_id="x", queries=[query]))
        assert [(fault.path, fault.code) for fault in caught.value.faults] == [
            ("queries[0].steps[0].duration_s", "OUT_OF_RANGE")
        ]


def _check_summaries(window_set: window_pb2.WindowSet, windows: list[window_pb2.Window]) -> None:
    assert len(window_set.summaries) == 2 * (3 + 2)
    for summary in window_set.summaries:
        of_kind = [
            window
            for window in windows
            if (window.kind, window.place_id, window.station_id) == (summary.kind, summary.place_id, summary.station_id)
        ]
        assert summary.count == len(of_kind)
        assert summary.total_s == pytest.approx(sum(_duration_s(window) for window in of_kind))
        if summary.kind == window_pb2.WINDOW_KIND_CONTACT:
            assert summary.volume_bit > 0.0


def _check_windows(windows: list[window_pb2.Window]) -> None:
    starts = [from_timestamp(window.interval.start_time) for window in windows]
    assert starts == sorted(starts)
    assert len({window.window_id for window in windows}) == len(windows)
    for window in windows:
        assert _duration_s(window) > 0.0
        for profile in window.profiles:
            assert len(profile.offset_s) == len(profile.value) > 0
            assert list(profile.offset_s) == sorted(profile.offset_s)
    contact = next(window for window in windows if window.kind == window_pb2.WINDOW_KIND_CONTACT)
    quantities = {profile.quantity: profile for profile in contact.profiles}
    assert set(quantities["rate_bps"].value) <= {2e3, 64e3, 256e3, 1024e3}
    assert 350_000.0 < min(quantities["range_km"].value) < max(quantities["range_km"].value) < 410_000.0


def _duration_s(window: window_pb2.Window) -> float:
    start, end = from_timestamp(window.interval.start_time), from_timestamp(window.interval.end_time)
    return (end - start).total_seconds()


@pytest.mark.asyncio
async def test_the_same_inputs_give_the_same_set_once(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as jaxa,
        open_test_channel(service.target, identity_of("ISRO")) as isro,
    ):
        first, twin = await asyncio.gather(computed(jaxa, window_request()), computed(isro, window_request()))
        again = await computed(isro, window_request())
        assert {first.state, twin.state, again.state} == {operation_pb2.OPERATION_STATE_SUCCEEDED}
        assert first.result_id == twin.result_id == again.result_id
        assert [stage.name for stage in again.stages] == ["horizons"]
        other = await computed(jaxa, window_request(profile_step_s=3600.0))
        assert other.result_id != first.result_id
        events = await _events(service, "malapert.comms_window.v1.windows.changed", 2)
        assert [event.entity_id for event in events] == [first.result_id, other.result_id]


@pytest.mark.asyncio
async def test_windows_are_listed_by_kind_place_and_station(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        stub = window_pb2_grpc.WindowServiceStub(channel)
        window_set_id = (await computed(channel, window_request())).result_id
        wanted = {
            "kinds": [window_pb2.WINDOW_KIND_CONTACT],
            "place_ids": ["ridge"],
            "station_ids": ["isro-idsn-32"],
            "without_profiles": True,
        }
        windows = await all_windows(stub, window_set_id, **wanted)
        assert windows
        assert {(window.kind, window.place_id, window.station_id) for window in windows} == {
            (window_pb2.WINDOW_KIND_CONTACT, "ridge", "isro-idsn-32")
        }
        assert not any(window.profiles for window in windows)
        every = await all_windows(stub, window_set_id)
        for level in (window_pb2.PREDICTABILITY_PREDICTED, window_pb2.PREDICTABILITY_POTENTIAL):
            found = await all_windows(stub, window_set_id, predictabilities=[level])
            assert [each.window_id for each in found] == [
                each.window_id for each in every if each.predictability == level
            ]
        with pytest.raises(NotFoundError) as unknown:
            await all_windows(stub, "windows-none")
        assert unknown.value.reason == "UNKNOWN_WINDOW_SET"
        with pytest.raises(InvalidInputError) as kind:
            await all_windows(stub, window_set_id, kinds=[0])
        assert [fault.path for fault in kind.value.faults] == ["kinds[0]"]
        bad_page = type_pb2.PageRequest(page_token="nonsense")
        with pytest.raises(InvalidInputError) as token:
            await stub.ListWindows(window_pb2.ListWindowsRequest(window_set_id=window_set_id, page=bad_page))
        assert token.value.reason == "INVALID_PAGE_TOKEN"


@pytest.mark.asyncio
async def test_a_computation_can_be_cancelled(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        stations = [station.station_id for station in await all_stations(channel)]
        request = window_request(station_ids=stations, span=days_after(START, 100.0))
        started = await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
        operations = operation_pb2_grpc.OperationServiceStub(channel)
        watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
        last = None
        async for response in operations.WatchOperation(watch):
            last = response.operation
            if any(stage.name == "contacts" for stage in last.stages):
                await operations.CancelOperation(
                    operation_pb2.CancelOperationRequest(operation_id=started.operation_id)
                )
        assert last is not None
        assert last.state == operation_pb2.OPERATION_STATE_CANCELLED


@pytest.mark.asyncio
async def test_stations_are_listed_with_sources(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        stations = await all_stations(channel)
        assert [station.station_id for station in stations] == sorted(station.station_id for station in stations)
        assert len(stations) == 33
        stub = window_pb2_grpc.StationServiceStub(channel)
        mlg = (await stub.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station
        assert (mlg.agency_id, mlg.confidence) == ("ESA", type_pb2.CONFIDENCE_HIGH)
        assert mlg.setup_s.confidence == type_pb2.CONFIDENCE_ASSUMPTION
        with pytest.raises(NotFoundError):
            await stub.GetStation(window_pb2.GetStationRequest(station_id="nowhere"))
