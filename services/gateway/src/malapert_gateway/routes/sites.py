"""Searches for landing sites, skylines, waypoints and routes between them."""

import asyncio
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from malapert.landing_site.v1 import route_pb2, site_pb2
from malapert_http_models.contracts.landing_site import (
    FindRoutesRequest,
    FindTimedRouteRequest,
    GetHorizonProfilesRequest,
    HorizonProfiles,
    LandingDates,
    ResolveWaypointsRequest,
    Routes,
    ScanLandingDatesRequest,
    SearchSitesRequest,
    Site,
    SiteSearch,
    SiteSearchPage,
    TimedRoute,
    Waypoints,
)
from malapert_http_models.contracts.operation import Operation

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import to_model
from malapert_gateway.exports.places_kml import search_kml
from malapert_gateway.exports.sites_csv import sites_csv
from malapert_gateway.exports.sites_geojson import search_geojson
from malapert_gateway.routes.files import file_answer
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.operations import started
from malapert_gateway.routes.parameters import LOCATION, GatewayParts, Page, SiteId, SiteSearchId
from malapert_gateway.services.clients import ServiceName

router = APIRouter(tags=["sites"], route_class=GuardedRoute)


class SiteFormat(StrEnum):
    """A file format of ranked sites."""

    GEOJSON = "geojson"
    CSV = "csv"
    KML = "kml"


_WRITERS: dict[SiteFormat, tuple[Callable[[SiteSearch], bytes], str, str]] = {
    SiteFormat.GEOJSON: (
        lambda found: json.dumps(search_geojson(found)).encode(),
        "application/geo+json",
        "sites.geojson",
    ),
    SiteFormat.CSV: (lambda found: sites_csv(found.sites), "text/csv; charset=utf-8", "sites.csv"),
    SiteFormat.KML: (search_kml, "application/vnd.google-earth.kml+xml", "sites.kml"),
}
_FILES: dict[int | str, Any] = {
    200: {
        "description": "The file.",
        "content": {
            "application/geo+json": {"schema": {"type": "object"}},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.google-earth.kml+xml": {"schema": {"type": "string"}},
        },
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}


@router.post("/site-searches", status_code=202, responses={202: LOCATION})
async def search_sites(body: SearchSitesRequest, response: Response, gateway: GatewayParts) -> Operation:
    """Start a search for landing sites; the operation's `result_id` is the site search."""
    answer = await gateway.call(gateway.services.sites.SearchSites, message_of(body, site_pb2.SearchSitesRequest))
    return await started(gateway, ServiceName.LANDING_SITE, answer.operation_id, response)


@router.get("/site-searches")
async def list_site_searches(gateway: GatewayParts, page: Page) -> SiteSearchPage:
    """List site searches, newest first."""
    answer = await gateway.call(gateway.services.sites.ListSiteSearches, site_pb2.ListSiteSearchesRequest(page=page))
    return await gateway.answer(answer, SiteSearchPage)


@router.get("/site-searches/{site_search_id}")
async def get_site_search(site_search_id: SiteSearchId, gateway: GatewayParts) -> SiteSearch:
    """Return the ranked sites of a search, and how many candidates each limit refused."""
    message = site_pb2.GetSiteSearchRequest(site_search_id=site_search_id)
    answer = await gateway.call(gateway.services.sites.GetSiteSearch, message)
    return await gateway.answer(answer.site_search, SiteSearch)


@router.get("/site-searches/{site_search_id}/export", response_class=Response, responses=_FILES)
async def export_site_search(
    site_search_id: SiteSearchId,
    gateway: GatewayParts,
    format: Annotated[SiteFormat, Query(description="The file's format.")] = SiteFormat.GEOJSON,  # noqa: A002
) -> Response:
    """Return the ranked sites of a search in lunar longitude and latitude: GeoJSON, a table (CSV, RFC 4180) or KML."""
    answer = await gateway.call(
        gateway.services.sites.GetSiteSearch, site_pb2.GetSiteSearchRequest(site_search_id=site_search_id)
    )
    write, media_type, name = _WRITERS[format]
    found = await asyncio.to_thread(to_model, answer.site_search, SiteSearch)
    return file_answer(await asyncio.to_thread(write, found), media_type, name)


@router.post("/landing-dates:scan")
async def scan_landing_dates(body: ScanLandingDatesRequest, gateway: GatewayParts) -> LandingDates:
    """Return which landing dates work at which places: light in a row and Earth in view from each date on."""
    message = message_of(body, site_pb2.ScanLandingDatesRequest)
    return await gateway.answer(await gateway.call(gateway.services.sites.ScanLandingDates, message), LandingDates)


@router.get("/sites/{site_id}")
async def get_site(site_id: SiteId, gateway: GatewayParts) -> Site:
    """Return one site with its metrics and the parts of its score."""
    answer = await gateway.call(gateway.services.sites.GetSite, site_pb2.GetSiteRequest(site_id=site_id))
    return await gateway.answer(answer.site, Site)


@router.post("/horizon-profiles:compute")
async def get_horizon_profiles(body: GetHorizonProfilesRequest, gateway: GatewayParts) -> HorizonProfiles:
    """Return the skyline at points, by an exact ray cast over a terrain stack."""
    message = message_of(body, site_pb2.GetHorizonProfilesRequest)
    return await gateway.answer(
        await gateway.call(gateway.services.horizons.GetHorizonProfiles, message), HorizonProfiles
    )


@router.post("/waypoints:resolve")
async def resolve_waypoints(body: ResolveWaypointsRequest, gateway: GatewayParts) -> Waypoints:
    """Turn waypoint definitions into places on the terrain around a site."""
    message = message_of(body, route_pb2.ResolveWaypointsRequest)
    return await gateway.answer(await gateway.call(gateway.services.routes.ResolveWaypoints, message), Waypoints)


@router.post("/routes:find")
async def find_routes(body: FindRoutesRequest, gateway: GatewayParts) -> Routes:
    """Find the slope-limited cheapest path between every two waypoints, both ways."""
    message = message_of(body, route_pb2.FindRoutesRequest)
    return await gateway.answer(await gateway.call(gateway.services.routes.FindRoutes, message), Routes)


@router.post("/timed-routes:find")
async def find_timed_route(body: FindTimedRouteRequest, gateway: GatewayParts) -> TimedRoute:
    """Find the earliest arrival that light, contact and the rover's battery allow, a stay there, and the way back.

    Where there is no such route, the answer has no legs and says which limits close it.
    """
    message = message_of(body, route_pb2.FindTimedRouteRequest)
    return await gateway.answer(await gateway.call(gateway.services.routes.FindTimedRoute, message), TimedRoute)
