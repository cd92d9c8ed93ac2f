"""The gRPC services of landing sites: messages in and out, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from malapert.landing_site.v1 import route_pb2, route_pb2_grpc, site_pb2, site_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.operations.operations import OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import named, to_domain, to_message
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of
from malapert_core.timestamps import from_timestamp

from malapert_landing_site.domain.maps import MapLayer
from malapert_landing_site.domain.route import Mobility
from malapert_landing_site.domain.route_sky import SkyAlongRoutes
from malapert_landing_site.domain.terrain import Holder, SyntheticDetail
from malapert_landing_site.handlers.keep_out_messages import keep_outs_of
from malapert_landing_site.handlers.messages import (
    map_message,
    place_of,
    region_of,
    rim_setting_of,
    stack_message,
    terrain_message,
)
from malapert_landing_site.handlers.route_messages import (
    route_table_message,
    timed_route_request_of,
    waypoint_message,
    waypoint_of,
    waypoint_request_of,
)
from malapert_landing_site.handlers.site_messages import (
    landing_date_request_of,
    landing_dates_message,
    search_message,
    search_request_of,
    site_message,
)
from malapert_landing_site.handlers.upload import received_file
from malapert_landing_site.services.access import Access
from malapert_landing_site.services.horizons import Horizons
from malapert_landing_site.services.landing_dates import LandingDateScans
from malapert_landing_site.services.maps import MapRequest, Maps
from malapert_landing_site.services.routes import Routes
from malapert_landing_site.services.site_searches import SiteSearches
from malapert_landing_site.services.stacks import TerrainStacks
from malapert_landing_site.services.terrains import TerrainCatalogue
from malapert_landing_site.services.timed_routes import TimedRoutes
from malapert_landing_site.services.waypoints import Waypoints
from malapert_landing_site.storage.terrains import sort_key

SEARCH_KIND = "search_sites"


class TerrainHandlers(terrain_pb2_grpc.TerrainServiceServicer):
    """Terrains, stacks and maps."""

    def __init__(
        self,
        access: Access,
        catalogue: TerrainCatalogue,
        stacks: TerrainStacks,
        maps: Maps,
        upload_dir: Path,
        max_upload_bytes: int,
    ) -> None:
        self._access = access
        self._catalogue = catalogue
        self._stacks = stacks
        self._maps = maps
        self._upload_dir = upload_dir
        self._max_upload_bytes = max_upload_bytes

    async def RegisterTerrain(  # noqa: N802
        self, request: AsyncIterator[terrain_pb2.RegisterTerrainRequest], context: Any
    ) -> terrain_pb2.RegisterTerrainResponse:
        """Take and register a DEM file."""
        admit = self._access.require_contribution
        async with received_file(request, self._upload_dir, self._max_upload_bytes, admit) as (header, path):
            terrain = await self._catalogue.register(header, path, require_identity().agency_id)
        return terrain_pb2.RegisterTerrainResponse(terrain=terrain_message(terrain))

    async def GetTerrain(  # noqa: N802
        self, request: terrain_pb2.GetTerrainRequest, context: Any
    ) -> terrain_pb2.GetTerrainResponse:
        """Return one terrain."""
        terrain = await self._catalogue.get(request.terrain_id)
        return terrain_pb2.GetTerrainResponse(terrain=terrain_message(terrain))

    async def ListTerrains(  # noqa: N802
        self, request: terrain_pb2.ListTerrainsRequest, context: Any
    ) -> terrain_pb2.ListTerrainsResponse:
        """Return a page of terrains."""
        size = page_size_of(request.page.page_size)
        after_key = cursor_key(request.page.page_token)
        terrains = await self._catalogue.page(size + 1, after_key, await self._access.condition("terrain"))
        return terrain_pb2.ListTerrainsResponse(
            terrains=[terrain_message(terrain) for terrain in terrains[:size]],
            next_page_token=next_cursor(terrains, size, sort_key),
        )

    async def CreateTerrainStack(  # noqa: N802
        self, request: terrain_pb2.CreateTerrainStackRequest, context: Any
    ) -> terrain_pb2.CreateTerrainStackResponse:
        """Nest terrains over a region."""
        asked = request.synthetic_detail
        detail = SyntheticDetail(asked.seed, asked.pixel_size_m) if request.HasField("synthetic_detail") else None
        hidden = await self._access.unseen("terrain", request.terrain_ids)
        await self._access.require_share("terrain", sorted({*request.terrain_ids} - hidden), request.mission_id)
        stack = await self._stacks.create(
            list(request.terrain_ids),
            region_of(request.region),
            detail,
            Holder(require_identity().agency_id, request.mission_id),
            hidden,
            rim_setting_of(request),
        )
        return terrain_pb2.CreateTerrainStackResponse(terrain_stack=stack_message(stack))

    async def GetTerrainStack(  # noqa: N802
        self, request: terrain_pb2.GetTerrainStackRequest, context: Any
    ) -> terrain_pb2.GetTerrainStackResponse:
        """Return one stack."""
        stack = await self._stacks.get(request.terrain_stack_id)
        return terrain_pb2.GetTerrainStackResponse(terrain_stack=stack_message(stack))

    async def GetMapLayer(  # noqa: N802
        self, request: terrain_pb2.GetMapLayerRequest, context: Any
    ) -> terrain_pb2.GetMapLayerResponse:
        """Draw a map layer."""
        layer = named(MapLayer, terrain_pb2.MapLayer.DESCRIPTOR, request.layer)
        if layer is None:
            fault = Fault("layer", "UNKNOWN_LAYER", f"{request.layer} is no layer")
            raise InvalidInputError("UNKNOWN_LAYER", "state which layer to draw", faults=[fault])
        span = request.span if request.HasField("span") else None
        drawn = await self._maps.draw(
            to_domain(
                request,
                MapRequest,
                layer=layer,
                center=place_of(request.center),
                start_time=from_timestamp(span.start_time) if span else None,
                end_time=from_timestamp(span.end_time) if span else None,
            )
        )
        return map_message(drawn)


class HorizonHandlers(site_pb2_grpc.HorizonServiceServicer):
    """Skylines."""

    def __init__(self, horizons: Horizons) -> None:
        self._horizons = horizons

    async def GetHorizonProfiles(  # noqa: N802
        self, request: site_pb2.GetHorizonProfilesRequest, context: Any
    ) -> site_pb2.GetHorizonProfilesResponse:
        """Return the skylines at points."""
        found = await self._horizons.profiles(
            request.terrain_stack_id,
            [place_of(point) for point in request.points],
            request.height_m,
            request.azimuth_count,
        )
        return site_pb2.GetHorizonProfilesResponse(
            profiles=[
                to_message(profile, site_pb2.HorizonProfile, point=to_message(profile.place, type_pb2.SurfacePoint))
                for profile in found.profiles
            ],
            provenance=to_message(found.provenance, type_pb2.Provenance),
        )


class SiteHandlers(site_pb2_grpc.SiteServiceServicer):
    """Site searches and sites."""

    def __init__(
        self, access: Access, searches: SiteSearches, dates: LandingDateScans, operations: OperationRunner
    ) -> None:
        self._access = access
        self._searches = searches
        self._dates = dates
        self._operations = operations

    async def SearchSites(  # noqa: N802
        self, request: site_pb2.SearchSitesRequest, context: Any
    ) -> site_pb2.SearchSitesResponse:
        """Start a search."""
        _raise_for_criteria(request)
        await self._access.require_share("terrain stack", [request.terrain_stack_id], request.mission_id)
        await self._searches.check(search_request_of(request))
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(None, SEARCH_KIND, content, require_identity(), request.mission_id)
        return site_pb2.SearchSitesResponse(operation_id=operation_id)

    async def GetSiteSearch(  # noqa: N802
        self, request: site_pb2.GetSiteSearchRequest, context: Any
    ) -> site_pb2.GetSiteSearchResponse:
        """Return the result of a search."""
        search = await self._searches.get(request.site_search_id)
        return site_pb2.GetSiteSearchResponse(site_search=search_message(search))

    async def ListSiteSearches(  # noqa: N802
        self, request: site_pb2.ListSiteSearchesRequest, context: Any
    ) -> site_pb2.ListSiteSearchesResponse:
        """Return a page of searches."""
        size = page_size_of(request.page.page_size)
        before_id = cursor_key(request.page.page_token)
        records = await self._searches.page(size + 1, before_id, await self._access.condition("site search"))
        return site_pb2.ListSiteSearchesResponse(
            site_searches=[search_message(search) for _, search in records[:size]],
            next_page_token=next_cursor(records, size, lambda row: row[0]),
        )

    async def GetSite(  # noqa: N802
        self, request: site_pb2.GetSiteRequest, context: Any
    ) -> site_pb2.GetSiteResponse:
        """Return one site."""
        site = await self._searches.get_site(request.site_id)
        return site_pb2.GetSiteResponse(site=site_message(site))

    async def ScanLandingDates(  # noqa: N802
        self, request: site_pb2.ScanLandingDatesRequest, context: Any
    ) -> site_pb2.ScanLandingDatesResponse:
        """Return which landing dates work at which places."""
        return landing_dates_message(await self._dates.scan(landing_date_request_of(request)))


class RouteHandlers(route_pb2_grpc.RouteServiceServicer):
    """Waypoints and routes."""

    def __init__(self, waypoints: Waypoints, routes: Routes, timed_routes: TimedRoutes) -> None:
        self._waypoints = waypoints
        self._routes = routes
        self._timed_routes = timed_routes

    async def ResolveWaypoints(  # noqa: N802
        self, request: route_pb2.ResolveWaypointsRequest, context: Any
    ) -> route_pb2.ResolveWaypointsResponse:
        """Resolve waypoints."""
        waypoints = await self._waypoints.resolve(waypoint_request_of(request))
        return route_pb2.ResolveWaypointsResponse(waypoints=[waypoint_message(w) for w in waypoints])

    async def FindRoutes(  # noqa: N802
        self, request: route_pb2.FindRoutesRequest, context: Any
    ) -> route_pb2.FindRoutesResponse:
        """Find routes."""
        waypoints = [waypoint_of(waypoint) for waypoint in request.waypoints]
        sky = to_domain(request.sky, SkyAlongRoutes) if request.HasField("sky") else None
        mobility, keep_outs = to_domain(request.mobility, Mobility), keep_outs_of(request.keep_outs)
        table = await self._routes.find(request.terrain_stack_id, waypoints, mobility, keep_outs, sky)
        return route_table_message(table)

    async def FindTimedRoute(  # noqa: N802
        self, request: route_pb2.FindTimedRouteRequest, context: Any
    ) -> route_pb2.FindTimedRouteResponse:
        """Find a route through time."""
        found = await self._timed_routes.find(timed_route_request_of(request))
        return to_message(found, route_pb2.FindTimedRouteResponse)


def _raise_for_criteria(request: site_pb2.SearchSitesRequest) -> None:
    known = set(site_pb2.SiteCriterion.values()) - {site_pb2.SITE_CRITERION_UNSPECIFIED}
    seen: set[int] = set()
    faults = []
    for n, weight in enumerate(request.weights):
        if weight.criterion not in known or weight.criterion in seen:
            message = f"criterion {weight.criterion} is unknown or given twice"
            faults.append(Fault(f"weights[{n}].criterion", "UNKNOWN_CRITERION", message))
        seen.add(weight.criterion)
    if faults:
        raise InvalidInputError("UNKNOWN_CRITERION", "; ".join(f.message for f in faults), faults=faults)
