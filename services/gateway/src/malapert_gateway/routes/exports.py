"""Plans as files for people, calendars, maps, control rooms and other planning systems."""

import asyncio
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from malapert.payload.v1 import execution_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import utc_now
from malapert_http_models.contracts.payload import Executions
from malapert_http_models.contracts.planner import Plan

from malapert_gateway.conversion import to_model
from malapert_gateway.exports.calendar import plan_calendar
from malapert_gateway.exports.mps_plan import mps_plan
from malapert_gateway.exports.openmct_plan import openmct_plan
from malapert_gateway.exports.openmct_states import openmct_states
from malapert_gateway.exports.places_kml import plan_kml
from malapert_gateway.exports.plan_routes import routes_csv, routes_geojson
from malapert_gateway.exports.plan_table import plan_csv, plan_timeline
from malapert_gateway.exports.plandev_plan import plandev_plan
from malapert_gateway.exports.sites_csv import sites_csv
from malapert_gateway.exports.sites_geojson import plan_sites, sites_geojson
from malapert_gateway.routes.files import all_rows, file_answer, require_agency_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, PlanId, only

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


class ExportFormat(StrEnum):
    """A file format of a plan."""

    JSON = "json"
    MPS = "mps"
    OPENMCT = "openmct"
    OPENMCT_STATES = "openmct-states"
    PLANDEV = "plandev"
    ICS = "ics"
    CSV = "csv"
    TIMELINE = "timeline"
    GEOJSON_SITES = "geojson-sites"
    GEOJSON_ROUTES = "geojson-routes"
    CSV_SITES = "csv-sites"
    CSV_ROUTES = "csv-routes"
    KML = "kml"


_BINARY = {"schema": {"type": "string"}}
_FILES = {
    200: {
        "description": "The file.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/calendar": _BINARY}
        | {"application/geo+json": {"schema": {"type": "object"}}, "application/vnd.google-earth.kml+xml": _BINARY}
        | {"text/csv": _BINARY, "text/plain": _BINARY},
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}


def _json(make: Callable[[Plan], Any]) -> Callable[[Plan], bytes]:
    return lambda plan: json.dumps(make(plan), ensure_ascii=False, indent=1).encode()


_WRITERS: dict[ExportFormat, tuple[str, str, Callable[[Plan], bytes]]] = {
    ExportFormat.JSON: ("application/json", "plan.json", lambda plan: plan.model_dump_json(indent=2).encode()),
    ExportFormat.MPS: ("application/json", "plan.mps.json", _json(mps_plan)),
    ExportFormat.OPENMCT: ("application/json", "plan.openmct.json", _json(openmct_plan)),
    ExportFormat.PLANDEV: ("application/json", "plan.plandev.json", _json(plandev_plan)),
    ExportFormat.ICS: ("text/calendar", "plan.ics", lambda plan: plan_calendar(plan, utc_now())),
    ExportFormat.CSV: ("text/csv", "plan.csv", plan_csv),
    ExportFormat.TIMELINE: ("text/plain", "plan.txt", plan_timeline),
    ExportFormat.GEOJSON_SITES: ("application/geo+json", "sites.geojson", _json(sites_geojson)),
    ExportFormat.GEOJSON_ROUTES: ("application/geo+json", "routes.geojson", _json(routes_geojson)),
    ExportFormat.CSV_SITES: ("text/csv", "sites.csv", lambda plan: sites_csv(plan_sites(plan))),
    ExportFormat.CSV_ROUTES: ("text/csv", "routes.csv", routes_csv),
    ExportFormat.KML: ("application/vnd.google-earth.kml+xml", "places.kml", plan_kml),
}
_STATES_FILE = ("application/json", "plan.openmct-states.json")
_OF_AN_AGENCY = (ExportFormat.ICS, ExportFormat.CSV, ExportFormat.TIMELINE)
"""Formats that can hold the items of one agency alone; the others are a plan's whole, which its hash is of."""


@router.get("/{plan_id}/export", response_class=Response, responses=_FILES)  # type: ignore[arg-type]
async def export_plan(
    plan_id: PlanId,
    gateway: GatewayParts,
    format: Annotated[  # noqa: A002
        ExportFormat, Query(description="The file's format.", examples=["ics"])
    ] = ExportFormat.JSON,
    agency_id: Annotated[str, only("agency's activities, in `ics`, `csv` and `timeline`", "JAXA")] = "",
) -> Response:
    """Return a plan as a file.

    `json` is the plan itself; `mps` has the fields of CCSDS 529.1 (draft of 2023-06), with definitions and resource
    profiles; `openmct` is for Open MCT's plan view, and `openmct-states` says there by the reports how far each
    activity is; `plandev` a model-free plan of PlanDev (version 3) with resource profiles; `ics` an iCalendar (RFC
    5545) and `csv` a table of activities and contacts; `timeline` what begins and ends when, as text;
    `geojson-sites` and `csv-sites` the ranked sites in lunar longitude and latitude (IAU_2015:30100);
    `geojson-routes` and `csv-routes` the routes in metres of the polar grid that they name; `kml` sites, waypoints
    and routes for viewers.
    """
    if agency_id and format not in _OF_AN_AGENCY:
        fault = Fault(
            "query.agency_id", "WHOLE_PLAN", f"{format} holds a whole plan; {', '.join(_OF_AN_AGENCY)} may not"
        )
        raise InvalidInputError("INVALID_REQUEST", "this format has no items of one agency", faults=[fault])
    plan = await asyncio.to_thread(to_model, await gateway.plan(plan_id), Plan)
    if format is ExportFormat.OPENMCT_STATES:
        request = execution_pb2.ListExecutionsRequest(mission_id=plan.mission_id)
        reports = await all_rows(gateway, gateway.services.executions.ListExecutions, request, Executions, "executions")
        states = _json(lambda plan: openmct_states(plan, reports))
        return file_answer(await asyncio.to_thread(states, plan), *_STATES_FILE)
    media_type, name, write = _WRITERS[format]
    if agency_id:
        if not any(each.agency_id == agency_id for each in plan.activities):
            await require_agency_of(gateway, agency_id, plan.mission_id, plan.mission_version)
        plan = plan.model_copy(
            update={"activities": [each for each in plan.activities if each.agency_id == agency_id], "contacts": []}
        )
    # A calendar of ten thousand items takes seconds.
    return file_answer(await asyncio.to_thread(write, plan), media_type, name)
