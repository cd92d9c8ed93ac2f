"""Turning waypoint definitions into places on the terrain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault, PreconditionError
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.route import (
    FixedPlace,
    Mobility,
    Offset,
    Selection,
    Waypoint,
    WaypointCriterion,
    WaypointDefinition,
    definition_faults,
    mobility_faults,
)
from malapert_landing_site.domain.site import Site
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import Ground
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary, StackScene
from malapert_landing_site.services.site_searches import SiteSearches
from malapert_landing_site.services.spans import computable_span_faults
from malapert_landing_site.terrain.grid.projection import place_at, place_xy, true_north_from_grid_north_deg
from malapert_landing_site.terrain.light.points import Sky, mean_sun_fraction
from malapert_landing_site.terrain.routes.paths import PathTree, cheapest_paths, least_slope_limits, step_costs

_REFUSAL = "INVALID_WAYPOINTS"

AZIMUTH_COUNT = 720
SURVEY_AZIMUTH_COUNT = 240
STEP_S = 3600.0
SURVEY_STEP_S = 6 * 3600.0
MAX_CHOICES = 1000
_MARGIN_M = 500.0


@dataclass(frozen=True)
class WaypointRequest:
    """Request for waypoints; light is averaged over the span at the array's height."""

    site_id: str
    definitions: tuple[WaypointDefinition, ...]
    mobility: Mobility
    start_time: datetime
    end_time: datetime
    array_height_m: float


class Waypoints:
    """Resolves waypoints on ground that the rover can reach from the site."""

    def __init__(self, searches: SiteSearches, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._searches = searches
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute

    async def resolve(self, request: WaypointRequest) -> tuple[Waypoint, ...]:
        """Return the waypoints in the order of their definitions.

        Raises
        ------
        InvalidInputError
            INVALID_WAYPOINTS, or the code of the only fault, with all faults, each naming its waypoint.
        PreconditionError
            SITE_TOO_STEEP where the rover cannot drive at the site itself.
        """
        faults = mobility_faults(request.mobility) + definition_faults(request.definitions)
        refuse(faults + computable_span_faults(self._ephemeris, request.start_time, request.end_time), _REFUSAL)
        site = await self._searches.get_site(request.site_id)
        scene = await self._scenes.get(site.terrain_stack_id)
        return await self._compute.run(_Resolution(request, site, scene, self._ephemeris).waypoints)


class _Resolution:
    """One request being resolved."""

    def __init__(self, request: WaypointRequest, site: Site, scene: StackScene, ephemeris: Ephemeris) -> None:
        self._request = request
        self._site = site
        self._scene = scene
        self._ephemeris = ephemeris
        self._site_xy_m = np.array([site.x_m, site.y_m])
        self._given = {n: xy for n, d in enumerate(request.definitions) if (xy := self._given_xy(d)) is not None}
        reach_m = [d.where.max_distance_m for d in request.definitions if isinstance(d.where, Selection)]
        corners = [self._site_xy_m + offset * max(reach_m, default=0.0) for offset in (-1.0, 1.0)]
        self._ground = Ground.around(scene, np.array([*corners, *self._given.values()]), _MARGIN_M)
        self._tree = self._paths_from_site()

    def waypoints(self) -> tuple[Waypoint, ...]:
        """Place the given waypoints, then choose the others one by one."""
        definitions = self._request.definitions
        cells: dict[int, tuple[int, int]] = {}
        xy_m: dict[int, tuple[float, float]] = {}
        faults: list[Fault] = []
        for n, place_xy_m in self._given.items():
            cell, fault = self._reached_cell(n, definitions[n], place_xy_m)
            faults += [fault] if fault else []
            if cell is not None:
                cells[n], xy_m[n] = cell, (float(place_xy_m[0]), float(place_xy_m[1]))
        refuse(faults, _REFUSAL)
        for n, definition in enumerate(definitions):
            if isinstance(definition.where, Selection):
                chosen = self._choose(definition.where, list(xy_m.values()))
                if chosen is None:
                    faults.append(self._nothing_to_choose(n, definition))
                    continue
                cells[n], xy_m[n] = chosen, self._ground.xy(chosen)
        refuse(faults, _REFUSAL)
        points = np.array([xy_m[n] for n in range(len(definitions))]).reshape(-1, 2)
        sun = self._mean_sun(points, STEP_S, AZIMUTH_COUNT)
        return tuple(
            self._waypoint(definition, cells[n], points[n], float(sun[n])) for n, definition in enumerate(definitions)
        )

    def _given_xy(self, definition: WaypointDefinition) -> FloatArray | None:
        pole = self._scene.scene.pole
        if isinstance(definition.where, FixedPlace):
            return np.array(place_xy(definition.where.place, pole))
        if isinstance(definition.where, Offset):
            north = np.radians(true_north_from_grid_north_deg(self._site.place.longitude_deg, pole))
            east_m, north_m = definition.where.east_m, definition.where.north_m
            along = (
                np.array([np.cos(north), -np.sin(north)]) * east_m + np.array([np.sin(north), np.cos(north)]) * north_m
            )
            return self._site_xy_m + along
        return None

    def _paths_from_site(self) -> PathTree:
        cell = self._ground.cell(*self._site_xy_m)
        limit_deg = self._request.mobility.max_slope_deg
        slope_deg = float(self._ground.drive.slope_deg[cell]) if cell is not None else np.nan
        if cell is None or not slope_deg <= limit_deg:
            message = (
                f"the ground at site {self._site.site_id} slopes {slope_deg:.1f}°, the rover's limit is {limit_deg:g}°"
            )
            raise PreconditionError("SITE_TOO_STEEP", message)
        self._site_cell = cell
        return cheapest_paths(step_costs(self._ground.drive, self._request.mobility), cell)

    def _reached_cell(
        self, n: int, definition: WaypointDefinition, xy_m: FloatArray
    ) -> tuple[tuple[int, int] | None, Fault | None]:
        cell = self._ground.cell(float(xy_m[0]), float(xy_m[1]))
        name, path = f"waypoint {definition.waypoint_id!r}", f"definitions[{n}]"
        if cell is None:
            message = f"{name} lies outside the terrain of the sites, or where it has no data"
            return None, Fault(path, "WAYPOINT_OUTSIDE_TERRAIN", message)
        if not np.isfinite(self._tree.energy_j[cell]):
            needed_deg = float(least_slope_limits(self._ground.drive, [self._site_cell, cell])[0, 1])
            limit_deg = self._request.mobility.max_slope_deg
            needed = f"{needed_deg:.1f}° would do" if np.isfinite(needed_deg) else "no-data lies between"
            message = f"{name} cannot be reached from the site under the slope limit of {limit_deg:g}°; {needed}"
            return None, Fault(path, "WAYPOINT_NOT_REACHABLE", message)
        return cell, None

    def _choose(self, where: Selection, taken_xy_m: list[tuple[float, float]]) -> tuple[int, int] | None:
        rows, columns = self._choices(where, taken_xy_m)
        if len(rows) == 0:
            return None
        energy_j = self._tree.energy_j[rows, columns]
        if where.criterion is WaypointCriterion.FLATTEST:
            value = np.round(self._ground.drive.slope_deg[rows, columns], 1)
        else:
            sign = -1.0 if where.criterion is WaypointCriterion.MOST_LIT else 1.0
            xy_m = np.column_stack([self._ground.geometry.x_of(columns), self._ground.geometry.y_of(rows)])
            value = sign * np.round(self._mean_sun(xy_m, SURVEY_STEP_S, SURVEY_AZIMUTH_COUNT), 3)
        best = int(np.lexsort((energy_j, value))[0])
        return int(rows[best]), int(columns[best])

    def _choices(
        self, where: Selection, taken_xy_m: list[tuple[float, float]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Reachable cells within the distance and apart from what is taken, thinned evenly."""
        g = self._ground.geometry
        x_m, y_m = np.meshgrid(g.x_of(np.arange(g.width_px)), g.y_of(np.arange(g.height_px)))
        distance_m = np.hypot(x_m - self._site_xy_m[0], y_m - self._site_xy_m[1])
        free = np.isfinite(self._tree.energy_j) & (distance_m <= where.max_distance_m)
        for taken in [(self._site.x_m, self._site.y_m), *taken_xy_m]:
            free &= np.hypot(x_m - taken[0], y_m - taken[1]) >= where.min_separation_m
        stride = max(1, int(np.ceil(np.sqrt(np.count_nonzero(free) / MAX_CHOICES))))
        lattice = np.zeros_like(free)
        lattice[stride // 2 :: stride, stride // 2 :: stride] = True
        rows, columns = np.nonzero(free & lattice)
        if len(rows) == 0:
            rows, columns = np.nonzero(free)
        return rows.astype(np.int64), columns.astype(np.int64)

    def _mean_sun(self, xy_m: FloatArray, step_s: float, azimuth_count: int) -> FloatArray:
        if len(xy_m) == 0:
            return np.empty(0)
        span_s = self._request.start_time.timestamp(), self._request.end_time.timestamp()
        sky = Sky(self._ephemeris, *span_s, step_s)
        return mean_sun_fraction(self._scene.scene, xy_m, self._request.array_height_m, sky, azimuth_count)

    def _nothing_to_choose(self, n: int, definition: WaypointDefinition) -> Fault:
        where = definition.where
        distance_m = where.max_distance_m if isinstance(where, Selection) else 0.0
        message = (
            f"waypoint {definition.waypoint_id!r}: no ground within {distance_m:g} m of the site can be reached under "
            f"{self._request.mobility.max_slope_deg:g}° and is far enough from the other waypoints"
        )
        return Fault(f"definitions[{n}]", "WAYPOINT_NOT_REACHABLE", message)

    def _waypoint(
        self, definition: WaypointDefinition, cell: tuple[int, int], xy_m: FloatArray, mean_sun: float
    ) -> Waypoint:
        x_m, y_m = float(xy_m[0]), float(xy_m[1])
        ground_m = float(self._scene.scene.surface_m(np.array([x_m]), np.array([y_m]))[0])
        return Waypoint(
            definition.waypoint_id,
            definition.title,
            place_at(x_m, y_m, self._scene.scene.pole, ground_m),
            x_m,
            y_m,
            float(self._ground.drive.slope_deg[cell]),
            mean_sun,
        )
