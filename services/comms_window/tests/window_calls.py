"""Requests for windows and what comes back, as tests share them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from malapert.comms_window.v1 import (
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

START = datetime(2029, 1, 18, tzinfo=UTC)


def days_after(start: datetime, days: float) -> type_pb2.Interval:
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(start + timedelta(days=days)))


def window_request(**changes: Any) -> window_pb2.ComputeWindowsRequest:
    values: dict[str, Any] = {
        "mission_id": "lupex",
        "terrain_stack_id": "stack-1",
        "places": [
            window_pb2.Place(
                place_id=name, point=type_pb2.SurfacePoint(longitude_deg=-136.0, latitude_deg=latitude_deg)
            )
            for name, latitude_deg in (("base", -88.8), ("ridge", -88.81))
        ],
        "station_ids": ["jaxa-mdss-54", "isro-idsn-32"],
        "span": days_after(START, 5.0),
        "terminal": window_pb2.LinkTerminal(
            band="X",
            frequency_hz=8.45e9,
            eirp_dbw=12.0,
            required_eb_n0_db=4.0,
            margin_db=3.0,
            losses_db=2.0,
            rate_steps_bps=[2e3, 64e3, 256e3, 1024e3],
        ),
        "array_height_m": 2.0,
        "antenna_height_m": 1.5,
        "profile_step_s": 1800.0,
    }
    return window_pb2.ComputeWindowsRequest(**{**values, **changes})


async def computed(channel: grpc.aio.Channel, request: window_pb2.ComputeWindowsRequest) -> operation_pb2.Operation:
    started = await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
    watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
    responses = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch)
    return [response.operation async for response in responses][-1]


async def all_windows(stub: Any, window_set_id: str, **wanted: Any) -> list[window_pb2.Window]:
    windows: list[window_pb2.Window] = []
    token = ""
    while True:
        page = type_pb2.PageRequest(page_size=7, page_token=token)
        request = window_pb2.ListWindowsRequest(window_set_id=window_set_id, page=page, **wanted)
        response = await stub.ListWindows(request)
        windows += response.windows
        token = response.next_page_token
        if not token:
            return windows


async def all_stations(channel: grpc.aio.Channel) -> list[window_pb2.Station]:
    stub = window_pb2_grpc.StationServiceStub(channel)
    stations: list[window_pb2.Station] = []
    token = ""
    while True:
        page = type_pb2.PageRequest(page_size=20, page_token=token)
        response = await stub.ListStations(window_pb2.ListStationsRequest(page=page))
        stations += response.stations
        token = response.next_page_token
        if not token:
            return stations
