"""Grid points of a polar stereographic terrain in longitude and latitude, and the names of lunar reference systems."""

import math

from malapert_http_models.contracts.vocabulary import GridPoint

MOON_RADIUS_M = 1_737_400.0
GEOGRAPHIC = "IAU_2015:30100"
_GRIDS = {1: "IAU_2015:30130", -1: "IAU_2015:30135"}


def grid_name(latitude_deg: float) -> str:
    """Return the polar stereographic system of a latitude's hemisphere."""
    return _GRIDS[_sign(latitude_deg)]


def urn(name: str) -> str:
    """Return the URN of a reference system, as OGC writes it."""
    return f"urn:ogc:def:crs:{name.replace(':', '::')}"


def longitude_latitude(point: GridPoint, latitude_deg: float) -> tuple[float, float]:
    """Return longitude and latitude, degrees, of a grid point in the hemisphere of a latitude.

    Inverse of the spherical polar stereographic projection with scale 1 at the pole (Snyder, USGS Professional Paper
    1395, eqs. 20-14 and 21-15).
    """
    sign = _sign(latitude_deg)
    colatitude = 2.0 * math.atan(math.hypot(point.x_m, point.y_m) / (2.0 * MOON_RADIUS_M))
    return math.degrees(math.atan2(point.x_m, -sign * point.y_m)), sign * (90.0 - math.degrees(colatitude))


def _sign(latitude_deg: float) -> int:
    return 1 if latitude_deg > 0.0 else -1
