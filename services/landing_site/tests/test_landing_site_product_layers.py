"""Layers of ground and shadow against known shapes, blocks against wholes, stored horizons, and work spread by Dask."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from distributed import LocalCluster
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import OperationCancelledError, UnavailableError
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.horizon_block import NO_DATA, HorizonBlock
from malapert_landing_site.domain.product import ProductRequest
from malapert_landing_site.domain.product_layers import ProductLayer
from malapert_landing_site.domain.terrain import Place
from malapert_landing_site.services.spreading import DaskExecutor, LocalExecutor
from malapert_landing_site.storage.files import remove_unfinished
from malapert_landing_site.storage.horizon_store import HorizonStore
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import block_geometries, horizon_block
from malapert_landing_site.terrain.light.maps import shadow_sky
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.products.block import BlockItem, BlockWork, compute_block
from malapert_landing_site.terrain.products.ground_layers import ground_layers
from malapert_landing_site.terrain.products.shadow_layers import ice_stability_proxy, shadow_distance_m

TILT = 0.2


def tilted_plane(x_m: float, y_m: float, pole: int = -1) -> ElevationGrid:
    """Ground that rises by `TILT` per metre towards grid east."""
    geometry = GridGeometry(pole, x_m - 1000.0, y_m + 1000.0, 20.0, 100, 100)
    heights = TILT * np.broadcast_to(geometry.x_of(np.arange(100)), (100, 100))
    return ElevationGrid(geometry, heights.astype(np.float32))


@pytest.mark.parametrize(
    ("x_m", "y_m", "pole", "falls_to_deg"),
    # South: easting is r sin(longitude), northing r cos(longitude), north points away from the pole. Ground that rises
    # to grid east falls to grid west: at longitude 0 that is true west, at 90° E it is towards the pole, true south.
    [(0.0, 50e3, -1, 270.0), (50e3, 0.0, -1, 180.0), (0.0, -50e3, -1, 90.0), (50e3, 0.0, 1, 0.0)],
)
def test_a_plane_has_its_slope_and_falls_the_right_way(x_m: float, y_m: float, pole: int, falls_to_deg: float) -> None:
    grid = tilted_plane(x_m, y_m, pole)
    layers = ground_layers([grid], grid.geometry.part(40, 60, 40, 60), 40.0, 10.0, 50.0)
    assert layers[ProductLayer.SLOPE] == pytest.approx(np.degrees(np.arctan(TILT)), abs=0.01)
    aspect_deg = layers[ProductLayer.ASPECT]
    assert np.abs((aspect_deg - falls_to_deg + 180.0) % 360.0 - 180.0).max() < 0.5
    assert layers[ProductLayer.ROUGHNESS] == pytest.approx(0.0, abs=0.01)
    assert layers[ProductLayer.HAZARD] == pytest.approx(1.0)  # 11.3° is steeper than 10°


def test_blocks_of_ground_fit_each_other_and_holes_stay_holes() -> None:
    rng = np.random.default_rng(2)
    heights = rng.normal(0.0, 3.0, (120, 120)).astype(np.float32)
    heights[50, 60] = np.nan
    grid = ElevationGrid(GridGeometry(-1, 10e3, 10e3, 20.0, 120, 120), heights)
    whole = ground_layers([grid], grid.geometry.part(20, 100, 20, 100), 60.0, 10.0, 60.0)
    part = ground_layers([grid], grid.geometry.part(40, 70, 50, 90), 60.0, 10.0, 60.0)
    for layer, values in part.items():
        np.testing.assert_array_equal(values, whole[layer][20:50, 30:70], err_msg=layer.value)
    assert np.isnan(whole[ProductLayer.ELEVATION]).sum() == 1
    assert np.isnan(whole[ProductLayer.SLOPE]).sum() == 25  # the windows of 5 x 5 that hold it


def test_distance_to_shadow_and_the_ice_proxy() -> None:
    geometry = GridGeometry(-1, -500.0, 500.0, 10.0, 100, 100)
    shadow = np.zeros((100, 100), np.float32)
    shadow[50, 20] = 1.0
    shadow[0, 0] = np.nan
    distance_m = shadow_distance_m(shadow, geometry)
    assert (distance_m[50, 20], np.isnan(distance_m[0, 0])) == (0.0, True)
    assert distance_m[53, 24] == pytest.approx(50.0)
    assert np.isnan(shadow_distance_m(np.zeros((3, 3), np.float32), geometry)).all()
    sun = np.full((100, 100), 0.125, np.float32)
    sun[:, 60:] = 0.6
    proxy = ice_stability_proxy(shadow, sun, geometry)
    assert proxy[50, 20] == pytest.approx(1.0, abs=0.01)
    assert proxy[50, 30] == pytest.approx(0.25, abs=0.01)  # half the light at which it falls to 0
    assert (proxy[:, 60:] == 0.0).all()
    assert np.isnan(proxy[0, 0])


def small_blocks() -> tuple[HorizonScene, list[GridGeometry]]:
    rng = np.random.default_rng(4)
    geometry = GridGeometry(-1, -1500.0, 1500.0, 20.0, 150, 150)
    grid = ElevationGrid(geometry, rng.normal(0.0, 8.0, (150, 150)).astype(np.float32))
    return HorizonScene.of([grid]), block_geometries(geometry.part(50, 110, 50, 110), 32)


def test_stored_blocks_come_back_exactly_and_say_what_they_are(tmp_path: Path) -> None:
    scene, blocks = small_blocks()
    stored = HorizonStore(tmp_path).open("k", blocks, 2.0, {"terrain_stack_id": "stack-1"})
    made = [horizon_block(scene, block, 2.0, 36) for block in blocks]
    made[1].elevation_steps[:, 3, 4] = NO_DATA
    assert not any(stored.has(n) for n in range(len(blocks)))
    for n, block in enumerate(made):
        stored.save(n, block)
    again = HorizonStore(tmp_path).open("k", blocks, 2.0, {"terrain_stack_id": "stack-1"})
    for n, block in enumerate(made):
        np.testing.assert_array_equal(again.load(n).elevation_steps, block.elevation_steps)
    group = zarr.open_group(tmp_path / "k.zarr", mode="r")
    assert group.attrs["terrain_stack_id"] == "stack-1"
    assert group["block-00001"].attrs["x_min_m"] == blocks[1].x_min_m
    before = again.content_hash()
    again.save(0, HorizonBlock(blocks[0], 2.0, made[1].elevation_steps[:, :30, :30]))  # there already: left alone
    assert again.content_hash() == before
    assert not list(tmp_path.glob("**/.part-*"))


def test_a_block_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, blocks = small_blocks()
    stored = HorizonStore(tmp_path).open("k", blocks, 2.0, {})

    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("malapert_landing_site.storage.horizon_store.move_in", full)
    with pytest.raises(OSError, match="no space"):
        stored.save(0, horizon_block(scene, blocks[0], 2.0, 8))
    assert not stored.has(0)
    assert not list(tmp_path.glob("**/.part-*"))


def test_what_a_killed_process_left_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    scene, blocks = small_blocks()
    stored = HorizonStore(tmp_path / "horizons").open("k", blocks, 2.0, {})
    stored.save(0, horizon_block(scene, blocks[0], 2.0, 8))
    (tmp_path / "product-sets" / ".part-a1").mkdir(parents=True)
    (tmp_path / "product-sets" / ".part-a1" / "slope.tif").write_bytes(b"half")
    (tmp_path / "horizons" / ".part-b2").write_bytes(b"half")
    remove_unfinished(tmp_path)
    assert not list(tmp_path.rglob(".part-*"))
    assert stored.has(0)


def block_work(scene: HorizonScene) -> BlockWork:
    start = datetime(2029, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=10)
    layers = (ProductLayer.SLOPE, ProductLayer.ILLUMINATION, ProductLayer.PERMANENT_SHADOW)
    request = ProductRequest(
        "stack-1", Place(0.0, -90.0), 1200.0, 20.0, layers, start, end, 0.0, 2.0, 36, 0.0, 15.0, 0.0, False
    )
    sky = Sky(Ephemeris(), start.timestamp(), end.timestamp(), 3600.0)
    return BlockWork(scene, scene.grids[::-1], sky, request, shadow_sky(Ephemeris(), start.timestamp()))


# Dask's own sockets and event loops are not closed in the order that Python's warnings ask for.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_two_dask_workers_make_the_same_blocks_as_this_process() -> None:
    scene, blocks = small_blocks()
    work, items = block_work(scene), [BlockItem(block, None) for block in blocks]
    shares: list[float] = []
    here = dict(LocalExecutor().run(compute_block, work, items, len(items), lambda _: None))
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as cluster:
        spread = DaskExecutor(cluster.scheduler_address)
        there = dict(spread.run(compute_block, work, items, len(items), shares.append))
        assert shares[-1] == pytest.approx(1.0)
        assert len(cluster.workers) == 2

        def cancel(share: float) -> None:
            raise OperationCancelledError

        with pytest.raises(OperationCancelledError):
            dict(spread.run(compute_block, work, items * 10, 40, cancel))
    assert sorted(there) == sorted(here) == list(range(len(items)))
    for n, result in here.items():
        assert set(result.layers) == set(there[n].layers)
        for layer, values in result.layers.items():
            np.testing.assert_array_equal(there[n].layers[layer], values)
        ours, theirs = result.new_horizons, there[n].new_horizons
        assert ours is not None
        assert theirs is not None
        np.testing.assert_array_equal(theirs.elevation_steps, ours.elevation_steps)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("malapert_landing_site.services.spreading._CONNECT_TIMEOUT_S", 1)
    with pytest.raises(UnavailableError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        list(DaskExecutor("tcp://127.0.0.1:9").run(compute_block, None, [], 0, lambda _: None))
