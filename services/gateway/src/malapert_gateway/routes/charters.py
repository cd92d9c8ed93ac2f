"""Charter of a mission: who takes part, in which way and since when."""

from fastapi import APIRouter, Response
from malapert.planner.v1 import charter_pb2
from malapert_http_models.contracts.planner import Charter

from malapert_gateway.conversion import to_model
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import ETAG, GatewayParts, MissionId, set_etag

router = APIRouter(prefix="/missions/{mission_id}/charter", tags=["missions"], route_class=GuardedRoute)


@router.get("", responses={200: ETAG})
async def get_charter(mission_id: MissionId, response: Response, gateway: GatewayParts) -> Charter:
    """Return the charter of a mission in which the caller's agency takes part."""
    message = charter_pb2.GetCharterRequest(mission_id=mission_id)
    charter = (await gateway.call(gateway.services.charters.GetCharter, message)).charter
    set_etag(response, charter.version)
    return to_model(charter, Charter)
