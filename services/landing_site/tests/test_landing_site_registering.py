"""Registering DEM files over real gRPC: archives, limits of size, the same heights twice, what is left behind."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import lola_files as lola
import netcdf_files as netcdf
import numpy as np
import pytest
from malapert.landing_site.v1 import terrain_pb2, terrain_pb2_grpc
from malapert_core.errors import ExhaustedError, InvalidInputError
from malapert_core.reading_processes import QUICK_BYTES
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.services import terrain_reading
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = ["malapert.landing_site.v1.TerrainService"]


async def pieces(content: bytes, file_name: str) -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    yield terrain_pb2.RegisterTerrainRequest(header=terrain_pb2.TerrainHeader(file_name=file_name))
    for start in range(0, len(content), 50_000):
        yield terrain_pb2.RegisterTerrainRequest(chunk=content[start : start + 50_000])


@pytest.mark.asyncio
async def test_the_same_heights_in_two_formats_are_one_terrain(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    files = {"ldem_test.lbl": lola.label().encode(), "ldem_test.img": lola.counts().tobytes()}
    archive, grid = lola.zipped(tmp_path / "ldem.zip", files).read_bytes(), lola.grd(tmp_path / "a.grd").read_bytes()
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        first = (await terrains.RegisterTerrain(pieces(archive, "ldem.zip"))).terrain
        assert (first.width_px, first.height_px, first.pixel_size_m) == (lola.SAMPLES, lola.LINES, lola.PIXEL_M)
        assert first.title == "ldem.zip"
        assert first.no_data_fraction == pytest.approx(1.0 / (lola.SAMPLES * lola.LINES))
        assert (await terrains.RegisterTerrain(pieces(archive, "again.zip"))).terrain == first
        assert (await terrains.RegisterTerrain(pieces(grid, "a.grd"))).terrain == first
        listed = (await terrains.ListTerrains(terrain_pb2.ListTerrainsRequest())).terrains
        assert [terrain.owner_agency_id for terrain in listed] == ["", "", "jaxa"]
        damaged = lola.zipped(tmp_path / "bad.zip", {**files, "ldem_test.img": b"short"}).read_bytes()
        with pytest.raises(InvalidInputError, match="TERRAIN_TRUNCATED") as refusal:
            await terrains.RegisterTerrain(pieces(damaged, "bad.zip"))
        assert [fault.path for fault in refusal.value.faults] == ["label.LINES"]
    uploads = list(sqlite_service_runtime.data_dir.rglob("uploads"))
    assert len(uploads) == 1
    assert list(uploads[0].iterdir()) == []


@pytest.mark.asyncio
async def test_the_setting_bounds_the_pixels(
    sqlite_service_runtime: ServiceLauncher, write_geotiff: Callable[..., Path]
) -> None:
    content = write_geotiff(np.zeros((800, 800), np.float32), compress="deflate").read_bytes()
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS, max_terrain_pixels=639_999) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        with pytest.raises(InvalidInputError, match="TERRAIN_TOO_LARGE") as refusal:
            await terrains.RegisterTerrain(pieces(content, "wide.tif"))
        assert "MALAPERT_LANDING_SITE_MAX_TERRAIN_PIXELS" in refusal.value.message


@pytest.mark.asyncio
async def test_what_is_passed_over_is_told_and_a_refusal_leaves_nothing(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    told = netcdf.write(tmp_path / "a.nc", z={"quality": 3.0}).read_bytes()
    plain = netcdf.write(tmp_path / "b.nc").read_bytes()
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS, max_upload_bytes=50_000) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        first = (await terrains.RegisterTerrain(pieces(told, "größe 月面.nc"))).terrain
        assert (first.title, list(first.notes)) == ("größe 月面.nc", ["attributes of 'z' passed over: quality"])
        # The same heights without anything passed over: the notes are those on this file.
        again = (await terrains.RegisterTerrain(pieces(plain, "b.nc"))).terrain
        assert (again.terrain_id, list(again.notes)) == (first.terrain_id, [])
        listed = (await terrains.ListTerrains(terrain_pb2.ListTerrainsRequest())).terrains
        with pytest.raises(ExhaustedError, match="UPLOAD_TOO_LARGE"):
            await terrains.RegisterTerrain(pieces(bytes(50_001), "wide.tif"))
        for name, path in (("a\nb.nc", "file_name"), ("a\x1b[2J.nc", "file_name"), ("n" * 501, "file_name")):
            with pytest.raises(InvalidInputError) as refusal:
                await terrains.RegisterTerrain(pieces(plain, name))
            assert [fault.path for fault in refusal.value.faults] == [path]
        with pytest.raises(InvalidInputError, match=r"b\.nc"):
            await terrains.RegisterTerrain(pieces(plain[: len(plain) // 2], "b.nc"))
        assert (await terrains.ListTerrains(terrain_pb2.ListTerrainsRequest())).terrains == listed
    (uploads,) = sqlite_service_runtime.data_dir.rglob("uploads")
    assert list(uploads.iterdir()) == []


@pytest.mark.asyncio
async def test_what_an_agency_stores_is_bounded_by_the_header_before_anything_is_stored(
    sqlite_service_runtime: ServiceLauncher, write_geotiff: Callable[..., Path]
) -> None:
    small = write_geotiff(np.ones((100, 100), np.float32)).read_bytes()
    wide = write_geotiff(np.zeros((800, 800), np.float32), compress="deflate").read_bytes()
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS, stored_bytes_of_agency=2_580_000) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
        open_test_channel(service.target, identity_of("isro"), SERVICES) as others,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        await terrains.RegisterTerrain(pieces(small, "small.tif"))
        stored = set(sqlite_service_runtime.data_dir.rglob("*.npy"))
        with pytest.raises(ExhaustedError, match="STORED_BYTES_LIMIT") as refusal:
            await terrains.RegisterTerrain(pieces(wide, "wide.tif"))
        assert refusal.value.metadata == {
            "stored_bytes": "40000",
            "further_bytes": "2560000",
            "limit_bytes": "2580000",
        }
        assert set(sqlite_service_runtime.data_dir.rglob("*.npy")) == stored
        await terrain_pb2_grpc.TerrainServiceStub(others).RegisterTerrain(pieces(wide, "wide.tif"))


@pytest.mark.asyncio
async def test_a_large_file_is_read_in_a_process_of_its_own_to_the_same_end(
    sqlite_service_runtime: ServiceLauncher, write_geotiff: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    heights_m = np.arange(40_000, dtype=np.float32).reshape(200, 200) / 10
    sound = write_geotiff(heights_m, compress="none").read_bytes()
    hostile = write_geotiff(np.full((200, 200), np.inf, np.float32), compress="none").read_bytes()
    assert len(sound) > QUICK_BYTES
    monkeypatch.setattr(terrain_reading, "read_terrain", None)  # In this process alone: read here, it would fail.
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        terrain = (await terrains.RegisterTerrain(pieces(sound, "sound.tif"))).terrain
        assert (terrain.elevation_min_m, terrain.elevation_max_m) == (0.0, pytest.approx(3999.9, abs=1e-3))
        with pytest.raises(InvalidInputError) as refusal:
            await terrains.RegisterTerrain(pieces(hostile, "hostile.tif"))
        assert refusal.value.reason == "TERRAIN_INFINITE_ELEVATION"
