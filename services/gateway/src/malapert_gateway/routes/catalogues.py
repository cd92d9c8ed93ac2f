"""Instruments and activity types: what teams describe of them, version by version."""

from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from malapert.payload.v1 import catalogue_pb2
from malapert.type.v1 import type_pb2
from malapert_http_models.contracts.payload import (
    ActivityType,
    ActivityTypes,
    ActivityTypeVersions,
    Instrument,
    Instruments,
    InstrumentVersions,
    NewActivityRequest,
    PublishActivityType,
    PublishInstrument,
)
from malapert_http_models.contracts.vocabulary import Confidence
from pydantic import BaseModel

from malapert_gateway import policy
from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    ActivityTypeId,
    CallerIdentity,
    ExpectedVersion,
    GatewayParts,
    InstrumentId,
    MissionId,
    ValidateOnly,
    only_these,
    versioned,
)

router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)
schema_router = APIRouter(prefix="/schemas", tags=["requests"], route_class=GuardedRoute)

MissionVersion = Annotated[
    int, Query(ge=0, le=2**32 - 1, description="The mission's version; 0 means the newest.", examples=[0])
]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class SchemaName(StrEnum):
    """Name of a published schema."""

    INSTRUMENT = "instrument"
    ACTIVITY_TYPE = "activity-type"
    REQUEST = "request"


_MODELS: dict[SchemaName, type[BaseModel]] = {
    SchemaName.INSTRUMENT: Instrument,
    SchemaName.ACTIVITY_TYPE: ActivityType,
    SchemaName.REQUEST: NewActivityRequest,
}


@schema_router.get("/{name}")
async def get_schema(name: Annotated[SchemaName, Path(description="What the schema is of.")]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an instrument, an activity type or a request as teams hand them in."""
    return schema_of(name)


@cache
def schema_of(name: SchemaName) -> dict[str, Any]:
    """Return a published schema, made once."""
    return {"$schema": DIALECT, **_MODELS[name].model_json_schema()}


@router.get("/instruments")
async def list_instruments(
    mission_id: MissionId,
    gateway: GatewayParts,
    mission_version: MissionVersion = 0,
    confidences: Annotated[list[Confidence] | None, only_these("those that may be trusted so far")] = None,
) -> Instruments:
    """List the instruments of a mission with their modes."""
    message = catalogue_pb2.ListInstrumentsRequest(
        mission_id=mission_id,
        mission_version=mission_version,
        confidences=enum_numbers(type_pb2.Confidence.DESCRIPTOR, confidences),
    )
    return await gateway.answer(await gateway.call(gateway.services.catalogue.ListInstruments, message), Instruments)


@router.post("/instruments", responses={200: ETAG})
async def publish_instrument(
    mission_id: MissionId,
    body: PublishInstrument,
    response: Response,
    gateway: GatewayParts,
    identity: CallerIdentity,
    version: ExpectedVersion,
    validate_only: ValidateOnly = False,
) -> Instrument:
    """Publish the next version of an instrument of the caller's agency, or nothing of it and every fault.

    Figures may come in any unit of their dimension. The same content again gives the same version; versions before stay
    as they were, and so do the plans that were made with them.
    """
    policy.require_agency("publish_instrument", identity, [body.instrument.agency_id])
    message = message_of(
        body,
        catalogue_pb2.PublishInstrumentRequest,
        mission_id=mission_id,
        seen_version=version,
        validate_only=validate_only,
    )
    answer = await gateway.call(gateway.services.catalogue.PublishInstrument, message)
    return await versioned(gateway, answer.instrument, Instrument, response)


@router.get("/instruments/{instrument_id}")
async def get_instrument(
    mission_id: MissionId, instrument_id: InstrumentId, gateway: GatewayParts, mission_version: MissionVersion = 0
) -> Instrument:
    """Return one instrument."""
    message = catalogue_pb2.GetInstrumentRequest(
        mission_id=mission_id, mission_version=mission_version, instrument_id=instrument_id
    )
    answer = await gateway.call(gateway.services.catalogue.GetInstrument, message)
    return await gateway.answer(answer.instrument, Instrument)


@router.get("/instruments/{instrument_id}/versions")
async def list_instrument_versions(
    mission_id: MissionId, instrument_id: InstrumentId, gateway: GatewayParts
) -> InstrumentVersions:
    """List every version of an instrument with who published it, when and why, oldest first."""
    message = catalogue_pb2.ListInstrumentVersionsRequest(mission_id=mission_id, instrument_id=instrument_id)
    return await gateway.answer(
        await gateway.call(gateway.services.catalogue.ListInstrumentVersions, message), InstrumentVersions
    )


@router.get("/activity-types")
async def list_activity_types(
    mission_id: MissionId,
    gateway: GatewayParts,
    mission_version: MissionVersion = 0,
    confidences: Annotated[list[Confidence] | None, only_these("those that may be trusted so far")] = None,
) -> ActivityTypes:
    """List the activity types of a mission with their steps."""
    message = catalogue_pb2.ListActivityTypesRequest(
        mission_id=mission_id,
        mission_version=mission_version,
        confidences=enum_numbers(type_pb2.Confidence.DESCRIPTOR, confidences),
    )
    return await gateway.answer(
        await gateway.call(gateway.services.catalogue.ListActivityTypes, message), ActivityTypes
    )


@router.post("/activity-types", responses={200: ETAG})
async def publish_activity_type(
    mission_id: MissionId,
    body: PublishActivityType,
    response: Response,
    gateway: GatewayParts,
    version: ExpectedVersion,
    validate_only: ValidateOnly = False,
) -> ActivityType:
    """Publish the next version of an activity type of the caller's agency, or nothing of it and every fault."""
    message = message_of(
        body,
        catalogue_pb2.PublishActivityTypeRequest,
        mission_id=mission_id,
        seen_version=version,
        validate_only=validate_only,
    )
    answer = await gateway.call(gateway.services.catalogue.PublishActivityType, message)
    return await versioned(gateway, answer.activity_type, ActivityType, response)


@router.get("/activity-types/{activity_type_id}/versions")
async def list_activity_type_versions(
    mission_id: MissionId, activity_type_id: ActivityTypeId, gateway: GatewayParts
) -> ActivityTypeVersions:
    """List every version of an activity type with who published it, when and why, oldest first."""
    message = catalogue_pb2.ListActivityTypeVersionsRequest(mission_id=mission_id, activity_type_id=activity_type_id)
    answer = await gateway.call(gateway.services.catalogue.ListActivityTypeVersions, message)
    return await gateway.answer(answer, ActivityTypeVersions)
