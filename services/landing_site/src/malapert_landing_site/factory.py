"""Builds the landing-site service from its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from malapert.landing_site.v1.product_pb2_grpc import add_ProductServiceServicer_to_server
from malapert.landing_site.v1.route_pb2_grpc import add_RouteServiceServicer_to_server
from malapert.landing_site.v1.site_pb2_grpc import (
    add_HorizonServiceServicer_to_server,
    add_SiteServiceServicer_to_server,
)
from malapert.landing_site.v1.terrain_pb2_grpc import add_TerrainServiceServicer_to_server
from malapert_astro.ephemeris import Ephemeris
from malapert_core.fairness.quota import StorageQuota
from malapert_core.policy.sight_guard import SightGuard
from malapert_core.reading_processes import ReadingProcesses
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime

from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.handlers.grpc import (
    SEARCH_KIND,
    HorizonHandlers,
    RouteHandlers,
    SiteHandlers,
    TerrainHandlers,
)
from malapert_landing_site.handlers.operations import SearchOperation
from malapert_landing_site.handlers.product_grpc import PRODUCTS_KIND, ProductHandlers, ProductOperation
from malapert_landing_site.services.access import KINDS, Access
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.horizons import Horizons
from malapert_landing_site.services.landing_dates import LandingDateScans
from malapert_landing_site.services.light_series import LightSeriesAtPlaces
from malapert_landing_site.services.maps import Maps
from malapert_landing_site.services.products import ProductSets
from malapert_landing_site.services.routes import Routes
from malapert_landing_site.services.scenes import SceneLibrary
from malapert_landing_site.services.site_searches import SiteSearches
from malapert_landing_site.services.spreading import DaskExecutor, LocalExecutor
from malapert_landing_site.services.stacks import TerrainStacks
from malapert_landing_site.services.stored_bytes import StoredBytes
from malapert_landing_site.services.terrain_reading import READING_LIMIT_S, TerrainReader, reading_memory_bytes
from malapert_landing_site.services.terrains import TerrainCatalogue
from malapert_landing_site.services.timed_routes import TimedRoutes
from malapert_landing_site.services.waypoints import Waypoints
from malapert_landing_site.storage.files import ElevationFiles, ProductFiles, remove_unfinished
from malapert_landing_site.storage.horizon_store import HorizonStore
from malapert_landing_site.storage.objects import Objects
from malapert_landing_site.storage.rasters import RasterFiles

_PACKAGE = "malapert.landing_site.v1"
MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(runtime: ServiceRuntime[LandingSiteSettings]) -> AsyncIterator[ServiceParts]:
    """Yield the parts of the service."""
    settings, database = runtime.settings, runtime.database
    uploads = settings.data_dir / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    remove_unfinished(settings.data_dir)
    objects = Objects(settings.data_dir, settings.object_store_url)
    files = ElevationFiles(settings.data_dir / "terrains", objects)
    products = ProductFiles(settings.data_dir / "products", objects)
    compute, ephemeris = Compute(settings.compute_concurrency), Ephemeris()
    stored = StoredBytes(database, StorageQuota(settings.stored_bytes_of_agency))
    charters = runtime.open_charters()
    access = Access(database, charters)
    reading = ReadingProcesses(
        ["malapert_landing_site.services.terrain_reading"],
        time_limit_s=READING_LIMIT_S,
        memory_limit_bytes=reading_memory_bytes(settings.max_terrain_pixels),
        niceness=settings.reading_niceness,
    )
    reader = TerrainReader(files, reading, settings.max_terrain_pixels)
    catalogue = TerrainCatalogue(database, files, compute, runtime.audit, reader, stored)
    stacks = TerrainStacks(database, catalogue, files, compute, runtime.audit)
    scenes = SceneLibrary(stacks, files, compute, settings.scene_cache_size)
    searches = SiteSearches(database, scenes, ephemeris, compute)
    await catalogue.register_builtin()
    product_sets = ProductSets(
        database,
        scenes,
        ephemeris,
        compute,
        HorizonStore(settings.data_dir / "horizons", objects),
        RasterFiles(settings.data_dir / "product-sets", objects),
        DaskExecutor(settings.dask) if settings.dask else LocalExecutor(),
        settings.max_product_pixels,
    )
    runtime.operations.register(PRODUCTS_KIND, ProductOperation(product_sets, runtime.audit))
    runtime.operations.register(SEARCH_KIND, SearchOperation(searches, runtime.outbox, runtime.audit))
    terrain = TerrainHandlers(
        access,
        catalogue,
        stacks,
        Maps(scenes, ephemeris, products, compute),
        uploads,
        settings.max_upload_bytes,
    )
    horizon = HorizonHandlers(Horizons(scenes, products, compute))
    site = SiteHandlers(access, searches, LandingDateScans(scenes, ephemeris, compute), runtime.operations)
    route = RouteHandlers(
        Waypoints(searches, scenes, ephemeris, compute),
        Routes(scenes, ephemeris, compute),
        TimedRoutes(scenes, ephemeris, compute),
    )
    series = LightSeriesAtPlaces(scenes, ephemeris, compute)
    product = ProductHandlers(access, product_sets, series, runtime.operations, stored)
    parts = ServiceParts(
        registrations=[
            Registration(f"{_PACKAGE}.{name}Service", add, SightGuard(servicer, KINDS, access.require))
            for name, add, servicer in (
                ("Terrain", add_TerrainServiceServicer_to_server, terrain),
                ("Horizon", add_HorizonServiceServicer_to_server, horizon),
                ("Site", add_SiteServiceServicer_to_server, site),
                ("Product", add_ProductServiceServicer_to_server, product),
                ("Route", add_RouteServiceServicer_to_server, route),
            )
        ],
        charters=charters,
        limits=[stored.limit_uses],
    )
    async with reading:
        yield parts
