"""Map layers of a square."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import format_time

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray, GridGeometry
from malapert_landing_site.domain.maps import MAX_MAP_PX, Map, MapLayer, hillshade
from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.domain.terrain import Place, place_faults
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.record import SOFTWARE, provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary, StackScene
from malapert_landing_site.services.spans import computable_span_faults
from malapert_landing_site.storage.files import ProductFiles
from malapert_landing_site.terrain.grid.projection import place_xy, true_north_from_grid_north_deg
from malapert_landing_site.terrain.grid.surface import PlaneFit, fit_planes
from malapert_landing_site.terrain.horizon.horizon_map import horizon_block
from malapert_landing_site.terrain.light.maps import light_maps
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.products.ground_layers import elevation_of

_REFUSAL = "INVALID_MAP_REQUEST"

AZIMUTH_COUNT = 360
EPOCH_COUNT = 1000
SHORTEST_STEP_S = 3600.0
LIGHT_AZIMUTH_DEG = 315.0


@dataclass(frozen=True)
class MapRequest:
    """A layer of a square; the span is used for light alone."""

    terrain_stack_id: str
    layer: MapLayer
    center: Place
    size_m: float
    pixel_count: int
    start_time: datetime | None
    end_time: datetime | None
    height_m: float

    @property
    def of_light(self) -> bool:
        """Whether the layer needs a span."""
        return self.layer in (MapLayer.ILLUMINATION, MapLayer.EARTH_VISIBILITY)


class Maps:
    """Map layers, computed once for the same request."""

    def __init__(self, scenes: SceneLibrary, ephemeris: Ephemeris, products: ProductFiles, compute: Compute) -> None:
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._products = products
        self._compute = compute

    async def draw(self, request: MapRequest) -> Map:
        """Draw a layer.

        Raises
        ------
        InvalidInputError
            INVALID_MAP_REQUEST, or the code of the only fault, with all faults.
        """
        faults = _faults(request, self._ephemeris)
        refuse(faults, _REFUSAL)
        scene = await self._scenes.get(request.terrain_stack_id)
        geometry = _square(request, scene.scene.pole)
        parameters = self._parameters(request, geometry)
        span = (request.start_time, request.end_time) if request.of_light else ()
        key = content_key("map", SOFTWARE, request.terrain_stack_id, request.layer, geometry.__dict__, parameters, span)
        arrays = self._products.find(key)
        if arrays is None:
            values = await self._compute.run(self._values, request, scene, geometry)
            arrays = {"values": values.astype(np.float32)}
            self._products.save(key, arrays)
        provenance = provenance_of(scene.stack, parameters, self._ephemeris if request.of_light else None)
        return Map(request.layer, geometry, arrays["values"].astype(np.float32), provenance)

    def _values(self, request: MapRequest, scene: StackScene, geometry: GridGeometry) -> FloatArray:
        if request.of_light:
            return self._light(request, scene, geometry)
        if request.layer is MapLayer.ELEVATION:
            return elevation_of(scene.grids, geometry)
        plane = _planes(scene, geometry)
        if request.layer is MapLayer.SLOPE:
            return plane.slope_deg[1:-1, 1:-1]
        north_deg = true_north_from_grid_north_deg(request.center.longitude_deg, geometry.pole)
        shaded = hillshade(plane.gradient_x, plane.gradient_y, LIGHT_AZIMUTH_DEG + north_deg)
        return np.asarray(shaded[1:-1, 1:-1])

    def _light(self, request: MapRequest, scene: StackScene, geometry: GridGeometry) -> FloatArray:
        if request.start_time is None or request.end_time is None:
            raise InvalidInputError("NO_SPAN", "a map of light needs a span")
        start_s, end_s = request.start_time.timestamp(), request.end_time.timestamp()
        sky = Sky(self._ephemeris, start_s, end_s, _step_s(start_s, end_s))
        elevation_m = elevation_of(scene.grids, geometry)
        if np.isnan(elevation_m).all():
            return elevation_m
        block = horizon_block(scene.scene, geometry, request.height_m, AZIMUTH_COUNT)
        maps = light_maps(block, float(np.nanmean(elevation_m)), sky)
        of_sun = request.layer is MapLayer.ILLUMINATION
        share = maps.mean_sun_fraction if of_sun else maps.earth_visible_fraction
        return np.where(np.isnan(elevation_m), np.nan, share)

    def _parameters(self, request: MapRequest, geometry: GridGeometry) -> dict[str, str]:
        if request.layer is MapLayer.SLOPE:
            return {"slope_baseline_m": f"{2 * geometry.pixel_size_m:g}"}
        if request.layer is MapLayer.HILLSHADE:
            return {"light_azimuth_deg": f"{LIGHT_AZIMUTH_DEG:g}", "light_elevation_deg": "30"}
        if request.start_time is None or request.end_time is None or not request.of_light:
            return {}
        step_s = _step_s(request.start_time.timestamp(), request.end_time.timestamp())
        return {
            "azimuth_count": str(AZIMUTH_COUNT),
            "step_s": f"{step_s:g}",
            "height_m": f"{request.height_m:g}",
            "start_time": format_time(request.start_time),
            "end_time": format_time(request.end_time),
        }


def _step_s(start_s: float, end_s: float) -> float:
    return max(SHORTEST_STEP_S, (end_s - start_s) / EPOCH_COUNT)


def _square(request: MapRequest, pole: int) -> GridGeometry:
    x_m, y_m = place_xy(request.center, pole)
    half_m, count = request.size_m / 2.0, request.pixel_count
    return GridGeometry(pole, x_m - half_m, y_m + half_m, request.size_m / count, count, count)


def _planes(scene: StackScene, geometry: GridGeometry) -> PlaneFit:
    """Planes over two map pixels; the square is widened by a pixel so that its rim has them too."""
    g, pixel_m = geometry, geometry.pixel_size_m
    wider = GridGeometry(g.pole, g.x_min_m - pixel_m, g.y_max_m + pixel_m, pixel_m, g.width_px + 2, g.height_px + 2)
    return fit_planes(ElevationGrid(wider, elevation_of(scene.grids, wider).astype(np.float32)), 0.0)


def _faults(request: MapRequest, ephemeris: Ephemeris) -> list[Fault]:
    faults = place_faults(request.center, "center")
    if not 2 <= request.pixel_count <= MAX_MAP_PX:
        message = f"{request.pixel_count} pixels; 2 to {MAX_MAP_PX} are allowed"
        faults.append(Fault("pixel_count", "OUT_OF_RANGE", message))
    if not 1.0 <= request.size_m <= 1_000_000.0:
        faults.append(Fault("size_m", "OUT_OF_RANGE", f"{request.size_m:g} m; 1 to 1000000 m are allowed"))
    if not 0.0 <= request.height_m <= 1000.0:
        faults.append(Fault("height_m", "OUT_OF_RANGE", f"{request.height_m:g} m; 0 to 1000 m are allowed"))
    if request.of_light:
        if request.start_time is None or request.end_time is None:
            faults.append(Fault("span", "NO_SPAN", "a map of light needs the span to average over"))
        else:
            faults += computable_span_faults(ephemeris, request.start_time, request.end_time)
    return faults
