"""Missions: documents go in whole, versions never change."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from malapert.planner.v1 import mission_pb2
from malapert_http_models.contracts.planner import Mission, MissionPage, MissionProposal

from malapert_gateway.examples import MISSION
from malapert_gateway.routes.guarded import DocumentRoute, GuardedRoute
from malapert_gateway.routes.parameters import LOCATION, GatewayParts, MissionId, Page, ValidateOnly
from malapert_gateway.services.gateway import Gateway

router = APIRouter(prefix="/missions", tags=["missions"], route_class=GuardedRoute)
document_router = APIRouter(prefix="/missions", tags=["missions"], route_class=DocumentRoute)

_DOCUMENT = {
    "requestBody": {
        "required": True,
        "description": "The mission document; its schema is at /missions/schema.",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": MISSION,
            }
        },
    }
}
_PROPOSAL: dict[str, Any] = {"model": MissionProposal, "description": "Proposed: an owner decides", **LOCATION}


@document_router.post(
    "", status_code=201, responses={201: LOCATION, 202: _PROPOSAL}, response_model=Mission, openapi_extra=_DOCUMENT
)
async def create_mission(
    request: Request, response: Response, gateway: GatewayParts, validate_only: ValidateOnly = False
) -> Mission | Response:
    """Take a mission document, or nothing of it and every fault with its path.

    The same content again gives the same version; changed content gives the next one. From a member of the mission
    that does not own it the document is a proposal, on which an owner decides.
    """
    message = mission_pb2.CreateMissionRequest(document_json=await request.body(), validate_only=validate_only)
    answer = await gateway.call(gateway.services.missions.CreateMission, message)
    if answer.HasField("proposal"):
        return await _proposed(gateway, answer.proposal)
    mission = answer.mission
    location = (
        {} if validate_only else {"Location": f"/api/v1/missions/{mission.mission_id}/versions/{mission.version}"}
    )
    response.headers.update(location)
    return await gateway.answer(mission, Mission, 201, location)


async def _proposed(gateway: Gateway, message: mission_pb2.MissionProposal) -> Response:
    address = f"/api/v1/missions/{message.mission_id}/proposals/{message.proposal_id}"
    headers = {"Location": address} if message.proposal_id else {}
    shown = await gateway.answer(message, MissionProposal, 202, headers)
    if isinstance(shown, Response):
        return shown
    return JSONResponse(shown.model_dump(mode="json"), 202, headers)


@router.get("")
async def list_missions(gateway: GatewayParts, page: Page) -> MissionPage:
    """List missions, the newest version of each, without their documents."""
    answer = await gateway.call(gateway.services.missions.ListMissions, mission_pb2.ListMissionsRequest(page=page))
    return await gateway.answer(answer, MissionPage)


@router.get("/schema", response_model=dict[str, Any])
async def get_mission_schema(gateway: GatewayParts) -> Response:
    """Return the JSON Schema (draft 2020-12) of mission documents."""
    answer = await gateway.call(gateway.services.missions.GetMissionSchema, mission_pb2.GetMissionSchemaRequest())
    return Response(answer.schema_json, media_type="application/json")


@router.get("/{mission_id}")
async def get_mission(mission_id: MissionId, gateway: GatewayParts) -> Mission:
    """Return the newest version of a mission with its document."""
    return await gateway.answer(await gateway.mission(mission_id), Mission)


@router.get("/{mission_id}/versions/{version}")
async def get_mission_version(
    mission_id: MissionId,
    version: Annotated[int, Path(ge=1, le=2**32 - 1, description="The version, from 1.", examples=[1])],
    gateway: GatewayParts,
) -> Mission:
    """Return one version of a mission with its document."""
    return await gateway.answer(await gateway.mission(mission_id, version), Mission)
