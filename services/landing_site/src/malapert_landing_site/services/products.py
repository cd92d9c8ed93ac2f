"""Product sets: layers of a square as files, made once for the same request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_datetime
from malapert_core.db.database import Database
from malapert_core.errors import Fault, NotFoundError, UnavailableError
from malapert_core.timestamps import format_time
from sqlalchemy import ColumnElement

from malapert_landing_site.domain.horizon_block import STEP_DEG
from malapert_landing_site.domain.product import ProductRequest, ProductSet, product_faults
from malapert_landing_site.domain.product_layers import (
    CLASS_LAYERS,
    HORIZON_LAYERS,
    SHADOW_LAYERS,
    SPAN_LAYERS,
    ProductLayer,
)
from malapert_landing_site.domain.provenance import content_key, provenance_tag
from malapert_landing_site.domain.terrain import Holder
from malapert_landing_site.domain.tiles import TILE_PX, TileAddress, check_tile
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.product_build import ProductBuild
from malapert_landing_site.services.record import SOFTWARE, ephemeris_inputs, provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary
from malapert_landing_site.services.site_searches import SearchReport
from malapert_landing_site.services.spreading import BlockExecutor
from malapert_landing_site.storage.horizon_store import HorizonStore
from malapert_landing_site.storage.products import ProductSetStore
from malapert_landing_site.storage.rasters import RasterFiles, read_resampled
from malapert_landing_site.terrain.grid.projection import place_xy
from malapert_landing_site.terrain.horizon.skyline import REACH_M
from malapert_landing_site.terrain.light.maps import NODAL_PERIOD_DAYS
from malapert_landing_site.terrain.products.tile_images import coloured_png

_REFUSAL = "INVALID_PRODUCT_REQUEST"

# Permanent shadow does not depend on the span asked for.
SHADOW_START = datetime(2024, 1, 1, tzinfo=UTC)
# Interpolation between stored azimuths 1° apart; it grows as the power 1.2 of the step (design, measured there).
_AZIMUTH_ERROR_AT_1_DEG = 0.017


class ProductSets:
    """Makes, finds and serves product sets."""

    def __init__(
        self,
        database: Database,
        scenes: SceneLibrary,
        ephemeris: Ephemeris,
        compute: Compute,
        horizons: HorizonStore,
        files: RasterFiles,
        executor: BlockExecutor,
        max_pixels: int,
    ) -> None:
        self._database = database
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute
        self._horizons = horizons
        self._files = files
        self._executor = executor
        self._max_pixels = max_pixels

    async def check(self, request: ProductRequest) -> None:
        """Refuse a request with faults, all at once, or one for an unknown stack.

        Raises
        ------
        InvalidInputError
            INVALID_PRODUCT_REQUEST, or the code of the only fault.
        """
        faults = product_faults(request, self._max_pixels)
        faults += self._ephemeris_faults(request)
        stack = (await self._scenes.get(request.terrain_stack_id)).stack
        if request.center.latitude_deg * stack.region.pole < 0:
            message = "the square lies about the other pole than the stack's region"
            faults.append(Fault("center.latitude_deg", "OTHER_POLE", message))
        refuse(faults, _REFUSAL)

    def identifier(self, request: ProductRequest, owner_agency_id: str) -> str:
        """Identifier of a set, from everything that determines its files, and its holder."""
        holder = Holder(owner_agency_id, request.mission_id)
        kernels = [record.content_hash for record in ephemeris_inputs(self._ephemeris)]
        values = {name: repr(value) for name, value in request.__dict__.items() if name != "allow_large"}
        return (
            "products-"
            + content_key(SOFTWARE, kernels, values, [layer.value for layer in request.wanted], holder.key)[:20]
        )

    async def find(self, product_set_id: str) -> ProductSet | None:
        """Return a set, or None where it was not made."""
        async with self._database.reading() as session:
            return await ProductSetStore(session).find(product_set_id)

    async def get(self, product_set_id: str) -> ProductSet:
        """Return a set; raise NotFoundError where there is none."""
        async with self._database.reading() as session:
            return await ProductSetStore(session).get(product_set_id)

    async def page(
        self, size: int, before_record_id: str, seen: ColumnElement[bool]
    ) -> Sequence[tuple[str, ProductSet]]:
        """Return sets that are seen with their record identifiers, newest first."""
        async with self._database.reading() as session:
            return await ProductSetStore(session).page(size, before_record_id, seen)

    async def compute(self, request: ProductRequest, report: SearchReport, owner_agency_id: str) -> ProductSet:
        """Make a set; its files are there once this returns. What was stored of its horizons is taken from there."""
        scene = await self._scenes.get(request.terrain_stack_id)
        geometry = request.geometry(place_xy(request.center, scene.scene.pole), scene.scene.pole)
        product_set_id, parameters = self.identifier(request, owner_agency_id), self._parameters(request)
        needs_sky = bool(set(request.wanted) & HORIZON_LAYERS)
        provenance = provenance_of(scene.stack, parameters, self._ephemeris if needs_sky else None)
        tags = {"provenance": provenance_tag(provenance)}
        build = ProductBuild(self._horizons, self._files, self._executor, self._ephemeris, SHADOW_START)
        files, horizons = await self._compute.run(build.make, request, geometry, scene, product_set_id, tags, report)
        provenance = replace(provenance, inputs=provenance.inputs + horizons)
        return ProductSet(product_set_id, request, geometry, files, provenance, owner_agency_id)

    async def file(self, product_set_id: str, layer: ProductLayer) -> Path:
        """Return the file of a layer.

        Raises
        ------
        NotFoundError
            UNKNOWN_PRODUCT_SET, or UNKNOWN_PRODUCT_LAYER where the set has no such layer.
        UnavailableError
            PRODUCT_FILE_MISSING where the file is gone.
        """
        found = await self.get(product_set_id)
        if layer not in {file.layer for file in found.files}:
            raise NotFoundError("product layer", f"{product_set_id}/{layer.value}")
        if not await asyncio.to_thread(self._files.bring, product_set_id, layer):
            message = f"the files of {product_set_id} are not in this service's files; compute it again"
            raise UnavailableError("PRODUCT_FILE_MISSING", message)
        return self._files.path(product_set_id, layer)

    async def tile(self, product_set_id: str, layer: ProductLayer, address: TileAddress) -> bytes:
        """Return a tile of a layer as a PNG, transparent where there is nothing; raises as `file` and `check_tile`."""
        check_tile(address)
        path = await self.file(product_set_id, layer)
        return await self._compute.run(_tile_png, path, layer, address)

    async def complete(self, found: ProductSet) -> bool:
        """Whether all files of a set are there."""
        layers = [file.layer for file in found.files]
        return await asyncio.to_thread(lambda: all(self._files.has(found.product_set_id, layer) for layer in layers))

    def _ephemeris_faults(self, request: ProductRequest) -> list[Fault]:
        spans = []
        if request.start_time is not None and request.end_time is not None:
            spans.append((request.start_time.timestamp(), request.end_time.timestamp()))
        if set(request.wanted) & SHADOW_LAYERS:
            spans.append((SHADOW_START.timestamp(), SHADOW_START.timestamp() + NODAL_PERIOD_DAYS * 86_400.0))
        first_s, last_s = self._ephemeris.span_utc_s
        if all(first_s <= start_s and end_s <= last_s for start_s, end_s in spans):
            return []
        allowed = f"{format_time(utc_datetime(first_s))} to {format_time(utc_datetime(last_s))}"
        return [Fault("span", "OUTSIDE_EPHEMERIS", f"the span must lie within the ephemeris, {allowed}")]

    def _parameters(self, request: ProductRequest) -> dict[str, str]:
        wanted = set(request.wanted)
        parameters = {
            "pixel_size_m": f"{request.pixel_size_m:g}",
            "slope_baseline_m": f"{max(request.slope_baseline_m, 2 * request.pixel_size_m):g}",
            "hazard_slope_deg": f"{request.hazard_slope_deg:g}",
            "hazard_radius_m": f"{request.hazard_radius_m:g}",
        }
        if wanted & HORIZON_LAYERS:
            error_deg = _AZIMUTH_ERROR_AT_1_DEG * (360.0 / request.azimuths) ** 1.2
            parameters |= {
                "height_m": f"{request.height_m:g}",
                "azimuth_count": str(request.azimuths),
                "reach_m": f"{REACH_M:g}",
                "horizon_quantisation_error_deg": f"{STEP_DEG / 2:g}",
                "azimuth_interpolation_error_deg": f"{error_deg:.4f}",
            }
        if wanted & SPAN_LAYERS and request.start_time is not None and request.end_time is not None:
            parameters |= {
                "start_time": format_time(request.start_time),
                "end_time": format_time(request.end_time),
                "longest_step_s": f"{request.longest_step_s:g}",
            }
        if wanted & SHADOW_LAYERS:
            parameters |= {"shadow_start_time": format_time(SHADOW_START), "shadow_days": f"{NODAL_PERIOD_DAYS:g}"}
        return parameters


def _tile_png(path: Path, layer: ProductLayer, address: TileAddress) -> bytes:
    values = read_resampled(path, address.bounds_m, TILE_PX, layer in CLASS_LAYERS)
    return coloured_png(values, layer)
