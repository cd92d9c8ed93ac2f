"""Requests to landing-site and comms-window that follow from a mission document."""

from collections.abc import Sequence

from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2, terrain_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import to_timestamp

from malapert_planner.mission_document.assets import Waypoint
from malapert_planner.mission_document.checks import horizon_span
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.mission import Builtin, LanderLimits
from malapert_planner.services.requests_out.link_requests import add_links, fixed_places, terminal_message
from malapert_planner.services.requests_out.request_messages import interval

_SECONDS_PER_DAY = 86_400.0


def terrain_stack(document: MissionDocument, terrain_ids: Sequence[str]) -> terrain_pb2.CreateTerrainStackRequest:
    """Return the stack to plan on: the given terrains, or the mission's built-in one.

    Raises
    ------
    InvalidInputError
        ``NO_TERRAIN`` where the mission has none and none is given.
    """
    terrain = document.surface.terrain
    if not terrain_ids and terrain.builtin is Builtin.NONE:
        raise InvalidInputError("NO_TERRAIN", "the mission has no built-in terrain; give terrain_ids")
    detail = terrain.synthetic_detail
    return terrain_pb2.CreateTerrainStackRequest(
        terrain_ids=terrain_ids,
        region=terrain_pb2.Region(
            center=_point(terrain.region.latitude.amount, terrain.region.longitude.amount),
            radius_m=terrain.region.radius.amount,
        ),
        synthetic_detail=terrain_pb2.SyntheticDetail(seed=detail.seed, pixel_size_m=detail.pixel_size.amount)
        if detail
        else None,
        mission_id=document.mission.id,
    )


def site_search(document: MissionDocument, terrain_stack_id: str) -> site_pb2.SearchSitesRequest:
    """Return the search for landing sites, judged from the touchdown to the end of the planned span."""
    landing, rover = document.surface.landing, document.surface.rover
    start_time, end_time = horizon_span(document)
    weights = {name: getattr(landing.weights, name) for name in _criteria()}
    return site_pb2.SearchSitesRequest(
        terrain_stack_id=terrain_stack_id,
        # The site must serve from the touchdown on, which may come before the planned horizon.
        span=interval(min(landing.time, start_time), end_time),
        landing_time=to_timestamp(landing.time),
        limits=_limits(landing.limits),
        weights=[
            site_pb2.CriterionWeight(
                criterion=site_pb2.SiteCriterion.Value(f"SITE_CRITERION_{name.upper()}"), weight=weight.amount
            )
            for name, weight in weights.items()
            if weight is not None
        ],
        array_height_m=rover.array.height.amount,
        antenna_height_m=rover.antenna.height.amount,
        max_sites=landing.max_sites,
        min_separation_m=landing.min_separation.amount,
        judged_over=site_pb2.SiteJudgement.Value(f"SITE_JUDGEMENT_{landing.judged_over.upper()}"),
        mission_id=document.mission.id,
    )


def waypoints(document: MissionDocument, site_id: str) -> route_pb2.ResolveWaypointsRequest:
    """Return the placing of the mission's waypoints about a site."""
    return route_pb2.ResolveWaypointsRequest(
        site_id=site_id,
        definitions=[_definition(waypoint) for waypoint in document.waypoints],
        mobility=_mobility(document),
        span=interval(*horizon_span(document)),
        array_height_m=document.surface.rover.array.height.amount,
    )


def routes(
    document: MissionDocument, terrain_stack_id: str, placed: Sequence[route_pb2.Waypoint]
) -> route_pb2.FindRoutesRequest:
    """Return the search for routes between waypoints, with what is in view along them where drives need it."""
    request = route_pb2.FindRoutesRequest(
        terrain_stack_id=terrain_stack_id, waypoints=placed, mobility=_mobility(document)
    )
    if document.drive_rule.along_the_way:
        rover = document.surface.rover
        request.sky.span.CopyFrom(interval(*horizon_span(document)))
        request.sky.array_height_m = rover.array.height.amount
        request.sky.antenna_height_m = rover.antenna.height.amount
    return request


def windows(
    document: MissionDocument, terrain_stack_id: str, placed: Sequence[route_pb2.Waypoint]
) -> window_pb2.ComputeWindowsRequest:
    """Return the computation of windows at waypoints."""
    rover = document.surface.rover
    request = window_pb2.ComputeWindowsRequest(
        mission_id=document.mission.id,
        terrain_stack_id=terrain_stack_id,
        places=[window_pb2.Place(place_id=waypoint.waypoint_id, point=waypoint.point) for waypoint in placed],
        station_ids=document.stations,
        span=interval(*horizon_span(document)),
        terminal=terminal_message(rover.terminal),
        array_height_m=rover.array.height.amount,
        antenna_height_m=rover.antenna.height.amount,
        profile_step_s=document.horizon.profile_step.amount,
        least_sun_fractions=least_sun_fractions(document),
    )
    add_links(document, request)
    return request


def least_sun_fractions(document: MissionDocument) -> list[float]:
    """Return the shares of the solar disc that steps of a mission ask for."""
    steps = (step for activity_type in document.activity_types for step in activity_type.steps)
    asked = (condition.least_sun for step in steps for condition in step.conditions)
    return sorted({least.amount for least in asked if least is not None and least.amount > 0.0})


def windows_without_terrain(document: MissionDocument) -> window_pb2.ComputeWindowsRequest | None:
    """Return the computation of windows of a mission without a terrain; None where nothing asks for any.

    Places that are given by their coordinates stand on the smooth sphere.
    """
    places, terminal = fixed_places(document), document.ground_terminal
    heights = [(asset.array, asset.antenna) for asset in document.assets if asset.terminal is terminal]
    array, antenna = heights[0] if heights else (None, None)
    request = window_pb2.ComputeWindowsRequest(
        mission_id=document.mission.id,
        places=places,
        on_sphere=bool(places),
        station_ids=document.stations,
        span=interval(*horizon_span(document)),
        terminal=terminal_message(terminal) if terminal is not None and places else None,
        array_height_m=array.height.amount if array else 0.0,
        antenna_height_m=antenna.height.amount if antenna else 0.0,
        profile_step_s=document.horizon.profile_step.amount,
        least_sun_fractions=least_sun_fractions(document) if places else (),
    )
    add_links(document, request)
    return request if request.places or request.orbiters or request.optical_links or request.key_links else None


def _criteria() -> list[str]:
    values = site_pb2.SiteCriterion.keys()
    return [name.removeprefix("SITE_CRITERION_").lower() for name in values if not name.endswith("_UNSPECIFIED")]


def _limits(limits: LanderLimits) -> site_pb2.LanderLimits:
    return site_pb2.LanderLimits(
        max_slope_deg=limits.max_slope.amount,
        slope_baseline_m=limits.slope_baseline.amount,
        landing_radius_m=limits.landing_radius.amount,
        max_hazard_fraction=limits.max_hazard_fraction.amount,
        hazard_slope_deg=limits.hazard_slope.amount,
        min_lit_days=limits.min_lit_time.amount / _SECONDS_PER_DAY,
        earth_visible_at_landing=limits.earth_visible_at_landing,
    )


def _mobility(document: MissionDocument) -> route_pb2.Mobility:
    mobility = document.surface.rover.mobility
    return route_pb2.Mobility(
        max_slope_deg=mobility.max_slope.amount,
        speed_mps=mobility.speed.amount,
        drive_power_w=mobility.drive_power.amount,
        drive_power_w_per_deg=mobility.drive_power_per_degree.amount,
    )


def _definition(waypoint: Waypoint) -> route_pb2.WaypointDefinition:
    definition = route_pb2.WaypointDefinition(waypoint_id=waypoint.id, title=waypoint.title)
    if waypoint.fixed is not None:
        definition.fixed.CopyFrom(_point(waypoint.fixed.latitude.amount, waypoint.fixed.longitude.amount))
    elif waypoint.offset is not None:
        definition.offset.CopyFrom(
            route_pb2.WaypointOffset(east_m=waypoint.offset.east.amount, north_m=waypoint.offset.north.amount)
        )
    elif waypoint.selection is not None:
        selection = waypoint.selection
        definition.selection.CopyFrom(
            route_pb2.WaypointSelection(
                criterion=route_pb2.WaypointCriterion.Value(f"WAYPOINT_CRITERION_{selection.criterion.name}"),
                max_distance_m=selection.max_distance.amount,
                min_separation_m=selection.min_separation.amount,
            )
        )
    return definition


def _point(latitude_deg: float, longitude_deg: float) -> type_pb2.SurfacePoint:
    wrapped_deg = (longitude_deg + 180.0) % 360.0 - 180.0
    return type_pb2.SurfacePoint(longitude_deg=round(wrapped_deg, 12), latitude_deg=latitude_deg)
