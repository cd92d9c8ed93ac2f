"""Sun and Earth at every point of routes, as spans that are short of the truth rather than long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.domain.route import Route
from malapert_landing_site.domain.route_sky import LeastSun, PathPoint, SkyAlongRoutes, TimeSpan
from malapert_landing_site.services.record import SOFTWARE, ephemeris_inputs
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import StackScene
from malapert_landing_site.terrain.horizon.skyline import Skylines, skylines
from malapert_landing_site.terrain.light.points import Sky, body_range, earth_at, light_at

AZIMUTH_COUNT = 720
STEP_S = 300.0
MAX_SAMPLES = 400_000_000
LEAST_SUN_FRACTION = 0.02
"""Part of the disc that counts as light: in half a step the Sun moves less over a skyline of 45° than it spans."""

EARTH_SLACK_DEG = 0.02
_LEVELS = 50
_KEPT = 8
_POINTS_AT_ONCE = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Seen:
    """Samples at points (points, epochs): light in fiftieths, rounded down, and whether the Earth is in view."""

    sun: NDArray[np.uint8]
    earth: NDArray[np.bool_]
    whole_earth: NDArray[np.bool_]


class RouteSky:
    """Finds what is in view along routes; the last results are kept by the content of what they were made from."""

    def __init__(self, ephemeris: Ephemeris) -> None:
        self._ephemeris = ephemeris
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[tuple[Route, ...], tuple[PathPoint, ...]]] = OrderedDict()

    def along(
        self, scene: StackScene, routes: Sequence[Route], asked: SkyAlongRoutes
    ) -> tuple[tuple[Route, ...], tuple[PathPoint, ...]]:
        """Return the routes with the places of their points among all points, and those points.

        Raises
        ------
        InvalidInputError
            INVALID_ROUTES where points and span are too many samples.
        """
        inputs = ephemeris_inputs(self._ephemeris)
        key = content_key("route-sky", SOFTWARE, scene.stack.terrain_stack_id, inputs, routes, asked)
        with self._lock:
            found = self._kept.pop(key, None)
        found = found or self._found(scene, routes, asked)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _found(
        self, scene: StackScene, routes: Sequence[Route], asked: SkyAlongRoutes
    ) -> tuple[tuple[Route, ...], tuple[PathPoint, ...]]:
        number = {point: n for n, point in enumerate(dict.fromkeys(p for route in routes for p in route.path_m))}
        if not number:
            return tuple(routes), ()
        sky = Sky.at_edges(self._ephemeris, asked.start_time.timestamp(), asked.end_time.timestamp(), STEP_S)
        refuse(_size_faults(len(number), len(sky.utc_s)), "INVALID_ROUTES")
        xy_m = np.array(list(number), dtype=np.float64)
        seen = _seen(scene, xy_m, sky, asked)
        points = tuple(
            PathPoint(
                x_m,
                y_m,
                _spans(seen.sun[n] > 0, sky.utc_s),
                _spans(seen.earth[n], sky.utc_s),
                _spans(seen.whole_earth[n], sky.utc_s),
            )
            for (x_m, y_m), n in number.items()
        )
        return tuple(_with_points(route, number, seen.sun, sky) for route in routes), points


def _seen(scene: StackScene, xy_m: FloatArray, sky: Sky, asked: SkyAlongRoutes) -> _Seen:
    shape, pole = (len(xy_m), len(sky.utc_s)), scene.scene.pole
    seen = _Seen(np.zeros(shape, np.uint8), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_))
    by_array = _skylines(scene, xy_m, asked.array_height_m, sky.sun_km)
    by_antenna = _skylines(scene, xy_m, asked.antenna_height_m, sky.earth_km)
    for first in range(0, len(xy_m), _POINTS_AT_ONCE):
        part = slice(first, first + _POINTS_AT_ONCE)
        eye_m = by_array.ground_elevation_m[part] + asked.array_height_m
        light = light_at(by_array.elevation_deg[part], xy_m[part], eye_m, pole, sky, earth=False).sun_fraction
        seen.sun[part] = np.floor(np.minimum(light, 1.0) * _LEVELS * (1.0 + 1e-6))
        seen.sun[part][light < LEAST_SUN_FRACTION] = 0
        eye_m = by_antenna.ground_elevation_m[part] + asked.antenna_height_m
        seen.earth[part], seen.whole_earth[part] = earth_at(
            by_antenna.elevation_deg[part], xy_m[part], eye_m, pole, sky, EARTH_SLACK_DEG
        )
    return seen


def _skylines(scene: StackScene, xy_m: FloatArray, height_m: float, body_km: FloatArray) -> Skylines:
    """Cast skylines; a disc's width and more beyond the body's own elevations they need not be known."""
    matters = body_range(scene.scene, xy_m, body_km)
    wider = replace(matters, lowest_deg=matters.lowest_deg - 1.5, highest_deg=matters.highest_deg + 1.5)
    return skylines(scene.scene, xy_m, height_m, AZIMUTH_COUNT, wider)


def _spans(held: NDArray[np.bool_], utc_s: FloatArray) -> tuple[TimeSpan, ...]:
    """Return the spans between consecutive samples that all hold."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return tuple(
        TimeSpan(_time(utc_s[first]), _time(utc_s[last - 1]))
        for first, last in edges.reshape(-1, 2)
        if last - 1 > first
    )


def _time(utc_s: float) -> datetime:
    return _EPOCH + timedelta(seconds=float(utc_s))


def _with_points(route: Route, number: dict[tuple[float, float], int], sun: NDArray[np.uint8], sky: Sky) -> Route:
    if not route.path_m:
        return route
    places = tuple(number[point] for point in route.path_m)
    return replace(route, path_points=places, least_sun=_least(sun[list(places)].min(axis=0), sky))


def _least(level: NDArray[np.uint8], sky: Sky) -> LeastSun:
    """Return the lesser of neighbouring samples, without those between equal ones."""
    around = np.pad(level, 1, mode="edge")
    least = np.minimum(np.minimum(around[:-2], around[2:]), level)
    same = np.zeros(len(least), np.bool_)
    same[1:-1] = (least[:-2] == least[1:-1]) & (least[1:-1] == least[2:])
    kept = np.flatnonzero(~same)
    offset_s = sky.utc_s[kept] - sky.utc_s[0]
    return LeastSun(tuple(map(float, offset_s)), tuple(float(n) / _LEVELS for n in least[kept]))


def _size_faults(points: int, epochs: int) -> list[Fault]:
    if points * epochs <= MAX_SAMPLES:
        return []
    message = (
        f"{points} points of routes over {epochs} steps of {STEP_S:g} s; up to {MAX_SAMPLES:,} points times steps are "
        "allowed: take a shorter span or fewer waypoints"
    )
    return [Fault("sky.span", "TOO_MANY_SAMPLES", message)]
