"""Sites, waypoints and routes as geopandas tables in lunar reference systems: `malapert-client[geopandas]`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from malapert_client.frames import table

if TYPE_CHECKING:
    import geopandas
    from malapert_http_models.contracts.landing_site import Route, Site, Waypoint
    from malapert_http_models.contracts.planner import Plan

GEOGRAPHIC = "IAU_2015:30100"
NORTH_GRID, SOUTH_GRID = "IAU_2015:30130", "IAU_2015:30135"


def sites(plan: "Plan") -> "geopandas.GeoDataFrame":
    """Return a plan's site and its alternatives by rank, in lunar longitude and latitude."""
    found = plan.alternative_sites if plan.site is None else [plan.site, *plan.alternative_sites]
    ranked: list[Site] = sorted(found, key=lambda site: site.rank)
    return points(ranked)


def points(places: "Iterable[Site | Waypoint]") -> "geopandas.GeoDataFrame":
    """Return sites or waypoints as points in lunar longitude and latitude, degrees, with their height in metres."""
    import geopandas

    frame = table(places)
    if frame.empty:
        return geopandas.GeoDataFrame(geometry=[], crs=GEOGRAPHIC)
    columns = (frame.pop(f"point.{name}") for name in ("longitude_deg", "latitude_deg", "elevation_m"))
    return geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(*columns), crs=GEOGRAPHIC)


def routes(found: "Sequence[Route]", *, north: bool = False) -> "geopandas.GeoDataFrame":
    """Return the routes that have a path as lines in the polar grid, metres.

    Parameters
    ----------
    found
        Routes of a plan, or of `find_routes`.
    north
        Whether they are at the north pole.
    """
    import geopandas
    from shapely import LineString

    drawn = [route for route in found if len(route.path) > 1]
    lines = [LineString([(point.x_m, point.y_m) for point in route.path]) for route in drawn]
    frame = table(drawn).drop(columns=["path", "path_offset_s", "path_points"], errors="ignore")
    return geopandas.GeoDataFrame(frame, geometry=lines, crs=NORTH_GRID if north else SOUTH_GRID)
