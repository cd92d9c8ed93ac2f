"""Routes of a plan as lines in the terrain's grid: GeoJSON, and a table with well-known text (CSV, RFC 4180).

The grid's metres need no cut where a line passes the pole or the antimeridian, as longitudes would.
"""

from collections.abc import Iterator
from typing import Any

from malapert_http_models.contracts.landing_site import Route
from malapert_http_models.contracts.planner import Plan, PlannedActivityKind

from malapert_gateway.exports.csv_table import Value, csv_table
from malapert_gateway.exports.lunar_grid import grid_name, urn

_FIGURES = ("length_m", "drive_time_s", "energy_wh", "max_slope_deg")
_COLUMNS = ("from_waypoint_id", "to_waypoint_id", "drive_count", *_FIGURES, "crs", "WKT")


def open_routes(plan: Plan) -> list[Route]:
    """Return the routes that have a line: those that a rover can drive."""
    return [route for route in plan.routes if route.reachable and len(route.path) > 1]


def plan_latitude_deg(plan: Plan) -> float:
    """Return a latitude of the plan, which tells its hemisphere: of its site, else of a waypoint, else the south."""
    points = [plan.site.point] if plan.site else [waypoint.point for waypoint in plan.waypoints]
    return points[0].latitude_deg if points else -90.0


def routes_geojson(plan: Plan) -> dict[str, Any]:
    """Return the routes as a feature collection of lines in metres of the polar stereographic grid."""
    name = grid_name(plan_latitude_deg(plan))
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": urn(name)}},
        "crs_note": f"Easting and northing in metres of {name} (sphere of 1,737,400 m); not WGS 84.",
        "plan_id": plan.plan_id,
        "mission_id": plan.mission_id,
        "content_hash": plan.content_hash,
        "features": [
            {
                "type": "Feature",
                "id": f"{route.from_waypoint_id}>{route.to_waypoint_id}",
                "geometry": {"type": "LineString", "coordinates": [[each.x_m, each.y_m] for each in route.path]},
                "properties": {
                    "from_waypoint_id": route.from_waypoint_id,
                    "to_waypoint_id": route.to_waypoint_id,
                    "drive_count": drive_count(plan, route),
                    **{figure: getattr(route, figure) for figure in _FIGURES},
                },
            }
            for route in open_routes(plan)
        ],
    }


def routes_csv(plan: Plan) -> bytes:
    """Return the routes one a line, their lines as well-known text in the system that the column `crs` names."""
    return csv_table(_COLUMNS, _rows(plan))


def _rows(plan: Plan) -> Iterator[list[Value]]:
    name = grid_name(plan_latitude_deg(plan))
    for route in open_routes(plan):
        line = ", ".join(f"{each.x_m!r} {each.y_m!r}" for each in route.path)
        ends: list[Value] = [route.from_waypoint_id, route.to_waypoint_id, drive_count(plan, route)]
        yield [*ends, *(getattr(route, figure) for figure in _FIGURES), name, f"LINESTRING ({line})"]


def drive_count(plan: Plan, route: Route) -> int:
    """Return how often the plan drives a route."""
    ends = (route.from_waypoint_id, route.to_waypoint_id)
    drives = (each for each in plan.activities if each.kind is PlannedActivityKind.DRIVE)
    return sum((drive.place_id, drive.to_place_id) == ends for drive in drives)
