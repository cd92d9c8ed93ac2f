"""Rovers, waypoints and routes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from malapert_core.errors import Fault
from malapert_core.vocabulary.provenance import Provenance

from malapert_landing_site.domain.route_sky import LeastSun, PathPoint
from malapert_landing_site.domain.terrain import Place, place_faults

_FARTHEST_M = 50_000.0


class WaypointCriterion(StrEnum):
    """Criterion by which a waypoint is chosen from reachable ground."""

    MOST_LIT = "most_lit"
    LEAST_LIT = "least_lit"
    FLATTEST = "flattest"


@dataclass(frozen=True)
class Mobility:
    """Driving limits and energy of the rover."""

    max_slope_deg: float
    speed_mps: float
    drive_power_w: float
    drive_power_w_per_deg: float


@dataclass(frozen=True)
class FixedPlace:
    """A waypoint at a given place."""

    place: Place


@dataclass(frozen=True)
class Offset:
    """A waypoint by its distance from the site towards local east and north, metres."""

    east_m: float
    north_m: float


@dataclass(frozen=True)
class Selection:
    """A waypoint chosen by a criterion within a distance of the site, apart from the others."""

    criterion: WaypointCriterion
    max_distance_m: float
    min_separation_m: float


@dataclass(frozen=True)
class WaypointDefinition:
    """A waypoint as the mission defines it."""

    waypoint_id: str
    title: str
    where: FixedPlace | Offset | Selection | None


@dataclass(frozen=True)
class Waypoint:
    """A waypoint on the terrain."""

    waypoint_id: str
    title: str
    place: Place
    x_m: float
    y_m: float
    slope_deg: float
    mean_sun_fraction: float


@dataclass(frozen=True)
class Route:
    """A route between two waypoints; `closed_because` says why there is none.

    Attributes
    ----------
    path_offset_s : tuple of float
        When each point of the path is passed, seconds after the start.
    path_points : tuple of int
        Which of the table's points each point of the path is; empty where nothing was asked of them.
    least_sun : LeastSun or None
        The least light along it, likewise.
    """

    from_waypoint_id: str
    to_waypoint_id: str
    reachable: bool
    length_m: float = 0.0
    drive_time_s: float = 0.0
    energy_wh: float = 0.0
    max_slope_deg: float = 0.0
    path_m: tuple[tuple[float, float], ...] = ()
    closed_because: str = ""
    path_offset_s: tuple[float, ...] = ()
    path_points: tuple[int, ...] = ()
    least_sun: LeastSun | None = None


@dataclass(frozen=True)
class RouteTable:
    """Routes between every ordered pair, and the points of them all where what is in view there was asked for."""

    routes: tuple[Route, ...]
    provenance: Provenance
    points: tuple[PathPoint, ...] = ()


def mobility_faults(mobility: Mobility) -> list[Fault]:
    """All faults of a rover's mobility; empty where it is sound."""
    limits = {
        "max_slope_deg": (mobility.max_slope_deg, 0.1, 45.0, "°"),
        "speed_mps": (mobility.speed_mps, 1e-4, 10.0, " m/s"),
        "drive_power_w": (mobility.drive_power_w, 0.0, 1e5, " W"),
        "drive_power_w_per_deg": (mobility.drive_power_w_per_deg, 0.0, 1e4, " W/°"),
    }
    return [
        Fault(f"mobility.{name}", "OUT_OF_RANGE", f"the value is {value:g}{unit}; {low:g} to {high:g}{unit} is allowed")
        for name, (value, low, high, unit) in limits.items()
        if not low <= value <= high
    ]


def definition_faults(definitions: tuple[WaypointDefinition, ...]) -> list[Fault]:
    """All faults of waypoint definitions, each with its path; empty where they are sound."""
    faults, seen = [], set()
    for n, definition in enumerate(definitions):
        path = f"definitions[{n}]"
        if not definition.waypoint_id or definition.waypoint_id in seen:
            message = f"the identifier {definition.waypoint_id!r} must be given once"
            faults.append(Fault(f"{path}.waypoint_id", "NOT_UNIQUE", message))
        seen.add(definition.waypoint_id)
        faults += _where_faults(definition, path)
    return faults


def _where_faults(definition: WaypointDefinition, path: str) -> list[Fault]:
    match definition.where:
        case None:
            return [Fault(path, "NO_PLACE", f"waypoint {definition.waypoint_id!r} says not where it is")]
        case FixedPlace(place):
            return place_faults(place, f"{path}.fixed")
        case Offset(east_m, north_m):
            values = {"offset.east_m": (east_m, -_FARTHEST_M), "offset.north_m": (north_m, -_FARTHEST_M)}
        case Selection(_, max_distance_m, min_separation_m):
            values = {
                "selection.max_distance_m": (max_distance_m, 1.0),
                "selection.min_separation_m": (min_separation_m, 0.0),
            }
    return [
        Fault(f"{path}.{name}", "OUT_OF_RANGE", f"the value is {value:g} m; {least:g} to {_FARTHEST_M:g} m is allowed")
        for name, (value, least) in values.items()
        if not least <= value <= _FARTHEST_M
    ]
