"""Windows as files: tables, access reports and planning events."""

import asyncio
import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response
from malapert.comms_window.v1 import window_pb2
from malapert_core.timestamps import utc_now
from malapert_http_models.contracts.comms_window import Window, WindowKind, WindowPage

from malapert_gateway.conversion import enum_numbers
from malapert_gateway.exports.access_report import access_report, aer_report
from malapert_gateway.exports.mps_events import mps_events
from malapert_gateway.exports.windows_csv import windows_csv
from malapert_gateway.routes.files import PAGE_SIZE, all_rows, file_answer, file_responses
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, WindowSetId, only_these
from malapert_gateway.services.gateway import Gateway

router = APIRouter(tags=["exchange"], route_class=GuardedRoute)


class WindowFormat(StrEnum):
    """A file format of windows."""

    CSV = "csv"
    STK_ACCESS = "stk-access"
    STK_AER = "stk-aer"


_TEXT = "text/plain; charset=utf-8"
_WRITERS: dict[WindowFormat, tuple[str, str, Callable[[str, Sequence[Window]], bytes]]] = {
    WindowFormat.CSV: ("text/csv; charset=utf-8", "windows.csv", lambda _, windows: windows_csv(windows)),
    WindowFormat.STK_ACCESS: (_TEXT, "access.txt", lambda name, windows: access_report(name, windows, utc_now())),
    WindowFormat.STK_AER: (_TEXT, "aer.txt", lambda name, windows: aer_report(name, windows, utc_now())),
}


@router.get(
    "/window-sets/{window_set_id}/export",
    response_class=Response,
    responses=file_responses("text/csv", "text/plain"),
)
async def export_windows(
    window_set_id: WindowSetId,
    gateway: GatewayParts,
    format: Annotated[WindowFormat, Query(description="The file's format.")] = WindowFormat.CSV,  # noqa: A002
    kinds: Annotated[list[WindowKind] | None, only_these("these kinds")] = None,
    place_ids: Annotated[list[str] | None, only_these("these places", ["ridge-1"])] = None,
    station_ids: Annotated[list[str] | None, only_these("these stations", ["esa-mlg"])] = None,
    orbiter_ids: Annotated[list[str] | None, only_these("these orbiters", ["relay-1"])] = None,
) -> Response:
    """Return the windows of a set as a file.

    `csv` is a table; `stk-access` has the windows of each pair with their durations in the manner of an STK access
    report, `stk-aer` azimuth, elevation and range along those that have them.
    """
    media_type, name, write = _WRITERS[format]
    wanted = window_pb2.ListWindowsRequest(
        window_set_id=window_set_id,
        kinds=enum_numbers(window_pb2.WindowKind.DESCRIPTOR, kinds),
        place_ids=place_ids,
        station_ids=station_ids,
        orbiter_ids=orbiter_ids,
        without_profiles=format is not WindowFormat.STK_AER,
    )
    windows = await _all_windows(gateway, wanted)
    return file_answer(await asyncio.to_thread(write, window_set_id, windows), media_type, name)


@router.get(
    "/window-sets/{window_set_id}/events", response_class=Response, responses=file_responses("application/json")
)
async def export_window_events(window_set_id: WindowSetId, gateway: GatewayParts) -> Response:
    """Return the edges of a set's windows as planning events in the shape of CCSDS 529.1, as JSON."""
    wanted = window_pb2.ListWindowsRequest(window_set_id=window_set_id, without_profiles=True)
    windows = await _all_windows(gateway, wanted)
    content = await asyncio.to_thread(lambda: json.dumps(mps_events(window_set_id, windows)).encode())
    return file_answer(content, "application/json", "events.json")


async def _all_windows(gateway: Gateway, request: window_pb2.ListWindowsRequest) -> list[Window]:
    # A window of a day has 8,640 samples of a quantity where one was made every ten seconds.
    page_size = PAGE_SIZE if request.without_profiles else 50
    return await all_rows(
        gateway, gateway.services.windows.ListWindows, request, WindowPage, "windows",
        page_size=page_size, samples_of=_samples_of,
    )  # fmt: skip


def _samples_of(window: Window) -> int:
    return sum(len(profile.offset_s) for profile in window.profiles)
