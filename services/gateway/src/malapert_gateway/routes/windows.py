"""Windows of light, Earth visibility, contact, relays, orbiters and optical links."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from malapert.comms_window.v1 import window_pb2
from malapert_http_models.contracts.comms_window import (
    ComputeWindowsRequest,
    Predictability,
    WindowKind,
    WindowPage,
    WindowSet,
)
from malapert_http_models.contracts.operation import Operation

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.operations import started
from malapert_gateway.routes.parameters import LOCATION, GatewayParts, Page, WindowSetId, only_these
from malapert_gateway.services.clients import ServiceName

router = APIRouter(tags=["windows"], route_class=GuardedRoute)


@router.post("/window-sets", status_code=202, responses={202: LOCATION})
async def compute_windows(body: ComputeWindowsRequest, response: Response, gateway: GatewayParts) -> Operation:
    """Start computing windows; the operation's `result_id` is the window set. The same inputs give the same set."""
    message = message_of(body, window_pb2.ComputeWindowsRequest)
    answer = await gateway.call(gateway.services.windows.ComputeWindows, message)
    return await started(gateway, ServiceName.COMMS_WINDOW, answer.operation_id, response)


@router.get("/window-sets/{window_set_id}")
async def get_window_set(window_set_id: WindowSetId, gateway: GatewayParts) -> WindowSet:
    """Return what a window set holds, without its windows."""
    message = window_pb2.GetWindowSetRequest(window_set_id=window_set_id)
    return await gateway.answer(
        (await gateway.call(gateway.services.windows.GetWindowSet, message)).window_set, WindowSet
    )


@router.get("/window-sets/{window_set_id}/windows")
async def list_windows(
    window_set_id: WindowSetId,
    gateway: GatewayParts,
    page: Page,
    kinds: Annotated[list[WindowKind] | None, only_these("these kinds")] = None,
    place_ids: Annotated[list[str] | None, only_these("these places", ["ridge-1"])] = None,
    station_ids: Annotated[list[str] | None, only_these("these stations", ["esa-mlg"])] = None,
    orbiter_ids: Annotated[list[str] | None, only_these("these orbiters", ["relay-1"])] = None,
    predictabilities: Annotated[list[Predictability] | None, only_these("windows that are so sure")] = None,
    without_profiles: Annotated[bool, Query(description="True leaves the profiles out.", examples=[True])] = False,
) -> WindowPage:
    """List the windows of a set in order of their start."""
    message = window_pb2.ListWindowsRequest(
        window_set_id=window_set_id,
        kinds=enum_numbers(window_pb2.WindowKind.DESCRIPTOR, kinds),
        place_ids=place_ids,
        station_ids=station_ids,
        orbiter_ids=orbiter_ids,
        predictabilities=enum_numbers(window_pb2.Predictability.DESCRIPTOR, predictabilities),
        without_profiles=without_profiles,
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.windows.ListWindows, message), WindowPage)
