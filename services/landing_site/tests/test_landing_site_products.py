"""Product sets over real gRPC: made, resumed, cancelled, refused, downloaded, drawn."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from malapert.landing_site.v1 import product_pb2, product_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError, NotFoundError
from malapert_core.timestamps import to_timestamp
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.product_layers import ProductLayer
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.terrain.products import block as product_block
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from rasterio.io import MemoryFile

SERVICES = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Product")]
RIDGE = type_pb2.SurfacePoint(longitude_deg=222.7, latitude_deg=-89.45)
START = datetime(2029, 1, 1, tzinfo=UTC)
SPAN = type_pb2.Interval(start_time=to_timestamp(START), end_time=to_timestamp(START + timedelta(days=30)))


async def stack_of(channel: object) -> str:
    request = terrain_pb2.CreateTerrainStackRequest(
        region=terrain_pb2.Region(center=RIDGE, radius_m=1500.0),
        synthetic_detail=terrain_pb2.SyntheticDetail(seed=7, pixel_size_m=40.0),
    )
    stack = await terrain_pb2_grpc.TerrainServiceStub(channel).CreateTerrainStack(request, timeout=60)
    return str(stack.terrain_stack.terrain_stack_id)


def request_for(stack_id: str, **changes: Any) -> product_pb2.ComputeProductsRequest:
    asked = {
        "terrain_stack_id": stack_id, "center": RIDGE, "size_m": 2400.0, "pixel_size_m": 40.0, "span": SPAN,
        "height_m": 2.0, "azimuth_count": 90, "hazard_radius_m": 80.0,
    }  # fmt: skip
    return product_pb2.ComputeProductsRequest(**{**asked, **changes})


async def made(channel: object, request: product_pb2.ComputeProductsRequest) -> operation_pb2.Operation:
    started = await product_pb2_grpc.ProductServiceStub(channel).ComputeProducts(request, timeout=60)
    last = operation_pb2.Operation()
    watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
    async for response in operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch, timeout=240):
        last = response.operation
    return last


async def downloaded(products: Any, set_id: str, layer: int) -> bytes:
    pieces = products.DownloadProduct(product_pb2.DownloadProductRequest(product_set_id=set_id, layer=layer))
    return b"".join([piece.chunk async for piece in pieces])


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
async def test_a_set_holds_every_layer_as_a_cog_and_as_tiles(service_runtime: ServiceLauncher) -> None:
    async with (
        service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        products = product_pb2_grpc.ProductServiceStub(channel)
        request = request_for(await stack_of(channel))
        operation = await made(channel, request)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation.error_message
        assert [stage.name for stage in operation.stages] == ["blocks", "shadow"]
        found = (
            await products.GetProductSet(product_pb2.GetProductSetRequest(product_set_id=operation.result_id))
        ).product_set
        assert [file.layer for file in found.files] == list(range(1, 18))
        assert found.provenance.synthetic_terrain
        assert found.provenance.parameters["azimuth_count"] == "90"
        kinds = [record.kind for record in found.provenance.inputs]
        assert kinds[-1] == "horizons"
        assert kinds[0] == "terrain"
        assert found.owner_agency_id == "jaxa"
        layers = {}
        for file in found.files:
            content = await downloaded(products, found.product_set_id, file.layer)
            assert len(content) == file.size_bytes
            with MemoryFile(content) as memory, memory.open() as cog:
                assert cog.crs.to_dict()["lat_0"] == -90
                assert (cog.width, cog.height) == (found.width_px, found.height_px)
                assert cog.bounds.left == found.x_min_m
                assert cog.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert cog.units == (file.unit,)
                made_from = json.loads(cog.tags()["provenance"])
                assert "azimuth_count" in made_from["parameters"]
                assert [record["kind"] for record in made_from["inputs"]] == kinds[:-1]
                layers[file.layer] = cog.read(1)
            values = layers[file.layer]
            assert file.known_fraction == pytest.approx(np.isfinite(values).mean())
            if np.isfinite(values).any():
                assert file.lowest == pytest.approx(np.nanmin(values), rel=1e-6)
                assert file.highest == pytest.approx(np.nanmax(values), rel=1e-6)
        mean = layers[product_pb2.PRODUCT_LAYER_ILLUMINATION]
        assert (mean <= layers[product_pb2.PRODUCT_LAYER_LIT_FRACTION] + 1e-6).all()
        dark = layers[product_pb2.PRODUCT_LAYER_PERMANENT_SHADOW] == 1.0
        assert (mean[dark] == 0.0).all()

        again = await made(channel, request)
        assert again.result_id == operation.result_id
        listed = await products.ListProductSets(product_pb2.ListProductSetsRequest())
        assert [item.product_set_id for item in listed.product_sets] == [operation.result_id]

        tile = await products.GetProductTile(tile_of(found, 7))
        with rasterio.open(io.BytesIO(tile.png)) as image:
            assert image.shape == (256, 256)
            opaque = image.read(4) == 255
        assert 0.0 < opaque.mean() < 0.2  # 2.4 km of the 10.24 km that the tile is wide
        with pytest.raises(InvalidInputError, match="TILE_OUTSIDE_MATRIX"):
            await products.GetProductTile(
                product_pb2.GetProductTileRequest(product_set_id=found.product_set_id, layer=2, level=2, column=4)
            )


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def leftovers(data_dir: Path) -> list[Path]:
    return list(data_dir.rglob(".part-*"))


def tile_of(found: product_pb2.ProductSet, level: int) -> product_pb2.GetProductTileRequest:
    side_m = 1_310_720.0 / 2**level
    x_m, y_m = found.x_min_m + 1200.0, found.y_max_m - 1200.0
    return product_pb2.GetProductTileRequest(
        product_set_id=found.product_set_id,
        layer=product_pb2.PRODUCT_LAYER_SLOPE,
        level=level,
        column=int((x_m + 655_360.0) // side_m),
        row=int((655_360.0 - y_m) // side_m),
    )


@pytest.mark.asyncio
async def test_stored_horizons_are_used_again_and_a_broken_job_goes_on(
    sqlite_service_runtime: ServiceLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[Any] = []
    whole = product_block.horizon_block
    failing = True

    def counted(scene: Any, geometry: Any, *arguments: Any, **options: Any) -> Any:
        if failing and len(computed) == 1:
            raise OSError("the disk is full")
        computed.append(geometry)
        return whole(scene, geometry, *arguments, **options)

    monkeypatch.setattr(product_block, "horizon_block", counted)
    monkeypatch.setattr("malapert_landing_site.services.product_build.BLOCK_PX", 40)
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        products = product_pb2_grpc.ProductServiceStub(channel)
        request = request_for(await stack_of(channel), layers=[product_pb2.PRODUCT_LAYER_ILLUMINATION])
        broken = await made(channel, request)
        assert broken.state == operation_pb2.OPERATION_STATE_FAILED
        assert not (await products.ListProductSets(product_pb2.ListProductSetsRequest())).product_sets
        failing = False
        operation = await made(channel, request)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation.error_message
        assert len(computed) == len(set(computed)) == 4  # each block once, over both tries
        request.layers[:] = [product_pb2.PRODUCT_LAYER_PERMANENT_SHADOW]
        operation = await made(channel, request)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation.error_message
        assert len(computed) == 4
        assert not leftovers(Path(service.runtime.settings.data_dir))


@pytest.mark.asyncio
async def test_making_products_can_be_cancelled_and_leaves_no_files(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        products = product_pb2_grpc.ProductServiceStub(channel)
        operations = operation_pb2_grpc.OperationServiceStub(channel)
        request = request_for(await stack_of(channel), size_m=40_000.0, azimuth_count=360)
        started = await products.ComputeProducts(request)
        watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
        async for response in operations.WatchOperation(watch, timeout=120):
            if response.operation.stages:
                await operations.CancelOperation(
                    operation_pb2.CancelOperationRequest(operation_id=started.operation_id)
                )
        assert response.operation.state == operation_pb2.OPERATION_STATE_CANCELLED
        assert not (await products.ListProductSets(product_pb2.ListProductSetsRequest())).product_sets
        # The block under way ends after the answer; what it wrote goes with it.
        directory = Path(service.runtime.settings.data_dir) / "product-sets"
        async with asyncio.timeout(180):
            while files_in(directory):
                await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_faults_come_together_and_large_requests_state_their_cost(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        products, stack_id = product_pb2_grpc.ProductServiceStub(channel), await stack_of(channel)

        async def paths_of(**changes: Any) -> set[tuple[str, str]]:
            with pytest.raises(InvalidInputError) as refusal:
                await products.ComputeProducts(request_for(stack_id, **changes))
            return {(fault.path, fault.code) for fault in refusal.value.faults}

        assert await paths_of(pixel_size_m=0.0, height_m=-1.0, azimuth_count=3, step_s=1.0, hazard_slope_deg=80.0) == {
            ("pixel_size_m", "OUT_OF_RANGE"), ("height_m", "OUT_OF_RANGE"), ("azimuth_count", "OUT_OF_RANGE"),
            ("step_s", "OUT_OF_RANGE"), ("hazard_slope_deg", "OUT_OF_RANGE"),
        }  # fmt: skip
        assert await paths_of(size_m=float("nan")) == {("size_m", "OUT_OF_RANGE")}
        assert await paths_of(layers=[99]) == {("layers[0]", "UNKNOWN_LAYER")}
        assert await paths_of(center=type_pb2.SurfacePoint(latitude_deg=89.0)) == {
            ("center.latitude_deg", "OTHER_POLE")
        }
        backwards = type_pb2.Interval(start_time=SPAN.end_time, end_time=SPAN.start_time)
        assert await paths_of(span=backwards) == {("span.end_time", "OUT_OF_RANGE")}
        no_span = product_pb2.ComputeProductsRequest(
            terrain_stack_id=stack_id, center=RIDGE, size_m=2400.0, pixel_size_m=40.0,
            layers=[product_pb2.PRODUCT_LAYER_LONGEST_NIGHT],
        )  # fmt: skip
        with pytest.raises(InvalidInputError, match="longest_night need a span"):
            await products.ComputeProducts(no_span)
        # 200 million pixels.
        with pytest.raises(
            InvalidInputError, match=r"199,996,164 pixels, about .* hours of one core, .* GB"
        ) as refusal:
            await products.ComputeProducts(request_for(stack_id, size_m=70_710.0, pixel_size_m=5.0))
        assert refusal.value.faults[0].code == "PRODUCT_NEEDS_LEAVE"
        huge = {"size_m": 200_000.0, "pixel_size_m": 5.0, "allow_large": True}
        assert await paths_of(**huge) == {("pixel_size_m", "PRODUCT_TOO_LARGE")}
        with pytest.raises(NotFoundError, match="UNKNOWN_TERRAIN_STACK"):
            await products.ComputeProducts(request_for("stack-none"))
        with pytest.raises(NotFoundError, match="UNKNOWN_PRODUCT_SET"):
            await downloaded(products, "products-none", 1)


@pytest.mark.asyncio
async def test_a_series_of_light_at_points(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        products = product_pb2_grpc.ProductServiceStub(channel)
        request = product_pb2.GetLightSeriesRequest(
            terrain_stack_id=await stack_of(channel), points=[RIDGE], span=SPAN, height_m=2.0
        )
        found = await products.GetLightSeries(request, timeout=60)
        series = found.series[0]
        assert found.step_s == 3600.0
        assert len(series.sun_fraction) == len(series.earth_visible) == 720
        assert series.mean_sun_fraction == pytest.approx(np.mean(series.sun_fraction), abs=1e-6)
        assert series.earth_visible_fraction == pytest.approx(np.mean(series.earth_visible))
        assert found.provenance.parameters["surface_model"] == "bilinear"
        assert not series.sun_azimuth_deg
        request.with_directions = True
        directed = (await products.GetLightSeries(request, timeout=60)).series[0]
        assert directed.sun_fraction == series.sun_fraction
        for name in ("sun_azimuth_deg", "sun_elevation_deg", "earth_azimuth_deg", "earth_elevation_deg"):
            assert len(getattr(directed, name)) == 720
        # At 89.5 degrees south the Sun stands within the Moon's 1.54 degrees and half of one more of the horizontal.
        assert max(np.abs(directed.sun_elevation_deg)) < 2.1
        request.step_s = 1.0
        request.points.extend([RIDGE] * 20)
        request.height_m = -1.0
        with pytest.raises(InvalidInputError) as refusal:
            await products.GetLightSeries(request)
        assert {fault.path for fault in refusal.value.faults} == {"points", "height_m", "step_s"}


def test_every_layer_of_the_contract_is_known() -> None:
    numbers = product_pb2.ProductLayer.values()[1:]
    names = [product_pb2.ProductLayer.Name(n).removeprefix("PRODUCT_LAYER_").lower() for n in numbers]
    assert names == [layer.value for layer in ProductLayer]
