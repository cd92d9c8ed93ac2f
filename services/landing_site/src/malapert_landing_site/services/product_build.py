"""Making the files of one product set, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from malapert_astro.ephemeris import Ephemeris
from malapert_core.vocabulary.provenance import InputRecord

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.product import ProductFile, ProductRequest
from malapert_landing_site.domain.product_layers import HORIZON_LAYERS, SHADOW_LAYERS, SPAN_LAYERS, ProductLayer
from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.services.record import SOFTWARE
from malapert_landing_site.services.scenes import StackScene
from malapert_landing_site.services.site_searches import SearchReport
from malapert_landing_site.services.spreading import BlockExecutor
from malapert_landing_site.storage.horizon_store import HorizonStore, StoredHorizons
from malapert_landing_site.storage.rasters import RasterFiles, RasterWriter
from malapert_landing_site.terrain.horizon.horizon_map import BLOCK_PX, block_geometries
from malapert_landing_site.terrain.horizon.skyline import REACH_M
from malapert_landing_site.terrain.light.maps import shadow_sky
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.products.block import BlockItem, BlockWork, compute_block
from malapert_landing_site.terrain.products.shadow_layers import ice_stability_proxy, shadow_distance_m


class ProductBuild:
    """Spreads the blocks of a set, stores their horizons, and writes their layers."""

    def __init__(
        self,
        horizons: HorizonStore,
        files: RasterFiles,
        executor: BlockExecutor,
        ephemeris: Ephemeris,
        shadow_start: datetime,
    ) -> None:
        self._horizons = horizons
        self._files = files
        self._executor = executor
        self._ephemeris = ephemeris
        self._shadow_start = shadow_start

    def make(
        self,
        request: ProductRequest,
        geometry: GridGeometry,
        scene: StackScene,
        product_set_id: str,
        tags: Mapping[str, str],
        report: SearchReport,
    ) -> tuple[tuple[ProductFile, ...], tuple[InputRecord, ...]]:
        """Make the files of a set, and return them with the horizons that they were made from.

        Memory is bounded by a block but for the distances over the whole map.
        """
        wanted, layers = set(request.wanted), list(request.wanted)
        if wanted & SHADOW_LAYERS and ProductLayer.PERMANENT_SHADOW not in wanted:
            layers.append(ProductLayer.PERMANENT_SHADOW)
        if ProductLayer.ICE_STABILITY_PROXY in wanted and ProductLayer.ILLUMINATION not in wanted:
            layers.append(ProductLayer.ILLUMINATION)
        stored = self._stored(request, geometry, scene)
        with self._files.writing(product_set_id, geometry, layers, tags) as writer:
            self._blocks(request, geometry, scene, stored, writer, report)
            report.raise_if_cancelled()
            report.stage("shadow", "Distances and files")
            _whole_layers(geometry, writer)
        horizons = () if stored is None else (InputRecord("horizons", stored.key, stored.content_hash()),)
        return self._files.describe(product_set_id, request.wanted), horizons

    def _blocks(
        self,
        request: ProductRequest,
        geometry: GridGeometry,
        scene: StackScene,
        stored: StoredHorizons | None,
        writer: RasterWriter,
        report: SearchReport,
    ) -> None:
        blocks = block_geometries(geometry, BLOCK_PX)
        report.stage("blocks", "Horizons and light" if stored else "Slopes")

        def progress(share: float) -> None:
            report.raise_if_cancelled()
            report.progress(share, f"{len(blocks)} blocks")

        work = BlockWork(scene.scene, scene.grids, self._sky(request), request, self._shadow_sky(request))
        items = _items(blocks, stored)
        for n, result in self._executor.run(compute_block, work, items, len(blocks), progress):
            if stored is not None and result.new_horizons is not None:
                stored.save(n, result.new_horizons)
            for layer, values in result.layers.items():
                writer.put(blocks[n], layer, values)

    def _stored(self, request: ProductRequest, geometry: GridGeometry, scene: StackScene) -> StoredHorizons | None:
        if not set(request.wanted) & HORIZON_LAYERS:
            return None
        made_from = {
            "software": SOFTWARE,
            "terrain_stack_id": request.terrain_stack_id,
            "terrains": [terrain.content_hash for terrain in scene.stack.terrains],
            "geometry": dict(geometry.__dict__),
            "block_px": BLOCK_PX,
            "height_m": request.height_m,
            "azimuth_count": request.azimuths,
            "reach_m": REACH_M,
        }
        key = content_key("horizon map", made_from)
        return self._horizons.open(key, block_geometries(geometry, BLOCK_PX), request.height_m, made_from)

    def _sky(self, request: ProductRequest) -> Sky | None:
        if request.start_time is None or request.end_time is None or not set(request.wanted) & SPAN_LAYERS:
            return None
        start_s, end_s = request.start_time.timestamp(), request.end_time.timestamp()
        return Sky(self._ephemeris, start_s, end_s, request.longest_step_s)

    def _shadow_sky(self, request: ProductRequest) -> Sky | None:
        if not set(request.wanted) & SHADOW_LAYERS:
            return None
        return shadow_sky(self._ephemeris, self._shadow_start.timestamp())


def _items(blocks: Sequence[GridGeometry], stored: StoredHorizons | None) -> Iterator[BlockItem]:
    """Yield the blocks, their stored horizons read only when their turn comes."""
    for n, block in enumerate(blocks):
        yield BlockItem(block, stored.load(n) if stored is not None and stored.has(n) else None)


def _whole_layers(geometry: GridGeometry, writer: RasterWriter) -> None:
    if not set(writer.layers) & SHADOW_LAYERS:
        return
    shadow = writer.whole(ProductLayer.PERMANENT_SHADOW)
    if ProductLayer.SHADOW_DISTANCE in writer.layers:
        writer.put(geometry, ProductLayer.SHADOW_DISTANCE, shadow_distance_m(shadow, geometry))
    if ProductLayer.ICE_STABILITY_PROXY in writer.layers:
        sun_fraction = writer.whole(ProductLayer.ILLUMINATION)
        writer.put(geometry, ProductLayer.ICE_STABILITY_PROXY, ice_stability_proxy(shadow, sun_fraction, geometry))
