"""Waypoints and routes from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import route_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_landing_site.domain.route import (
    FixedPlace,
    Mobility,
    Offset,
    Route,
    RouteTable,
    Selection,
    Waypoint,
    WaypointCriterion,
    WaypointDefinition,
)
from malapert_landing_site.domain.timed_route import RoverPower, TimedLeg, TimedRoute, TimedRouteRequest
from malapert_landing_site.handlers.keep_out_messages import keep_outs_of
from malapert_landing_site.handlers.messages import place_of, point_message, provenance_message
from malapert_landing_site.services.waypoints import WaypointRequest

# The criteria that the contract names; any other number is as good as none.
_CRITERIA = [number for number in route_pb2.WaypointCriterion.values() if number]


def mobility_of(message: route_pb2.Mobility) -> Mobility:
    """Return the mobility that a message states."""
    return Mobility(message.max_slope_deg, message.speed_mps, message.drive_power_w, message.drive_power_w_per_deg)


def definition_of(message: route_pb2.WaypointDefinition) -> WaypointDefinition:
    """Return the waypoint definition that a message states; its place is None where none is stated."""
    where: FixedPlace | Offset | Selection | None = None
    match message.WhichOneof("where"):
        case "fixed":
            where = FixedPlace(place_of(message.fixed))
        case "offset":
            where = Offset(message.offset.east_m, message.offset.north_m)
        case "selection" if message.selection.criterion in _CRITERIA:
            name = route_pb2.WaypointCriterion.Name(message.selection.criterion)
            criterion = WaypointCriterion(name.removeprefix("WAYPOINT_CRITERION_").lower())
            where = Selection(criterion, message.selection.max_distance_m, message.selection.min_separation_m)
    return WaypointDefinition(message.waypoint_id, message.title, where)


def waypoint_request_of(message: route_pb2.ResolveWaypointsRequest) -> WaypointRequest:
    """Return the request for waypoints that a message states."""
    return WaypointRequest(
        site_id=message.site_id,
        definitions=tuple(definition_of(definition) for definition in message.definitions),
        mobility=mobility_of(message.mobility),
        start_time=from_timestamp(message.span.start_time),
        end_time=from_timestamp(message.span.end_time),
        array_height_m=message.array_height_m,
    )


def waypoint_of(message: route_pb2.Waypoint) -> Waypoint:
    """Return the waypoint that a message states."""
    return Waypoint(
        message.waypoint_id,
        message.title,
        place_of(message.point),
        message.grid_point.x_m,
        message.grid_point.y_m,
        message.slope_deg,
        message.mean_sun_fraction,
    )


def waypoint_message(waypoint: Waypoint) -> route_pb2.Waypoint:
    """Return the message of a waypoint."""
    return route_pb2.Waypoint(
        waypoint_id=waypoint.waypoint_id,
        title=waypoint.title,
        point=point_message(waypoint.place),
        grid_point=type_pb2.GridPoint(x_m=waypoint.x_m, y_m=waypoint.y_m),
        slope_deg=waypoint.slope_deg,
        mean_sun_fraction=waypoint.mean_sun_fraction,
    )


def route_message(route: Route) -> route_pb2.Route:
    """Return the message of a route."""
    return route_pb2.Route(
        from_waypoint_id=route.from_waypoint_id,
        to_waypoint_id=route.to_waypoint_id,
        reachable=route.reachable,
        length_m=route.length_m,
        drive_time_s=route.drive_time_s,
        energy_wh=route.energy_wh,
        max_slope_deg=route.max_slope_deg,
        path=[type_pb2.GridPoint(x_m=x_m, y_m=y_m) for x_m, y_m in route.path_m],
        closed_because=route.closed_because,
    )


def route_table_message(table: RouteTable) -> route_pb2.FindRoutesResponse:
    """Return the message of a table of routes."""
    return route_pb2.FindRoutesResponse(
        routes=[route_message(route) for route in table.routes], provenance=provenance_message(table.provenance)
    )


def timed_route_request_of(message: route_pb2.FindTimedRouteRequest) -> TimedRouteRequest:
    """Return the request for a route through time that a message states."""
    power = message.power
    return TimedRouteRequest(
        terrain_stack_id=message.terrain_stack_id,
        start=waypoint_of(message.from_waypoint),
        end=waypoint_of(message.to_waypoint),
        mobility=mobility_of(message.mobility),
        power=RoverPower(
            power.array_power_w,
            power.standing_power_w,
            3600.0 * power.capacity_wh,
            3600.0 * power.floor_wh,
            3600.0 * power.start_wh,
        ),
        start_time=from_timestamp(message.start_time),
        longest_s=message.max_duration_s,
        step_s=message.step_s,
        stay_s=message.stay_s,
        comes_back=message.comes_back,
        needs_sun=message.needs_sun,
        needs_earth=message.needs_earth,
        array_height_m=message.array_height_m,
        keep_outs=keep_outs_of(message.keep_outs),
    )


def timed_route_message(route: TimedRoute) -> route_pb2.FindTimedRouteResponse:
    """Return the message of a route through time."""
    return route_pb2.FindTimedRouteResponse(
        legs=[_timed_leg_message(leg) for leg in route.legs],
        step_s=route.step_s,
        least_energy_wh=route.least_energy_wh,
        closed_because=route.closed_because,
        provenance=provenance_message(route.provenance),
    )


def _timed_leg_message(leg: TimedLeg) -> route_pb2.TimedLeg:
    return route_pb2.TimedLeg(
        kind=leg.kind,
        points=[
            route_pb2.TimedPoint(
                time=to_timestamp(point.time),
                point=type_pb2.GridPoint(x_m=point.x_m, y_m=point.y_m),
                energy_wh=point.energy_wh,
                sun_fraction=point.sun_fraction,
                earth_visible=point.earth_visible,
                driving=point.driving,
            )
            for point in leg.points
        ],
        length_m=leg.length_m,
        driving_energy_wh=leg.driving_energy_wh,
        dark_s=leg.dark_s,
        waiting_s=leg.waiting_s,
    )
