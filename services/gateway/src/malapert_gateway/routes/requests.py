"""Routes of activity requests."""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response
from malapert.payload.v1 import request_pb2, science_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_http_models.contracts import vocabulary
from malapert_http_models.contracts.comms_window import OpportunityAnswer
from malapert_http_models.contracts.payload import (
    ActivityRequest,
    ActivityRequestPage,
    ActivityRequests,
    CancelRequest,
    CheckedRequests,
    CheckRequests,
    RatedRequests,
    RateRequests,
    RequestState,
    ReviseRequest,
    SubmitRequests,
)

from malapert_gateway import policy
from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers, to_model
from malapert_gateway.models.opportunity import CheckAnswer
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    CallerIdentity,
    ExpectedVersion,
    GatewayParts,
    MissionId,
    Page,
    RequestId,
    ValidateOnly,
    only,
    only_these,
    versioned,
)
from malapert_gateway.services.opportunities import find_opportunities

router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)


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
    message = message_of(body, request_pb2.SubmitRequestsRequest, mission_id=mission_id, validate_only=validate_only)
    answer = await gateway.call(gateway.services.requests.SubmitRequests, message)
    return await gateway.answer(answer, ActivityRequests, 201)


@router.get("/requests")
async def list_requests(
    mission_id: MissionId,
    gateway: GatewayParts,
    page: Page,
    states: Annotated[list[RequestState] | None, only_these("these states")] = None,
    visibilities: Annotated[list[vocabulary.Visibility] | None, only_these("those that these may see")] = None,
    agency_id: Annotated[str, only("agency", "JAXA")] = "",
) -> ActivityRequestPage:
    """List the requests of a mission that the caller may see."""
    message = request_pb2.ListRequestsRequest(
        mission_id=mission_id,
        states=enum_numbers(request_pb2.RequestState.DESCRIPTOR, states),
        visibilities=enum_numbers(type_pb2.Visibility.DESCRIPTOR, visibilities),
        agency_id=agency_id,
        page=page,
    )
    return await gateway.answer(
        await gateway.call(gateway.services.requests.ListRequests, message), ActivityRequestPage
    )


@router.get("/requests/{request_id}", responses={200: ETAG})
async def get_request(
    mission_id: MissionId, request_id: RequestId, response: Response, gateway: GatewayParts
) -> ActivityRequest:
    """Return one request with its history."""
    message = request_pb2.GetRequestRequest(mission_id=mission_id, request_id=request_id)
    answer = await gateway.call(gateway.services.requests.GetRequest, message)
    return await versioned(gateway, answer.request, ActivityRequest, response)


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
    message = message_of(
        body, request_pb2.CancelRequestRequest, mission_id=mission_id, request_id=request_id, version=version
    )
    answer = await gateway.call(gateway.services.requests.CancelRequest, message)
    return await versioned(gateway, answer.request, ActivityRequest, response)


@router.post("/requests/{request_id}:revise", responses={200: ETAG})
async def revise_request(
    mission_id: MissionId,
    request_id: RequestId,
    body: ReviseRequest,
    response: Response,
    gateway: GatewayParts,
    identity: CallerIdentity,
    version: ExpectedVersion,
    validate_only: ValidateOnly = False,
) -> ActivityRequest:
    """Change what a request of the caller's agency asks for; one that a plan holds leaves it and is ACCEPTED again."""
    policy.require_agency("revise_request", identity, [body.request.agency_id])
    if body.request.request_id != request_id:
        fault = Fault("request.request_id", "WRONG_REQUEST", f"the address names {request_id!r}; both must be the same")
        raise InvalidInputError("INVALID_REQUEST", "the body is of another request", faults=[fault])
    message = message_of(
        body, request_pb2.ReviseRequestRequest, mission_id=mission_id, version=version, validate_only=validate_only
    )
    answer = await gateway.call(gateway.services.requests.ReviseRequest, message)
    return await versioned(gateway, answer.request, ActivityRequest, response)


@router.post("/requests:check")
async def check_requests(
    mission_id: MissionId,
    body: CheckRequests,
    gateway: GatewayParts,
    identity: CallerIdentity,
    window_set_id: Annotated[str, only("window set", "windows-71c0")] = "",
    opportunities: Annotated[
        bool, Query(description="True looks for windows that could hold the requests.", examples=[True])
    ] = True,
) -> CheckAnswer:
    """Check requests of the caller's agency, and tell what each would take and which windows could hold it.

    Nothing is stored, and faults are part of the answer. The windows are those of the set that is named, or of the
    newest set that was computed for the mission; charge, storage, routes and other activities are not asked.
    """
    for request in body.requests:
        policy.require_agency("check_requests", identity, [request.agency_id])
    message = message_of(body, request_pb2.CheckRequestsRequest, mission_id=mission_id)
    answer = await gateway.call(gateway.services.requests.CheckRequests, message)
    checked = dict(await asyncio.to_thread(to_model, answer, CheckedRequests))
    if not opportunities or not answer.predictions:
        return CheckAnswer(**checked, window_set_id="", opportunities=[], opportunity_faults=[])
    found = await find_opportunities(
        lambda asked: gateway.call(gateway.services.opportunities.FindOpportunities, asked),
        mission_id,
        window_set_id,
        answer.predictions,
        gateway.settings.call_deadline_s,
    )
    listed = await asyncio.to_thread(lambda: [to_model(item, OpportunityAnswer) for item in found.answers])
    faults = [vocabulary.Fault(**asdict(fault)) for fault in found.faults]
    return CheckAnswer(**checked, window_set_id=found.window_set_id, opportunities=listed, opportunity_faults=faults)


@router.post("/requests:rate")
async def rate_requests(
    mission_id: MissionId,
    body: RateRequests,
    gateway: GatewayParts,
    plan_id: Annotated[str, only("plan", "plan-5d21")] = "",
) -> RatedRequests:
    """Return what each request is worth at each place that would do, term by term.

    The light at the places is what the body says; where it says nothing, that of the waypoints of the named plan.
    """
    message = message_of(body, science_pb2.RateRequestsRequest, mission_id=mission_id)
    if plan_id and not message.places:
        plan = await gateway.plan(plan_id)
        message.places.extend(
            science_pb2.PlaceLight(place_id=waypoint.waypoint_id, mean_sun_fraction=waypoint.mean_sun_fraction)
            for waypoint in plan.waypoints
        )
    return await gateway.answer(await gateway.call(gateway.services.science.RateRequests, message), RatedRequests)
