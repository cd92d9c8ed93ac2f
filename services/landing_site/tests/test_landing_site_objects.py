"""Files in an object store: what one process wrote another reads, whose own directory has nothing."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from malapert.landing_site.v1 import product_pb2, product_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert_core.errors import UnavailableError
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.horizon_block import HorizonBlock
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.storage import objects as objects_module
from malapert_landing_site.storage.files import ElevationFiles, ProductFiles
from malapert_landing_site.storage.horizon_store import HorizonStore
from malapert_landing_site.storage.objects import Objects
from malapert_testing.nats_server import free_port
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from pydantic import ValidationError
from test_landing_site_products import SERVICES, downloaded, made, request_for, stack_of

GEOMETRY = GridGeometry(pole=-1, x_min_m=0.0, y_max_m=80.0, pixel_size_m=20.0, width_px=4, height_px=4)
SLOPE = product_pb2.PRODUCT_LAYER_SLOPE
SERVER = os.environ.get("MALAPERT_S3_SERVER", "")


@pytest.fixture(scope="module")
def s3_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server of the S3 protocol with one bucket, and yield its address."""
    if not SERVER:
        pytest.skip("`make test-objects` installs a server of the S3 protocol")
    port = free_port()
    process = subprocess.Popen(
        [SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(urllib.request.Request(f"{address}/files", method="PUT"), timeout=5)
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    yield address, process
    process.kill()
    process.wait()


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a store of files."""
    if request.param == "file":
        (tmp_path / "store").mkdir()
        return f"file://{tmp_path / 'store'}"
    address, _ = request.getfixturevalue("s3_server")
    settings = {"ENDPOINT_URL": address, "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    for name, value in {**settings, "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    objects_module._store.cache_clear()
    return f"s3://files/{tmp_path.name}"


def two(tmp_path: Path, url: str) -> tuple[Objects, Objects]:
    """Return the files of two processes, each with a directory of its own."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    return Objects(tmp_path / "here", url), Objects(tmp_path / "there", url)


def heights_of(objects: Objects) -> ElevationFiles:
    return ElevationFiles(objects.root / "terrains", objects)


def test_heights_arrays_and_horizons_are_read_where_they_were_not_written(tmp_path: Path, url: str) -> None:
    here, there = two(tmp_path, url)
    heights_m = np.arange(16, dtype=np.float32).reshape(4, 4)
    files = heights_of(here)
    content_hash = files.save(ElevationGrid(GEOMETRY, heights_m))
    name = f"terrains/{content_hash.removeprefix('sha256:')}.npy"
    assert not there.has(there.root / name)
    files.keep(content_hash)
    assert there.bring(there.root / name)
    assert (there.root / name).read_bytes() == (here.root / name).read_bytes()

    ProductFiles(here.root / "products", here).save("key", {"light": heights_m})
    found = ProductFiles(there.root / "products", there).find("key")
    assert found is not None
    assert (found["light"] == heights_m).all()
    assert ProductFiles(there.root / "products", there).find("other") is None

    block = HorizonBlock(GEOMETRY, 2.0, np.full((90, 4, 4), 7, dtype=np.int16))
    stored = HorizonStore(here.root / "horizons", here).open("k", [GEOMETRY, GEOMETRY], 2.0, {"stack": "s"})
    stored.save(0, block)
    again = HorizonStore(there.root / "horizons", there).open("k", [GEOMETRY, GEOMETRY], 2.0, {"stack": "s"})
    assert (again.has(0), again.has(1)) == (True, False)
    assert (again.load(0).elevation_steps == block.elevation_steps).all()
    again.save(1, block)
    assert stored.content_hash() == again.content_hash()
    assert not list(tmp_path.glob("*/**/.part-*"))


def test_without_a_store_the_directory_has_all(tmp_path: Path) -> None:
    here, there = two(tmp_path, "")
    ProductFiles(here.root / "products", here).save("key", {"light": np.zeros(3)})
    assert ProductFiles(there.root / "products", there).find("key") is None
    assert not there.has(there.root / "products" / "key.npz")


def test_a_store_that_is_away_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr(objects_module, "_RETRY_TIMEOUT", timedelta(seconds=0.2))
    objects_module._store.cache_clear()
    away = Objects(tmp_path, "s3://files/away")
    products = ProductFiles(tmp_path / "products", away)
    for call in (
        lambda: products.find("key"),
        lambda: products.save("key", {"light": np.zeros(3)}),
        lambda: away.has(tmp_path / "absent"),
    ):
        with pytest.raises(UnavailableError, match="OBJECT_STORE_UNAVAILABLE"):
            call()
    objects_module._store.cache_clear()


@pytest.mark.asyncio
async def test_a_second_service_with_an_empty_directory_serves_what_the_first_made(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    launcher, settings = sqlite_service_runtime, {"object_store_url": f"file://{store}"}
    identity = identity_of("jaxa")
    async with (
        launcher.run(LandingSiteSettings, build, MIGRATIONS, **settings) as first,
        open_test_channel(first.target, identity, SERVICES) as channel,
    ):
        stack_id = await stack_of(channel)
        request = request_for(stack_id, layers=[SLOPE])
        set_id = (await made(channel, request)).result_id
        content = await downloaded(product_pb2_grpc.ProductServiceStub(channel), set_id, SLOPE)
    elsewhere = tmp_path / "elsewhere"
    async with (
        launcher.run(LandingSiteSettings, build, MIGRATIONS, **settings, data_dir=elsewhere) as second,
        open_test_channel(second.target, identity, SERVICES) as channel,
    ):
        products = product_pb2_grpc.ProductServiceStub(channel)
        assert await downloaded(products, set_id, SLOPE) == content
        again = await made(channel, request)
        assert again.result_id == set_id
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        stack = await terrains.GetTerrainStack(terrain_pb2.GetTerrainStackRequest(terrain_stack_id=stack_id))
        assert stack.terrain_stack.terrain_stack_id == stack_id
    assert len(content) > 1000
    names = {path.parent.relative_to(store).parts[0] for path in store.rglob("*.*")}
    assert names >= {"terrains", "product-sets"}


def test_an_address_of_no_store_is_refused(tmp_path: Path) -> None:
    launcher = ServiceLauncher("", "sqlite+aiosqlite://", tmp_path)
    for wrong in ("bucket", "http://127.0.0.1/bucket", "s3:// bucket"):
        with pytest.raises(ValidationError, match="object_store_url"):
            launcher.settings(LandingSiteSettings, object_store_url=wrong)


def test_a_backup_names_the_store_without_a_secret_in_its_address(tmp_path: Path) -> None:
    launcher = ServiceLauncher("", "sqlite+aiosqlite://", tmp_path)
    for address in ("s3://bucket/prefix", "s3://name:secret@bucket/prefix"):
        settings = launcher.settings(LandingSiteSettings, object_store_url=address)
        assert settings.other_store == "s3://bucket/prefix"
    assert launcher.settings(LandingSiteSettings).other_store == ""
