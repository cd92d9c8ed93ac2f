"""What is in view along routes: its request and result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from malapert_core.errors import Fault


@dataclass(frozen=True)
class SkyAlongRoutes:
    """Request for what is in view along routes over a span; heights above ground in metres."""

    start_time: datetime
    end_time: datetime
    array_height_m: float
    antenna_height_m: float


@dataclass(frozen=True)
class TimeSpan:
    """A span of UTC, half-open."""

    start_time: datetime
    end_time: datetime


@dataclass(frozen=True)
class PathPoint:
    """A point of routes in the grid, and the spans in which Sun, Earth's centre and the whole Earth are in view."""

    x_m: float
    y_m: float
    sun: tuple[TimeSpan, ...]
    earth: tuple[TimeSpan, ...]
    whole_earth: tuple[TimeSpan, ...]


@dataclass(frozen=True)
class LeastSun:
    """Visible fraction of the solar disc at the darkest point of a route, linear between seconds after the start."""

    offset_s: tuple[float, ...]
    sun_fraction: tuple[float, ...]


def sky_faults(asked: SkyAlongRoutes) -> list[Fault]:
    """All faults of a request but those of its span; empty where it is sound."""
    heights = {"array_height_m": asked.array_height_m, "antenna_height_m": asked.antenna_height_m}
    return [
        Fault(f"sky.{name}", "OUT_OF_RANGE", f"the height is {height_m:g} m; 0 to 1000 m is allowed")
        for name, height_m in heights.items()
        if not 0.0 <= height_m <= 1000.0
    ]
