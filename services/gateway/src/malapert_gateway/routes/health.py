"""Liveness of the process and readiness of the platform behind it; open to all."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from malapert_gateway.routes.checked import CheckedRoute
from malapert_gateway.routes.parameters import GatewayParts
from malapert_gateway.services.readiness import READY

router = APIRouter(tags=["health"], route_class=CheckedRoute)


class Health(BaseModel):
    """The state of the platform's parts."""

    ready: bool = Field(description="True where every part is.", examples=[True])
    parts: dict[str, str] = Field(
        description="Each part with `ready` or what is wrong with it.", examples=[{"planner": "ready"}]
    )


@router.get("/healthz")
async def get_liveness() -> Health:
    """Return at once: the process lives."""
    return Health(ready=True, parts={})


@router.get("/readyz", responses={503: {"model": Health, "description": "A part is not ready."}})
async def get_readiness(gateway: GatewayParts, response: Response) -> Health:
    """Ask the database, the broker and the four services."""
    parts = await gateway.readiness.parts()
    ready = not gateway.stopping.is_set() and all(state == READY for state in parts.values())
    response.status_code = 200 if ready else 503
    return Health(ready=ready, parts=parts)
