"""Sun and Earth along routes, against SPICE's directions over the skylines of the same points."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
import spiceypy
from malapert.landing_site.v1 import route_pb2, route_pb2_grpc, site_pb2, site_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.kernels import installed_kernels
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.terrain import Place
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.terrain.grid.projection import place_at, place_xy
from malapert_landing_site.terrain.light.points import Sky, earth_at, local_frames
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Route", "Horizon")]
RIDGE = Place(222.7 - 360.0, -89.45)
ROVER = route_pb2.Mobility(max_slope_deg=25.0, speed_mps=0.05, drive_power_w=100.0, drive_power_w_per_deg=4.0)
START, END = datetime(2029, 1, 5, tzinfo=UTC), datetime(2029, 1, 25, tzinfo=UTC)
ARRAY_M, ANTENNA_M = 1.5, 2.5
STEP_S = 300.0
EARTH_RADIUS_KM, SUN_RADIUS_KM, MOON_RADIUS_KM = 6378.137, 695_700.0, 1737.4
SKYLINE_DEG = 0.01
"""Skylines of the profiles and of the routes are cast apart, to single precision and cut at other limits."""


@pytest.fixture
def spice() -> Iterator[None]:
    kernels = installed_kernels()
    for path in vars(kernels).values():
        spiceypy.furnsh(str(path))
    yield
    spiceypy.kclear()


@asynccontextmanager
async def services(launcher: ServiceLauncher) -> AsyncIterator[tuple[Any, Any, str]]:
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
        horizons = site_pb2_grpc.HorizonServiceStub(channel)
        yield route_pb2_grpc.RouteServiceStub(channel), horizons, stack.terrain_stack.terrain_stack_id


def interval(start: datetime, end: datetime) -> type_pb2.Interval:
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))


def asked(stack_id: str, **changes: Any) -> route_pb2.FindRoutesRequest:
    x_m, y_m = place_xy(RIDGE, -1)
    sky = {
        "span": interval(START, END),
        "array_height_m": ARRAY_M, "antenna_height_m": ANTENNA_M, **changes,
    }  # fmt: skip
    return route_pb2.FindRoutesRequest(
        terrain_stack_id=stack_id,
        waypoints=[
            route_pb2.Waypoint(waypoint_id=name, grid_point=type_pb2.GridPoint(x_m=x_m + east_m, y_m=y_m + north_m))
            for name, east_m, north_m in (("a", 0.0, 0.0), ("b", 400.0, 200.0), ("c", -300.0, 300.0))
        ],
        mobility=ROVER,
        sky=route_pb2.SkyAlongRoutes(**sky),
    )


@cache
def from_the_moon_km(body: str) -> np.ndarray:
    """Apparent positions of a body from the Moon's centre, MOON_ME, each minute of the span."""
    count = round((END - START).total_seconds() / 60.0) + 1
    first = spiceypy.str2et(f"{START:%Y-%m-%dT%H:%M:%S}")
    return np.array(spiceypy.spkpos(body, first + 60.0 * np.arange(count), "MOON_ME", "CN+S", "MOON")[0])


def clearances_deg(
    body: str, radius_km: float, place: Place, height_m: float, skyline_deg: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how high a body's centre is above a skyline, and its angular radius, each minute of the span.

    Aberration and light time of the place differ from those of the Moon's centre by less than 1e-6 degrees.
    """
    longitude, latitude = np.radians([place.longitude_deg, place.latitude_deg])
    up = np.array(spiceypy.latrec(1.0, longitude, latitude))
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    seen_km = from_the_moon_km(body) - up * (MOON_RADIUS_KM + (place.elevation_m + height_m) / 1000.0)
    distance_km = np.linalg.norm(seen_km, axis=1)
    azimuth_deg = np.degrees(np.arctan2(seen_km @ east, seen_km @ np.cross(up, east))) % 360.0
    elevation_deg = np.degrees(np.arcsin(seen_km @ up / distance_km))
    sky_deg = np.interp(azimuth_deg, np.arange(721) * 0.5, np.append(skyline_deg, skyline_deg[0]))
    return elevation_deg - sky_deg, np.degrees(np.arcsin(radius_km / distance_km))


def held(spans: Any) -> np.ndarray:
    """Whether each minute of the span lies in one of some intervals."""
    minutes = np.zeros(round((END - START).total_seconds() / 60.0) + 1, bool)
    for span in spans:
        first, last = (
            (from_timestamp(time) - START) / timedelta(minutes=1) for time in (span.start_time, span.end_time)
        )
        minutes[int(np.ceil(first)) : int(np.floor(last)) + 1] = True
    return minutes


def surely(condition: np.ndarray) -> np.ndarray:
    """Minutes around which a condition holds for more than a step of sampling to both sides."""
    reach = round(STEP_S / 60.0) + 1
    return np.array([condition[max(n - reach, 0) : n + reach + 1].all() for n in range(len(condition))])


@pytest.mark.asyncio
async def test_what_is_in_view_along_routes_is_what_spice_sees(
    spice: None, sqlite_service_runtime: ServiceLauncher
) -> None:
    async with services(sqlite_service_runtime) as (routes, horizons, stack_id):
        found = await routes.FindRoutes(asked(stack_id), timeout=120)
        again = await routes.FindRoutes(asked(stack_id), timeout=120)
        assert again.points == found.points
        route = max(found.routes, key=lambda each: each.length_m)
        assert len(route.path) == len(route.path_points) == len(route.path_offset_s) > 5
        assert route.path_offset_s[0] == 0.0
        assert route.path_offset_s[-1] == pytest.approx(route.drive_time_s)
        assert [found.points[n].point for n in route.path_points] == list(route.path)
        for number in route.path_points[:: len(route.path_points) // 3]:
            point = found.points[number]
            place = place_at(point.point.x_m, point.point.y_m, -1)
            for height_m, body in ((ARRAY_M, "SUN"), (ANTENNA_M, "EARTH")):
                request = site_pb2.GetHorizonProfilesRequest(
                    terrain_stack_id=stack_id,
                    points=[type_pb2.SurfacePoint(longitude_deg=place.longitude_deg, latitude_deg=place.latitude_deg)],
                    height_m=height_m,
                )
                profile = (await horizons.GetHorizonProfiles(request, timeout=60)).profiles[0]
                standing = Place(place.longitude_deg, place.latitude_deg, profile.point.elevation_m)
                skyline_deg = np.array(profile.elevation_deg)
                radius_km = SUN_RADIUS_KM if body == "SUN" else EARTH_RADIUS_KM
                above, radius_deg = clearances_deg(body, radius_km, standing, height_m, skyline_deg)
                if body == "SUN":
                    check(held(point.sun), above > -radius_deg - SKYLINE_DEG, above > SKYLINE_DEG)
                    continue
                check(held(point.earth), above > -SKYLINE_DEG, above > 0.02 + SKYLINE_DEG)
                # Where a skyline is steep its nodes beside the disc count too: no upper limit of what may be missed.
                check(held(point.whole_earth), above > radius_deg - SKYLINE_DEG, np.zeros_like(above, bool))
                assert held(point.whole_earth).sum() > 0.6 * (above > radius_deg).sum()


def check(stated: np.ndarray, must: np.ndarray, certain: np.ndarray) -> None:
    """What is stated is so in every minute, and little of what is so is missed."""
    assert must[stated].all()
    assert stated[surely(certain)].all()


@pytest.mark.asyncio
async def test_the_least_light_of_a_route_is_that_of_its_darkest_point(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    async with services(sqlite_service_runtime) as (routes, _, stack_id):
        found = await routes.FindRoutes(asked(stack_id), timeout=120)
        for route in found.routes:
            seconds = np.arange(0.0, (END - START).total_seconds() + 1.0, 60.0)
            least = np.interp(seconds, route.least_sun.offset_s, route.least_sun.sun_fraction)
            everywhere = np.all([held(found.points[n].sun) for n in route.path_points], axis=0)
            assert everywhere[least > 0.0].all()
            assert (least[surely(everywhere)] > 0.0).all()
            assert 0.0 <= least.min() <= least.max() <= 1.0


@pytest.mark.asyncio
async def test_without_the_question_routes_have_no_points(sqlite_service_runtime: ServiceLauncher) -> None:
    async with services(sqlite_service_runtime) as (routes, _, stack_id):
        request = asked(stack_id)
        request.ClearField("sky")
        found = await routes.FindRoutes(request, timeout=60)
        assert not found.points
        assert not any(route.path_points or route.HasField("least_sun") for route in found.routes)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"array_height_m": -1.0, "antenna_height_m": 2e3}, {"sky.array_height_m", "sky.antenna_height_m"}),
        ({"array_height_m": float("nan")}, {"sky.array_height_m"}),
        ({"span": interval(END, START)}, {"sky.span.end_time"}),
        ({"span": interval(START, START.replace(year=2200))}, {"sky.span.end_time", "sky.span"}),
    ],
)  # fmt: skip
async def test_faults_of_the_question_come_all_at_once(
    sqlite_service_runtime: ServiceLauncher, changes: dict[str, Any], paths: set[str]
) -> None:
    async with services(sqlite_service_runtime) as (routes, _, stack_id):
        with pytest.raises(InvalidInputError) as refused:
            await routes.FindRoutes(asked(stack_id, **changes), timeout=60)
        assert {fault.path for fault in refused.value.faults} == paths


def test_the_whole_earth_is_not_in_view_beside_a_peak(flat_grid: Callable[..., Any]) -> None:
    """A spire beside the Earth's centre hides part of the disc: stations behind it are not seen."""
    sky = Sky.at_edges(Ephemeris(), START.timestamp(), START.timestamp() + 600.0, STEP_S)
    xy_m = np.array([[20_000.0, 20_000.0]])
    frames, position_km = local_frames(xy_m, np.zeros(1), -1)
    east, north, up = frames[0] @ (sky.earth_km[0] - position_km[0])
    azimuth_deg, elevation_deg = np.degrees([np.arctan2(east, north), np.arctan2(up, np.hypot(east, north))])
    skyline_deg = np.full((1, 720), elevation_deg - 3.0, np.float32)
    centre, whole = earth_at(skyline_deg, xy_m, np.zeros(1), -1, sky, 0.0)
    assert centre.all()
    assert whole.all()
    skyline_deg[0, round(((azimuth_deg % 360.0) + 0.8) * 2.0) % 720] = elevation_deg + 1.0
    centre, whole = earth_at(skyline_deg, xy_m, np.zeros(1), -1, sky, 0.0)
    assert centre.all()
    assert not whole.any()
