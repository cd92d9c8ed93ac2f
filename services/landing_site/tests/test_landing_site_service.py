"""The service over real gRPC, a real broker and both databases."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from malapert.landing_site.v1 import (
    event_pb2,
    route_pb2,
    route_pb2_grpc,
    site_pb2,
    site_pb2_grpc,
    terrain_pb2,
    terrain_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError, NotFoundError
from malapert_core.events.event import Event
from malapert_core.timestamps import to_timestamp
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.storage.tables import LandingSiteTable
from malapert_testing.schema import schema_drift
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Site", "Horizon", "Route")]
RIDGE = type_pb2.SurfacePoint(longitude_deg=222.7, latitude_deg=-89.45)
SPAN = type_pb2.Interval(
    start_time=to_timestamp(datetime(2029, 1, 1, tzinfo=UTC)), end_time=to_timestamp(datetime(2029, 1, 31, tzinfo=UTC))
)
ROVER = route_pb2.Mobility(max_slope_deg=20.0, speed_mps=0.02, drive_power_w=100.0, drive_power_w_per_deg=4.0)


def search_request(stack_id: str, **limits: float) -> site_pb2.SearchSitesRequest:
    asked = {
        "max_slope_deg": 10.0,
        "slope_baseline_m": 40.0,
        "landing_radius_m": 50.0,
        "max_hazard_fraction": 0.3,
        "hazard_slope_deg": 15.0,
        "min_lit_days": 1.0,
    }
    return site_pb2.SearchSitesRequest(
        terrain_stack_id=stack_id,
        span=SPAN,
        landing_time=to_timestamp(datetime(2029, 1, 2, tzinfo=UTC)),
        limits=site_pb2.LanderLimits(**{**asked, **limits}),
        weights=[
            site_pb2.CriterionWeight(criterion=site_pb2.SITE_CRITERION_ILLUMINATION, weight=3.0),
            site_pb2.CriterionWeight(criterion=site_pb2.SITE_CRITERION_SLOPE, weight=1.0),
        ],
        array_height_m=2.0,
        antenna_height_m=2.0,
        max_sites=3,
        min_separation_m=200.0,
        mission_id="a-mission",
    )


def stack_request(radius_m: float = 1500.0, pixel_m: float = 20.0) -> terrain_pb2.CreateTerrainStackRequest:
    return terrain_pb2.CreateTerrainStackRequest(
        region=terrain_pb2.Region(center=RIDGE, radius_m=radius_m),
        synthetic_detail=terrain_pb2.SyntheticDetail(seed=7, pixel_size_m=pixel_m),
    )


async def ended(channel: object, operation_id: str) -> operation_pb2.Operation:
    last = operation_pb2.Operation()
    watching = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(
        operation_pb2.WatchOperationRequest(operation_id=operation_id), timeout=120
    )
    async for response in watching:
        last = response.operation
    return last


async def received(service: Any, durable: str) -> list[Event]:
    subscription = await service.runtime.js.pull_subscribe("malapert.landing_site.v1.sites.ranked", durable=durable)
    messages = await subscription.fetch(10, timeout=10)
    return [Event.from_message(message) for message in messages]


@pytest.mark.asyncio
async def test_a_mission_finds_sites_waypoints_and_routes(service_runtime: ServiceLauncher) -> None:
    async with (
        service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        sites = site_pb2_grpc.SiteServiceStub(channel)
        stack = (await terrains.CreateTerrainStack(stack_request())).terrain_stack
        again = (await terrains.CreateTerrainStack(stack_request())).terrain_stack
        assert again == stack
        assert stack.synthetic
        assert [t.synthetic for t in stack.terrains] == [False, True]
        assert any("not measured" in note for note in stack.notes)
        assert any("rim" in note for note in stack.notes)

        started = await sites.SearchSites(search_request(stack.terrain_stack_id))
        operation = await ended(channel, started.operation_id)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation.error_message
        assert [stage.name for stage in operation.stages] == ["slope", "horizons", "light", "ranking"]
        search = (
            await sites.GetSiteSearch(site_pb2.GetSiteSearchRequest(site_search_id=operation.result_id))
        ).site_search
        assert search.provenance.synthetic_terrain
        assert [site.rank for site in search.sites] == list(range(1, len(search.sites) + 1))
        best = search.sites[0]
        assert sum(part.contribution for part in best.score_parts) == pytest.approx(best.score)
        assert best.metrics.mean_sun_fraction > 0.5
        assert best.metrics.slope_deg <= 10.0
        assert (await sites.GetSite(site_pb2.GetSiteRequest(site_id=best.site_id))).site == best

        repeated = await sites.SearchSites(search_request(stack.terrain_stack_id))
        assert (await ended(channel, repeated.operation_id)).result_id == operation.result_id
        listed = await sites.ListSiteSearches(site_pb2.ListSiteSearchesRequest())
        assert [s.site_search_id for s in listed.site_searches] == [operation.result_id]

        routes = route_pb2_grpc.RouteServiceStub(channel)
        resolved = await routes.ResolveWaypoints(waypoint_request(best.site_id), timeout=60)
        home, offset, dark = resolved.waypoints
        assert (home.grid_point, home.waypoint_id) == (best.grid_point, "home")
        assert np.hypot(
            offset.grid_point.x_m - home.grid_point.x_m, offset.grid_point.y_m - home.grid_point.y_m
        ) == pytest.approx(100.0)
        assert dark.mean_sun_fraction < home.mean_sun_fraction
        found = await routes.FindRoutes(
            route_pb2.FindRoutesRequest(
                terrain_stack_id=stack.terrain_stack_id, waypoints=resolved.waypoints, mobility=ROVER
            ),
            timeout=60,
        )
        assert len(found.routes) == 6
        for route in found.routes:
            assert route.reachable
            assert route.max_slope_deg <= 20.0
            assert route.energy_wh >= 100.0 * route.drive_time_s / 3600.0 * 0.999

        events = await received(service, f"test-{time.time_ns()}")
        ours = [event.parse(event_pb2.SitesRanked) for event in events if event.entity_id == operation.result_id]
        assert ours
        assert list(ours[0].site_ids) == [site.site_id for site in search.sites]


def waypoint_request(site_id: str) -> route_pb2.ResolveWaypointsRequest:
    return route_pb2.ResolveWaypointsRequest(
        site_id=site_id,
        definitions=[
            route_pb2.WaypointDefinition(waypoint_id="home", offset=route_pb2.WaypointOffset()),
            route_pb2.WaypointDefinition(waypoint_id="east", offset=route_pb2.WaypointOffset(east_m=100.0)),
            route_pb2.WaypointDefinition(
                waypoint_id="dark",
                selection=route_pb2.WaypointSelection(
                    criterion=route_pb2.WAYPOINT_CRITERION_LEAST_LIT, max_distance_m=800.0, min_separation_m=100.0
                ),
            ),
        ],
        mobility=ROVER,
        span=SPAN,
        array_height_m=1.0,
    )


@pytest.mark.asyncio
async def test_horizons_and_maps_are_served(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        stack = (await terrains.CreateTerrainStack(stack_request(1000.0, 50.0))).terrain_stack
        horizons = await site_pb2_grpc.HorizonServiceStub(channel).GetHorizonProfiles(
            site_pb2.GetHorizonProfilesRequest(terrain_stack_id=stack.terrain_stack_id, points=[RIDGE], height_m=2.0)
        )
        profile = horizons.profiles[0]
        assert len(profile.elevation_deg) == 720
        assert profile.azimuth_step_deg == 0.5
        assert -10.0 < min(profile.elevation_deg) < max(profile.elevation_deg) < 45.0
        for layer, low, high in (
            (terrain_pb2.MAP_LAYER_ELEVATION, -3000.0, 3000.0),
            (terrain_pb2.MAP_LAYER_SLOPE, 0.0, 60.0),
            (terrain_pb2.MAP_LAYER_HILLSHADE, 0.0, 1.0),
            (terrain_pb2.MAP_LAYER_ILLUMINATION, 0.0, 1.0),
            (terrain_pb2.MAP_LAYER_EARTH_VISIBILITY, 0.0, 1.0),
        ):
            drawn = await terrains.GetMapLayer(map_request(stack.terrain_stack_id, layer), timeout=60)
            values = np.frombuffer(drawn.data, "<f4").reshape(drawn.height_px, drawn.width_px)
            assert values.shape == (16, 16)
            assert low <= values.min() <= values.max() <= high
            assert drawn.provenance.synthetic_terrain


def map_request(stack_id: str, layer: int) -> terrain_pb2.GetMapLayerRequest:
    return terrain_pb2.GetMapLayerRequest(
        terrain_stack_id=stack_id, layer=layer, center=RIDGE, size_m=2000.0, pixel_count=16, span=SPAN, height_m=1.0
    )


@pytest.mark.asyncio
async def test_faults_come_back_together(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        sites = site_pb2_grpc.SiteServiceStub(channel)
        with pytest.raises(NotFoundError, match="UNKNOWN_TERRAIN_STACK"):
            await sites.SearchSites(search_request("stack-none"))
        stack = (await terrains.CreateTerrainStack(stack_request())).terrain_stack
        request = search_request(stack.terrain_stack_id, max_slope_deg=-1.0, max_hazard_fraction=2.0)
        request.max_sites = 0
        with pytest.raises(InvalidInputError) as refusal:
            await sites.SearchSites(request)
        paths = {fault.path for fault in refusal.value.faults}
        assert paths == {"limits.max_slope_deg", "limits.max_hazard_fraction", "max_sites"}
        bad_region = terrain_pb2.CreateTerrainStackRequest(
            region=terrain_pb2.Region(center=type_pb2.SurfacePoint(latitude_deg=10.0), radius_m=-5.0)
        )
        with pytest.raises(InvalidInputError) as refusal:
            await terrains.CreateTerrainStack(bad_region)
        assert {fault.path for fault in refusal.value.faults} == {"region.center.latitude_deg", "region.radius_m"}


@pytest.mark.asyncio
async def test_a_search_can_be_cancelled(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        operations = operation_pb2_grpc.OperationServiceStub(channel)
        stack = (await terrains.CreateTerrainStack(stack_request(5000.0), timeout=60)).terrain_stack
        started = await site_pb2_grpc.SiteServiceStub(channel).SearchSites(search_request(stack.terrain_stack_id))
        watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
        async for response in operations.WatchOperation(watch, timeout=60):
            if response.operation.stages:
                cancel = operation_pb2.CancelOperationRequest(operation_id=started.operation_id)
                await operations.CancelOperation(cancel)
        assert response.operation.state == operation_pb2.OPERATION_STATE_CANCELLED
        listed = await site_pb2_grpc.SiteServiceStub(channel).ListSiteSearches(site_pb2.ListSiteSearchesRequest())
        assert not listed.site_searches


@pytest.mark.asyncio
async def test_an_unreachable_waypoint_is_named(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        stack = (await terrains.CreateTerrainStack(stack_request(1000.0, 50.0))).terrain_stack
        started = await site_pb2_grpc.SiteServiceStub(channel).SearchSites(search_request(stack.terrain_stack_id))
        result_id = (await ended(channel, started.operation_id)).result_id
        get = site_pb2.GetSiteSearchRequest(site_search_id=result_id)
        search = (await site_pb2_grpc.SiteServiceStub(channel).GetSiteSearch(get)).site_search
        request = waypoint_request(search.sites[0].site_id)
        request.definitions[1].offset.east_m = 30_000.0
        request.definitions[2].offset.north_m = 25_000.0
        with pytest.raises(InvalidInputError) as refusal:
            await route_pb2_grpc.RouteServiceStub(channel).ResolveWaypoints(request, timeout=60)
        assert [fault.code for fault in refusal.value.faults] == ["WAYPOINT_OUTSIDE_TERRAIN"] * 2
        assert "'east'" in refusal.value.message


@pytest.mark.asyncio
async def test_a_search_that_admits_nothing_says_why(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        stack = (await terrains.CreateTerrainStack(stack_request(1000.0, 50.0))).terrain_stack
        request = search_request(stack.terrain_stack_id, max_slope_deg=0.1)
        started = await site_pb2_grpc.SiteServiceStub(channel).SearchSites(request)
        operation = await ended(channel, started.operation_id)
        assert operation.state == operation_pb2.OPERATION_STATE_FAILED
        assert operation.error_reason == "NO_SITE_ADMITTED"
        assert "max_slope_deg refused" in operation.error_message
        assert "least slope" in operation.error_message


@pytest.mark.asyncio
async def test_an_uploaded_terrain_is_listed_and_nested(
    sqlite_service_runtime: ServiceLauncher, lunar_geotiff: Path
) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("isro"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        uploaded = (await terrains.RegisterTerrain(pieces(lunar_geotiff))).terrain
        assert (await terrains.RegisterTerrain(pieces(lunar_geotiff))).terrain == uploaded
        assert uploaded.owner_agency_id == "isro"
        assert uploaded.no_data_fraction == pytest.approx(1.0 / 64**2)
        listed = (await terrains.ListTerrains(terrain_pb2.ListTerrainsRequest())).terrains
        assert [t.owner_agency_id for t in listed] == ["", "", "isro"]
        with pytest.raises(InvalidInputError, match="TERRAIN_OUTSIDE_REGION"):
            await terrains.CreateTerrainStack(
                terrain_pb2.CreateTerrainStackRequest(
                    terrain_ids=[uploaded.terrain_id], region=terrain_pb2.Region(center=RIDGE, radius_m=500.0)
                )
            )


async def pieces(path: Path) -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    yield terrain_pb2.RegisterTerrainRequest(header=terrain_pb2.TerrainHeader(title="Mine", file_name=path.name))
    for part in parts(path):
        yield terrain_pb2.RegisterTerrainRequest(chunk=part)


def parts(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    for start in range(0, len(content), 10_000):
        yield content[start : start + 10_000]


@pytest.mark.asyncio
async def test_the_migrations_make_the_tables(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, LandingSiteTable.metadata) == []
