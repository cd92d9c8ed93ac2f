"""The landing-site service."""

from collections.abc import Callable, Sequence

import grpc
from malapert.landing_site.v1 import (
    route_pb2,
    route_pb2_grpc,
    site_pb2,
    site_pb2_grpc,
    terrain_pb2,
    terrain_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2_grpc

from malapert_planner.clients.operations import follow_operation

SERVICES = (
    "malapert.landing_site.v1.TerrainService",
    "malapert.landing_site.v1.SiteService",
    "malapert.landing_site.v1.RouteService",
    "malapert.operation.v1.OperationService",
)
IDEMPOTENT_METHODS = ("CreateTerrainStack", "ResolveWaypoints", "FindRoutes", "CancelOperation")
_LONG_S = 600.0


class LandingSiteClient:
    """Asks the landing-site service through a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        self._sites = site_pb2_grpc.SiteServiceStub(channel)
        self._routes = route_pb2_grpc.RouteServiceStub(channel)
        self._operations = operation_pb2_grpc.OperationServiceStub(channel)

    async def create_terrain_stack(self, request: terrain_pb2.CreateTerrainStackRequest) -> terrain_pb2.TerrainStack:
        """Return the stack that a request describes."""
        return (await self._terrains.CreateTerrainStack(request, timeout=_LONG_S)).terrain_stack

    async def get_terrain_stack(self, terrain_stack_id: str) -> terrain_pb2.TerrainStack:
        """Return a stack."""
        request = terrain_pb2.GetTerrainStackRequest(terrain_stack_id=terrain_stack_id)
        return (await self._terrains.GetTerrainStack(request)).terrain_stack

    async def search_sites(
        self, request: site_pb2.SearchSitesRequest, progress: Callable[[float, str], None]
    ) -> site_pb2.SiteSearch:
        """Return the sites that a search finds, best first."""
        begun = await self._sites.SearchSites(request)
        search_id = await follow_operation("landing-site", self._operations, begun.operation_id, progress)
        found = await self._sites.GetSiteSearch(site_pb2.GetSiteSearchRequest(site_search_id=search_id))
        return found.site_search

    async def get_site(self, site_id: str) -> site_pb2.Site:
        """Return a site."""
        return (await self._sites.GetSite(site_pb2.GetSiteRequest(site_id=site_id))).site

    async def resolve_waypoints(self, request: route_pb2.ResolveWaypointsRequest) -> Sequence[route_pb2.Waypoint]:
        """Return waypoints in the order of their definitions."""
        return tuple((await self._routes.ResolveWaypoints(request, timeout=_LONG_S)).waypoints)

    async def find_routes(self, request: route_pb2.FindRoutesRequest) -> route_pb2.FindRoutesResponse:
        """Return the routes between every ordered pair of waypoints."""
        return await self._routes.FindRoutes(request, timeout=_LONG_S)
