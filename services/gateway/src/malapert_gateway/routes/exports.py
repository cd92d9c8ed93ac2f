"""Plans as files for people, calendars, maps, control rooms and other planning systems."""

import asyncio
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from malapert_core.timestamps import utc_now
from malapert_http_models.contracts.planner import Plan

from malapert_gateway.conversion import to_model
from malapert_gateway.exports.calendar import plan_calendar
from malapert_gateway.exports.mps_plan import mps_plan
from malapert_gateway.exports.openmct_plan import openmct_plan
from malapert_gateway.exports.plan_table import plan_csv, plan_timeline
from malapert_gateway.exports.sites_geojson import sites_geojson
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, PlanId

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


class ExportFormat(StrEnum):
    """A file format of a plan."""

    JSON = "json"
    MPS = "mps"
    OPENMCT = "openmct"
    ICS = "ics"
    CSV = "csv"
    TIMELINE = "timeline"
    GEOJSON_SITES = "geojson-sites"


_BINARY = {"schema": {"type": "string"}}
_FILES = {
    200: {
        "description": "The file.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/calendar": _BINARY}
        | {"application/geo+json": {"schema": {"type": "object"}}, "text/csv": _BINARY, "text/plain": _BINARY},
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}


def _json(make: Callable[[Plan], Any]) -> Callable[[Plan], bytes]:
    return lambda plan: json.dumps(make(plan), ensure_ascii=False, indent=1).encode()


_WRITERS: dict[ExportFormat, tuple[str, str, Callable[[Plan], bytes]]] = {
    ExportFormat.JSON: ("application/json", "plan.json", lambda plan: plan.model_dump_json(indent=2).encode()),
    ExportFormat.MPS: ("application/json", "plan.mps.json", _json(mps_plan)),
    ExportFormat.OPENMCT: ("application/json", "plan.openmct.json", _json(openmct_plan)),
    ExportFormat.ICS: ("text/calendar", "plan.ics", lambda plan: plan_calendar(plan, utc_now())),
    ExportFormat.CSV: ("text/csv", "plan.csv", plan_csv),
    ExportFormat.TIMELINE: ("text/plain", "plan.txt", plan_timeline),
    ExportFormat.GEOJSON_SITES: ("application/geo+json", "sites.geojson", _json(sites_geojson)),
}


@router.get("/{plan_id}/export", response_class=Response, responses=_FILES)  # type: ignore[arg-type]
async def export_plan(
    plan_id: PlanId,
    gateway: GatewayParts,
    format: Annotated[ExportFormat, Query(description="The file's format.")] = ExportFormat.JSON,  # noqa: A002
) -> Response:
    """Return a plan as a file.

    `json` is the plan itself; `mps` has the fields of CCSDS 529.1 (draft of 2023-06), with definitions and resource
    profiles; `openmct` is for Open MCT's plan view; `ics` an iCalendar (RFC 5545) and `csv` a table of activities and
    contacts; `timeline` what begins and ends when, as text; `geojson-sites` the ranked sites in lunar longitude and
    latitude.
    """
    media_type, name, write = _WRITERS[format]
    plan = to_model(await gateway.plan(plan_id), Plan)
    # A calendar of ten thousand items takes seconds.
    content = await asyncio.to_thread(write, plan)
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
