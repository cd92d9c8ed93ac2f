"""Waypoints and routes from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import route_pb2
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import named, to_domain, to_message

from malapert_landing_site.domain.route import (
    FixedPlace,
    Offset,
    Route,
    RouteTable,
    Selection,
    Waypoint,
    WaypointCriterion,
    WaypointDefinition,
)
from malapert_landing_site.domain.timed_route import RoverPower, TimedRouteRequest
from malapert_landing_site.handlers.keep_out_messages import keep_outs_of
from malapert_landing_site.handlers.messages import place_of
from malapert_landing_site.services.waypoints import WaypointRequest

_CRITERIA = route_pb2.WaypointCriterion.DESCRIPTOR


def definition_of(message: route_pb2.WaypointDefinition) -> WaypointDefinition:
    """Return the waypoint definition that a message states; its place is None where none is stated."""
    where: FixedPlace | Offset | Selection | None = None
    match message.WhichOneof("where"):
        case "fixed":
            where = FixedPlace(place_of(message.fixed))
        case "offset":
            where = to_domain(message.offset, Offset)
        case "selection" if named(WaypointCriterion, _CRITERIA, message.selection.criterion) is not None:
            where = to_domain(message.selection, Selection)
    return WaypointDefinition(message.waypoint_id, message.title, where)


def waypoint_request_of(message: route_pb2.ResolveWaypointsRequest) -> WaypointRequest:
    """Return the request for waypoints that a message states."""
    return to_domain(message, WaypointRequest, definitions=tuple(map(definition_of, message.definitions)))


def waypoint_of(message: route_pb2.Waypoint) -> Waypoint:
    """Return the waypoint that a message states."""
    return to_domain(message, Waypoint, place=place_of(message.point))


def waypoint_message(waypoint: Waypoint) -> route_pb2.Waypoint:
    """Return the message of a waypoint."""
    return to_message(waypoint, route_pb2.Waypoint, point=to_message(waypoint.place, type_pb2.SurfacePoint))


def route_message(route: Route) -> route_pb2.Route:
    """Return the message of a route."""
    path = [type_pb2.GridPoint(x_m=x_m, y_m=y_m) for x_m, y_m in route.path_m]
    return to_message(route, route_pb2.Route, path=path)


def route_table_message(table: RouteTable) -> route_pb2.FindRoutesResponse:
    """Return the message of a table of routes."""
    return to_message(table, route_pb2.FindRoutesResponse, routes=map(route_message, table.routes))


def timed_route_request_of(message: route_pb2.FindTimedRouteRequest) -> TimedRouteRequest:
    """Return the request for a route through time that a message states."""
    power = message.power
    return to_domain(
        message,
        TimedRouteRequest,
        start=waypoint_of(message.from_waypoint),
        end=waypoint_of(message.to_waypoint),
        power=to_domain(
            power,
            RoverPower,
            capacity_j=3600.0 * power.capacity_wh,
            floor_j=3600.0 * power.floor_wh,
            start_j=3600.0 * power.start_wh,
        ),
        longest_s=message.max_duration_s,
        keep_outs=keep_outs_of(message.keep_outs),
    )
