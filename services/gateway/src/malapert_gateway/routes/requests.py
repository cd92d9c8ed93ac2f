"""Instruments, activity types, and what the teams ask for."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from malapert.payload.v1 import catalogue_pb2, request_pb2

from malapert_gateway import policy
from malapert_gateway.conversion import enum_number, to_message, to_model
from malapert_gateway.models.catalogue import ActivityTypes, Instrument, Instruments
from malapert_gateway.models.request import (
    ActivityRequest,
    ActivityRequestPage,
    ActivityRequests,
    CancelRequest,
    RequestState,
    SubmitRequests,
)
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    CallerIdentity,
    ExpectedVersion,
    GatewayParts,
    InstrumentId,
    MissionId,
    Page,
    RequestId,
    ValidateOnly,
    only,
    set_etag,
)

router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)

MissionVersion = Annotated[int, Query(ge=0, le=2**32 - 1, description="The mission's version; 0 means the newest.")]


@router.get("/instruments")
async def list_instruments(
    mission_id: MissionId, gateway: GatewayParts, mission_version: MissionVersion = 0
) -> Instruments:
    """List the instruments of a mission with their modes."""
    message = catalogue_pb2.ListInstrumentsRequest(mission_id=mission_id, mission_version=mission_version)
    return to_model(await gateway.call(gateway.services.catalogue.ListInstruments, message), Instruments)


@router.get("/instruments/{instrument_id}")
async def get_instrument(
    mission_id: MissionId, instrument_id: InstrumentId, gateway: GatewayParts, mission_version: MissionVersion = 0
) -> Instrument:
    """Return one instrument."""
    message = catalogue_pb2.GetInstrumentRequest(
        mission_id=mission_id, mission_version=mission_version, instrument_id=instrument_id
    )
    answer = await gateway.call(gateway.services.catalogue.GetInstrument, message)
    return to_model(answer.instrument, Instrument)


@router.get("/activity-types")
async def list_activity_types(
    mission_id: MissionId, gateway: GatewayParts, mission_version: MissionVersion = 0
) -> ActivityTypes:
    """List the activity types of a mission with their steps."""
    message = catalogue_pb2.ListActivityTypesRequest(mission_id=mission_id, mission_version=mission_version)
    return to_model(await gateway.call(gateway.services.catalogue.ListActivityTypes, message), ActivityTypes)


@router.post("/requests", status_code=201)
async def submit_requests(
    mission_id: MissionId,
    body: SubmitRequests,
    gateway: GatewayParts,
    identity: CallerIdentity,
    validate_only: ValidateOnly = False,
) -> ActivityRequests:
    """Submit requests of the caller's agency, all or none; every fault comes back at once."""
    for request in body.requests:
        policy.require_agency("submit_requests", identity, [request.agency_id])
    message = to_message(body, request_pb2.SubmitRequestsRequest, mission_id=mission_id, validate_only=validate_only)
    return to_model(await gateway.call(gateway.services.requests.SubmitRequests, message), ActivityRequests)


@router.get("/requests")
async def list_requests(
    mission_id: MissionId,
    gateway: GatewayParts,
    page: Page,
    states: Annotated[list[RequestState] | None, Query(description="Only these states; none means all.")] = None,
    agency_id: Annotated[str, only("agency", "JAXA")] = "",
) -> ActivityRequestPage:
    """List the requests of a mission that the caller may see."""
    message = request_pb2.ListRequestsRequest(
        mission_id=mission_id,
        states=[enum_number(request_pb2.RequestState.DESCRIPTOR, state) for state in states or []],
        agency_id=agency_id,
        page=page,
    )
    return to_model(await gateway.call(gateway.services.requests.ListRequests, message), ActivityRequestPage)


@router.get("/requests/{request_id}", responses={200: ETAG})
async def get_request(
    mission_id: MissionId, request_id: RequestId, response: Response, gateway: GatewayParts
) -> ActivityRequest:
    """Return one request with its history."""
    message = request_pb2.GetRequestRequest(mission_id=mission_id, request_id=request_id)
    answer = await gateway.call(gateway.services.requests.GetRequest, message)
    set_etag(response, answer.request.version)
    return to_model(answer.request, ActivityRequest)


@router.post("/requests/{request_id}:cancel", responses={200: ETAG})
async def cancel_request(
    mission_id: MissionId,
    request_id: RequestId,
    body: CancelRequest,
    response: Response,
    gateway: GatewayParts,
    identity: CallerIdentity,
    version: ExpectedVersion,
) -> ActivityRequest:
    """Withdraw a request of the caller's agency."""
    asked = request_pb2.GetRequestRequest(mission_id=mission_id, request_id=request_id)
    found = await gateway.call(gateway.services.requests.GetRequest, asked)
    policy.require_agency("cancel_request", identity, [found.request.agency_id])
    message = to_message(
        body, request_pb2.CancelRequestRequest, mission_id=mission_id, request_id=request_id, version=version
    )
    answer = await gateway.call(gateway.services.requests.CancelRequest, message)
    set_etag(response, answer.request.version)
    return to_model(answer.request, ActivityRequest)
