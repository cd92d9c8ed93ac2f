"""Ground stations and their outages."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from malapert.comms_window.v1 import outage_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_http_models.contracts.comms_window import (
    AddOutageRequest,
    Outage,
    OutageEffect,
    OutageKind,
    OutagePage,
    Station,
    StationPage,
)
from malapert_http_models.contracts.vocabulary import Confidence

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import IDEMPOTENCY_HEADER, GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    GatewayParts,
    OutageId,
    OverlappedSpan,
    Page,
    StatedVersion,
    StationId,
    only,
    only_these,
    versioned,
)

router = APIRouter(tags=["stations"], route_class=GuardedRoute)


@router.get("/stations")
async def list_stations(
    gateway: GatewayParts,
    page: Page,
    confidences: Annotated[list[Confidence] | None, only_these("stations whose position may be trusted so far")] = None,
    bands_confidences: Annotated[
        list[Confidence] | None, only_these("stations whose bands may be trusted so far")
    ] = None,
) -> StationPage:
    """List ground stations by identifier."""
    message = window_pb2.ListStationsRequest(
        confidences=enum_numbers(type_pb2.Confidence.DESCRIPTOR, confidences),
        bands_confidences=enum_numbers(type_pb2.Confidence.DESCRIPTOR, bands_confidences),
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.stations.ListStations, message), StationPage)


@router.get("/stations/{station_id}", responses={200: ETAG})
async def get_station(station_id: StationId, gateway: GatewayParts, response: Response) -> Station:
    """Return one ground station; each figure carries its source and confidence."""
    message = window_pb2.GetStationRequest(station_id=station_id)
    answer = await gateway.call(gateway.services.stations.GetStation, message)
    return await versioned(gateway, answer.station, Station, response)


@router.post("/stations:put", responses={200: ETAG})
async def put_station(body: Station, gateway: GatewayParts, response: Response) -> Station:
    """Add a station, or change one that is at the version given; a built-in one is overlaid."""
    message = window_pb2.PutStationRequest(station=message_of(body, window_pb2.Station))
    answer = await gateway.call(gateway.services.stations.PutStation, message)
    return await versioned(gateway, answer.station, Station, response)


@router.delete("/stations/{station_id}", status_code=204)
async def remove_station(station_id: StationId, gateway: GatewayParts, version: StatedVersion) -> None:
    """Take a station that was added away, or what was changed of a built-in one, at the version of `If-Match`."""
    message = window_pb2.RemoveStationRequest(station_id=station_id, version=version)
    await gateway.call(gateway.services.stations.RemoveStation, message)


@router.get("/outages")
async def list_outages(
    gateway: GatewayParts,
    page: Page,
    span: OverlappedSpan,
    station_id: Annotated[str, only("station", "esa-mlg")] = "",
    kinds: Annotated[list[OutageKind] | None, only_these("these kinds")] = None,
) -> OutagePage:
    """List outages of antennas in order of their start."""
    message = outage_pb2.ListOutagesRequest(
        station_id=station_id, kinds=enum_numbers(outage_pb2.OutageKind.DESCRIPTOR, kinds), page=page, span=span
    )
    return await gateway.answer(await gateway.call(gateway.services.outages.ListOutages, message), OutagePage)


@router.post("/outages", status_code=201)
async def add_outage(
    body: AddOutageRequest,
    gateway: GatewayParts,
    idempotency_key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER, include_in_schema=False)] = None,
) -> OutageEffect:
    """Put an outage on an antenna: contacts that it hits are cancelled or moved, and their agencies told by event."""
    key = idempotency_key or new_identifier()
    message = message_of(body, outage_pb2.AddOutageRequest, idempotency_key=key)
    return await gateway.answer(await gateway.call(gateway.services.outages.AddOutage, message), OutageEffect, 201)


@router.delete("/outages/{outage_id}")
async def remove_outage(outage_id: OutageId, gateway: GatewayParts) -> Outage:
    """Take an outage away; contacts that it cancelled stay cancelled."""
    message = outage_pb2.RemoveOutageRequest(outage_id=outage_id)
    return await gateway.answer((await gateway.call(gateway.services.outages.RemoveOutage, message)).outage, Outage)
