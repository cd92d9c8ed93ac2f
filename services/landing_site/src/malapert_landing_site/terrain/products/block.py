"""All layers of one block of a product set: what is sent to where it is computed, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.horizon_block import HorizonBlock
from malapert_landing_site.domain.product import ProductRequest
from malapert_landing_site.domain.product_layers import GROUND_LAYERS, HORIZON_LAYERS, ProductLayer
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import horizon_block
from malapert_landing_site.terrain.horizon.skyline import Progress
from malapert_landing_site.terrain.light.maps import LightMaps, light_maps, permanent_shadow
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.products.ground_layers import elevation_of, ground_layers

Layers = dict[ProductLayer, NDArray[np.float32]]


@dataclass(frozen=True)
class BlockWork:
    """Inputs shared by all blocks: ground, request, and Sun and Earth over the span and over a period of the nodes."""

    scene: HorizonScene
    coarse_to_fine: tuple[ElevationGrid, ...]
    sky: Sky | None
    request: ProductRequest
    shadow_sky: Sky | None


@dataclass(frozen=True)
class BlockItem:
    """One block, with its horizons where they are known."""

    geometry: GridGeometry
    horizons: HorizonBlock | None


@dataclass(frozen=True)
class BlockResult:
    """The layers of a block, and its horizons where they were not known before."""

    layers: Layers
    new_horizons: HorizonBlock | None


def compute_block(work: BlockWork, item: BlockItem, progress: Progress | None) -> BlockResult:
    """Compute the layers of a block that the request wants; blocks do not depend on each other."""
    wanted, request = set(work.request.wanted), work.request
    layers: Layers = {}
    if wanted & GROUND_LAYERS:
        layers |= ground_layers(
            work.coarse_to_fine,
            item.geometry,
            request.slope_baseline_m,
            request.hazard_slope_deg,
            request.hazard_radius_m,
        )
    if not wanted & HORIZON_LAYERS:
        return BlockResult(layers, None)
    block = item.horizons
    if block is None:
        part = _part(progress, 0.0, 0.6)
        block = horizon_block(work.scene, item.geometry, request.height_m, request.azimuths, progress=part)
    elevation_m = elevation_of(work.coarse_to_fine, item.geometry)
    middle_m = 0.0 if np.isnan(elevation_m).all() else float(np.nanmean(elevation_m))
    if work.sky is not None:
        layers |= _light_layers(light_maps(block, middle_m, work.sky, _part(progress, 0.6, 0.9)))
    if work.shadow_sky is not None:
        shadow = permanent_shadow(block, work.shadow_sky, _part(progress, 0.9, 1.0))
        layers[ProductLayer.PERMANENT_SHADOW] = shadow
    unknown = np.isnan(elevation_m)
    for values in layers.values():
        values[unknown] = np.nan
    return BlockResult(layers, None if block is item.horizons else block)


def _light_layers(maps: LightMaps) -> Layers:
    return {
        ProductLayer.ILLUMINATION: maps.mean_sun_fraction,
        ProductLayer.LIT_FRACTION: maps.lit_fraction,
        ProductLayer.SUMMER_ILLUMINATION: maps.summer_sun_fraction,
        ProductLayer.WINTER_ILLUMINATION: maps.winter_sun_fraction,
        ProductLayer.LONGEST_NIGHT: maps.longest_night_s,
        ProductLayer.LONGEST_LIT: maps.longest_lit_s,
        ProductLayer.EARTH_VISIBILITY: maps.earth_visible_fraction,
        ProductLayer.SUN_AND_EARTH: maps.sun_and_earth_fraction,
    }


def _part(progress: Progress | None, start: float, end: float) -> Progress | None:
    """Progress of a part of the work as progress of the whole."""
    if progress is None:
        return None
    whole = progress
    return lambda share: whole(start + share * (end - start))
