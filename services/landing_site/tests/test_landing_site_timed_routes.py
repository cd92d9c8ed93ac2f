"""Routes through time and keep-outs over real gRPC."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from malapert.landing_site.v1 import route_pb2, route_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.terrain import Place
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.terrain.grid.projection import place_at, place_xy
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Route")]
RIDGE = Place(222.7 - 360.0, -89.45)
ROVER = route_pb2.Mobility(max_slope_deg=25.0, speed_mps=0.05, drive_power_w=100.0, drive_power_w_per_deg=4.0)


def battery(array_w: float, standing_w: float, capacity_wh: float, floor_wh: float, start_wh: float) -> Any:
    return route_pb2.RoverPower(
        array_power_w=array_w,
        standing_power_w=standing_w,
        capacity_wh=capacity_wh,
        floor_wh=floor_wh,
        start_wh=start_wh,
    )


POWER = battery(250.0, 50.0, 2000.0, 300.0, 2000.0)
START = datetime(2029, 1, 5, tzinfo=UTC)


def waypoint(name: str, east_m: float, north_m: float) -> route_pb2.Waypoint:
    x_m, y_m = place_xy(RIDGE, -1)
    return route_pb2.Waypoint(waypoint_id=name, grid_point=type_pb2.GridPoint(x_m=x_m + east_m, y_m=y_m + north_m))


@asynccontextmanager
async def routes_of(launcher: ServiceLauncher) -> AsyncIterator[tuple[Any, str]]:
    async with (
        launcher.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        center = type_pb2.SurfacePoint(longitude_deg=RIDGE.longitude_deg, latitude_deg=RIDGE.latitude_deg)
        request = terrain_pb2.CreateTerrainStackRequest(
            region=terrain_pb2.Region(center=center, radius_m=1500.0),
            synthetic_detail=terrain_pb2.SyntheticDetail(seed=7, pixel_size_m=40.0),
        )
        stack = await terrain_pb2_grpc.TerrainServiceStub(channel).CreateTerrainStack(request, timeout=60)
        yield route_pb2_grpc.RouteServiceStub(channel), stack.terrain_stack.terrain_stack_id


def timed(stack_id: str, **changes: Any) -> route_pb2.FindTimedRouteRequest:
    asked = {
        "terrain_stack_id": stack_id,
        "from_waypoint": waypoint("a", 0.0, 0.0), "to_waypoint": waypoint("b", 600.0, 200.0),
        "mobility": ROVER, "power": POWER, "start_time": to_timestamp(START), "max_duration_s": 5 * 86_400.0,
        "array_height_m": 1.5,
    }  # fmt: skip
    return route_pb2.FindTimedRouteRequest(**{**asked, **changes})


@pytest.mark.asyncio
async def test_a_rover_goes_stays_and_comes_back_within_its_battery(sqlite_service_runtime: ServiceLauncher) -> None:
    async with routes_of(sqlite_service_runtime) as (routes, stack_id):
        request = timed(stack_id, stay_s=7200.0, comes_back=True)
        found = await routes.FindTimedRoute(request, timeout=120)
        assert [leg.kind for leg in found.legs] == ["drive", "stay", "return"], found.closed_because
        assert found.step_s >= 2.236 * 40.0 / 0.05
        there, stay, back = found.legs
        assert from_timestamp(there.points[0].time) == START
        for before, after in ((there, stay), (stay, back)):
            assert before.points[-1].time == after.points[0].time
            assert before.points[-1].energy_wh == pytest.approx(after.points[0].energy_wh, abs=0.01)
        points = [point for leg in found.legs for point in leg.points]
        assert min(point.energy_wh for point in points) == pytest.approx(found.least_energy_wh)
        assert found.least_energy_wh >= 300.0
        assert stay.waiting_s >= 7200.0
        assert there.length_m > 600.0
        assert there.driving_energy_wh >= 100.0 * there.length_m / 0.05 / 3600.0 * 0.99
        assert back.points[-1].point == there.points[0].point
        last = from_timestamp(points[-1].time)
        assert last <= START + timedelta(days=5)


@pytest.mark.asyncio
async def test_a_closed_way_says_what_would_open_it(sqlite_service_runtime: ServiceLauncher) -> None:
    async with routes_of(sqlite_service_runtime) as (routes, stack_id):
        weak = battery(1.0, 60.0, 400.0, 300.0, 400.0)
        found = await routes.FindTimedRoute(timed(stack_id, power=weak), timeout=120)
        assert not found.legs
        assert found.closed_because.startswith("power (array and battery)")
        steep = route_pb2.Mobility(max_slope_deg=0.2, speed_mps=0.05, drive_power_w=100.0, drive_power_w_per_deg=4.0)
        dark = await routes.FindTimedRoute(timed(stack_id, needs_sun=True), timeout=120)
        assert dark.closed_because == "needs_sun: without it there is a way within the time"
        found = await routes.FindTimedRoute(timed(stack_id, mobility=steep), timeout=120)
        assert found.closed_because.startswith("max_slope_deg or keep_outs")
        short = await routes.FindTimedRoute(timed(stack_id, max_duration_s=3600.0), timeout=120)
        assert short.closed_because.startswith("max_duration_s")


@pytest.mark.asyncio
async def test_faults_of_a_timed_route_come_together(
    sqlite_service_runtime: ServiceLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with routes_of(sqlite_service_runtime) as (routes, stack_id):
        bad = battery(-1.0, 5.0, 10.0, 20.0, 5.0)
        with pytest.raises(InvalidInputError) as refusal:
            await routes.FindTimedRoute(timed(stack_id, power=bad, max_duration_s=-1.0))
        assert {fault.path for fault in refusal.value.faults} == {
            "power.array_power_w",
            "power.floor_wh",
            "power.start_wh",
            "max_duration_s",
        }
        with pytest.raises(InvalidInputError, match="a step between cells takes up to"):
            await routes.FindTimedRoute(timed(stack_id, step_s=600.0))
        with pytest.raises(InvalidInputError, match="WAYPOINT_OUTSIDE_TERRAIN"):
            await routes.FindTimedRoute(timed(stack_id, to_waypoint=waypoint("b", 9e5, 0.0)))
        monkeypatch.setattr("malapert_landing_site.services.timed_routes.MAX_CELL_STEPS", 10_000)
        with pytest.raises(InvalidInputError, match="ROUTE_TOO_LARGE"):
            await routes.FindTimedRoute(timed(stack_id))


@pytest.mark.asyncio
async def test_routes_go_round_keep_outs_or_name_them(sqlite_service_runtime: ServiceLauncher) -> None:
    async with routes_of(sqlite_service_runtime) as (routes, stack_id):
        ends = [waypoint("a", 0.0, 0.0), waypoint("b", 600.0, 200.0)]
        request = route_pb2.FindRoutesRequest(terrain_stack_id=stack_id, waypoints=ends, mobility=ROVER)
        free = await routes.FindRoutes(request, timeout=60)
        middle = free.routes[0].path[len(free.routes[0].path) // 2]
        place = place_at(middle.x_m, middle.y_m, -1)
        center = type_pb2.SurfacePoint(longitude_deg=place.longitude_deg, latitude_deg=place.latitude_deg)
        request.keep_outs.append(terrain_pb2.KeepOut(title="descent stage", center=center, radius_m=100.0))
        around = await routes.FindRoutes(request, timeout=60)
        assert around.routes[0].reachable
        assert around.routes[0].energy_wh > free.routes[0].energy_wh
        for point in around.routes[0].path:
            assert ((point.x_m - middle.x_m) ** 2 + (point.y_m - middle.y_m) ** 2) ** 0.5 > 99.0
        assert around.provenance.parameters["keep_outs"] == "descent stage (100 m)"
        # A ring of keep-outs about the end.
        del request.keep_outs[:]
        end_x_m, end_y_m = ends[1].grid_point.x_m, ends[1].grid_point.y_m
        for turn in np.arange(8) * np.pi / 4.0:
            east_m, north_m = 180.0 * float(np.sin(turn)), 180.0 * float(np.cos(turn))
            spot = place_at(end_x_m + east_m, end_y_m + north_m, -1)
            center = type_pb2.SurfacePoint(longitude_deg=spot.longitude_deg, latitude_deg=spot.latitude_deg)
            request.keep_outs.append(terrain_pb2.KeepOut(center=center, radius_m=100.0))
        ringed = await routes.FindRoutes(request, timeout=60)
        assert not ringed.routes[0].reachable
        assert ringed.routes[0].closed_because.startswith("keep_outs: every way")
