"""Plans as files: the plan itself, a calendar, and the sites on a map."""

import json
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response

from malapert_gateway.conversion import to_model
from malapert_gateway.exports.calendar import plan_calendar
from malapert_gateway.exports.sites_geojson import sites_geojson
from malapert_gateway.models.plan import Plan
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, PlanId

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


class ExportFormat(StrEnum):
    """A file format of a plan."""

    JSON = "json"
    ICS = "ics"
    GEOJSON_SITES = "geojson-sites"


_BINARY = {"schema": {"type": "string"}}
_FILES = {
    200: {
        "description": "The file.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/calendar": _BINARY}
        | {"application/geo+json": {"schema": {"type": "object"}}},
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}


@router.get("/{plan_id}/export", response_class=Response, responses=_FILES)  # type: ignore[arg-type]
async def export_plan(
    plan_id: PlanId,
    gateway: GatewayParts,
    format: Annotated[ExportFormat, Query(description="The file's format.")] = ExportFormat.JSON,  # noqa: A002
) -> Response:
    """Return a plan as a file.

    `json` is the plan itself, `ics` an iCalendar (RFC 5545) of its activities and contacts, `geojson-sites` the ranked
    sites in lunar longitude and latitude.
    """
    plan = to_model(await gateway.plan(plan_id), Plan)
    if format is ExportFormat.ICS:
        content, media_type, name = plan_calendar(plan), "text/calendar", "plan.ics"
    elif format is ExportFormat.GEOJSON_SITES:
        content, media_type, name = json.dumps(sites_geojson(plan)).encode(), "application/geo+json", "sites.geojson"
    else:
        content, media_type, name = plan.model_dump_json(indent=2).encode(), "application/json", "plan.json"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
