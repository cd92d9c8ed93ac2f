"""Points on the lunar surface, in MOON_ME and in the polar grid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurfacePoint:
    """A point in MOON_ME: degrees east and north, height above the sphere of 1,737,400 m in metres."""

    longitude_deg: float
    latitude_deg: float
    elevation_m: float = 0.0


@dataclass(frozen=True, slots=True)
class GridPoint:
    """A point in a terrain's polar stereographic grid (IAU_2015:30135 or 30130), metres."""

    x_m: float
    y_m: float
