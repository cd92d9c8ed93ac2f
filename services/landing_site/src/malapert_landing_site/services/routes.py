"""Routes between waypoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault
from malapert_core.timestamps import format_time
from numpy.typing import NDArray

from malapert_landing_site.domain.keep_out import KeepOut, keep_out_faults
from malapert_landing_site.domain.route import Mobility, Route, RouteTable, Waypoint, mobility_faults
from malapert_landing_site.domain.route_sky import SkyAlongRoutes, sky_faults
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import Ground
from malapert_landing_site.services.record import provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.route_sky import AZIMUTH_COUNT, STEP_S, RouteSky
from malapert_landing_site.services.scenes import SceneLibrary
from malapert_landing_site.services.spans import computable_span_faults
from malapert_landing_site.terrain.horizon.skyline import run_parts
from malapert_landing_site.terrain.routes.paths import PathTree, cheapest_paths, least_slope_limits, step_costs

_REFUSAL = "INVALID_ROUTES"

MAX_WAYPOINTS = 100
_LEAST_MARGIN_M = 1_000.0


class Routes:
    """Slope-limited cheapest routes between every two waypoints, both ways."""

    def __init__(self, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute
        self._sky = RouteSky(ephemeris)

    async def find(
        self,
        terrain_stack_id: str,
        waypoints: Sequence[Waypoint],
        mobility: Mobility,
        keep_outs: Sequence[KeepOut] = (),
        sky: SkyAlongRoutes | None = None,
    ) -> RouteTable:
        """Find the routes, with what is in view along them where that is asked for.

        Raises
        ------
        InvalidInputError
            INVALID_ROUTES, or the code of the only fault, with all faults.
        """
        faults = mobility_faults(mobility) + keep_out_faults(keep_outs)
        if not 1 <= len(waypoints) <= MAX_WAYPOINTS:
            message = f"{len(waypoints)} waypoints; 1 to {MAX_WAYPOINTS} are allowed"
            faults.append(Fault("waypoints", "OUT_OF_RANGE", message))
        for n, w in enumerate(waypoints):
            if not np.isfinite([w.x_m, w.y_m]).all():
                faults.append(Fault(f"waypoints[{n}].grid_point", "OUT_OF_RANGE", "finite metres are needed"))
        if sky is not None:
            faults += sky_faults(sky) + _span_faults(self._ephemeris, sky)
        refuse(faults, _REFUSAL)
        scene = await self._scenes.get(terrain_stack_id)
        xy_m = np.array([(w.x_m, w.y_m) for w in waypoints], dtype=np.float64)
        margin_m = max(_LEAST_MARGIN_M, 0.5 * float(np.ptp(xy_m, axis=0).max()))
        ground = await self._compute.run(Ground.around, scene, xy_m, margin_m, keep_outs)
        cells = [ground.cell(w.x_m, w.y_m) for w in waypoints]
        refuse(
            [
                Fault(f"waypoints[{n}]", "WAYPOINT_OUTSIDE_TERRAIN", _off_ground(w))
                for n, (w, cell) in enumerate(zip(waypoints, cells, strict=True))
                if cell is None
            ],
            _REFUSAL,
        )
        known = [cell for cell in cells if cell is not None]
        routes = await self._compute.run(_all_routes, ground, waypoints, known, mobility)
        parameters = {
            "pixel_m": f"{ground.geometry.pixel_size_m:g}",
            "slope_baseline_m": f"{2 * ground.geometry.pixel_size_m:g}",
            "margin_m": f"{margin_m:g}",
            "max_slope_deg": f"{mobility.max_slope_deg:g}",
            "speed_mps": f"{mobility.speed_mps:g}",
            "drive_power_w": f"{mobility.drive_power_w:g}",
            "drive_power_w_per_deg": f"{mobility.drive_power_w_per_deg:g}",
            "neighbours": "16",
            "keep_outs": ", ".join(f"{k.title or 'untitled'} ({k.radius_m:g} m)" for k in keep_outs),
        }
        if sky is None:
            return RouteTable(tuple(routes), provenance_of(scene.stack, parameters))
        along, points = await self._compute.run(self._sky.along, scene, routes, sky)
        parameters |= {
            "start_time": format_time(sky.start_time),
            "end_time": format_time(sky.end_time),
            "array_height_m": f"{sky.array_height_m:g}",
            "antenna_height_m": f"{sky.antenna_height_m:g}",
            "sky_step_s": f"{STEP_S:g}",
            "azimuth_count": str(AZIMUTH_COUNT),
        }
        return RouteTable(along, provenance_of(scene.stack, parameters, self._ephemeris), points)


def _span_faults(ephemeris: Ephemeris, sky: SkyAlongRoutes) -> list[Fault]:
    faults = computable_span_faults(ephemeris, sky.start_time, sky.end_time)
    return [replace(fault, path=f"sky.{fault.path}") for fault in faults]


def _all_routes(
    ground: Ground, waypoints: Sequence[Waypoint], cells: Sequence[tuple[int, int]], mobility: Mobility
) -> list[Route]:
    found: list[list[Route]] = [[] for _ in waypoints]
    costs, closed = step_costs(ground.drive, mobility), set()

    def from_source(source: int) -> None:
        tree = cheapest_paths(costs, cells[source])
        for n in range(len(cells)):
            if n == source:
                continue
            names = waypoints[source].waypoint_id, waypoints[n].waypoint_id
            if np.isfinite(tree.energy_j[cells[n]]):
                found[source].append(_route(ground, tree, cells[n], names, mobility))
            else:
                closed.add((source, len(found[source]), n))
                found[source].append(Route(*names, reachable=False))

    run_parts(from_source, range(len(cells)), None)
    if closed:
        reasons = _ClosedPairs(ground, cells, mobility)
        for source, place, n in closed:
            found[source][place] = replace(found[source][place], closed_because=reasons.between(source, n))
    return [route for routes in found for route in routes]


def _route(ground: Ground, tree: PathTree, cell: tuple[int, int], names: tuple[str, str], mobility: Mobility) -> Route:
    cells = tree.cells_to(cell)
    pixel_m = ground.geometry.pixel_size_m
    rise_m = np.diff(_at(ground.drive.elevation_m, cells).astype(np.float64))
    flat_m = pixel_m * np.hypot(*np.diff(cells, axis=0).T)
    steps_m = np.hypot(flat_m, rise_m)
    length_m = float(steps_m.sum())
    steps_deg = np.degrees(np.arctan2(np.abs(rise_m), flat_m))
    x_m, y_m = ground.geometry.x_of(cells[:, 1]), ground.geometry.y_of(cells[:, 0])
    return Route(
        *names,
        reachable=True,
        length_m=length_m,
        drive_time_s=length_m / mobility.speed_mps,
        energy_wh=float(tree.energy_j[cell]) / 3600.0,
        max_slope_deg=float(max(_at(ground.drive.slope_deg, cells).max(), steps_deg.max(initial=0.0))),
        path_m=tuple((float(x), float(y)) for x, y in zip(x_m, y_m, strict=True)),
        path_offset_s=tuple(float(s) for s in np.append(0.0, np.cumsum(steps_m)) / mobility.speed_mps),
    )


def _at(values: NDArray[np.floating], cells: NDArray[np.int64]) -> NDArray[np.floating]:
    return np.asarray(values[cells[:, 0], cells[:, 1]])


class _ClosedPairs:
    """Reasons for which pairs of cells are closed: the slope limit, keep-outs, or ground without data."""

    def __init__(self, ground: Ground, cells: Sequence[tuple[int, int]], mobility: Mobility) -> None:
        self._limit_deg = mobility.max_slope_deg
        self._needed_deg = least_slope_limits(ground.drive, cells)
        self._without_deg = self._needed_deg
        if not np.isfinite(self._needed_deg).all():
            self._without_deg = least_slope_limits(ground.without_keep_outs, cells)

    def between(self, a: int, b: int) -> str:
        """Return which limit closes the way, and what would open it."""
        needed_deg, without_deg = float(self._needed_deg[a, b]), float(self._without_deg[a, b])
        if np.isfinite(needed_deg):
            return (
                f"max_slope_deg: no way keeps the slope limit of {self._limit_deg:g}°; "
                f"the least limit that opens one is {needed_deg:.1f}°"
            )
        if not np.isfinite(without_deg):
            return "no-data lies between the waypoints on every way: no slope limit would open one"
        if without_deg <= self._limit_deg:
            return "keep_outs: every way that keeps the slope limit crosses a keep-out; without them there is one"
        return (
            f"keep_outs and max_slope_deg: every way crosses a keep-out; without them the least limit that opens one "
            f"is {without_deg:.1f}°"
        )


def _off_ground(waypoint: Waypoint) -> str:
    return f"waypoint {waypoint.waypoint_id!r} lies off the terrain, where it has no data, or in a keep-out"
