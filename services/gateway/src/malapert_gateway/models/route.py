"""Models of routes, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.landing_site.v1 import route_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import GridPoint, Interval, Provenance, SurfacePoint
from malapert_gateway.models.terrain import KeepOut
from malapert_gateway.models.wire import UtcTime, WireModel


class WaypointCriterion(StrEnum):
    """How a waypoint is chosen from the terrain."""

    MOST_LIT = "MOST_LIT"  # The highest mean visible fraction of the solar disc.
    LEAST_LIT = "LEAST_LIT"  # The lowest mean visible fraction of the solar disc.
    FLATTEST = "FLATTEST"  # The smallest slope.


class WaypointSelection(WireModel):
    """A waypoint chosen from reachable ground by a criterion."""

    message_type: ClassVar[type[Message]] = route_pb2.WaypointSelection

    criterion: Annotated[WaypointCriterion, Strict(False)] = Field(description="The criterion.", examples=["MOST_LIT"])
    max_distance_m: float = Field(description="Farthest distance from the site, metres.", examples=[800.0])
    min_separation_m: float = Field(
        description="Nearest distance from the site and from every other waypoint, metres.", examples=[500.0]
    )


class WaypointOffset(WireModel):
    """A waypoint by its distance from the site along the grid's axes of the local east and north."""

    message_type: ClassVar[type[Message]] = route_pb2.WaypointOffset

    east_m: float = Field(description="Towards local east, metres.", examples=[40.0])
    north_m: float = Field(description="Towards local north, metres.", examples=[-60.0])


class WaypointDefinition(WireModel):
    """A waypoint as the mission defines it."""

    message_type: ClassVar[type[Message]] = route_pb2.WaypointDefinition

    waypoint_id: str = Field(description="Identifier, unique in the mission.", examples=["ridge-1"])
    title: str = Field("", description="Title for a person.", examples=["Most lit place of the ridge"])
    fixed: SurfacePoint | None = Field(None, description="A fixed place; its elevation is not used.")
    offset: WaypointOffset | None = Field(
        None, description="A place by its distance from the site; zero is the site itself."
    )
    selection: WaypointSelection | None = Field(None, description="A place chosen from the terrain.")


class Mobility(WireModel):
    """What the rover can drive."""

    message_type: ClassVar[type[Message]] = route_pb2.Mobility

    max_slope_deg: float = Field(description="Steepest slope, degrees.", examples=[12.0])
    speed_mps: float = Field(description="Speed over ground, metres per second.", examples=[0.028])
    drive_power_w: float = Field(description="Power while driving on level ground, watts.", examples=[120.0])
    drive_power_w_per_deg: float = Field(description="Further power per degree of uphill slope, watts.", examples=[6.0])


class ResolveWaypointsRequest(WireModel):
    """Asks for waypoints."""

    message_type: ClassVar[type[Message]] = route_pb2.ResolveWaypointsRequest

    site_id: str = Field(description="The landing site.", examples=["site-04"])
    definitions: list[WaypointDefinition] = Field(description="The definitions.")
    mobility: Mobility = Field(description="The rover: a waypoint is on ground it can reach.")
    span: Interval = Field(description="The span over which light is averaged.")
    array_height_m: float = Field(description="Height of the solar array above ground, metres.", examples=[2.0])


class Waypoint(WireModel):
    """A waypoint on the terrain."""

    message_type: ClassVar[type[Message]] = route_pb2.Waypoint

    waypoint_id: str = Field(description="Identifier as defined.", examples=["ridge-1"])
    title: str = Field(description="Title as defined.", examples=["Most lit place of the ridge"])
    point: SurfacePoint = Field(description="Where it is.")
    grid_point: GridPoint | None = Field(None, description="Where it is in the grid.")
    slope_deg: float = Field(description="Slope, degrees.", examples=[4.2])
    mean_sun_fraction: float = Field(
        description="Mean visible fraction of the solar disc over the span.", examples=[0.71]
    )


class Waypoints(WireModel):
    """Waypoints in the order of their definitions."""

    message_type: ClassVar[type[Message]] = route_pb2.ResolveWaypointsResponse

    waypoints: list[Waypoint] = Field(description="The waypoints.")


class FindRoutesRequest(WireModel):
    """Asks for routes."""

    message_type: ClassVar[type[Message]] = route_pb2.FindRoutesRequest

    terrain_stack_id: str = Field(description="The stack.", examples=["stack-3f9a"])
    waypoints: list[Waypoint] = Field(description="The waypoints.")
    mobility: Mobility = Field(description="The rover.")
    keep_outs: list[KeepOut] = Field(default_factory=list, description="Ground that is closed.")


class Route(WireModel):
    """A route from one waypoint to another."""

    message_type: ClassVar[type[Message]] = route_pb2.Route

    from_waypoint_id: str = Field(description="From this waypoint.", examples=["ridge-1"])
    to_waypoint_id: str = Field(description="To this waypoint.", examples=["ridge-2"])
    reachable: bool = Field(description="False where no path keeps the limits.", examples=[True])
    length_m: float = Field(description="Length over ground, metres.", examples=[640.0])
    drive_time_s: float = Field(description="Time to drive it, seconds.", examples=[22800.0])
    energy_wh: float = Field(description="Energy to drive it, watt-hours.", examples=[72.0])
    max_slope_deg: float = Field(description="Steepest slope along it, degrees.", examples=[12.0])
    path: list[GridPoint] = Field(description="The path in the grid.")
    closed_because: str = Field(
        description="Which limit closes the way, for a person; empty where reachable.", examples=[""]
    )


class Routes(WireModel):
    """Routes between every ordered pair."""

    message_type: ClassVar[type[Message]] = route_pb2.FindRoutesResponse

    routes: list[Route] = Field(description="The routes.")
    provenance: Provenance | None = Field(None, description="What they were made from.")


class RoverPower(WireModel):
    """The rover's array and battery."""

    message_type: ClassVar[type[Message]] = route_pb2.RoverPower

    array_power_w: float = Field(
        description="What the array makes with the whole solar disc in view, watts.", examples=[250.0]
    )
    standing_power_w: float = Field(description="What the rover takes besides driving, watts.", examples=[60.0])
    capacity_wh: float = Field(description="The battery's capacity, watt-hours.", examples=[1500.0])
    floor_wh: float = Field(description="The least that must remain in the battery, watt-hours.", examples=[450.0])
    start_wh: float = Field(description="What the battery holds when the route begins, watt-hours.", examples=[1500.0])


class FindTimedRouteRequest(WireModel):
    """Asks for a route through time."""

    message_type: ClassVar[type[Message]] = route_pb2.FindTimedRouteRequest

    terrain_stack_id: str = Field(description="The stack.", examples=["stack-3f9a"])
    from_waypoint: Waypoint = Field(description="Where the rover sets out.")
    to_waypoint: Waypoint = Field(description="Where it goes.")
    mobility: Mobility = Field(description="The rover.")
    power: RoverPower = Field(description="Its array and battery.")
    start_time: UtcTime = Field(description="When it sets out.", examples=["2029-01-15T00:00:00Z"])
    max_duration_s: float = Field(
        description="How long all of it may last, seconds; at most 60 days.", examples=[1_209_600.0]
    )
    step_s: float = Field(
        0.0,
        description="Step of time, seconds; 0 takes the time of the longest step between cells.",
        examples=[1800.0],
    )
    stay_s: float = Field(0.0, description="How long the rover stays at the end, seconds.", examples=[7200.0])
    comes_back: bool = Field(False, description="True where it must come back to where it set out.", examples=[True])
    needs_sun: bool = Field(
        False,
        description="True where some of the solar disc must be in view where and while it drives.",
        examples=[True],
    )
    needs_earth: bool = Field(
        False, description="True where the Earth's centre must be in view where and while it drives.", examples=[False]
    )
    array_height_m: float = Field(0.0, description="Height of array and antenna above ground, metres.", examples=[1.5])
    keep_outs: list[KeepOut] = Field(default_factory=list, description="Ground that is closed.")


class TimedPoint(WireModel):
    """A moment of a route."""

    message_type: ClassVar[type[Message]] = route_pb2.TimedPoint

    time: UtcTime | None = Field(None, description="When.", examples=["2029-01-15T00:30:00Z"])
    point: GridPoint | None = Field(None, description="Where.")
    energy_wh: float = Field(description="Energy in the battery, watt-hours.", examples=[1320.0])
    sun_fraction: float = Field(
        description="Visible fraction of the solar disc in the step that follows.", examples=[1.0]
    )
    earth_visible: bool = Field(
        description="Whether the Earth's centre is in view in the step that follows.", examples=[True]
    )
    driving: bool = Field(description="Whether the rover drives in the step that follows.", examples=[True])


class TimedLeg(WireModel):
    """One drive with its waits, or a stay."""

    message_type: ClassVar[type[Message]] = route_pb2.TimedLeg

    kind: str = Field(description="What it is: drive, stay or return.", examples=["drive"])
    points: list[TimedPoint] = Field(description="The moments, a step of time apart.")
    length_m: float = Field(description="Length over ground, metres.", examples=[840.0])
    driving_energy_wh: float = Field(
        description="Energy of the driving, watt-hours, besides what standing takes.", examples=[310.0]
    )
    dark_s: float = Field(description="Time without any of the solar disc, seconds.", examples=[10_800.0])
    waiting_s: float = Field(description="Time that the rover stands, seconds.", examples=[3600.0])


class TimedRoute(WireModel):
    """A route through time."""

    message_type: ClassVar[type[Message]] = route_pb2.FindTimedRouteResponse

    legs: list[TimedLeg] = Field(description="The drive, the stay and the return; none where there is no route.")
    step_s: float = Field(description="Step of time, seconds.", examples=[1996.0])
    least_energy_wh: float = Field(
        description="Least energy in the battery at any moment, watt-hours.", examples=[512.0]
    )
    closed_because: str = Field(
        description="Which limits close the way: those that open one when they alone are lifted. Empty where there "
        "is a route.",
        examples=[""],
    )
    provenance: Provenance | None = Field(None, description="What it was made from.")
