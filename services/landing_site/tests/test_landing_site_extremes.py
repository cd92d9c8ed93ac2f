"""Every value of every request at its ends: an answer or a typed fault over gRPC, never an internal error."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from malapert.landing_site.v1 import (
    product_pb2,
    product_pb2_grpc,
    route_pb2,
    route_pb2_grpc,
    site_pb2,
    site_pb2_grpc,
    terrain_pb2,
    terrain_pb2_grpc,
)
from malapert.type.v1 import type_pb2
from malapert_core.errors import ErrorCategory, MalapertError
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Horizon", "Site", "Product", "Route")]
NUMBERS = (float("nan"), float("inf"), -1e308)
WHOLE = (0, 2**32 - 1)
TEXTS = ("\0", "x" * 5000)
# Years 1 and 9999, and beyond what a timestamp may hold.
SECONDS = (-62_135_596_800, 253_402_300_799, 2**62)
REFUSED = {ErrorCategory.INVALID, ErrorCategory.NOT_FOUND, ErrorCategory.PRECONDITION, ErrorCategory.EXHAUSTED}

PLACE = type_pb2.SurfacePoint(longitude_deg=10.0, latitude_deg=-89.5)
MOBILITY = route_pb2.Mobility(max_slope_deg=20.0, speed_mps=0.1, drive_power_w=100.0, drive_power_w_per_deg=1.0)


def span() -> type_pb2.Interval:
    interval = type_pb2.Interval()
    interval.start_time.FromJsonString("2029-01-01T00:00:00Z")
    interval.end_time.FromJsonString("2029-01-01T06:00:00Z")
    return interval


def waypoint(name: str, x_m: float) -> route_pb2.Waypoint:
    return route_pb2.Waypoint(waypoint_id=name, point=PLACE, grid_point=type_pb2.GridPoint(x_m=x_m, y_m=15_000.0))


def keep_out() -> terrain_pb2.KeepOut:
    return terrain_pb2.KeepOut(title="closed", center=PLACE, radius_m=10.0)


def requests(stack_id: str) -> list[tuple[type, str, Message]]:
    """Calls with sound requests, but those that would start an operation have one fault that keeps them from it."""
    region = terrain_pb2.Region(center=PLACE, radius_m=2000.0)
    two = [waypoint("a", 2000.0), waypoint("b", 3700.0)]
    search = site_pb2.SearchSitesRequest(
        terrain_stack_id=stack_id, span=span(), landing_time=span().start_time, array_height_m=-5.0,
        limits=site_pb2.LanderLimits(max_slope_deg=10.0, slope_baseline_m=50.0, landing_radius_m=50.0), max_sites=5,
        min_separation_m=100.0, weights=[site_pb2.CriterionWeight(criterion=1, weight=1.0)], keep_outs=[keep_out()],
    )  # fmt: skip
    products = product_pb2.ComputeProductsRequest(
        terrain_stack_id=stack_id,
        center=PLACE,
        size_m=2000.0,
        pixel_size_m=-1.0,
        layers=[1],
        span=span(),
        step_s=3600.0,
    )
    timed = route_pb2.FindTimedRouteRequest(
        terrain_stack_id=stack_id, from_waypoint=two[0], to_waypoint=two[1], mobility=MOBILITY, max_duration_s=86_400.0,
        power=route_pb2.RoverPower(array_power_w=300.0, standing_power_w=50.0, capacity_wh=1000.0, start_wh=900.0),
        start_time=span().start_time, step_s=3600.0, keep_outs=[keep_out()],
    )  # fmt: skip
    definitions = [
        route_pb2.WaypointDefinition(waypoint_id="a", fixed=PLACE),
        route_pb2.WaypointDefinition(waypoint_id="b", offset=route_pb2.WaypointOffset(east_m=10.0)),
        route_pb2.WaypointDefinition(
            waypoint_id="c", selection=route_pb2.WaypointSelection(criterion=1, max_distance_m=99.0)
        ),
    ]
    return [
        (terrain_pb2_grpc.TerrainServiceStub, "CreateTerrainStack", terrain_pb2.CreateTerrainStackRequest(
            region=region, max_rim_step_m=1.0, blend_width_m=1.0, terrain_ids=["terrain-1"],
            synthetic_detail=terrain_pb2.SyntheticDetail(seed=1, pixel_size_m=20.0))),
        (terrain_pb2_grpc.TerrainServiceStub, "GetMapLayer", terrain_pb2.GetMapLayerRequest(
            terrain_stack_id=stack_id, layer=2, center=PLACE, size_m=2000.0, pixel_count=8, span=span())),
        (terrain_pb2_grpc.TerrainServiceStub, "ListTerrains", terrain_pb2.ListTerrainsRequest(
            page=type_pb2.PageRequest(page_size=5))),
        (site_pb2_grpc.HorizonServiceStub, "GetHorizonProfiles", site_pb2.GetHorizonProfilesRequest(
            terrain_stack_id=stack_id, points=[PLACE], height_m=2.0, azimuth_count=36)),
        (site_pb2_grpc.SiteServiceStub, "SearchSites", search),
        (site_pb2_grpc.SiteServiceStub, "ScanLandingDates", site_pb2.ScanLandingDatesRequest(
            terrain_stack_id=stack_id, points=[PLACE], span=span(), step_s=3600.0, min_lit_days=1.0)),
        (product_pb2_grpc.ProductServiceStub, "ComputeProducts", products),
        (product_pb2_grpc.ProductServiceStub, "GetLightSeries", product_pb2.GetLightSeriesRequest(
            terrain_stack_id=stack_id, points=[PLACE], span=span(), step_s=3600.0, height_m=2.0)),
        (route_pb2_grpc.RouteServiceStub, "ResolveWaypoints", route_pb2.ResolveWaypointsRequest(
            site_id="site-1", definitions=definitions, mobility=MOBILITY, span=span(), array_height_m=2.0)),
        (route_pb2_grpc.RouteServiceStub, "FindRoutes", route_pb2.FindRoutesRequest(
            terrain_stack_id=stack_id, waypoints=two, mobility=MOBILITY, keep_outs=[keep_out()])),
        (route_pb2_grpc.RouteServiceStub, "FindTimedRoute", timed),
    ]  # fmt: skip


def at_their_ends(message: Message) -> Iterator[tuple[str, Message]]:
    """The message with each of its values in turn at each of its ends."""
    for path in _leaves(message, ()):
        for value in _ends(message, path):
            changed = copy.deepcopy(message)
            _set(changed, path, value)
            yield f"{'.'.join(str(part) for part in path)} = {str(value)[:20]!r}", changed


def _leaves(message: Message, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            for n, item in enumerate(value):
                yield from (
                    _leaves(item, (*path, field.name, n)) if isinstance(item, Message) else [(*path, field.name, n)]
                )
        elif isinstance(value, Message):
            if message.HasField(field.name):
                yield from _leaves(value, (*path, field.name))
        elif field.containing_oneof is None:
            yield (*path, field.name)


def _at(message: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        message = message[part] if isinstance(part, int) else getattr(message, part)
    return message


def _ends(message: Message, path: tuple[Any, ...]) -> tuple[Any, ...]:
    value = _at(message, path)
    if path[-1] in ("seconds", "nanos"):
        return SECONDS if path[-1] == "seconds" else (-1,)
    if isinstance(value, bool):
        return ()
    return NUMBERS if isinstance(value, float) else TEXTS if isinstance(value, str) else _whole(message, path)


def _whole(message: Message, path: tuple[Any, ...]) -> tuple[int, ...]:
    named = [part for part in path if isinstance(part, str)][-1]
    owner = _at(message, path[: path.index(named)])
    return (0, 99, -1) if owner.DESCRIPTOR.fields_by_name[named].enum_type else WHOLE


def _set(message: Any, path: tuple[Any, ...], value: Any) -> None:
    owner = _at(message, path[:-1])
    if isinstance(path[-1], int):
        owner[path[-1]] = value
    else:
        setattr(owner, path[-1], value)


@pytest.mark.asyncio
async def test_values_at_their_ends_are_answered_or_refused(sqlite_service_runtime: ServiceLauncher) -> None:
    wrong: list[str] = []
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        region = terrain_pb2.Region(center=PLACE, radius_m=2000.0)
        made = await terrain_pb2_grpc.TerrainServiceStub(channel).CreateTerrainStack(
            terrain_pb2.CreateTerrainStackRequest(region=region)
        )
        for stub, method, request in requests(made.terrain_stack.terrain_stack_id):
            call = getattr(stub(channel), method)
            for said, changed in at_their_ends(request):
                try:
                    await call(changed)
                except MalapertError as error:
                    if error.category not in REFUSED or len(error.message) > 20_000:
                        wrong.append(f"{method}: {said}: {error.reason}: {error.message[:200]}")
    assert wrong == []
