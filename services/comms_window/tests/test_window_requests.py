"""Requests for windows: stations of one's own, and every fault at once."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from malapert.comms_window.v1 import (
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2
from malapert.type.v1 import type_pb2
from malapert_comms_window.domain.horizons import sphere_horizons
from malapert_comms_window.domain.window_requests import Place
from malapert_core.errors import InvalidInputError
from malapert_testing.services import identity_of, open_test_channel
from window_calls import START, all_stations, all_windows, computed, days_after, window_request


def _own_station(**changes: Any) -> window_pb2.Station:
    def figure(value: float, unit: str) -> type_pb2.Figure:
        return type_pb2.Figure(value=value, unit=unit, source="test", confidence=type_pb2.CONFIDENCE_ASSUMPTION)

    values: dict[str, Any] = {
        "station_id": "polar-test.ogs",
        "name": "Optical station",
        "agency_id": "ISRO",
        "operator": "ISRO",
        "latitude_deg": 32.78,
        "longitude_deg": 78.96,
        "height_m": 4500.0,
        "height_datum": "WGS 84",
        "dish_m": 1.0,
        "min_elevation_deg": figure(10.0, "deg"),
        "bands": [window_pb2.StationBand(band="optical")],
        "setup_s": figure(0.0, "s"),
        "teardown_s": figure(0.0, "s"),
        "cost_per_hour": figure(0.0, "1"),
        "handover_s": figure(0.0, "s"),
        "source": "test",
        "confidence": type_pb2.CONFIDENCE_UNVERIFIED,
        "complex_name": "polar-test.ogs",
        "bands_confidence": type_pb2.CONFIDENCE_ASSUMPTION,
    }
    return window_pb2.Station(**{**values, **changes})


@pytest.mark.asyncio
async def test_a_place_on_the_sphere_and_a_station_of_one_s_own_give_windows(sqlite_comms_window: Any) -> None:
    request = window_request(
        terrain_stack_id="",
        on_sphere=True,
        own_stations=[_own_station()],
        optical=window_pb2.OpticalRules(max_sun_elevation_deg=-12.0, min_elevation_deg=20.0),
        span=days_after(START, 29.0),
    )
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        operation = await computed(channel, request)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
        stub = window_pb2_grpc.WindowServiceStub(channel)
        got = await stub.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=operation.result_id))
        windows = await all_windows(stub, operation.result_id, kinds=[window_pb2.WINDOW_KIND_OPTICAL_LINK])
        stations = await all_stations(channel)
    provenance = got.window_set.provenance
    assert not provenance.synthetic_terrain
    assert "no terrain is given: the skyline of base is that of a smooth sphere" in provenance.notes
    assert got.window_set.request == request
    assert {(window.place_id, window.station_id) for window in windows} == {
        ("base", "polar-test.ogs"),
        ("ridge", "polar-test.ogs"),
    }
    assert "polar-test.ogs" not in [station.station_id for station in stations]
    # Two metres above a sphere of 1,737.4 km the horizon lies 0.087 degrees below the level.
    (horizon,) = sphere_horizons([Place("base", -136.0, -88.8, 0.0)], 2.0).horizons
    assert horizon.skyline_deg == pytest.approx(-np.degrees(np.sqrt(2 * 2.0 / 1_737_400.0)), rel=1e-5)


@pytest.mark.asyncio
async def test_faults_of_own_stations_are_told(sqlite_comms_window: Any) -> None:
    stations = [
        _own_station(station_id="esa-mlg"),
        _own_station(bands=[], latitude_deg=95.0),
        _own_station(name=""),
    ]
    request = window_request(own_stations=stations, on_sphere=True)
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        with pytest.raises(InvalidInputError) as caught:
            await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
    assert {(fault.path, fault.code) for fault in caught.value.faults} == {
        ("terrain_stack_id", "CONTRADICTION"),
        ("own_stations[0].station_id", "DUPLICATE"),
        ("own_stations[1].bands", "MISSING"),
        ("own_stations[1].latitude_deg", "OUT_OF_RANGE"),
        ("own_stations[2].station_id", "DUPLICATE"),
        ("own_stations[2].name", "MISSING"),
    }


@pytest.mark.asyncio
async def test_all_faults_of_a_request_come_back_at_once(sqlite_comms_window: Any) -> None:
    request = window_request(
        terrain_stack_id="",
        station_ids=["esa-mlg", "nowhere", "esa-mlg"],
        span=days_after(datetime(2060, 1, 1, tzinfo=UTC), 500.0),
        profile_step_s=0.0,
        array_height_m=-1.0,
        terminal=window_pb2.LinkTerminal(band="Q", frequency_hz=8.0, margin_db=-1.0, rate_steps_bps=[5.0, 2.0]),
    )
    request.places[1].place_id = "base"
    request.places[1].point.longitude_deg = 361.0
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, identity_of("JAXA")) as channel,
    ):
        with pytest.raises(InvalidInputError) as caught:
            await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
    assert caught.value.reason == "INVALID_WINDOW_REQUEST"
    assert {fault.path: fault.code for fault in caught.value.faults} == {
        "terrain_stack_id": "MISSING",
        "station_ids[1]": "UNKNOWN_STATION",
        "station_ids[2]": "DUPLICATE",
        "span": "SPAN_TOO_LONG",
        "span.start_time": "OUTSIDE_EPHEMERIS",
        "span.end_time": "OUTSIDE_EPHEMERIS",
        "profile_step_s": "OUT_OF_RANGE",
        "array_height_m": "OUT_OF_RANGE",
        "places[1].place_id": "DUPLICATE",
        "places[1].point.longitude_deg": "OUT_OF_RANGE",
        "terminal.band": "UNKNOWN_BAND",
        "terminal.frequency_hz": "OUT_OF_RANGE",
        "terminal.margin_db": "OUT_OF_RANGE",
        "terminal.rate_steps_bps": "NOT_RISING",
    }
