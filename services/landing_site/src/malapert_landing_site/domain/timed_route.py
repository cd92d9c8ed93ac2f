"""Routes through time: their request and result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from malapert_core.errors import Fault
from malapert_core.vocabulary.provenance import Provenance

from malapert_landing_site.domain.keep_out import KeepOut, keep_out_faults
from malapert_landing_site.domain.route import Mobility, Waypoint, mobility_faults

MAX_DAYS = 60.0
MAX_CELLS = 1_050_000
MAX_CELL_STEPS = 1_000_000_000


@dataclass(frozen=True)
class RoverPower:
    """The rover's array and battery.

    Attributes
    ----------
    array_power_w : float
        What the array makes with the whole solar disc in view, watts.
    standing_power_w : float
        What the rover takes besides driving, watts.
    capacity_j, floor_j, start_j : float
        The battery's capacity, the least that must remain, and what it holds when the route begins, joules.
    """

    array_power_w: float
    standing_power_w: float
    capacity_j: float
    floor_j: float
    start_j: float


@dataclass(frozen=True)
class TimedRouteRequest:
    """Request for a route through time.

    Attributes
    ----------
    step_s : float
        Step of time, seconds; 0 takes the time of the longest step between cells.
    stay_s : float
        How long the rover stays at the end, seconds.
    comes_back : bool
        Whether it goes back to the start afterwards: its battery must last for that too.
    needs_sun, needs_earth : bool
        Whether some of the solar disc, and the Earth's centre, must be in view where and while it drives.
    array_height_m : float
        Height of the array and of the antenna above ground, metres.
    """

    terrain_stack_id: str
    start: Waypoint
    end: Waypoint
    mobility: Mobility
    power: RoverPower
    start_time: datetime
    longest_s: float
    step_s: float
    stay_s: float
    comes_back: bool
    needs_sun: bool
    needs_earth: bool
    array_height_m: float
    keep_outs: tuple[KeepOut, ...]


@dataclass(frozen=True)
class TimedPoint:
    """A moment of a route."""

    time: datetime
    x_m: float
    y_m: float
    energy_wh: float
    sun_fraction: float
    earth_visible: bool
    driving: bool


@dataclass(frozen=True)
class TimedLeg:
    """One drive with its waits, or a stay.

    Attributes
    ----------
    kind : str
        `drive`, `stay` or `return`.
    dark_s : float
        Time without any of the solar disc, seconds.
    waiting_s : float
        Time that the rover stands, seconds.
    """

    kind: str
    points: tuple[TimedPoint, ...]
    length_m: float
    driving_energy_wh: float
    dark_s: float
    waiting_s: float


@dataclass(frozen=True)
class TimedRoute:
    """A route through time; `closed_because` says why there is none, and what would open one."""

    legs: tuple[TimedLeg, ...]
    step_s: float
    closed_because: str
    provenance: Provenance

    @property
    def least_energy_wh(self) -> float:
        """Least energy in the battery at any moment, watt-hours; 0 without a route."""
        return min((point.energy_wh for leg in self.legs for point in leg.points), default=0.0)


def timed_route_faults(request: TimedRouteRequest) -> list[Fault]:
    """All faults of a request but those of its span; empty where it is sound."""
    faults = mobility_faults(request.mobility) + keep_out_faults(request.keep_outs)
    power = request.power
    capacity_wh = power.capacity_j / 3600.0
    limits = {
        "power.array_power_w": (power.array_power_w, 0.0, 1e6, " W"),
        "power.standing_power_w": (power.standing_power_w, 0.0, 1e6, " W"),
        "power.capacity_wh": (capacity_wh, 1.0, 1e6, " Wh"),
        "power.floor_wh": (power.floor_j / 3600.0, 0.0, capacity_wh, " Wh"),
        "power.start_wh": (power.start_j / 3600.0, power.floor_j / 3600.0, capacity_wh, " Wh"),
        "max_duration_s": (request.longest_s, 600.0, MAX_DAYS * 86_400.0, " s"),
        "stay_s": (request.stay_s, 0.0, MAX_DAYS * 86_400.0, " s"),
        "array_height_m": (request.array_height_m, 0.0, 100.0, " m"),
    }
    if request.step_s:
        limits["step_s"] = (request.step_s, 60.0, 86_400.0, " s")
    faults += [
        Fault(path, "OUT_OF_RANGE", f"the value is {value:g}{unit}; {low:g} to {high:g}{unit} is allowed")
        for path, (value, low, high, unit) in limits.items()
        if not low <= value <= high
    ]
    for path, waypoint in (("from_waypoint", request.start), ("to_waypoint", request.end)):
        if not all(abs(value) <= 1e6 for value in (waypoint.x_m, waypoint.y_m)):
            faults.append(Fault(f"{path}.grid_point", "OUT_OF_RANGE", "metres of the polar grid up to 1e6 are needed"))
    return faults
