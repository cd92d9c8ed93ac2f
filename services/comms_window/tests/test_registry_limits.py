"""The registry is bounded for each owner: stations, and outages of an antenna."""

from datetime import timedelta
from typing import Any

import pytest
from booking_calls import hours
from malapert.comms_window.v1 import outage_pb2, outage_pb2_grpc, window_pb2, window_pb2_grpc
from malapert_comms_window.services.book import outages as outage_service
from malapert_comms_window.services.registry import stations as station_service
from malapert_core.errors import ExhaustedError
from malapert_core.policy.identity import Role
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import identity_of, open_test_channel

ESA = identity_of("ESA", Role.PLANNER)


@pytest.mark.asyncio
async def test_an_owner_has_so_many_stations_and_may_change_them_all(
    sqlite_comms_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        stub = window_pb2_grpc.StationServiceStub(channel)
        station = (await stub.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station
        listed = (await stub.ListStations(window_pb2.ListStationsRequest())).stations
        own = sum(each.agency_id == "ESA" for each in listed)
        monkeypatch.setattr(station_service, "MOST_STATIONS", own + 1)
        added = window_pb2.Station()
        added.CopyFrom(station)
        for number in range(2):
            added.station_id, added.version = f"esa-new-{number}", 0
            if number:
                with pytest.raises(ExhaustedError) as full:
                    await stub.PutStation(window_pb2.PutStationRequest(station=added))
                assert (full.value.reason, full.value.metadata["limit"]) == ("TOO_MANY_STATIONS", str(own + 1))
            else:
                await stub.PutStation(window_pb2.PutStationRequest(station=added))
        assert (await stub.PutStation(window_pb2.PutStationRequest(station=station))).station.version == 1


@pytest.mark.asyncio
async def test_an_antenna_has_so_many_outages_to_come(
    sqlite_comms_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage_service, "MOST_OUTAGES", 2)
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        stub = outage_pb2_grpc.OutageServiceStub(channel)

        def asked(number: int, station_id: str = "esa-mlg", days: int = 0) -> outage_pb2.AddOutageRequest:
            interval = hours(2 * number, 2 * number + 1)
            for bound in (interval.start_time, interval.end_time):
                bound.CopyFrom(to_timestamp(from_timestamp(bound) + timedelta(days=days)))
            return outage_pb2.AddOutageRequest(
                idempotency_key=f"{station_id}-{number}-{days}",
                station_id=station_id,
                interval=interval,
                kind=outage_pb2.OUTAGE_KIND_MAINTENANCE,
                reason="maintenance",
            )

        added = [await stub.AddOutage(asked(number)) for number in range(2)]
        with pytest.raises(ExhaustedError) as full:
            await stub.AddOutage(asked(2))
        assert full.value.reason == "TOO_MANY_OUTAGES"
        assert await stub.AddOutage(asked(1)) == added[1]  # asked again is no further one
        await stub.AddOutage(asked(2, "esa-ceb"))
        removed = outage_pb2.RemoveOutageRequest(outage_id=added[0].outage.outage_id)
        await stub.RemoveOutage(removed)
        await stub.AddOutage(asked(3))
